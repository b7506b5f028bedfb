"""Tickets as they were at an instant, against folding every timeline up to it and looking at every ticket."""

import asyncio
import bisect
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from deskline.actions import tickets as actions
from deskline.domain.events import AnyEvent, Status
from deskline.domain.searches import PAGE_SIZE, Page, TicketFilter
from deskline.domain.tickets import Changes
from deskline.domain.timelines import fold
from deskline.errors import ConflictError, NotFoundError, NotYetError, QueryTooLongError
from deskline.storage import past, tickets
from deskline.storage.database import Database
from deskline.storage.memory import Was
from deskline.storage.past import find_past_page, get_past
from deskline.storage.search import find_page
from deskline.web.v2.wire import show_ticket
from tests.storage.builders import (
    ADA,
    AGENTS,
    DAY,
    MINUTE,
    NOON,
    OURS,
    SECOND,
    THEIRS,
    Clock,
    a_message,
    a_ticket,
    an_account,
    do,
    random_command,
    random_timeline,
)
from tests.storage.engines import kept_open, opener
from tests.storage.test_pages import ALONE, FILTERS, Recount

pytestmark = pytest.mark.anyio

TICKETS = 160
LAST = NOON + 12 * DAY


class Pasts:
    """A database, and its timelines beside it."""

    def __init__(self, database: Database, runner: asyncio.Runner, timelines: dict[str, Sequence[AnyEvent]]) -> None:
        self.database, self.runner, self.timelines = database, runner, timelines
        self.instants = sorted({event.at for events in timelines.values() for event in events})

    def told(self, at: int) -> dict[str, Sequence[AnyEvent]]:
        """The timelines of the tickets that were there, up to an instant."""
        told = {ticket_id: [event for event in events if event.at <= at] for ticket_id, events in self.timelines.items()}
        return {ticket_id: events for ticket_id, events in told.items() if events}

    def find(self, wanted: TicketFilter, at: int, page: int, *, descending: bool) -> Page:
        return self.runner.run(find_past_page(self.database, OURS, wanted, at, page=page, descending=descending))

    def compare(self, wanted: TicketFilter, at: int, *, descending: bool = True) -> None:
        """Compare all pages of an instant with the recount, and one beyond the last."""
        expected = Recount(self.told(at)).list(wanted, descending=descending)
        for page in range(1, len(expected) // PAGE_SIZE + 3):
            part = tuple(expected[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
            assert self.find(wanted, at, page, descending=descending) == Page(part, len(expected))

    def around(self, chance: random.Random) -> int:
        """Some instant at which something happened, or just before or after."""
        return chance.choice(self.instants) + chance.choice((-1, 0, 0, 1))


@pytest.fixture(scope="module", params=[("sqlite", 0), ("sqlite", 1_000), ("postgres", 0)], ids=["walked", "gathered", "postgres"])
def pasts(request: pytest.FixtureRequest, seed: str) -> Iterator[Pasts]:
    """Lives of some days in two accounts under the same ids, many changes in the same instant."""
    chance = random.Random(f"{seed} pasts")

    def timelines() -> dict[str, Sequence[AnyEvent]]:
        starts = (NOON + chance.randrange(6) * DAY + chance.choice((0, 1, SECOND)) for _ in range(TICKETS))
        return {f"T{n:04}": random_timeline(chance, f"T{n:04}", start, chance.randrange(8)) for n, start in enumerate(starts)}

    ours, theirs = timelines(), timelines()
    engine, least = request.param
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, pytest.MonkeyPatch.context() as patch:
        patch.setattr(past, "SORTED", least)
        with kept_open(runner, opener(request, engine)) as database:
            runner.run(fill(database, OURS, ours))
            runner.run(fill(database, THEIRS, theirs))
            yield Pasts(database, runner, ours)


async def fill(database: Database, account_id: int, timelines: dict[str, Sequence[AnyEvent]]) -> None:
    await an_account(database, account_id)
    await add(database, account_id, timelines)


async def add(database: Database, account_id: int, timelines: dict[str, Sequence[AnyEvent]]) -> None:
    async with database.write(account_id) as tx:
        made = [tickets.record(fold(ticket_id, events), events, show_ticket) for ticket_id, events in timelines.items()]
        await tickets.add_records(tx, made)


@pytest.mark.parametrize("wanted", ALONE, ids=str)
def test_each_filter_alone(pasts: Pasts, wanted: dict[str, Any], chance: random.Random) -> None:
    for at in (NOON + 2 * DAY, LAST, pasts.around(chance), pasts.around(chance)):
        for descending in (True, False):
            pasts.compare(TicketFilter(**wanted), at, descending=descending)


@given(wanted=FILTERS, place=st.integers(0, 10**6), beside=st.sampled_from((-1, 0, 1)), descending=st.booleans())
def test_any_filters_at_any_instant(pasts: Pasts, wanted: TicketFilter, place: int, beside: int, descending: bool) -> None:
    pasts.compare(wanted, pasts.instants[place % len(pasts.instants)] + beside, descending=descending)


def test_each_ticket_at_every_instant_of_its_life(pasts: Pasts) -> None:
    for ticket_id, events in pasts.timelines.items():
        instants = sorted({event.at for event in events})
        with pytest.raises(NotYetError):
            pasts.runner.run(get_past(pasts.database, OURS, ticket_id, instants[0] - 1))
        for at in (*instants, *(at - 1 for at in instants[1:]), LAST):
            told = events[: bisect.bisect_right(events, at, key=lambda event: event.at)]
            assert pasts.runner.run(get_past(pasts.database, OURS, ticket_id, at)) == show_ticket(fold(ticket_id, told), told)


def test_before_everything_there_was_nothing(pasts: Pasts) -> None:
    assert pasts.find(TicketFilter(), NOON - 1, 1, descending=True) == Page((), 0)


async def test_an_id_is_found_as_in_the_present_and_unknown_ones_are_unknown(database: Database) -> None:
    ticket_id = await a_ticket(database)
    assert await get_past(database, OURS, ticket_id.lower(), NOON) == await get_past(database, OURS, ticket_id, NOON)
    for account_id, unknown in ((OURS, "NONE1"), (THEIRS, ticket_id)):
        with pytest.raises(NotFoundError) as raised:
            await get_past(database, account_id, unknown, NOON)
        assert type(raised.value) is NotFoundError
    with pytest.raises(NotYetError):
        await get_past(database, OURS, ticket_id.lower(), NOON - 1)


async def test_a_long_life_is_folded_beside_the_event_loop(database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "FOLDED_INLINE", 1)
    ticket_id = await a_ticket(database)
    before = await get_past(database, OURS, ticket_id, NOON)
    clock.now += MINUTE
    async with database.write(OURS) as tx:
        await actions.reply(tx, ticket_id, a_message(), ADA)
    assert await get_past(database, OURS, ticket_id, NOON) == before


async def test_more_changed_tickets_than_can_be_folded_are_refused_and_named(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "MOST_CHANGED", 2)
    made = [await a_ticket(database) for _ in range(3)]
    clock.now += 1
    for ticket_id in made:
        assert (await find_past_page(database, OURS, TicketFilter(), NOON, page=1, descending=True)).total == 3
        async with database.write(OURS) as tx:
            await actions.reply(tx, ticket_id, a_message(), ADA)
    assert (await find_past_page(database, OURS, TicketFilter(), NOON, page=1, descending=True)).total == 3  # it is remembered, and exact
    with pytest.raises(QueryTooLongError, match=r"More than 2 tickets .* ask for one requester's"):
        await find_past_page(database, OURS, TicketFilter(status="open"), NOON, page=1, descending=True)


async def test_tickets_that_were_all_tagged_since_are_folded_for_lists_by_tag_only(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "MOST_CHANGED", 2)
    for ticket_id in [await a_ticket(database) for _ in range(3)]:
        clock.now = NOON + 1
        async with database.write(OURS) as tx:
            await actions.retag(tx, ticket_id, ("sales",), ADA)
        clock.now = NOON
    for wanted in (TicketFilter(), TicketFilter(status="open"), TicketFilter(since=NOON)):
        found = await find_past_page(database, OURS, wanted, NOON, page=1, descending=True)
        assert (found.total, [b'"tags":[]' in shown for shown in found.tickets]) == (3, [True] * 3)
    for wanted in (TicketFilter(tagged=False), TicketFilter(tags=("sales",)), TicketFilter(groups=(0,))):
        with pytest.raises(QueryTooLongError):
            await find_past_page(database, OURS, wanted, NOON, page=1, descending=True)


async def test_folding_is_within_the_budget_of_a_query(database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [await a_ticket(database) for _ in range(2)]
    clock.now += 1
    for ticket_id in made:
        async with database.write(OURS) as tx:
            await actions.reply(tx, ticket_id, a_message(), ADA)

    def slow(*values: Any) -> list[Was]:
        time.sleep(2 * database.budget_seconds)  # in the thread that folds
        return matching(*values)

    matching = past._matching
    monkeypatch.setattr(past, "AT_ONCE", 1)
    monkeypatch.setattr(past, "_matching", slow)
    database.budget_seconds = 0.1
    with pytest.raises(QueryTooLongError, match=r"ran longer than its budget .* ask for one requester's"):
        await find_past_page(database, OURS, TicketFilter(), NOON, page=1, descending=True)
    monkeypatch.undo()
    database.budget_seconds = 10
    assert (await find_past_page(database, OURS, TicketFilter(), NOON, page=1, descending=True)).total == 2


async def test_what_is_remembered_is_forgotten_when_more_is_told_of_that_time(database: Database, clock: Clock) -> None:
    """As an import tells it: a ticket that is new here and older than what is."""
    chance = random.Random(7)
    clock.now = NOON + 9 * DAY
    await a_ticket(database)
    wanted, at = TicketFilter(), NOON + DAY
    assert (await find_past_page(database, OURS, wanted, at, page=1, descending=True)).total == 0
    await add(database, OURS, {"LATER": random_timeline(chance, "LATER", at + 1, 0)})
    assert (await find_past_page(database, OURS, wanted, at, page=1, descending=True)).total == 0
    await add(database, OURS, {"OLDER": random_timeline(chance, "OLDER", at, 0)})
    assert (await find_past_page(database, OURS, wanted, at, page=1, descending=True)).total == 1


async def anything(database: Database, ticket_id: str, chance: random.Random) -> None:
    with suppress(ConflictError):  # spam is not rated
        async with database.write(OURS) as tx:
            await do(tx, ticket_id, random_command(chance), chance.choice(AGENTS))


@pytest.mark.parametrize("looked_at", [past.LOOKED_AT, 0], ids=["carried on", "begun anew"])
async def test_a_list_of_then_stays_the_same_while_tickets_change(
    database: Database, clock: Clock, chance: random.Random, monkeypatch: pytest.MonkeyPatch, looked_at: int
) -> None:
    monkeypatch.setattr(past, "LOOKED_AT", looked_at)
    monkeypatch.setattr(past, "LOOKED_AT_INLINE", 0)
    begun = 0

    async def counted(*values: Any) -> dict[int, str]:
        nonlocal begun
        begun += 1
        return await list_changed(*values)

    list_changed = past._list_changed
    monkeypatch.setattr(past, "_list_changed", counted)
    made = [await a_ticket(database) for _ in range(PAGE_SIZE + 5)]
    for ticket_id in made[::2]:
        clock.now += MINUTE
        await anything(database, ticket_id, chance)
    at = clock.now
    asked = [(TicketFilter(**wanted), page) for wanted in ({}, {"status": "open"}, {"tagged": True}, {"groups": (1,)}) for page in (1, 2)]
    first = [await find_past_page(database, OURS, wanted, at, page=page, descending=True) for wanted, page in asked]
    assert first[0].total == (await find_page(database, OURS, TicketFilter(), page=1, descending=True)).total
    for _ in range(20):
        clock.now += MINUTE
        await a_ticket(database)
        await anything(database, chance.choice(made), chance)
        assert [await find_past_page(database, OURS, wanted, at, page=page, descending=True) for wanted, page in asked] == first
    assert begun == 4 if looked_at else begun > 20


async def test_a_status_of_then_is_listed_whatever_it_is_now(database: Database, clock: Clock) -> None:
    ticket_id = await a_ticket(database)
    changes: tuple[Status, ...] = ("pending", "solved", "open", "spam")
    for minutes, status in enumerate(changes, 1):
        clock.now = NOON + minutes * MINUTE
        async with database.write(OURS) as tx:
            await actions.change(tx, ticket_id, Changes(status=status), ADA)
    expected: tuple[Status, ...] = ("open", *changes)
    for minutes, status in enumerate(expected):
        for asked in set(expected):
            found = await find_past_page(
                database,
                OURS,
                TicketFilter(status=asked),
                NOON + minutes * MINUTE,
                page=1,
                descending=True,
            )
            assert found.total == (asked == status)
