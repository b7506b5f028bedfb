"""The pages of the documentation that follow from the program: commands and settings. `python -m deskline.cli.manual docs` writes them."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from deskline.cli.endings import Ending
from deskline.cli.root import COMMANDS, STYLE, load
from deskline.config import FILE, SETTINGS

WIDTH = 100


def pages() -> dict[str, str]:
    """Write all pages, by the names of their files."""
    return {"commands.md": commands_page(), "settings.md": settings_page()}


def commands_page() -> str:
    """Write the page of commands: what each says of itself, and the exit codes."""
    lines = ["# Commands", "", "Each command says this of itself with `--help`.", "", "| exit code | meaning |", "|---|---|"]
    lines += [f"| {ending.value} | {ending.meaning} |" for ending in Ending]
    for name in COMMANDS:
        for path, command in _commands(name, load(name)):
            lines += ["", f"## {path}", "", "```text", help_of(command, path).rstrip(), "```"]
    return "\n".join(lines) + "\n"


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Walk the commands below one; a group as such has nothing to say."""
    below = getattr(command, "commands", None)
    if not below:
        yield path, command
    for name, each in (below or {}).items():
        yield from _commands(f"{path} {name}", each)


def help_of(command: Any, path: str) -> str:
    """Let a command say what it says with --help."""
    context = command.make_context(f"deskline {path}", [], resilient_parsing=True, **STYLE, terminal_width=WIDTH)
    text: str = command.get_help(context)
    return text


def settings_page() -> str:
    """Write the page of settings: the table of `config`."""
    lines = [
        "# Settings",
        "",
        f"A flag of `deskline serve` goes before a `DESKLINE_*` variable, that before the file (`{FILE}` in the data folder, or the",
        "one that `--config` names, TOML), that before the default. Unknown ones are refused, with a suggestion. Paths in the file begin",
        "at the file's folder; an empty variable counts as none. `deskline settings` shows what holds, and where it came from.",
        "",
        "| setting | flag | variable | default | accepted | meaning |",
        "|---|---|---|---|---|---|",
    ]
    for row in SETTINGS.values():
        name = f"`{row.name}`" if row.about.file else f"{row.name} (not in the file)"
        default = f"`{row.shown_default}`" if row.shown_default else "none"
        flag = f"`{row.flag}`" if row.flag else "none"
        lines.append(f"| {name} | {flag} | `{row.variable}` | {default} | {row.accepted} | {row.about.help} |")
    lines += [
        "",
        "`--no-tls` is short for `--tls none`, `--no-access-log` turns the access log off. A flag that takes several values is repeated,",
        "or its values are separated by commas; in the file they are an array.",
        "",
        "```toml",
        "# deskline.toml",
        'host = "0.0.0.0"',
        "port = 443",
        'tls_cert = "chain.pem"',
        'tls_key = "key.pem"',
        'trusted_proxies = ["10.0.0.0/8"]',
        "```",
    ]
    return "\n".join(lines) + "\n"


def write(folder: Path) -> None:
    """Write the pages into a folder."""
    for name, text in pages().items():
        (folder / name).write_text(text, "utf-8")
        typer.echo(folder / name)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
