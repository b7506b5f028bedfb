"""Reports are read on a stand-by that is young enough, and nowhere else but on the database where there is none."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from deskline.domain.searches import TicketFilter
from deskline.errors import SettingsError
from deskline.storage import postgres_schema, tickets
from deskline.storage.database import Reader
from deskline.storage.postgres import PostgresDatabase, open_postgres
from deskline.storage.postgres_replica import add_replica
from deskline.storage.replicas import reported
from deskline.storage.search import find_page
from deskline.web.v2.wire import show_ticket
from tests.clusters import Cluster
from tests.pairs import PATIENCE_SECONDS, a_pair, ask, follow, wait_for
from tests.storage.builders import OURS, a_ticket, an_account

pytestmark = pytest.mark.anyio
MOST = 30.0


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Cluster, Cluster]]:
    """A primary and its stand-by, which gives way to its replay at once."""
    with a_pair(synchronous=False) as both:
        for each in both:  # each new copy has it from the primary
            ask(each, "ALTER SYSTEM SET max_standby_streaming_delay = 0")
            ask(each, "SELECT pg_reload_conf()")
        yield both


@pytest.fixture
async def database(pair: tuple[Cluster, Cluster]) -> AsyncIterator[PostgresDatabase]:
    """A database whose reports are read on the stand-by, where that is at most `MOST` seconds old. An account, a ticket."""
    primary, standby = pair
    await asyncio.to_thread(ask, primary, "DROP SCHEMA IF EXISTS public CASCADE")
    await asyncio.to_thread(ask, primary, "CREATE SCHEMA public")
    await postgres_schema.create(primary.dsn("postgres"))
    opened = await open_postgres(primary.dsn("postgres"), show=show_ticket)
    await an_account(opened)
    await a_ticket(opened)
    await caught_up(pair)
    await add_replica(opened, standby.dsn("postgres"), MOST)
    yield opened
    async with asyncio.timeout(PATIENCE_SECONDS):
        await opened.close()


async def caught_up(pair: tuple[Cluster, Cluster]) -> None:
    primary, standby = pair
    now = await asyncio.to_thread(ask, primary, "SELECT pg_current_wal_lsn()::text")
    await asyncio.to_thread(wait_for, standby, f"pg_last_wal_replay_lsn() >= '{now}'")


async def count(tx: Reader) -> int:
    row = await tx.row("SELECT count(*) FROM ticket WHERE account_id = $1")
    assert row is not None
    return int(row[0])


async def test_a_report_is_read_on_the_replica_which_tells_its_age(database: PostgresDatabase) -> None:
    async def where(tx: Reader) -> bool:
        row = await tx.row("SELECT pg_is_in_recovery() WHERE $1 > 0")
        return row is not None and row[0]

    assert await reported(database, OURS, where) == (True, 0.0)
    await asyncio.sleep(1.1)  # the primary has nothing to do: the last transaction gets older, the state does not
    assert await reported(database, OURS, where) == (True, 0.0)
    replica, database.replica = database.replica, None
    assert await reported(database, OURS, where) == (False, None)
    database.replica = replica  # which is closed with the database


async def test_a_replica_that_lags_says_so_and_is_passed_over_when_it_is_too_old(
    database: PostgresDatabase, pair: tuple[Cluster, Cluster]
) -> None:
    standby = pair[1]
    await asyncio.to_thread(ask, standby, "SELECT pg_wal_replay_pause()")
    await asyncio.to_thread(wait_for, standby, "pg_get_wal_replay_pause_state() = 'paused'")
    try:
        await a_ticket(database)
        await asyncio.to_thread(wait_for, standby, "pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()")
        found, age = await reported(database, OURS, count)
        assert found == 1
        assert age is not None
        assert 0 < age < MOST
        assert database.replica is not None
        database.replica.most_seconds = 0.0
        assert await reported(database, OURS, count) == (2, None)
        database.replica.most_seconds = MOST
    finally:
        await asyncio.to_thread(ask, standby, "SELECT pg_wal_replay_resume()")
    await caught_up(pair)
    assert await reported(database, OURS, count) == (2, 0.0)


async def test_what_is_remembered_is_not_that_of_an_older_state(database: PostgresDatabase, pair: tuple[Cluster, Cluster]) -> None:
    """The same position is the same state on each copy; and what a replica's reader remembers is not what the database's readers do."""
    standby = pair[1]
    await asyncio.to_thread(ask, standby, "SELECT pg_wal_replay_pause()")
    await asyncio.to_thread(wait_for, standby, "pg_get_wal_replay_pause_state() = 'paused'")
    try:
        for expected in (2, 3):
            await a_ticket(database)
            positions: dict[bool, int] = {}

            async def look(tx: Reader, positions: dict[bool, int] = positions) -> None:
                positions[tx.memory is database.memory] = await tickets.position(tx)

            await reported(database, OURS, look)
            assert [*positions] == [False]
            async with database.read(OURS) as tx:
                await look(tx)
            assert positions[False] < positions[True]
            assert (await find_page(database, OURS, TicketFilter(), page=1, descending=True)).total == expected
    finally:
        await asyncio.to_thread(ask, standby, "SELECT pg_wal_replay_resume()")
    await caught_up(pair)
    seen: dict[bool, tuple[int, int]] = {}

    async def state(tx: Reader) -> tuple[int, int]:
        return await tickets.position(tx), await count(tx)

    seen[True], _ = await reported(database, OURS, state)
    async with database.read(OURS) as tx:
        seen[False] = await state(tx)
    assert seen[True] == seen[False]


async def test_reading_that_the_replay_ends_is_done_again_on_the_database(
    database: PostgresDatabase, pair: tuple[Cluster, Cluster]
) -> None:
    tries: list[int] = []

    async def read(tx: Reader) -> int:
        tries.append(await count(tx))
        if len(tries) == 1:  # what this state sees is removed for good, which the replay cannot wait for
            admin = await asyncpg.connect(database.dsn)
            await admin.execute("DELETE FROM search")
            await admin.execute("VACUUM search")
            await admin.execute("SELECT txid_current()")
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await admin.fetchval("SELECT count(*) FROM pg_stat_replication WHERE replay_lsn < pg_current_wal_lsn()"):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            await admin.close()
        return await count(tx)

    assert await reported(database, OURS, read) == (1, None)
    assert len(tries) == 2
    assert await reported(database, OURS, count) == (1, 0.0)


async def test_a_replica_that_is_away_is_passed_over_and_found_again(database: PostgresDatabase, pair: tuple[Cluster, Cluster]) -> None:
    primary, standby = pair
    assert (await reported(database, OURS, count))[1] == 0.0
    await asyncio.to_thread(standby.kill)
    for _ in range(3):
        assert await reported(database, OURS, count) == (1, None)
    await asyncio.to_thread(follow, standby, primary)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await reported(database, OURS, count) != (1, 0.0):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_replica_without_its_primary_gets_older(database: PostgresDatabase, pair: tuple[Cluster, Cluster]) -> None:
    """All that was received is replayed; but who knows what was not received?"""
    primary, standby = pair
    await asyncio.to_thread(ask, standby, "ALTER SYSTEM SET primary_conninfo = 'host=/nowhere'")
    await asyncio.to_thread(ask, standby, "SELECT pg_reload_conf()")
    await asyncio.to_thread(wait_for, standby, "NOT EXISTS (SELECT FROM pg_stat_wal_receiver)")
    age = (await reported(database, OURS, count))[1]
    assert age is not None
    assert age > 0
    await a_ticket(database)
    found, later = await reported(database, OURS, count)
    assert found == 1
    assert later is not None
    assert later > age
    await asyncio.to_thread(standby.stop)
    await asyncio.to_thread(follow, standby, primary)


async def test_a_stand_by_of_another_database_is_refused(pair: tuple[Cluster, Cluster], cluster: Cluster) -> None:
    async def added(dsn: str) -> None:
        database = await open_postgres(cluster.dsn("postgres"), show=show_ticket)
        try:
            await add_replica(database, dsn, MOST)
        finally:
            await database.close()

    with pytest.raises(SettingsError, match=r"replica: the server at .* is no copy of the database's server"):
        await added(pair[1].dsn("postgres"))
    with pytest.raises(SettingsError, match=r"replica: the server at .* refuses: database .nothing. does not exist"):
        await added(pair[1].dsn("nothing"))
    await added(cluster.dsn("postgres"))  # no stand-by at all, yet: it may become one
