"""What an upgrade leaves to be worked out anew: piece by piece, each ticket once, whatever stops it; unreadable timelines are told."""

import asyncio
import itertools
import random
from collections.abc import Iterator

import pytest

from deskline.actions import checks, rebuilds
from deskline.actions.rebuilds import rebuild
from deskline.domain.timelines import fold
from deskline.storage import tickets
from deskline.storage.database import SERVER, Database
from deskline.storage.rebuilds import list_unfinished
from deskline.web.v2.wire import show_ticket
from tests.storage.builders import NOON, OURS, THEIRS, random_timeline


class StoppedError(Exception):
    """Somebody stops the work."""


pytestmark = pytest.mark.anyio
TICKETS = 120
# What the SQL of an upgrade leaves.
EMPTIED = ("DELETE FROM fact WHERE account_id = $1", "DELETE FROM rollup WHERE account_id = $1")
MARKED = "UPDATE account SET recounted_to = 0 WHERE account_id = $1"


@pytest.fixture
async def emptied(database: Database, chance: random.Random) -> Database:
    """Two accounts as they are between the two halves of an upgrade."""
    for account_id in (OURS, THEIRS):
        timelines = {f"R{n:04}": random_timeline(chance, f"R{n:04}", NOON, 6, ends_aside=False) for n in range(TICKETS)}
        async with database.write(account_id) as tx:
            await tickets.add_records(tx, [tickets.record(fold(name, each), each, show_ticket) for name, each in timelines.items()])
        async with database.write(account_id) as tx:
            for statement in (*EMPTIED, MARKED):
                await tx.run(statement)
    return database


async def found(database: Database, account_id: int) -> list[str]:
    """What a check finds."""
    async with database.analyse(account_id) as tx:
        findings = await checks.check_account(tx, show_ticket)
    unknown = "a tag that the account knows"  # the endpoints make tags known, not the verbs
    return [str(difference) for difference in findings.first if difference.expected != unknown]


async def unfinished(database: Database) -> list[int]:
    async with database.read(SERVER) as server:
        return await list_unfinished(server)


async def test_everything_is_worked_out_piece_by_piece(emptied: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilds, "TICKETS_AT_A_TIME", 50)
    assert await unfinished(emptied) == [OURS, THEIRS]
    assert len(await found(emptied, OURS)) == checks.MOST_KEPT
    told, steps = list[str](), list[tuple[int, int]]()
    await rebuild(emptied, told.append, lambda done, in_all: steps.append((done, in_all)))
    assert told == [f"Account {account}: {TICKETS} tickets were worked out anew." for account in (OURS, THEIRS)]
    assert steps == [(50, TICKETS), (100, TICKETS), (TICKETS, TICKETS), (TICKETS, TICKETS)] * 2
    assert (await unfinished(emptied), await found(emptied, OURS), await found(emptied, THEIRS)) == ([], [], [])


async def test_it_goes_on_where_it_was_stopped(emptied: Database, monkeypatch: pytest.MonkeyPatch, chance: random.Random) -> None:
    monkeypatch.setattr(rebuilds, "TICKETS_AT_A_TIME", 7)
    stopped = 0
    while await unfinished(emptied):
        pieces = itertools.count()
        most = chance.randrange(4)

        def stop(_: int, __: int, pieces: Iterator[int] = pieces, most: int = most) -> None:
            if next(pieces) == most:
                raise StoppedError

        try:
            await rebuild(emptied, lambda _: None, stop)
        except StoppedError:
            stopped += 1
    assert stopped > 2 * TICKETS // 7 // 4
    assert (await found(emptied, OURS), await found(emptied, THEIRS)) == ([], [])


async def test_two_at_once_do_each_ticket_once(emptied: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilds, "TICKETS_AT_A_TIME", 7)
    await asyncio.gather(*(rebuild(emptied, lambda _: None) for _ in range(2)))
    assert (await unfinished(emptied), await found(emptied, OURS), await found(emptied, THEIRS)) == ([], [], [])


async def test_a_timeline_that_cannot_be_read_stops_nothing_and_is_told(emptied: Database) -> None:
    async with emptied.write(OURS) as tx:
        life = await tickets.get_life(tx, "R0007")
        await tx.run("UPDATE ticket_event SET event = $2 WHERE account_id = $1 AND ticket_key = $3 AND seq = 0", b"{}", life.key)
    told = list[str]()
    await rebuild(emptied, told.append)
    assert told[0].startswith(f"Ticket R0007 of account {OURS} is left as it is: its timeline cannot be read")
    assert await unfinished(emptied) == []
    assert {"R0007" in line for line in await found(emptied, OURS)} == {True}
    assert await found(emptied, THEIRS) == []


@pytest.fixture
async def mixed(database: Database, chance: random.Random) -> Database:
    """An account with tickets among the others and tickets set aside, whose rows are not what their timelines lead to."""
    timelines = {f"R{n:04}": random_timeline(chance, f"R{n:04}", NOON, 12) for n in range(TICKETS)}
    async with database.write(OURS) as tx:
        await tickets.add_records(tx, [tickets.record(fold(name, each), each, show_ticket) for name, each in timelines.items()])
    async with database.write(OURS) as tx:
        for statement in (*EMPTIED, MARKED):
            await tx.run(statement)
        assert await tx.run("UPDATE ticket_aside SET modified_at = modified_at - 1 WHERE account_id = $1") > 5
    return database


async def test_what_is_set_aside_is_worked_out_too(mixed: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilds, "TICKETS_AT_A_TIME", 7)
    await rebuild(mixed, lambda _: None)
    assert await found(mixed, OURS) == []


async def test_a_check_in_pieces_looks_at_what_is_set_aside_too(mixed: Database) -> None:
    """At every ticket once, whichever of the two kinds it is."""
    await rebuild(mixed, lambda _: None)
    async with mixed.write(OURS) as tx:
        wrong = await tx.run("UPDATE ticket_aside SET modified_at = modified_at - 1 WHERE account_id = $1")
    last: int | None = 0
    looked_at = differences = 0
    while last is not None:
        async with mixed.analyse(OURS) as tx:
            findings, last = await checks.check_piece(tx, show_ticket, after=last, limit=11, at_a_time=4)
        looked_at += findings.tickets
        differences += findings.differences
    assert (looked_at, differences) == (TICKETS, wrong)
