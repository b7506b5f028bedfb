"""Commands of assistants: the server of the Model Context Protocol, and what a person does with what was proposed."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskline.cli.options import JsonOption
from deskline.cli.terminal import show_json, show_table
from deskline.errors import RefusedError

if TYPE_CHECKING:
    from deskline.client import Client
    from deskline.mcp.proposals import Proposal, Proposals

FOLDER = Path("~/.local/share/deskline/proposals")
UrlOption = Annotated[str, typer.Option("--url", metavar="URL", envvar="DESK_URL", help="The address of the Deskline server.")]
LoginOption = Annotated[str, typer.Option("--login", metavar="LOGIN", envvar="DESK_LOGIN", help="Who asks: an agent's login.")]
CertificateOption = Annotated[
    Path | None, typer.Option("--certificate", metavar="FILE", help="The certificate of a server that signed its own.", show_default=False)
]
FolderOption = Annotated[Path, typer.Option("--folder", metavar="FOLDER", help="Where proposals are kept.")]
ProposalArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The proposal, as deskline proposals list names it.", show_default=False)
]
KEY = "DESK_KEY"

proposals = typer.Typer(
    help="Show what an assistant proposed, and carry it out or drop it.",
    callback=lambda: None,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
)


def mcp(url: UrlOption, login: LoginOption, folder: FolderOption = FOLDER, certificate: CertificateOption = None) -> None:
    """Let an assistant search, read, count and propose, over the Model Context Protocol on stdin and stdout.

    The key, or better a personal access token with the scopes tickets_read, reports_read, agents_read, groups_read, tags_read and
    custom_fields_read, is taken from the variable DESK_KEY. Nothing is changed by it: what an assistant wants changed is kept as a
    proposal, see deskline proposals.

    \b
    Example:
      deskline mcp --url https://desk.example.com --login ann@example.com
    """
    with _client(url, login, certificate) as desk, _said():
        from deskline.mcp.proposals import Proposals
        from deskline.mcp.protocol import Session
        from deskline.mcp.stdio import serve
        from deskline.mcp.tools import Tools

        tools = Tools(desk, Proposals(folder.expanduser()))
        serve(Session(tools.shown, tools.call), sys.stdin, sys.stdout)


@proposals.command("list")
def list_proposals(
    every: Annotated[bool, typer.Option("--all", help="Also those that were approved or dropped.")] = False,
    folder: FolderOption = FOLDER,
    as_json: JsonOption = False,
) -> None:
    """List proposals that wait.

    \b
    Example:
      deskline proposals list
    """
    with _said():
        found = _kept(folder).list(None if every else "open")
    if as_json:
        show_json([vars(each) for each in found])
        return
    show_table(("ID", "TICKET", "STATE", "MADE", "WHAT"), [(p.id, p.ticket_id, p.state, p.made_at, _told(p)) for p in found])


@proposals.command("show")
def show_proposal(proposal: ProposalArgument, folder: FolderOption = FOLDER) -> None:
    """Show a proposal: all that would be sent, and why.

    \b
    Example:
      deskline proposals show 3fa91c02
    """
    with _said():
        show_json(vars(_kept(folder).get(proposal)))


@proposals.command("approve")
def approve_proposal(
    proposal: ProposalArgument,
    url: UrlOption,
    login: LoginOption,
    anyway: Annotated[bool, typer.Option("--anyway", help="Also where the ticket was changed since it was proposed.")] = False,
    folder: FolderOption = FOLDER,
    certificate: CertificateOption = None,
) -> None:
    """Carry a proposal out, as yourself and with your own key (DESK_KEY). Twice does it once.

    \b
    Example:
      deskline proposals approve 3fa91c02 --url https://desk.example.com --login ann@example.com
    """
    with _client(url, login, certificate) as desk, _said():
        ticket = _kept(folder).approve(proposal, desk, anyway=anyway)
    typer.echo(f"Done. The ticket {ticket['id']} is {ticket['status']} now.")


@proposals.command("drop")
def drop_proposal(proposal: ProposalArgument, folder: FolderOption = FOLDER) -> None:
    """Drop a proposal: it is not carried out.

    \b
    Example:
      deskline proposals drop 3fa91c02
    """
    with _said():
        _kept(folder).drop(proposal)
    typer.echo("Dropped.")


def _kept(folder: Path) -> "Proposals":
    from deskline.mcp.proposals import Proposals

    return Proposals(folder.expanduser())


def _told(proposal: "Proposal") -> str:
    """Tell a proposal in a line."""
    text = ", ".join(f"{name}: {value}" for name, value in proposal.body.items())
    printable = "".join(c if c.isprintable() else " " for c in text)
    return printable if len(printable) <= 60 else printable[:59] + "…"


def _client(url: str, login: str, certificate: Path | None) -> "Client":
    import os

    key = os.environ.get(KEY, "")
    if not key:
        raise RefusedError(
            f"{KEY} is not set; accepted: an API key or a personal access token, in the environment and not on the command line."
        )
    try:
        from deskline.client import Client
    except ModuleNotFoundError as error:
        raise RefusedError("This needs httpx, which a server does not: pip install 'deskline[client]'") from error
    return Client(url, login, key, verify=True if certificate is None else str(certificate))


@contextlib.contextmanager
def _said() -> Iterator[None]:
    """Say in a sentence what a client or the folder of proposals refuses."""
    from deskline.client import ClientError, OutdatedError
    from deskline.mcp.proposals import ProposalError

    try:
        yield
    except OutdatedError as error:
        raise RefusedError("The ticket was changed since it was proposed. Look at it, then approve with --anyway, or drop it.") from error
    except (ClientError, ProposalError) as error:
        raise RefusedError(str(error)) from error
