"""The command that copies a database into an empty one. The work is done in `actions.copies` and `storage.copies`."""

import asyncio
import re
import shlex
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deskline.cli.endings import Ending
from deskline.cli.terminal import progress
from deskline.config import DATABASE, Settings, show
from deskline.errors import ConflictError, SettingsError

if TYPE_CHECKING:
    from deskline.actions.copies import Copied, Progress
    from deskline.storage.copies import Target
    from deskline.storage.database import Database

BUDGET_SECONDS: Final = 86_400.0  # a copy takes as long as it takes
LINES: Final = 10  # of progress, where there is no terminal
_PREFIX: Final = "sqlite:"
_ADDRESS: Final = "ADDRESS"


def copy(
    source: Annotated[
        str, typer.Option("--from", metavar=_ADDRESS, help="Where the rows are: sqlite:DIR, the data folder, or postgresql://…")
    ],
    target: Annotated[str, typer.Option("--to", metavar=_ADDRESS, help="Where they go, likewise; made where there is nothing.")],
) -> None:
    """Copy a database into an empty one, of either engine, and compare the two row by row. Nobody may write to either meanwhile.

    Stopped at any moment, or by a connection that was lost, the same command goes on. Until it is done, no server starts on the copy.
    Ends with 3 where the two differ, where the source was written to meanwhile, or where deskline check finds something in the copy.

    \b
    Examples:
      deskline copy --from sqlite:./data --to postgresql://deskline@db.example.com/deskline
      deskline copy --from postgresql://deskline@db.example.com/deskline --to sqlite:./data
    """
    settings_from, settings_to = read_address(source, "--from"), read_address(target, "--to")
    if settings_from.database is None and settings_from.data.resolve() == settings_to.data.resolve() and settings_to.database is None:
        raise ConflictError(f"{source} and {target} are the same folder.")
    try:
        copied = asyncio.run(_copy(settings_from, settings_to))
    except KeyboardInterrupt:
        typer.echo("Interrupted: what was copied stays, and the same copy again goes on from there.", err=True)
        raise
    for account in copied.accounts:
        typer.echo(f"Account {account.id} ({account.name}): {account.tickets:,} tickets, {account.events:,} events.")
    for line in (*copied.differences, *copied.findings):
        typer.echo(line)
    if copied.differences:
        typer.echo(f"The copy in {settings_to.place} is not complete, and no server starts on it: copy again, into another database.")
        raise typer.Exit(Ending.FINDINGS)
    rate = f" in {copied.seconds:,.0f} s ({copied.rows / copied.seconds:,.0f} rows/s)" if copied.seconds >= 1 else ""
    typer.echo(f"{settings_to.place} holds every row of {settings_from.place}: {copied.rows:,} rows were copied{rate}, all were compared.")
    if copied.findings:
        typer.echo("What was found in the copy is in the source too; see: deskline check")
        raise typer.Exit(Ending.FINDINGS)
    where = (
        f"--data {shlex.quote(str(settings_to.data))}" if settings_to.database is None else f"--database {shlex.quote(settings_to.place)}"
    )
    typer.echo(f"Next: deskline serve {where}")


def read_address(text: str, option: str) -> Settings:
    """Read where a database is. Raises SettingsError."""
    from deskline.storage.postgres_address import AddressError
    from deskline.storage.postgres_address import read_address as read

    if text.startswith(_PREFIX):
        path = Path(text.removeprefix(_PREFIX)).expanduser()
        path = path.parent if path.name == DATABASE and not path.is_dir() else path
        if text == _PREFIX or re.match("sqlite://[^/]", text) or (path.exists() and not path.is_dir()):
            raise SettingsError(f"{option}: {text!r} is not accepted; accepted: sqlite:DIR with the data folder, which holds {DATABASE}.")
        return Settings(data=path, query_seconds=BUDGET_SECONDS)
    try:
        read(text)
    except AddressError as error:
        accepted = "sqlite:DIR with the data folder, or postgresql://… with the database"
        raise SettingsError(f"{option}: {show(text)!r} is not accepted: {error}; accepted: {accepted}.") from None
    return Settings(database=text, query_seconds=BUDGET_SECONDS)


async def _copy(settings_from: Settings, settings_to: Settings) -> "Copied":
    from deskline.actions.copies import copy_database

    origin = settings_from.place if settings_from.database is not None else str(settings_from.database_path.resolve())
    with _shown() as tell:
        async with _source(settings_from) as source, _target(settings_to, origin) as target:
            return await copy_database(source, target, tell)


@asynccontextmanager
async def _source(settings: Settings) -> "AsyncIterator[Database]":
    from deskline.cli.desks import opened

    with _alone(settings, is_there=True):
        async with opened(settings) as database:
            yield database


@asynccontextmanager
async def _target(settings: Settings, source: str) -> "AsyncIterator[Target]":
    from deskline.web.v2.wire import show_ticket

    if settings.database is not None:
        from deskline.storage import postgres_copies

        async with postgres_copies.opened(settings.database, source, show=show_ticket, budget_seconds=BUDGET_SECONDS) as on_server:
            yield on_server
        return
    from deskline.storage import sqlite_copies

    with _alone(settings, is_there=False):
        async with sqlite_copies.opened(settings.database_path, source, show=show_ticket, budget_seconds=BUDGET_SECONDS) as in_file:
            yield in_file


@contextmanager
def _alone(settings: Settings, *, is_there: bool) -> Iterator[None]:
    """Hold the folder of a database file, which is made unless it must be there."""
    from deskline.storage import locks, schema

    if settings.database is not None:
        yield
        return
    if is_there:
        schema.check(settings.database_path)
    else:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locks.hold(settings.data):
        yield


@contextmanager
def _shown() -> "Iterator[Progress]":
    """Show how many rows are done of what: as a bar for each on a terminal, elsewhere in a few lines."""
    bars: dict[str, Callable[[int, int], None]] = {}
    lines: dict[str, int] = {}
    with ExitStack() as shown:

        def tell(what: str, done: int, in_all: int) -> None:
            if what not in bars:
                shown.pop_all().close()  # one bar at a time
                bars[what] = shown.enter_context(progress(what))
            bars[what](done, in_all)
            part = LINES * done // in_all if in_all else 0
            if not sys.stderr.isatty() and lines.get(what, 0) < part:
                lines[what] = part
                typer.echo(f"{what}: {done:,} of {in_all:,}", err=True)

        yield tell
