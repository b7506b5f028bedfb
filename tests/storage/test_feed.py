"""The feed: every event of an account once, in the order of commits, on each engine, under writers at the same time."""

import asyncio
import random
from contextlib import suppress

import pytest

from deskline.domain.timelines import fold
from deskline.errors import ConflictError
from deskline.storage import feed, tickets
from deskline.storage.database import Database
from deskline.storage.feed import BEGINNING, Change
from tests.storage.builders import ADA, BEN, do, open_ticket, random_command, random_new_ticket

OURS, THEIRS = 1, 2
pytestmark = pytest.mark.anyio


async def live(database: Database, account_id: int, chance: random.Random, changes: int) -> str:
    """Have a ticket live."""
    new = random_new_ticket(chance)
    async with database.write(account_id) as tx:
        ticket_id = await open_ticket(tx, **{name: getattr(new, name) for name in new.__struct_fields__})
    for _ in range(changes):
        with suppress(ConflictError):  # spam is not rated
            async with database.write(account_id) as tx:
                await do(tx, ticket_id, random_command(chance), chance.choice((ADA, BEN)))
    return ticket_id


async def read_all(database: Database, account_id: int, after: int = BEGINNING, limit: int = 7) -> list[Change]:
    """Read on, a page at a time, until there is nothing more."""
    found: list[Change] = []
    async with database.read(account_id) as tx:
        while page := await feed.list_changes(tx, found[-1].number if found else after, limit):
            assert len(page) <= limit
            found += page
    return found


async def test_it_is_the_timelines_of_the_account(database: Database, chance: random.Random) -> None:
    for account_id in (OURS, THEIRS):
        for _ in range(4):
            await live(database, account_id, chance, 5)
    found = await read_all(database, OURS)
    numbers = [change.number for change in found]
    assert numbers == sorted(set(numbers))
    async with database.read(OURS) as tx:
        assert await feed.find_last(tx) == numbers[-1]
        for ticket_id in {change.ticket_id for change in found}:
            events = [change.event for change in found if change.ticket_id == ticket_id]
            folded = fold(ticket_id, events)
            if folded.aside is None:  # else it is told of, and has no life that one could get
                life = await tickets.get_life(tx, ticket_id)
                assert (list(life.events), life.ticket) == (events, folded)
        assert await feed.list_changes(tx, numbers[-1], 7) == []


async def test_an_account_without_events(database: Database) -> None:
    async with database.read(OURS) as tx:
        assert (await feed.find_last(tx), await feed.list_changes(tx, BEGINNING, 7)) == (BEGINNING, [])


async def test_whoever_reads_beside_writers_misses_nothing(database: Database, chance: random.Random) -> None:
    """What was read while they wrote is what is there in the end, event for event."""
    writers = [asyncio.create_task(live(database, OURS, random.Random(chance.random()), 15)) for _ in range(12)]
    read: list[Change] = []
    while not all(writer.done() for writer in writers):
        async with database.read(OURS) as tx:
            read += await feed.list_changes(tx, read[-1].number if read else BEGINNING, 3)
        await asyncio.sleep(0)
    await asyncio.gather(*writers)
    read += await read_all(database, OURS, read[-1].number if read else BEGINNING)
    assert read == await read_all(database, OURS, limit=1_000)
    assert len({change.ticket_id for change in read}) == len(writers)
