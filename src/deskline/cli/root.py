"""The root of the command line: the list of commands, each in a module of its own that is loaded only when it is asked for."""

import importlib
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import typer
import typer.core
import typer.main

import deskline
from deskline.cli.endings import Ending


class Mounted(NamedTuple):
    """Where a command lives, an application of several or a function, and its line in the list."""

    module: str
    attribute: str
    summary: str


COMMANDS = {
    "init": Mounted("accounts", "init", "Make a database, or another account in one."),
    "schema": Mounted("schemas", "schema", "Make the tables, and spread them over a cluster."),
    "serve": Mounted("serving", "serve", "Serve the API."),
    "account": Mounted("accounts", "accounts", "List accounts."),
    "agent": Mounted("accounts", "agents", "Add and list agents."),
    "key": Mounted("accounts", "keys", "Add, list and revoke API keys."),
    "token": Mounted("tokens", "tokens", "Add, list and revoke personal access tokens."),
    "app": Mounted("apps", "apps", "Add, list and remove apps that agents may let in (OAuth clients)."),
    "webhook": Mounted("webhooks", "webhooks", "Add and change webhooks, see their log and replay it."),
    "form": Mounted("forms", "form", "Show and set from which pages visitors may send tickets."),
    "hours": Mounted("working_hours", "hours", "Show and set working hours and holidays."),
    "import": Mounted("histories", "importing", "Bring a saved history in."),
    "export": Mounted("histories", "exporting", "Write the history out."),
    "check": Mounted("upkeep", "check", "Prove that everything stored follows from the timelines."),
    "jobs": Mounted("jobs", "jobs", "List what servers do by themselves, and have it done now."),
    "backup": Mounted("upkeep", "backup", "Copy the database while it is used."),
    "restore": Mounted("upkeep", "restore", "Put a backup in the database's place."),
    "copy": Mounted("copies", "copy", "Copy a database into an empty one, of either engine."),
    "upgrade": Mounted("upgrades", "upgrade", "Bring the database to this program's schema."),
    "settings": Mounted("settings", "settings", "Show every setting, its value and where it came from."),
    "mcp": Mounted("mcp", "mcp", "Let an assistant search, read, count and propose."),
    "proposals": Mounted("mcp", "proposals", "Carry out or drop what an assistant proposed."),
    "demo": Mounted("samples", "demo", "Serve an account full of believable tickets."),
    "generate": Mounted("samples", "generate", "Make any number of believable tickets."),
    "bench": Mounted("bench.commands", "bench", "Measure what this machine carries."),
}
STYLE = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_CODES = "\n".join(f"  {ending.value:>3}  {ending.meaning}" for ending in Ending)


class Commands(typer.core.TyperGroup):
    """A group whose commands are loaded when they are run; its list is written without loading any."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the commands, in the order of the list."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load a command; None for one that there is not."""
        return load(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, mounted.summary) for name, mounted in COMMANDS.items()])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is asked for, or say which there are that look like it."""
        names: Any = dict.fromkeys(COMMANDS)  # suggestions are made from the names alone
        self.commands = names
        return super().resolve_command(ctx, args)


def load(name: str) -> Any:
    """Load a command from its module."""
    mounted = COMMANDS[name]
    found = getattr(importlib.import_module(f"deskline.cli.{mounted.module}"), mounted.attribute)
    application = found if isinstance(found, typer.Typer) else _alone(found)
    command = typer.main.get_command(application)
    command.name = name
    return command


def _alone(function: Any) -> typer.Typer:
    application = typer.Typer(rich_markup_mode=None, add_completion=False)
    application.command()(function)
    return application


def run(arguments: Sequence[str] | None) -> int:
    """Run the command that the arguments name; None for those of the process. Answers the exit code."""
    application = typer.Typer(
        cls=Commands,
        callback=_root,
        rich_markup_mode=None,
        add_completion=False,
        no_args_is_help=True,
        context_settings=STYLE,
        epilog=f"\b\nExit codes:\n{_CODES}",
    )
    try:
        typer.main.get_command(application).main(args=arguments, prog_name="deskline")
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else Ending.REFUSED
    return Ending.DONE


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"deskline {deskline.__version__}")
        raise typer.Exit


def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)] = False,
) -> None:
    """A self-hosted help desk that speaks the LiveChat REST API v2.0.

    Every command has --help. The data folder is --data, or DESKLINE_DATA; deskline settings lists what else can be set, and how.

    \b
    Examples:
      deskline init --data ./data --account "My Company" --timezone Europe/Warsaw \\
          --login john.doe@mycompany.com --name "John Doe"
      deskline serve --data ./data
    """
