"""The server is asked to look at a new database soon, so that it does not plan as for an empty one."""

import asyncio
import random

import pytest

from deskline.domain.timelines import fold
from deskline.storage import tickets
from deskline.storage.postgres import PostgresDatabase
from deskline.storage.postgres_pool import borrowed
from deskline.web.v2.wire import show_ticket
from tests.storage.builders import NOON, OURS, random_timeline

pytestmark = pytest.mark.anyio


async def known(database: PostgresDatabase) -> int:
    """Tell how many tickets the planner believes there are."""
    async with borrowed(database.readers) as connection:
        return int(await connection.fetchval("SELECT reltuples FROM pg_class WHERE oid = 'ticket'::regclass"))


async def fill(database: PostgresDatabase, chance: random.Random) -> None:
    async with database.write(OURS) as tx:
        lives = {f"T{number}": random_timeline(chance, f"T{number}", NOON, 1, ends_aside=False) for number in range(500)}
        await tickets.add_records(tx, [tickets.record(fold(name, events), events, show_ticket) for name, events in lives.items()])


async def test_a_new_database_is_looked_at_after_the_first_tickets(postgres: PostgresDatabase, chance: random.Random) -> None:
    assert postgres.statistics.is_needed
    await fill(postgres, chance)
    assert postgres.statistics._gathering is not None
    await postgres.statistics._gathering
    assert await known(postgres) == 500


async def test_who_stops_does_not_wait_for_it(postgres: PostgresDatabase, chance: random.Random) -> None:
    async with borrowed(postgres.readers) as connection, connection.transaction():
        await connection.execute("LOCK TABLE ticket IN SHARE UPDATE EXCLUSIVE MODE")  # which looking at it waits for
        await fill(postgres, chance)
        async with asyncio.timeout(2):
            await postgres.statistics.close()
