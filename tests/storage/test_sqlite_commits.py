"""Group commit on SQLite: how many fsyncs, who waits for what, and what happens when another process or the disk is in the way."""

import asyncio
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw
import pytest

from deskline.errors import DatabaseBusyError, StorageFullError
from deskline.storage import people, sqlite_commit, tickets
from deskline.storage.sqlite import SqliteDatabase
from tests.storage.another_process import held_by_another_process
from tests.storage.builders import OURS, a_ticket, a_ticket_in_turn, an_account, open_sqlite, open_ticket, take_turn

pytestmark = pytest.mark.anyio


@contextmanager
def commits_held(database: SqliteDatabase) -> Iterator[None]:
    """Keep the thread that commits from its work."""
    gate = threading.Event()
    database.commits._thread.submit(gate.wait)
    try:
        yield
    finally:
        gate.set()


def committed(database: SqliteDatabase) -> int:
    """Count the tickets that a connection of its own sees."""
    connection = apsw.Connection(str(database.path), flags=apsw.SQLITE_OPEN_READONLY)
    count: int = connection.execute("SELECT count(*) FROM ticket").get
    connection.close()
    return count


async def test_many_units_share_a_commit(sqlite: SqliteDatabase) -> None:
    commits, units = sqlite.commits.commits, sqlite.commits.units
    await asyncio.gather(*(a_ticket(sqlite) for _ in range(64)))
    assert sqlite.commits.units - units == 64
    assert sqlite.commits.commits - commits <= 2


async def test_a_batch_is_bounded(sqlite: SqliteDatabase) -> None:
    commits = sqlite.commits.commits
    await asyncio.gather(*(a_ticket(sqlite) for _ in range(2 * sqlite_commit.LARGEST_BATCH)))
    assert sqlite.commits.commits - commits >= 2


async def test_units_gather_while_the_disk_works(sqlite: SqliteDatabase) -> None:
    with commits_held(sqlite):
        first = asyncio.create_task(a_ticket(sqlite))
        await asyncio.sleep(0)
        others = [asyncio.create_task(a_ticket(sqlite)) for _ in range(20)]
        await asyncio.sleep(0)
        commits = sqlite.commits.commits
    await asyncio.gather(first, *others)
    assert sqlite.commits.commits - commits == 2


async def test_units_that_only_add_wait_for_no_turn(sqlite: SqliteDatabase) -> None:
    commits = sqlite.commits.commits
    async with sqlite.write(OURS) as tx:
        await take_turn(tx)
        others = [asyncio.create_task(a_ticket(sqlite)) for _ in range(20)]
        await asyncio.sleep(0)
        ours = await open_ticket(tx)
    assert ours not in await asyncio.gather(*others)
    assert committed(sqlite) == 21
    assert sqlite.commits.commits - commits == 1


async def test_a_unit_that_does_nothing_commits_nothing(sqlite: SqliteDatabase) -> None:
    commits = sqlite.commits.commits
    async with sqlite.write(OURS) as tx:
        assert await people.find_account(tx.committed) is not None
    assert sqlite.commits.commits == commits


async def test_an_id_that_is_taken_is_drawn_again(sqlite: SqliteDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([1, 1, 2, 1, 2, 3])
    monkeypatch.setattr(secrets, "randbelow", lambda _: next(drawn))
    first, second = sorted(await asyncio.gather(a_ticket(sqlite), a_ticket(sqlite)))
    assert (first[3:], second[3:]) == ("01", "02")
    assert await a_ticket(sqlite) == first[:3] + "03"


async def test_no_answer_leaves_before_its_commit(sqlite: SqliteDatabase) -> None:
    with commits_held(sqlite):
        answers = [asyncio.create_task(a_ticket(sqlite)) for _ in range(5)]
        await asyncio.wait(answers, timeout=0.1)  # as long as the commit takes, and it does not happen
        assert not any(answer.done() for answer in answers)
        assert committed(sqlite) == 0
    await asyncio.gather(*answers)
    assert committed(sqlite) == 5


async def test_reading_goes_on_while_a_commit_waits(sqlite: SqliteDatabase) -> None:
    ticket_id = await a_ticket(sqlite)
    with commits_held(sqlite):
        answer = asyncio.create_task(a_ticket(sqlite))
        async with sqlite.read(OURS) as tx:
            assert await tickets.exists(tx, ticket_id)
        async with sqlite.analyse(OURS) as analysis:
            assert await tickets.exists(analysis, ticket_id)
        assert not answer.done()
    await answer


async def test_a_caller_who_gives_up_during_the_commit_stops_nothing(sqlite: SqliteDatabase) -> None:
    with commits_held(sqlite):
        answers = [asyncio.create_task(a_ticket(sqlite)) for _ in range(3)]
        await asyncio.wait(answers, timeout=0.05)
        answers[0].cancel()
        await asyncio.wait(answers[:1])
    await asyncio.gather(*answers[1:])
    assert answers[0].cancelled()
    assert committed(sqlite) == 3


async def test_another_process_that_writes_is_waited_for(sqlite: SqliteDatabase) -> None:
    with held_by_another_process(sqlite.path) as process:
        waiting = [asyncio.create_task(a_ticket(sqlite)) for _ in range(3)]
        for _ in range(100):  # the loop goes round, and reads are answered, meanwhile
            async with sqlite.read(OURS) as tx:
                assert await tx.row("SELECT zone FROM account WHERE account_id = $1") == ("Europe/Warsaw",)
            await asyncio.sleep(0)
        assert not any(answer.done() for answer in waiting)
        process.communicate("let go\n")
        await asyncio.gather(*waiting)
    assert committed(sqlite) == 3


async def test_a_database_that_stays_busy_is_said_to_be(sqlite: SqliteDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_commit, "BUSY_WAIT_SECONDS", 0.2)
    loop = asyncio.get_running_loop()
    with held_by_another_process(sqlite.path):
        started = loop.time()
        answers = await asyncio.gather(*(a_ticket(sqlite) for _ in range(64)), return_exceptions=True)
        took = loop.time() - started
    assert {type(answer) for answer in answers} == {DatabaseBusyError}
    assert 0.2 <= took < 2, "each waits from when it came, not from when the one before it gave up"
    await a_ticket(sqlite)


async def test_a_waiting_caller_may_give_up_while_another_process_writes(sqlite: SqliteDatabase) -> None:
    with held_by_another_process(sqlite.path):
        first, second = (asyncio.create_task(a_ticket_in_turn(sqlite)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        assert not second.done()
    await second
    assert committed(sqlite) == 1


@pytest.fixture
def full(sqlite: SqliteDatabase) -> Iterator[None]:
    """A database that may not grow by more than one page."""
    pages = sqlite.writer.pragma("page_count")
    assert isinstance(pages, int)
    sqlite.writer.pragma("max_page_count", pages + 1)
    yield
    sqlite.writer.pragma("max_page_count", 1 << 30)


@pytest.mark.usefixtures("full")
async def test_a_full_disk_refuses_the_batch_and_nothing_more(sqlite: SqliteDatabase) -> None:
    answers = await asyncio.gather(*(a_ticket(sqlite, text="long " * 4_000) for _ in range(10)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {StorageFullError}
    assert committed(sqlite) == 0
    assert not sqlite.commits.failed.is_set()
    async with sqlite.read(OURS) as tx:
        assert await tx.row("SELECT zone FROM account WHERE account_id = $1") == ("Europe/Warsaw",)
    sqlite.writer.pragma("max_page_count", 1 << 30)
    await a_ticket(sqlite, text="long " * 4_000)
    assert committed(sqlite) == 1


@pytest.mark.usefixtures("full")
async def test_a_unit_that_hides_a_full_disk_is_not_taken_for_written(sqlite: SqliteDatabase) -> None:
    async def work() -> None:
        async with sqlite.write(OURS) as tx:
            with suppress(StorageFullError):
                for _ in range(10):
                    await open_ticket(tx, text="long " * 4_000)
                    await take_turn(tx)

    hiding, other = asyncio.create_task(work()), asyncio.create_task(a_ticket_in_turn(sqlite))
    with pytest.raises(StorageFullError):
        await hiding
    sqlite.writer.pragma("max_page_count", 1 << 30)
    await other
    assert committed(sqlite) == 1


async def test_the_log_is_brought_into_the_file(tmp_path: Path) -> None:
    sqlite = open_sqlite(tmp_path, checkpoint_pages=50)
    await an_account(sqlite)
    wal = sqlite.path.with_name(sqlite.path.name + "-wal")
    for _ in range(60):
        await a_ticket(sqlite)
    assert sqlite.commits.checkpoints > 3
    assert wal.stat().st_size < 400 * 8_192
    await sqlite.close()
