"""Connections are lent to at most so many, in turn; whoever gives up or breaks one takes nobody along."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from deskline.errors import DatabaseAwayError, DatabaseBusyError, StoppingError
from deskline.storage.postgres_address import read_address
from deskline.storage.postgres_pool import Pool, borrowed
from deskline.storage.postgres_servers import Servers
from tests.clusters import Cluster

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pool(cluster: Cluster) -> AsyncIterator[Pool]:
    """A pool of two."""
    servers = Servers(read_address(cluster.dsn("postgres")))
    made = Pool(servers, 2)
    yield made
    await made.close()
    await servers.close()


async def backends(pool: Pool) -> set[int]:
    """Borrow two connections at once, and tell who they are."""
    async with borrowed(pool) as one, borrowed(pool) as other:
        return {one.get_server_pid(), other.get_server_pid()}


async def test_connections_are_used_again(pool: Pool) -> None:
    assert await backends(pool) == await backends(pool)
    async with borrowed(pool) as first:
        pass
    async with borrowed(pool) as again:
        assert again is first


async def test_who_waits_gets_the_one_that_comes_back(pool: Pool) -> None:
    one, other = await pool.acquire(), await pool.acquire()
    waiting = [asyncio.create_task(pool.acquire()) for _ in range(2)]
    await asyncio.sleep(0)
    pool.release(other)
    pool.release(one)
    assert await asyncio.gather(*waiting) == [other, one]
    for connection in (one, other):
        pool.release(connection)


async def test_who_waits_too_long_is_told_to_try_again(pool: Pool) -> None:
    async with borrowed(pool), borrowed(pool):
        with pytest.raises(DatabaseBusyError):
            await pool.acquire(0.01)
    assert len(await backends(pool)) == 2


async def test_who_gives_up_just_as_a_connection_comes_loses_none(pool: Pool) -> None:
    one, other = await pool.acquire(), await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    pool.release(one)
    waiting.cancel()
    await asyncio.wait([waiting])
    pool.release(other)
    assert len(await backends(pool)) == 2


async def test_a_connection_that_is_lost_makes_room_for_another(pool: Pool) -> None:
    async with borrowed(pool) as one, borrowed(pool):
        waiting = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0)
        one.terminate()
    pool.release(await waiting)
    assert len(await backends(pool)) == 2


async def test_a_connection_with_an_open_transaction_is_not_lent_again(pool: Pool) -> None:
    async with borrowed(pool) as one:
        await one.execute("BEGIN")
    async with borrowed(pool) as other:
        assert other is not one


async def test_a_server_that_is_away_takes_no_place(cluster: Cluster) -> None:
    servers = Servers(read_address(cluster.dsn("of_nobody").replace(str(cluster.folder), str(cluster.folder / "nowhere"))))
    pool = Pool(servers, 1)
    attempts = await asyncio.gather(*(pool.acquire() for _ in range(3)), return_exceptions=True)
    assert [type(attempt) for attempt in attempts] == [DatabaseAwayError] * 3
    await pool.close()
    await servers.close()


async def test_closing_waits_for_what_is_lent_and_sends_the_others_away(pool: Pool) -> None:
    one, other = await pool.acquire(), await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    closing = asyncio.create_task(pool.close())
    with pytest.raises(StoppingError):
        await waiting
    assert await one.fetchval("SELECT 1") == 1
    for connection in (one, other):
        pool.release(connection)
    await closing
    with pytest.raises(StoppingError):
        await pool.acquire()
