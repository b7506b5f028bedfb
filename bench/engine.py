"""The bare engine: the statements of creating tickets, recorded once from Deskline and run again in a plain loop.

It is the ceiling of what `POST /tickets` can reach. Recorded on one copy of the data folder's database and run on another, so that every
key is as free as it was. Nothing goes over HTTP.
"""

import asyncio
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import apsw

from bench.results import Row, Table
from bench.samples import Folder, Sample, looking, value
from deskline.actions import tickets as actions
from deskline.domain.events import Person, Requester, Source
from deskline.domain.tickets import NewTicket
from deskline.storage.sqlite import SqliteDatabase
from deskline.storage.sqlite_connection import connect
from deskline.web.v2.wire import show_ticket

FSYNCS: Final = 200
READS: Final = 50_000


class Statement(NamedTuple):
    """A statement as the engine ran it."""

    text: str
    values: Any


class Recording(NamedTuple):
    """The statements of each ticket, and those that a batch runs once for each of its tickets before its commit."""

    units: list[list[Statement]]
    searches: list[Statement]


def measure(folder: Folder, sample: Sample, batch: int, count: int) -> Table:
    """Run the statements of `count` tickets in transactions of `batch`, and as many single reads as one second or so takes."""
    account = _account(folder)
    recorded = folder.path / "recorded.db"
    replayed = folder.path / "replayed.db"
    for copy in (recorded, replayed):
        shutil.copyfile(folder.database, copy)
    recording = asyncio.run(_record(recorded, account, sample, count))
    sending = _replay(replayed, recording, batch)
    reading = _read(replayed, account, sample)
    forcing = _force(folder.path / "fsync")
    for copy in (recorded, replayed):
        copy.unlink()
    rows = [
        Row(f"create a ticket, {batch} in a transaction", sending),
        Row("read a ticket", reading),
        Row("write and fsync 4 KiB", forcing),
    ]
    return Table("The bare engine", f"{count:,} tickets, in one loop without HTTP; CPU of the loop.", rows)


def _account(folder: Folder) -> int:
    with looking(folder) as connection:
        return int(value(connection, "SELECT account_id FROM account"))


async def _record(path: Path, account: int, sample: Sample, count: int) -> Recording:
    """Create tickets one after the other and note what reaches the engine."""
    database = SqliteDatabase(path, show=show_ticket)
    recording = Recording([], [])
    inside = False

    def note(_: Any, text: str, values: Any) -> bool:
        nonlocal inside
        if text.startswith("SAVEPOINT"):
            inside = True
            recording.units.append([])
        if inside:
            recording.units[-1].append(Statement(text, values))
        elif text not in {"BEGIN IMMEDIATE", "COMMIT"}:
            recording.searches.append(Statement(text, values))
        if text.startswith("RELEASE"):
            inside = False
        return True

    database.writer.exec_trace = note
    texts = [text for text in sample.messages if text.strip()]
    by = Person("bench@example.com", "Bench")
    for number in range(count):
        async with database.write(account) as tx:
            new = NewTicket(
                requester=Requester(f"client{number}@example.org", f"Client {number}"),
                text=texts[number % len(texts)],
                groups=await actions.ticket_groups(tx, (0,)),
                source=Source("lc2"),
            )
            await actions.create(tx, new, by)
    database.writer.exec_trace = None
    await database.close()
    return recording


def _replay(path: Path, recording: Recording, batch: int) -> dict[str, float]:
    connection = connect(path)
    execute = connection.execute
    started, cpu = time.perf_counter(), time.process_time()
    for first in range(0, len(recording.units), batch):
        execute("BEGIN IMMEDIATE")
        for text, values in _batch(recording, first, batch):
            execute(text, values).fetchall()
        execute("COMMIT")
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    connection.close()
    tickets = len(recording.units)
    statements = sum(map(len, recording.units)) + len(recording.searches) + 2 * -(-tickets // batch)
    return {"/s": tickets / seconds, "CPU µs": cpu / tickets * 1e6, "statements/s": statements / seconds}


def _batch(recording: Recording, first: int, batch: int) -> Iterator[Statement]:
    for unit in recording.units[first : first + batch]:
        yield from unit
    yield from recording.searches[first : first + batch]


def _read(path: Path, account: int, sample: Sample) -> dict[str, float]:
    connection: apsw.Connection = connect(path, reading=True)
    ids = list(sample.tickets)
    execute = connection.execute
    started, cpu = time.perf_counter(), time.process_time()
    for number in range(READS):
        execute("SELECT shown FROM ticket WHERE account_id = ?1 AND ticket_id = ?2", (account, ids[number % len(ids)])).fetchone()
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    connection.close()
    return {"/s": READS / seconds, "CPU µs": cpu / READS * 1e6, "statements/s": READS / seconds}


def _force(path: Path) -> dict[str, float]:
    """Write to a file and have the disk keep it, over and over: what a commit cannot be faster than."""
    started, cpu = time.perf_counter(), time.process_time()
    with path.open("wb", buffering=0) as file:
        for _ in range(FSYNCS):
            file.write(bytes(4_096))
            os.fsync(file.fileno())
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    path.unlink()
    return {"/s": FSYNCS / seconds, "CPU µs": cpu / FSYNCS * 1e6}
