"""The server is asked to look at a new database soon, so that it does not plan as for an empty one."""

import random

import pytest

from deskline.domain.timelines import fold
from deskline.storage import tickets
from deskline.storage.postgres import PostgresDatabase
from deskline.storage.postgres_pool import borrowed
from deskline.storage.queries import queries
from deskline.web.v2.wire import show_ticket
from tests.storage.builders import NOON, OURS, random_timeline

pytestmark = pytest.mark.anyio


async def plan(database: PostgresDatabase) -> str:
    """Tell how a ticket is found by its id."""
    statement = queries("tickets")["find_key"].postgres.replace("$1", "1").replace("$2", "'X'")
    async with borrowed(database.readers) as connection:
        return str(await connection.fetch(f"EXPLAIN {statement}"))


async def test_a_new_database_is_looked_at_after_the_first_tickets(postgres: PostgresDatabase, chance: random.Random) -> None:
    assert postgres.statistics.is_needed
    async with postgres.write(OURS) as tx:
        lives = {f"T{number}": random_timeline(chance, f"T{number}", NOON, 1) for number in range(500)}
        await tickets.add_records(tx, [tickets.record(fold(name, events), events, show_ticket) for name, events in lives.items()])
    await postgres.statistics.close()
    assert "ticket_by_id" in await plan(postgres)
