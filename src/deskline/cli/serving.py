"""The command that serves. Its flags are the table of settings, every one of them; the serving itself is put together in `app`."""

import functools
import inspect
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_origin

import typer

from deskline.cli.endings import ended
from deskline.cli.logs import set_up
from deskline.cli.options import help_of
from deskline.cli.terminal import warn
from deskline.config import SETTINGS, MediaType, Setting, Settings, load
from deskline.errors import SettingsError

if TYPE_CHECKING:
    from deskline.web.workers import Worker


def serve(**flags: Any) -> None:
    """Serve the API until Ctrl+C or SIGTERM; requests in flight are finished first.

    Over plain HTTP, only this machine and trusted proxies are answered. For everybody else there is HTTPS, with a certificate of
    your own or a self-signed one; or plain HTTP for all with --no-tls, where keys and tickets can be read on their way.

    \b
    Examples:
      deskline serve --data ./data
      deskline serve --data ./data --host 0.0.0.0 --port 443 --tls-cert chain.pem --tls-key key.pem
      deskline serve --data ./data --trusted-proxies 10.0.0.5
      deskline serve --database postgresql://deskline@db.example.com/deskline --workers 4
    """
    import uvloop

    from deskline import app

    if flags.pop("no_tls"):
        if flags["tls"] is not None:
            raise typer.BadParameter("--no-tls is short for --tls none; leave out one of the two.")
        flags["tls"] = "none"
    settings = load(flags, os.environ, flags.pop("config"))
    _check_files(settings)
    set_up(settings.log_format, settings.log_level)
    if settings.tls == "none" and settings.host not in {"127.0.0.1", "::1", "localhost"}:
        warn("without TLS, keys and tickets can be read on their way by anybody in between.")
    if settings.workers > 1:
        raise typer.Exit(app.serve_with_workers(settings, _announce, functools.partial(_work, settings)))
    raise typer.Exit(uvloop.run(app.serve(settings, _announce)))


def _work(settings: Settings, worker: "Worker") -> int:
    """Be one of several workers, to the end. Answers the exit code."""
    import uvloop

    from deskline import app

    set_up(settings.log_format, settings.log_level, worker=worker.number)
    return ended(lambda: uvloop.run(app.serve(settings, lambda _: worker.say_ready(), worker)))


def _check_files(settings: Settings) -> None:
    """Name a file of the certificate that is not there; the library's error would not."""
    for name in ("tls_cert", "tls_key"):
        path = getattr(settings, name)
        if settings.tls == "files" and not path.is_file():
            raise SettingsError(f"{name}: there is no file {path}.")


def _announce(url: str) -> None:
    typer.echo(f"Deskline answers at {url} (Ctrl+C stops it).")


def _parameter(row: Setting) -> inspect.Parameter:
    """Make a setting's flag. Values are read by `config`, so that it is refused in the same words wherever it is given."""
    kind: Any = str | None
    names = [str(row.flag)]
    if row.kind is bool:
        kind, names = bool | None, [f"{row.flag}/--no-{str(row.flag)[2:]}"]
    elif get_origin(row.kind) is tuple:
        kind = list[str] | None
    elif row.name == "config":
        kind = Path | None
    metavar = None if row.kind is bool else row.about.metavar or "|".join(row.choices) or _METAVARS.get(row.kind, "FILE")
    option = typer.Option(
        *names, metavar="DIR" if row.name in ("data", "attachments") else metavar, help=help_of(row.name), show_default=False
    )
    return inspect.Parameter(row.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option])


_METAVARS: dict[Any, str] = {
    int: "NUMBER",
    float: "SECONDS",
    str | None: "URL",
    str: "ADDRESS",
    tuple[str, ...]: "NETWORK",
    tuple[MediaType, ...]: "TYPE",
}
_NO_TLS = inspect.Parameter(
    "no_tls",
    inspect.Parameter.KEYWORD_ONLY,
    default=False,
    annotation=Annotated[bool, typer.Option("--no-tls", help="Short for --tls none: plain HTTP for everybody.")],
)
# The flags are read off the table, where a list of twenty parameters would have to be kept equal to it by hand.
serve.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [*(_parameter(row) for row in SETTINGS.values() if row.flag), _NO_TLS]
)
