"""`deskline import` and `deskline export`: files named on the command line, a bar on a terminal, a summary at the end."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer

from deskline.cli.desks import get_account, opened
from deskline.cli.endings import Ending
from deskline.cli.options import AccountOption, ConfigOption, DataOption, JsonOption, settings_of
from deskline.cli.terminal import Progress, progress, show_json
from deskline.config import Settings
from deskline.storage import files
from deskline.storage.histories import each_shown
from deskline.web.v2 import history_files
from deskline.web.v2.history_files import Fault, Place, Saved, read_tickets
from deskline.web.v2.importing import Tally, bring_in

CHECKPOINT_PAGES = 8_000  # of the log, before it is copied into the database: 64 MiB instead of 4 saves a tenth of the time
EXPORT_SECONDS = 86_400.0
STDOUT = Path("-")
MOST_LISTED = 1_000  # places in the JSON summary
MOST_NOTES = 20  # lines of notes in the summary

importing = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="Bring a saved history in.")
exporting = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="Write the history out.")


@importing.callback()
def _import() -> None:
    """Bring a saved history in."""


@exporting.callback()
def _export() -> None:
    """Write the history out."""


def _checked_files(files: list[str]) -> list[str]:
    for name in files:
        if name != history_files.STDIN and Path(name).is_dir():
            raise typer.BadParameter(f"{name} is a folder; name the files in it, such as {Path(name) / '*.json'}")
        if name != history_files.STDIN and not Path(name).exists():
            raise typer.BadParameter(f"there is no file {name}")
    return files


@importing.command("livechat")
def import_livechat(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="The files; - is standard input.", callback=_checked_files)],
    data: DataOption = None,
    config: ConfigOption = None,
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring in tickets that were saved from the LiveChat API.

    A file holds pages as the API answered them, a list of tickets, single tickets, or one ticket a line; gzip is unpacked. Ids,
    timelines, ratings, tags, groups and agents are kept (agents without the right to sign in). A ticket that is there is continued
    where the file knows more of it, and never changed otherwise: running the same import again changes nothing, and goes on where
    one was stopped. A server may run meanwhile.

    A ticket that cannot be read, or that is there with another life, is named on stderr with its place and left out.

    \b
    Exit codes: 0 every ticket is in; 3 some were left out; others as in deskline --help.

    \b
    Examples:
      deskline import livechat --data ./data tickets-*.json
      zcat history.ndjson.gz | deskline import livechat --data ./data --json -
    """
    settings = settings_of(data, config)
    problems: list[dict[str, object]] = []

    def say(place: Place, reason: str) -> None:
        typer.echo(f"{place}: {reason}", err=True)
        if len(problems) < MOST_LISTED:
            problems.append({"file": place.file, "line": place.line, "ticket": place.number, "reason": reason})

    try:
        with progress("Importing") as show:
            tally = asyncio.run(_bring_in(settings, account, files, say, show))
    except KeyboardInterrupt:
        typer.echo("Interrupted: what was written stays, and the same import again goes on from there.", err=True)
        raise
    if as_json:
        show_json(_counts(tally) | {"notes": tally.notes, "problems": problems})
    else:
        _show_tally(tally)
    raise typer.Exit(Ending.DONE if tally.whole else Ending.FINDINGS)


async def _bring_in(settings: Settings, account: str | None, names: list[str], say: Callable[[Place, str], None], show: Progress) -> Tally:
    async with opened(settings, checkpoint_pages=CHECKPOINT_PAGES) as database:
        chosen = await get_account(database, account)
        return await bring_in(database, chosen.id, _items(names, show), say)


def _items(names: list[str], show: Progress) -> Iterator[Saved | Fault]:
    """Walk over all files, and show how far that is."""
    sizes = [0 if name == history_files.STDIN else Path(name).stat().st_size for name in names]
    for number, name in enumerate(names):
        before = sum(sizes[:number])
        with history_files.opened(name) as (file, stream):
            for count, item in enumerate(read_tickets(stream, "standard input" if name == history_files.STDIN else name)):
                if count % 100 == 0:
                    done = before + (file.tell() if sizes[number] else 0)
                    show(done, max(done, sum(sizes)))
                yield item
    show(sum(sizes), sum(sizes))


def _counts(tally: Tally) -> dict[str, object]:
    fates = tally.fates
    return {
        "added": fates["added"],
        "continued": fates["continued"],
        "unchanged": fates["unchanged"],
        "conflicts": fates["conflict"],
        "bad": tally.bad,
    }


def _show_tally(tally: Tally) -> None:
    typer.echo(", ".join(f"{count:,} {word}" for word, count in _counts(tally).items()))
    for note, count in tally.notes.most_common(MOST_NOTES):
        typer.echo(f"  note: {note} ({count:,})")
    if len(tally.notes) > MOST_NOTES:
        typer.echo(f"  and {len(tally.notes) - MOST_NOTES:,} other notes; --json lists them all")


@exporting.command("livechat")
def export_livechat(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", dir_okay=False, show_default=False, help="Write here; - is stdout, the default."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there already.")] = False,
    lines: Annotated[bool, typer.Option("--lines", help="Write one ticket a line instead of one page.")] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    account: AccountOption = None,
) -> None:
    """Write all tickets in the form of the LiveChat API, as they are at one moment.

    The form is that of a page, {"tickets":[...]}, with a ticket on each line, and deskline import livechat reads it. A file appears
    when it is complete, not before, and for your eyes only; keep it as safe as the data folder. A server may run meanwhile.

    \b
    Examples:
      deskline export livechat --data ./data --out tickets.json
      deskline export livechat --data ./data --lines | gzip > history.ndjson.gz
    """
    settings = msgspec.structs.replace(settings_of(data, config), query_seconds=EXPORT_SECONDS)
    out = None if out == STDOUT else out
    with _target(out, settings.database_path, replace=force) as file:
        count = asyncio.run(_write_out(settings, account, file, lines=lines))
    if out is not None:
        typer.echo(f"{count:,} tickets are in {out}", err=True)


async def _write_out(settings: Settings, account: str | None, file: BinaryIO, *, lines: bool) -> int:
    count = 0
    head, between, tail = (b"", b"\n", b"\n") if lines else (b'{"tickets":[\n', b",\n", b"\n]}\n")
    async with opened(settings) as database:
        chosen = await get_account(database, account)
        async with database.analyse(chosen.id) as tx:
            shown: AsyncIterator[bytes] = each_shown(tx)
            file.write(head)
            async for ticket in shown:
                file.write(between + ticket if count else ticket)
                count += 1
            file.write(tail if count or not lines else b"")
    return count


@contextmanager
def _target(out: Path | None, database: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """Open what is written to; a file gets its name when it is complete and on the disk. Raises ConflictError."""
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if out.exists() and not out.is_file():  # a pipe, a terminal: whoever reads it waits for what comes
        with out.open("wb") as file:
            yield file
        return
    files.check_target(out, database, replace=replace)
    place = out.resolve()  # a link stays one
    with files.part_of(place) as part:
        with part.open("wb") as file:
            yield file
        files.sync(part)
        files.check_target(out, database, replace=replace)
        files.name(part, place)
