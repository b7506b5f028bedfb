"""What a reading transaction promises: inline ones are at once, analyses are off the loop, of one state, within their budget."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from deskline.errors import DatabaseBusyError, QueryTooLongError
from deskline.storage import postgres, postgres_reads, sqlite
from deskline.storage.database import MOST_EXPORTS, Database, Reader
from deskline.storage.sqlite import MOST_WAITING
from tests.storage.builders import OURS, a_ticket

pytestmark = pytest.mark.anyio

COUNT = "SELECT count(*) FROM ticket WHERE account_id = $1"
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT CAST($1 AS bigint) UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


async def count(tx: Reader) -> int:
    row = await tx.row(COUNT)
    assert row is not None
    number: int = row[0]
    return number


@pytest.fixture
def hurried(database: Database) -> Database:
    """A database that gives an analysis a twentieth of a second."""
    database.budget_seconds = 0.05
    return database


def analysts(database: Database) -> int:
    """Tell how many analyses run at a time."""
    return {"sqlite": sqlite.ANALYSTS, "postgres": postgres.ANALYSTS}[database.engine]


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

    assert await asyncio.gather(*(analyse() for _ in range(5 * analysts(database)))) == [1] * 5 * analysts(database)


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


async def test_an_analysis_ends_with_its_budget(hurried: Database) -> None:
    for _ in range(3 * analysts(hurried)):
        with pytest.raises(QueryTooLongError):
            await endless(hurried)
    async with hurried.analyse(OURS) as tx:
        assert await count(tx) == 0


async def test_the_budget_is_that_of_the_whole_analysis(hurried: Database) -> None:
    async with hurried.analyse(OURS) as tx:
        with pytest.raises(QueryTooLongError):
            await tx.rows(ENDLESS)
        with pytest.raises(QueryTooLongError):
            await count(tx)


async def test_an_export_is_of_one_state_and_waits_as_long_as_it_likes(hurried: Database) -> None:
    async with hurried.export(OURS) as tx:
        assert await count(tx) == 0
        await a_ticket(hurried)
        await asyncio.sleep(2 * hurried.budget_seconds)
        assert await count(tx) == 0
    async with hurried.export(OURS) as tx:
        assert await count(tx) == 1


async def test_each_statement_of_an_export_has_the_budget(hurried: Database) -> None:
    for _ in range(2 * MOST_EXPORTS):
        with pytest.raises(QueryTooLongError):
            async with hurried.export(OURS) as tx:
                await tx.rows(ENDLESS)


async def test_all_statements_of_an_export_have_a_time_together(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "EXPORT_SECONDS", 0.05)
    monkeypatch.setattr(postgres_reads, "EXPORT_SECONDS", 0.05)
    async with database.export(OURS) as tx:
        await asyncio.sleep(0.1)
        with pytest.raises(QueryTooLongError):
            await count(tx)


async def test_few_exports_at_a_time(database: Database) -> None:
    async with AsyncExitStack() as running:
        for _ in range(MOST_EXPORTS):
            await running.enter_async_context(database.export(OURS))
        with pytest.raises(DatabaseBusyError, match="2 files are being written already"):
            await database.export(OURS).__aenter__()
        async with database.analyse(OURS) as tx:  # reports have room beside them
            assert await count(tx) == 0
    async with database.export(OURS) as tx:
        assert await count(tx) == 0


async def test_an_analysis_that_waits_between_statements_is_over_too(hurried: Database) -> None:
    async with hurried.analyse(OURS) as tx:
        assert await count(tx) == 0
        await asyncio.sleep(2 * hurried.budget_seconds)
        with pytest.raises(QueryTooLongError):
            await tx.rows(ENDLESS)


async def test_waiting_for_others_is_within_the_budget(hurried: Database) -> None:
    async with AsyncExitStack() as others:
        for _ in range(analysts(hurried)):
            await others.enter_async_context(hurried.analyse(OURS))
        with pytest.raises(QueryTooLongError):
            async with hurried.analyse(OURS):
                pytest.fail("all connections are taken")
    async with hurried.analyse(OURS) as tx:
        assert await count(tx) == 0


async def test_only_so_many_wait(database: Database) -> None:
    running = [asyncio.create_task(endless(database)) for _ in range(analysts(database) + MOST_WAITING)]
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
        running = [asyncio.create_task(endless(database)) for _ in range(2 * analysts(database))]
        await asyncio.sleep(0)
        for task in running:
            task.cancel()
        await asyncio.wait(running)
        assert all(task.cancelled() for task in running)
    async with database.analyse(OURS) as tx:
        assert await count(tx) == 0


async def test_cancelling_twice_leaves_nobody_in_the_connection(database: Database) -> None:
    running = [asyncio.create_task(endless(database)) for _ in range(analysts(database))]
    await asyncio.sleep(0.02)
    for _ in range(3):
        for task in running:
            task.cancel()
        await asyncio.sleep(0)
    await asyncio.wait(running)
    async with database.analyse(OURS) as tx:
        assert await count(tx) == 0
