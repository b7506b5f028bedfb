"""The bare engine: the statements of creating tickets, recorded once from Deskline and run again in a plain loop.

It is the ceiling of what `POST /tickets` can reach. Recorded on one copy of the data folder's database and run on another, so that every
key is as free as it was. Nothing goes over HTTP.
"""

import asyncio
import os
import shutil
import time
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


def measure(folder: Folder, sample: Sample, batch: int, count: int) -> Table:
    """Run the statements of `count` tickets in transactions of `batch`, and as many single reads as one second or so takes."""
    account = _account(folder)
    recorded = folder.path / "recorded.db"
    replayed = folder.path / "replayed.db"
    for copy in (recorded, replayed):
        shutil.copyfile(folder.database, copy)
    transactions = asyncio.run(_record(recorded, account, sample, batch, count))
    sending = _replay(replayed, transactions, count)
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


async def _record(path: Path, account: int, sample: Sample, batch: int, count: int) -> list[list[Statement]]:
    """Create tickets, so many at a time, and note what reaches the engine for each commit."""
    database = SqliteDatabase(path, show=show_ticket)
    transactions: list[list[Statement]] = []

    def note(_: Any, text: str, values: Any) -> bool:
        if text.startswith("BEGIN"):
            transactions.append([])
        transactions[-1].append(Statement(text, values))
        return True

    database.writer.exec_trace = note
    texts = [text for text in sample.messages if text.strip()]

    async def create(number: int) -> None:
        async with database.write(account) as tx:
            new = NewTicket(
                requester=Requester(f"client{number}@example.org", f"Client {number}"),
                text=texts[number % len(texts)],
                groups=await actions.ticket_groups(tx, (0,), may_make=True),
                source=Source("lc2"),
            )
            await actions.create(tx, new, Person("bench@example.com", "Bench"))

    for first in range(0, count, batch):
        await asyncio.gather(*map(create, range(first, min(first + batch, count))))
    database.writer.exec_trace = None
    await database.close()
    return transactions


def _replay(path: Path, transactions: list[list[Statement]], tickets: int) -> dict[str, float]:
    connection = connect(path)
    execute = connection.execute
    started, cpu = time.perf_counter(), time.process_time()
    for transaction in transactions:
        for text, values in transaction:
            execute(text, values).fetchall()
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    connection.close()
    statements = sum(map(len, transactions))
    return {"/s": tickets / seconds, "CPU µs": cpu / tickets * 1e6, "statements/s": statements / seconds}


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
