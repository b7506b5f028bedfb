"""Sums over facts against a second, naive way to add them up: every filter, any intervals."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from unittest import mock

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from deskline.domain.events import AnyEvent
from deskline.domain.facts import Fact, facts
from deskline.domain.reports import RANKING, Count, Report, ReportFilter
from deskline.domain.sums import SUMS, Sum
from deskline.domain.timelines import Ticket, fold
from deskline.storage import reports, stretches, tickets
from deskline.storage.database import Database
from deskline.storage.reports import count_ratings, find_oldest, sum_facts
from deskline.web.v2.wire import show_ticket
from tests.storage.builders import ADA, BEN, DAY, NOON, OURS, REPORTS, SECOND, TAGS, THEIRS, an_account, random_timeline
from tests.storage.engines import ENGINES, kept_open, opener

Interval = tuple[int, int]
Life = tuple[Ticket, Sequence[AnyEvent]]


class Sums:
    """A database and the tickets that are in it."""

    def __init__(self, database: Database, runner: asyncio.Runner, found: list[Life]) -> None:
        self.database, self.runner, self.tickets = database, runner, found

    def facts(self, summed: Sum, wanted: ReportFilter, interval: Interval) -> list[Fact]:
        """Look at every fact of every ticket."""
        return [
            fact
            for ticket, events in self.tickets
            if not wanted.groups or any(group.id in wanted.groups for group in ticket.groups)
            if not wanted.tags or any(tag in wanted.tags for tag in ticket.tags)
            for fact in facts(ticket, events)
            if summed.has(fact)
            and interval[0] <= (summed.instant(fact) or 0) < interval[1]
            and (not wanted.agents or fact.agent in wanted.agents)
        ]

    def of(self, name: str, wanted: ReportFilter, interval: Interval) -> int:
        """Add one sum up."""
        return sum(SUMS[name].amount(fact) for fact in self.facts(SUMS[name], wanted, interval))


@pytest.fixture(scope="module", params=ENGINES)
def sums(request: pytest.FixtureRequest, seed: str) -> Iterator[Sums]:
    """Tickets of two accounts, under the same ids."""
    chance = random.Random(f"{seed} sums")
    found: list[Life] = []

    async def fill(database: Database) -> None:
        for account_id in (OURS, THEIRS):
            await an_account(database, account_id)
            timelines = {f"S{n:04}": random_timeline(chance, f"S{n:04}", NOON + chance.randrange(3) * DAY, 6) for n in range(200)}
            records = [tickets.record(fold(name, events), events, show_ticket) for name, events in timelines.items()]
            async with database.write(account_id) as tx:
                await tickets.add_records(tx, records)
            if account_id == OURS:
                found.extend((fold(name, events), events) for name, events in timelines.items())

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, kept_open(runner, opener(request, request.param)) as database:
        runner.run(fill(database))
        yield Sums(database, runner, found)


INSTANTS = st.integers(-2, 40).map(lambda quarters: NOON + quarters * DAY // 4) | st.just(NOON + SECOND)
BORDERS = st.lists(INSTANTS, min_size=2, max_size=6, unique=True).map(sorted)
INTERVALS = BORDERS.map(lambda borders: list(itertools.pairwise(borders)))
FILTERS = st.builds(
    ReportFilter,
    agents=st.lists(st.sampled_from((ADA.id, BEN.id, "nobody@example.com")), max_size=2).map(tuple),
    groups=st.lists(st.sampled_from((0, 1, 2, 7)), max_size=2, unique=True).map(tuple),
    tags=st.lists(st.sampled_from(TAGS), max_size=2, unique=True).map(tuple),
)


EVERYTHING = Report("everything", Count, tuple(SUMS), by_agent=True)


@given(
    report=st.sampled_from((*REPORTS, EVERYTHING)),
    intervals=INTERVALS,
    wanted=FILTERS,
    cost=st.sampled_from((0.0, 1e9)),
    at_a_time=st.sampled_from((20, 50_000)),
)
def test_any_sums(sums: Sums, report: Report, intervals: list[Interval], wanted: ReportFilter, cost: float, at_a_time: int) -> None:
    """Whether the tickets of a filter are gathered, which costs nothing or too much, or looked up for each fact; stretches in pages."""

    async def work() -> list[tuple[int, ...]]:
        async with sums.database.analyse(OURS) as tx:
            with mock.patch.object(reports, "_GATHER", cost), mock.patch.object(stretches, "ROWS_AT_A_TIME", at_a_time):
                return await sum_facts(tx, report, intervals, wanted)

    assert sums.runner.run(work()) == [tuple(sums.of(name, wanted, interval) for name in report.sums) for interval in intervals]


@given(intervals=INTERVALS, wanted=FILTERS)
def test_any_ranking(sums: Sums, intervals: list[Interval], wanted: ReportFilter) -> None:
    async def work() -> list[tuple[str, int, int]]:
        async with sums.database.analyse(OURS) as tx:
            return await count_ratings(tx, intervals, wanted)

    counts = Counter(
        (fact.agent, fact.label) for interval in intervals for name in RANKING.sums for fact in sums.facts(SUMS[name], wanted, interval)
    )
    agents = {agent for agent, _ in counts if agent is not None}
    assert sorted(sums.runner.run(work())) == sorted((agent, counts[agent, "good"], counts[agent, "bad"]) for agent in agents)


@pytest.mark.parametrize("report", REPORTS)
def test_no_interval_has_no_sums(sums: Sums, report: Report) -> None:
    """As in a range that is one day which the zone skipped."""

    async def work() -> list[tuple[int, ...]]:
        async with sums.database.analyse(OURS) as tx:
            return await sum_facts(tx, report, [], ReportFilter())

    assert sums.runner.run(work()) == []


def test_the_oldest_ticket(sums: Sums) -> None:
    async def work() -> tuple[int | None, int | None]:
        async with sums.database.read(OURS) as tx, sums.database.read(3) as nobody:
            return await find_oldest(tx), await find_oldest(nobody)

    assert sums.runner.run(work()) == (min(ticket.created_at for ticket, _ in sums.tickets), None)
