"""The disk is full: writes are refused and nothing else, nothing acknowledged is lost, and writing goes on as soon as there is room."""

import random
import shutil
from pathlib import Path

import pytest
import uvloop

from deskline.domain.searches import TicketFilter
from deskline.errors import StorageFullError
from deskline.storage.search import find_page
from deskline.storage.sqlite import SqliteDatabase
from deskline.web.v2.wire import show_ticket
from tests import rounds
from tests.faults.disks import FullDisk
from tests.faults.workloads import WRITERS, Journal, Writers
from tests.storage.builders import OURS, Clock

RUNS = rounds.times(quick=8, long=80)
ROOMS = (0, 100, 4_096, 20_000, 100_000, 300_000)


@pytest.mark.usefixtures("short_logs")
@pytest.mark.parametrize("run", range(RUNS))
def test_a_full_disk_refuses_writes_and_nothing_else(fresh: Path, scratch: Path, disk_name: str, chance: random.Random, run: int) -> None:
    shutil.copytree(fresh, scratch / "live")
    path = scratch / "live" / "deskline.db"
    disk = FullDisk(disk_name)
    journal = Journal()

    async def fill_up(database: SqliteDatabase) -> None:
        """Work until the disk is full, try again, and read."""
        disk.room = ROOMS[run % len(ROOMS)] + chance.randrange(4_096)
        for _ in range(2):
            writers = Writers(database, journal, chance)
            await writers.work(1_000)
            assert [type(error) for error in writers.errors] == [StorageFullError] * WRITERS
        assert disk.refused
        assert not database.commits.failed.is_set()
        for filters in (TicketFilter(), TicketFilter(status="open"), TicketFilter(words=("apple",))):
            await find_page(database, OURS, filters, page=1, descending=True)

    async def work() -> None:
        database = SqliteDatabase(path, show=show_ticket, clock=Clock(), vfs=disk_name)
        for _ in range(3):
            await fill_up(database)
            disk.room = None
            writers, before = Writers(database, journal, chance), len(journal.acknowledged)
            await writers.work(5)
            assert writers.errors == []
            assert len(journal.acknowledged) > before
        page = await find_page(database, OURS, TicketFilter(), page=1, descending=True)
        assert page.total == len(journal.acknowledged)
        await database.close()

    uvloop.run(work())
    assert journal.wrong(path) == []
