"""The disk is full: writes are refused and nothing else, nothing acknowledged is lost, and writing goes on as soon as there is room."""

import asyncio
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvloop

from deskline.cli.endings import Ending
from deskline.domain.searches import TicketFilter, phrases_of
from deskline.errors import StorageFullError
from deskline.storage.search import find_page
from deskline.storage.sqlite import SqliteDatabase
from deskline.web.v2.wire import show_ticket
from tests import rounds
from tests.faults.clients import Client, Told
from tests.faults.disks import FullDisk
from tests.faults.programs import DESKLINE, PATIENCE_SECONDS, Program, serving
from tests.faults.workloads import SHORT_LOG, WRITERS, Journal, Writers
from tests.storage.builders import OURS, Clock
from tests.storage.wholeness import contradictions

RUNS = rounds.times(quick=8, long=80)
ROOMS = (0, 100, 4_096, 20_000, 100_000, 300_000)


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
        for filters in (TicketFilter(), TicketFilter(status="open"), TicketFilter(words=phrases_of("apple"))):
            await find_page(database, OURS, filters, page=1, descending=True)

    async def work() -> None:
        database = SqliteDatabase(path, show=show_ticket, clock=Clock(), vfs=disk_name, checkpoint_pages=SHORT_LOG)
        for _ in range(3):
            await fill_up(database)
            disk.room = None
            writers, before = Writers(database, journal, chance), len(journal.acknowledged)
            await writers.work(5)
            assert writers.errors == []
            assert len(journal.acknowledged) > before
        page = await find_page(database, OURS, TicketFilter(), page=1, descending=True)
        assert page.total == sum(b'"trashed":' not in shown for _, shown in journal.acknowledged.values())
        await database.close()

    uvloop.run(work())
    assert journal.wrong(path) == []


IN_A_SMALL_ROOM = 'mount -t tmpfs -o size="$1" tmpfs "$2" && cp "$3"/* "$2" && shift 3 && exec "$@"'
SIZE = 24 << 20
BALLAST = 18 << 20  # each third of it is room for the log, which is brought into the file at 4 MB, and for what it brings
LONG = {"message": "long " * 5_000, "requester[mail]": "ann@client.example"}
SHORT = {"message": "short", "requester[mail]": "ann@client.example"}


def in_a_small_room(folder: Path, content: Path) -> tuple[str, ...]:
    """The beginning of a command for which a folder is a small file system that nobody else sees, and that ends with it."""
    return ("unshare", "--mount", "--map-root-user", "sh", "-c", IN_A_SMALL_ROOM, "sh", str(SIZE), str(folder), str(content))


@pytest.fixture
def room(founded: Path, scratch: Path) -> tuple[Path, tuple[str, ...]]:
    """A folder for a server's data, and the beginning of a command that makes it a small file system with a fresh database."""
    data = scratch / "data"
    data.mkdir()
    command = in_a_small_room(data, founded)
    try:
        mounted = subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("nobody may mount a file system here; the tests above fill a disk all the same")
    return data, command


def test_a_server_on_a_full_disk_refuses_writes_until_there_is_room(scratch: Path, room: tuple[Path, tuple[str, ...]]) -> None:
    data, command = room
    told, log = Told(), scratch / "server.log"
    with serving(data, command=(*command, *DESKLINE), log=log) as program, opened(program, data) as inside:
        ballast = inside / "ballast"
        ballast.write_bytes(bytes(BALLAST))
        for number in range(3):
            uvloop.run(fill_up(program, told))
            os.truncate(ballast, BALLAST // 3 * (2 - number))
            uvloop.run(write_again(program, told))
        assert program.terminate() == 0, log.read_text()
        shutil.copytree(inside, scratch / "left")
    assert told.missing(scratch / "left" / "deskline.db") == []
    assert contradictions(scratch / "left" / "deskline.db") == []


def test_a_server_that_finds_no_room_at_all_says_so(scratch: Path, room: tuple[Path, tuple[str, ...]]) -> None:
    data, command = room
    full = f"dd if=/dev/zero of={data}/ballast bs=4096 2> /dev/null; exec {' '.join(DESKLINE)} serve --port 0 --data {data}"
    done = subprocess.run([*command, "sh", "-c", full], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert done.returncode == Ending.STORAGE, done.stderr
    assert "The disk is full" in done.stderr


@contextmanager
def opened(program: Program, folder: Path) -> Iterator[Path]:
    """Open a folder as a program sees it; while it is open, it outlives the program."""
    descriptor = os.open(f"/proc/{program.process.pid}/root{folder}", os.O_DIRECTORY)
    try:
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


async def fill_up(program: Program, told: Told) -> None:
    """Write until the disk is full, many at once; then writing is refused and reading is not."""

    async def write(client: Client) -> tuple[int, bytes]:
        while True:
            status, body = await client.ask("POST", "/tickets", LONG)
            if not told.note(status, body):
                return status, body

    clients = [Client(program.host, program.port) for _ in range(WRITERS)]
    for status, body in await asyncio.gather(*map(write, clients)):
        assert status == 507, body
        assert b"disk is full" in body
    for target in ("/tickets", "/tickets?query=long", "/reports/tickets/new_tickets", *(f"/tickets/{name}" for name in told.tickets)):
        assert (await clients[0].ask("GET", target))[0] == 200
    for client in clients:
        client.close()


async def write_again(program: Program, told: Told) -> None:
    """Write as if nothing had been."""
    client = Client(program.host, program.port)
    for _ in range(5):
        status, body = await client.ask("POST", "/tickets", SHORT)
        assert status == 200, body
        told.note(status, body)
    client.close()
