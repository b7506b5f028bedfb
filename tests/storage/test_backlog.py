"""The backlog at any instant against a second, naive way to tell it: every timeline folded up to there."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from unittest import mock

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from deskline.domain.events import AnyEvent
from deskline.domain.reports import Backlog, ReportFilter
from deskline.domain.timelines import Ticket, fold
from deskline.storage import backlog, openings, tickets
from deskline.storage.backlog import count_backlog, open_backlog, walk_backlog
from deskline.storage.database import Database
from deskline.web.v2.wire import show_ticket
from tests.storage.builders import ADA, BEN, DAY, NOON, OURS, TAGS, THEIRS, an_account, random_timeline
from tests.storage.engines import ENGINES, kept_open, opener

TICKETS = 120


class Desk:
    """A database and the lives of the tickets in it."""

    def __init__(self, database: Database, runner: asyncio.Runner) -> None:
        self.database, self.runner = database, runner
        self.lives: list[tuple[Ticket, Sequence[AnyEvent]]] = []

    async def fill(self, chance: random.Random) -> None:
        for account_id in (OURS, THEIRS):
            await an_account(self.database, account_id)
            timelines = {f"B{n:04}": random_timeline(chance, f"B{n:04}", NOON + chance.randrange(20 * DAY), 8) for n in range(TICKETS)}
            records = [tickets.record(fold(name, events), events, show_ticket) for name, events in timelines.items()]
            async with self.database.write(account_id) as tx:
                await tickets.add_records(tx, records)
            if account_id == OURS:
                self.lives = [(fold(name, events), events) for name, events in timelines.items()]

    def there(self, end: int, wanted: ReportFilter) -> list[Ticket]:
        """The tickets that were open or pending just before an instant, as they were then."""
        found = []
        for now, events in self.lives:
            if now.status == "spam" or now.aside is not None or now.created_at >= end:
                continue
            if wanted.groups and not {group.id for group in now.groups} & set(wanted.groups):
                continue
            if wanted.tags and not set(now.tags) & set(wanted.tags):
                continue
            then = fold(now.id, [event for event in events if event.at < end])
            if then.status in {"open", "pending"} and (not wanted.agents or (then.assignee and then.assignee.id in wanted.agents)):
                found.append(then)
        return found

    def counted(self, ends: Sequence[int | None], wanted: ReportFilter) -> list[Backlog]:
        async def work() -> list[Backlog]:
            async with self.database.analyse(OURS) as tx:
                return await count_backlog(tx, ends, wanted)

        return self.runner.run(work())

    def opened(self, end: int, wanted: ReportFilter) -> list[tuple[str, str | None]]:
        """All tickets behind a number, page by page: id and status."""

        async def work() -> list[tuple[str, str | None]]:
            found: list[tuple[str, str | None]] = []
            page = 1
            async with self.database.analyse(OURS) as tx:
                while len(found) < (opened := (await open_backlog(tx, end, wanted, page))[1]).total:
                    found += [(part.ticket.id, part.fact.label) for part in opened.parts]
                    page += 1
            return found

        return self.runner.run(work())

    def walked(self, end: int, wanted: ReportFilter) -> list[tuple[str, str | None]]:
        """The same, as files have them, three at a time."""

        async def work() -> list[tuple[str, str | None]]:
            async with self.database.export(OURS) as tx:
                return [(part.ticket.id, part.fact.label) async for parts in walk_backlog(tx, end, wanted) for part in parts]

        with mock.patch.object(openings, "WALKED_AT_ONCE", 3), mock.patch.object(backlog, "WALKED_AT_ONCE", 3):
            return self.runner.run(work())


@pytest.fixture(scope="module", params=ENGINES)
def desk(request: pytest.FixtureRequest, seed: str) -> Iterator[Desk]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, kept_open(runner, opener(request, request.param)) as database:
        made = Desk(database, runner)
        runner.run(made.fill(random.Random(f"{seed} backlog")))
        yield made


INSTANTS = st.integers(-DAY, 30 * DAY).map(lambda after: NOON + after) | st.integers(0, 3_000).map(
    lambda quarters: NOON + quarters * 900_000
)
FILTERS = st.builds(
    ReportFilter,
    agents=st.lists(st.sampled_from((ADA.id, BEN.id, "nobody@example.com")), max_size=2).map(tuple),
    groups=st.lists(st.sampled_from((0, 1, 2, 7)), max_size=2, unique=True).map(tuple),
    tags=st.lists(st.sampled_from(TAGS), max_size=2, unique=True).map(tuple),
)


@given(ends=st.lists(INSTANTS | st.none(), max_size=6), wanted=FILTERS | st.just(ReportFilter()))
def test_the_backlog_at_any_instants(desk: Desk, ends: list[int | None], wanted: ReportFilter) -> None:
    expected = []
    for end in ends:
        states = [] if end is None else [ticket.status for ticket in desk.there(end, wanted)]
        expected.append(Backlog(None, None) if end is None else Backlog(states.count("open"), states.count("pending")))
    assert desk.counted(ends, wanted) == expected


@given(end=INSTANTS, wanted=FILTERS | st.just(ReportFilter()))
def test_the_tickets_behind_a_backlog(desk: Desk, end: int, wanted: ReportFilter) -> None:
    found = sorted((ticket.id, ticket.status) for ticket in desk.there(end, wanted))
    assert sorted(desk.opened(end, wanted)) == found
    assert sorted(desk.walked(end, wanted)) == found


def test_there_is_something_to_count(desk: Desk) -> None:
    counted = desk.counted([NOON + quarter * 900_000 for quarter in range(0, 2_400, 8)], ReportFilter())
    assert max(each.open or 0 for each in counted) > 5
    assert max(each.pending or 0 for each in counted) > 0
