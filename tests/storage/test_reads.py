"""What a reading transaction promises: inline ones are at once, analyses are off the loop, of one state, within their budget."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deskline.errors import DatabaseBusyError, QueryTooLongError
from deskline.storage.database import Database, Reader
from deskline.storage.sqlite import ANALYSTS, MOST_WAITING, SqliteDatabase
from tests.storage.builders import OURS, a_ticket, an_account, open_sqlite

pytestmark = pytest.mark.anyio

COUNT = "SELECT count(*) FROM ticket WHERE account_id = $1"
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT $1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


async def count(tx: Reader) -> int:
    row = await tx.row(COUNT)
    assert row is not None
    number: int = row[0]
    return number


@pytest.fixture
async def hurried(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """A database that gives an analysis a twentieth of a second."""
    database = open_sqlite(tmp_path, budget_seconds=0.05)
    await an_account(database)
    yield database
    await database.close()


async def endless(database: Database) -> None:
    async with database.analyse(OURS) as tx:
        await tx.rows(ENDLESS)


async def test_a_read_sees_what_was_written_before_it(database: Database) -> None:
    async with database.read(OURS) as tx:
        assert await count(tx) == 0
        await a_ticket(database)
        assert await count(tx) == 1


async def test_a_snapshot_is_of_one_state(database: Database) -> None:
    async with database.read(OURS, snapshot=True) as tx:
        assert await count(tx) == 0
        await a_ticket(database)
        assert await count(tx) == 0
    async with database.read(OURS) as tx:
        assert await count(tx) == 1


async def test_an_analysis_is_of_one_state(database: Database) -> None:
    async with database.analyse(OURS) as tx:
        assert await count(tx) == 0
        await a_ticket(database)
        assert await count(tx) == 0
    async with database.analyse(OURS) as tx:
        assert await count(tx) == 1


async def test_more_analyses_than_threads_take_turns(database: Database) -> None:
    await a_ticket(database)

    async def analyse() -> int:
        async with database.analyse(OURS) as tx:
            return await count(tx)

    assert await asyncio.gather(*(analyse() for _ in range(5 * ANALYSTS))) == [1] * 5 * ANALYSTS


async def test_an_analysis_holds_up_nobody(database: Database) -> None:
    running = asyncio.create_task(endless(database))
    ticket_id = await a_ticket(database)
    for _ in range(1_000):
        async with database.read(OURS) as tx:
            assert await tx.row("SELECT 1 FROM ticket WHERE account_id = $1 AND ticket_id = $2", ticket_id) == (1,)
        await asyncio.sleep(0)
    assert not running.done()
    running.cancel()
    await asyncio.wait([running])


async def test_an_analysis_ends_with_its_budget(hurried: SqliteDatabase) -> None:
    for _ in range(3 * ANALYSTS):
        with pytest.raises(QueryTooLongError):
            await endless(hurried)
    async with hurried.analyse(OURS) as tx:
        assert await count(tx) == 0


async def test_the_budget_is_that_of_the_whole_analysis(hurried: SqliteDatabase) -> None:
    async with hurried.analyse(OURS) as tx:
        with pytest.raises(QueryTooLongError):
            await tx.rows(ENDLESS)
        with pytest.raises(QueryTooLongError):
            await count(tx)


async def test_an_analysis_that_waits_between_statements_is_over_too(hurried: SqliteDatabase) -> None:
    async with hurried.analyse(OURS) as tx:
        assert await count(tx) == 0
        await asyncio.sleep(2 * hurried.budget_seconds)
        with pytest.raises(QueryTooLongError):
            await tx.rows(ENDLESS)


async def test_waiting_for_others_is_within_the_budget(hurried: SqliteDatabase) -> None:
    async with hurried.analyse(OURS), hurried.analyse(OURS):
        with pytest.raises(QueryTooLongError):
            async with hurried.analyse(OURS):
                pytest.fail("both connections are taken")
    async with hurried.analyse(OURS) as tx:
        assert await count(tx) == 0


async def test_only_so_many_wait(database: Database) -> None:
    running = [asyncio.create_task(endless(database)) for _ in range(ANALYSTS + MOST_WAITING)]
    await asyncio.sleep(0)  # every task has begun
    with pytest.raises(DatabaseBusyError):
        await endless(database)
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    async with database.analyse(OURS) as tx:
        assert await count(tx) == 0


async def test_cancelling_frees_the_connections(database: Database) -> None:
    for _ in range(3):
        running = [asyncio.create_task(endless(database)) for _ in range(2 * ANALYSTS)]
        await asyncio.sleep(0)
        for task in running:
            task.cancel()
        await asyncio.wait(running)
        assert all(task.cancelled() for task in running)
    async with database.analyse(OURS) as tx:
        assert await count(tx) == 0


async def test_cancelling_twice_leaves_nobody_in_the_connection(database: Database) -> None:
    running = [asyncio.create_task(endless(database)) for _ in range(ANALYSTS)]
    await asyncio.sleep(0.02)
    for _ in range(3):
        for task in running:
            task.cancel()
        await asyncio.sleep(0)
    await asyncio.wait(running)
    async with database.analyse(OURS) as tx:
        assert await count(tx) == 0
