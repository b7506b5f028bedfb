"""A sync fails: nobody knows what the disk holds, so nothing is acknowledged any more, and what was acknowledged before is there."""

import asyncio
import json
import random
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import apsw
import pytest
import uvloop

from deskline.cli.endings import Ending
from deskline.errors import DurabilityLostError
from deskline.storage.sqlite import SqliteDatabase
from deskline.web.v2.history_files import Place, Saved
from deskline.web.v2.importing import BATCH_TICKETS, bring_in
from deskline.web.v2.wire import show_ticket
from tests import rounds
from tests.faults.clients import Client, Told
from tests.faults.disks import FailingDisk
from tests.faults.power import PowerDisk
from tests.faults.programs import ROOT, Program, on_disk, serving
from tests.faults.workloads import SHORT_LOG, WRITERS, Journal, Writers
from tests.storage.builders import OURS, Clock, a_ticket
from tests.storage.wholeness import contradictions
from tests.web.v2.saved import many

RUNS = rounds.times(quick=15, long=150)
SYNCS = 45  # that the writers need at least
PATIENCE_SECONDS = 30


@pytest.mark.parametrize("run", range(RUNS))
def test_nothing_is_acknowledged_after_a_failed_sync(fresh: Path, scratch: Path, disk_name: str, chance: random.Random, run: int) -> None:
    """The power goes right after: what the failed sync was to make durable is lost in part, whatever was tried after it."""
    shutil.copytree(fresh, scratch / "live")
    disk = PowerDisk(disk_name, scratch / "live", chance, failing_sync=1 + (run * 7) % SYNCS)
    journal = Journal()

    async def work() -> str:
        database = a_database(scratch / "live", disk_name)
        writers = Writers(database, journal, chance)
        await writers.work(24)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await database.wait_failed()
        assert disk.has_failed
        assert [type(error) for error in writers.errors] == [DurabilityLostError] * WRITERS
        before = dict(journal.acknowledged)
        await writers.work(1)
        assert journal.acknowledged == before
        story = disk.leave(scratch / "left")
        with suppress(apsw.Error):
            await database.close()
        return story

    story = uvloop.run(work())
    assert journal.wrong(scratch / "left" / "deskline.db") == [], story


@pytest.mark.parametrize("ending", [".db", "-wal"])
def test_a_sync_that_fails_is_noticed_in_the_log_and_in_the_file(fresh: Path, scratch: Path, disk_name: str, ending: str) -> None:
    """A failed sync of the file itself is one that SQLite would say nothing about: its commits were durable in the log."""
    shutil.copytree(fresh, scratch / "live")
    disk = FailingDisk(disk_name, ending=ending, syncs_left=3)

    async def work() -> None:
        database = a_database(scratch / "live", disk_name)
        with pytest.raises(DurabilityLostError):
            await create_without_end(database)
        assert disk.failed_for is not None
        assert database.commits.failed.is_set()
        await database.close()

    uvloop.run(work())


def test_an_import_notices_that_the_file_cannot_be_synced(fresh: Path, scratch: Path, disk_name: str) -> None:
    shutil.copytree(fresh, scratch / "live")
    disk = FailingDisk(disk_name, ending=".db", syncs_left=1)

    def left_out(place: Place, reason: str) -> None:
        raise AssertionError(f"{place}: {reason}")

    async def work() -> None:
        database = a_database(scratch / "live", disk_name)
        tickets = (json.dumps(ticket).encode() for ticket in many(3 * BATCH_TICKETS))
        items = (Saved(Place("file", number, number), raw) for number, raw in enumerate(tickets, 1))
        with pytest.raises(DurabilityLostError):
            await bring_in(database, OURS, items, left_out)
        assert disk.failed_for is not None
        assert database.commits.failed.is_set()
        await database.close()

    uvloop.run(work())


def test_the_import_command_says_that_the_file_cannot_be_synced(data: Path, scratch: Path) -> None:
    source = scratch / "tickets.json"
    source.write_text(json.dumps({"tickets": list(many(BATCH_TICKETS, words=3_500))}), "utf-8")
    command = on_disk("disks.FailingDisk('failing', ending='.db', syncs_left=1, default=True)")
    line = [*command, "import", "livechat", "--data", str(data), str(source)]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False, cwd=ROOT)
    assert ended.returncode == Ending.STORAGE, ended
    assert "could not be made durable" in ended.stderr
    assert "added" not in ended.stdout


def a_database(folder: Path, disk_name: str) -> SqliteDatabase:
    return SqliteDatabase(folder / "deskline.db", show=show_ticket, clock=Clock(), vfs=disk_name, checkpoint_pages=SHORT_LOG)


async def create_without_end(database: SqliteDatabase) -> None:
    while True:
        await a_ticket(database)


@pytest.mark.parametrize("number", [3, 20])
def test_a_server_whose_disk_fails_ends_and_says_why(data: Path, number: int) -> None:
    told = Told()
    command = on_disk(f"disks.FailingDisk('failing', ending='-wal', syncs_left={number}, default=True)")
    with serving(data, command=command) as program:
        status, body = uvloop.run(create_until_refused(program, told))
        assert status == 503
        assert "could not be made durable" in body.decode() or "cannot be read or written reliably" in body.decode()
        assert program.ended() == Ending.STORAGE
        assert "could not be made durable" in program.log.read_text()
    with serving(data) as program:
        assert program.terminate() == 0
    assert told.missing(data / "deskline.db") == []
    assert contradictions(data / "deskline.db") == []


async def create_until_refused(program: Program, told: Told) -> tuple[int, bytes]:
    """Create tickets one by one until the server refuses one. Answers how it did."""
    client = Client(program.host, program.port)
    while True:
        status, body = await client.ask("POST", "/tickets", {"message": "Hello", "requester[mail]": "ann@client.example"})
        if not told.note(status, body):
            client.close()
            return status, body
