"""Roll-ups follow what happens to a ticket, cell by cell, and reports of them say what the facts say."""

import asyncio
import itertools
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from deskline.domain.calendar import parts_of
from deskline.domain.events import Person
from deskline.domain.reports import GROUP_BYS, GroupBy, Report, ReportFilter, rows, slots, week_rows
from deskline.domain.rollups import SLOTS, Interval, places_of
from deskline.domain.tickets import Changes
from deskline.domain.timelines import fold
from deskline.storage import reports, tickets
from deskline.storage.database import Database
from deskline.web.v2.wire import show_ticket
from tests.storage.builders import (
    ADA,
    BEN,
    GROUPS,
    MINUTE,
    NOON,
    OURS,
    REPORTS,
    TAGS,
    THEIRS,
    Clock,
    Command,
    a_message,
    a_ticket,
    an_account,
    do,
    random_timeline,
)
from tests.storage.engines import ENGINES, kept_open, opener

QUARTER = SLOTS[0]
Cell = tuple[str, str, int]


class Story:
    """One ticket, told step by step, and what it puts into the roll-ups."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        self.ticket_id = ""

    async def do(self, command: Command, by: Person = ADA) -> None:
        """Do something to the ticket a quarter of an hour later; a ticket that is not there yet is created first."""
        if not self.ticket_id:
            self.ticket_id = await a_ticket(self.database, tags=("sales",))
        self.clock.now += QUARTER
        async with self.database.write(OURS) as tx:
            await do(tx, self.ticket_id, command, by)

    async def cells(self, column: str, level: int = 0) -> dict[Cell, int]:
        """List the sums of a column that are not zero: by scope, agent, and slots since the creation."""
        statement = f"SELECT scope, agent, slot, {column} FROM rollup WHERE account_id = $1 AND level = $2 AND {column} <> 0"
        async with self.database.read(OURS) as tx:
            rows = await tx.rows(statement, level)
        return {(scope, agent, slot - NOON // SLOTS[level]): value for scope, agent, slot, value in rows}


@pytest.fixture
def story(database: Database, clock: Clock) -> Story:
    return Story(database, clock)


@pytest.mark.anyio
async def test_a_ticket_counts_where_it_is(story: Story) -> None:
    await story.do(a_message(), by=BEN)
    assert await story.cells("created") == await story.cells("chat") == {("", "", 0): 1, ("g:0", "", 0): 1, ("t:sales", "", 0): 1}
    assert await story.cells("mail") == await story.cells("chat_window") == {}
    everywhere = {("", "", 1): 900, ("g:0", "", 1): 900, ("t:sales", "", 1): 900, ("", f"a:{BEN.id}", 1): 900}
    assert await story.cells("responded_seconds") == everywhere
    assert await story.cells("responded") == dict.fromkeys(everywhere, 1)
    assert await story.cells("responded", level=2) == {(scope, agent, 0): 1 for scope, agent, _ in everywhere}


@pytest.mark.anyio
async def test_a_ticket_that_is_solved_again_moves(story: Story) -> None:
    await story.do(Changes(status="solved"))
    await story.do(a_message(by_client=True))
    assert (await story.cells("solved"))["", f"a:{ADA.id}", 1] == 1
    await story.do(Changes(status="solved"), by=BEN)
    assert (await story.cells("solved")).keys() == {("", "", 3), ("g:0", "", 3), ("t:sales", "", 3), ("", f"a:{BEN.id}", 3)}
    assert (await story.cells("solved_seconds"))["", "", 3] == 2_700


@pytest.mark.anyio
async def test_spam_counts_nowhere_and_comes_back(story: Story) -> None:
    await story.do(a_message())
    created = await story.cells("created")
    await story.do(Changes(status="spam"))
    assert await story.cells("created") == await story.cells("responded") == await story.cells("responded_seconds") == {}
    await story.do(Changes(status="open"))
    assert await story.cells("created") == created


@pytest.mark.anyio
async def test_what_is_tagged_and_grouped_otherwise_moves_with_all_its_facts(story: Story) -> None:
    await story.do(a_message())
    await story.do("good")
    await story.do(("bug", "vip"))
    await story.do(Changes(groups=GROUPS[1:]))
    scopes = {"", "g:1", "g:2", "t:bug", "t:vip"}
    assert await story.cells("created") == {(scope, "", 0): 1 for scope in scopes}
    assert await story.cells("good") == {(scope, agent, 2): 1 for scope in scopes for agent in ("", f"a:{ADA.id}")}


@pytest.mark.anyio
async def test_a_rating_that_changes_moves(story: Story) -> None:
    await story.do(a_message())
    await story.do("good")
    await story.do("bad")
    assert await story.cells("good") == {}
    assert (await story.cells("bad"))["g:0", f"a:{ADA.id}", 3] == 1


@pytest.mark.anyio
async def test_what_is_undone_counts_nowhere(story: Story) -> None:
    await story.do(a_message())
    before = await story.cells("created")
    with suppress(RuntimeError):
        async with story.database.write(OURS) as tx:
            await do(tx, story.ticket_id, ("bug",), ADA)
            raise RuntimeError("not kept")
    await story.do("good")
    assert await story.cells("created") == before


@pytest.mark.anyio
async def test_writers_at_the_same_time_add_up(database: Database, clock: Clock) -> None:
    story = Story(database, clock)
    ids = await asyncio.gather(*(a_ticket(database, tags=("bug",)) for _ in range(20)))

    async def solve(ticket_id: str) -> None:
        async with database.write(OURS) as tx:
            await do(tx, ticket_id, Changes(status="solved"), ADA)

    await asyncio.gather(*map(solve, ids), *(a_ticket(database) for _ in range(20)))
    assert await story.cells("created") == {("", "", 0): 40, ("g:0", "", 0): 40, ("t:bug", "", 0): 20}
    assert (await story.cells("solved"))["", f"a:{ADA.id}", 0] == 20


class Company:
    """A database with tickets that have lived for some months."""

    def __init__(self, database: Database, runner: asyncio.Runner) -> None:
        self.database, self.runner = database, runner

    async def fill(self, chance: random.Random) -> None:
        for account_id in (OURS, THEIRS):
            await an_account(self.database, account_id)
            begins = {f"S{n:04}": NOON + chance.randrange(120 * 24 * 60) * MINUTE + chance.randrange(MINUTE) for n in range(150)}
            timelines = {name: random_timeline(chance, name, at, 6) for name, at in begins.items()}
            async with self.database.write(account_id) as tx:
                await tickets.add_records(
                    tx, [tickets.record(fold(name, events), events, show_ticket) for name, events in timelines.items()]
                )

    def both(self, report: Report, intervals: Sequence[Interval], wanted: ReportFilter) -> tuple[reports.Sums, reports.Sums]:
        """Sum through roll-ups, and over facts."""

        async def work() -> tuple[reports.Sums, reports.Sums]:
            async with self.database.analyse(OURS) as tx:
                return await reports.sum_facts(tx, report, intervals, wanted), await reports.sum_each_fact(tx, report, intervals, wanted)

        return self.runner.run(work())


@pytest.fixture(scope="module", params=ENGINES)
def company(request: pytest.FixtureRequest, seed: str) -> Iterator[Company]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, kept_open(runner, opener(request, request.param)) as database:
        made = Company(database, runner)
        runner.run(made.fill(random.Random(f"{seed} roll-ups")))
        yield made


FILTERS = (
    st.just(ReportFilter())
    | st.sampled_from((0, 1, 2, 7)).map(lambda group: ReportFilter(groups=(group,)))
    | st.sampled_from((*TAGS, "none")).map(lambda tag: ReportFilter(tags=(tag,)))
    | st.lists(st.sampled_from((ADA.id, BEN.id, "nobody@example.com")), min_size=1, max_size=3).map(
        lambda agents: ReportFilter(agents=tuple(agents))
    )
)
ZONES = ("UTC", "Europe/Warsaw", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham", "Africa/Monrovia")
INSTANTS = st.integers(0, 60 * SLOTS[2]) | st.integers(0, 5_000).map(lambda number: number * QUARTER)
FIRST = date(2023, 11, 10)
DAYS = st.integers(0, 140).map(lambda days: FIRST + timedelta(days=days))


@given(
    report=st.sampled_from(REPORTS),
    wanted=FILTERS,
    days=st.lists(DAYS, min_size=2, max_size=2).map(sorted),
    zone=st.sampled_from(ZONES),
    group_by=st.sampled_from(GROUP_BYS),
)
def test_rows_of_roll_ups_are_those_of_facts(
    company: Company, report: Report, wanted: ReportFilter, days: list[date], zone: str, group_by: GroupBy
) -> None:
    through_rollups, through_facts = company.both(report, slots(days[0], days[1], group_by, ZoneInfo(zone)).intervals, wanted)
    assert through_rollups == through_facts


@given(
    report=st.sampled_from(REPORTS), wanted=FILTERS, days=st.lists(DAYS, min_size=2, max_size=2).map(sorted), zone=st.sampled_from(ZONES)
)
def test_hours_of_the_week_are_those_of_facts(company: Company, report: Report, wanted: ReportFilter, days: list[date], zone: str) -> None:
    first, last, place = days[0], days[1], ZoneInfo(zone)

    async def work() -> reports.Sums | None:
        async with company.database.analyse(OURS) as tx:
            return await reports.sum_week(tx, report, parts_of(first, last, place), wanted)

    found = company.runner.run(work())
    assert (found is None) == (places_of(wanted) is None)
    if found is not None:
        layout = slots(first, last, "weekday_hour", place)
        _, through_facts = company.both(report, layout.intervals, wanted)
        assert week_rows(report, found) == rows(report, layout, through_facts)


@given(
    report=st.sampled_from(REPORTS),
    wanted=FILTERS,
    borders=st.lists(INSTANTS, min_size=2, max_size=9, unique=True).map(sorted),
)
def test_any_borders_are_exact(company: Company, report: Report, wanted: ReportFilter, borders: list[int]) -> None:
    midnight = NOON // SLOTS[2] * SLOTS[2]
    intervals = [(midnight + start, midnight + end) for start, end in itertools.pairwise(borders)]
    through_rollups, through_facts = company.both(report, intervals, wanted)
    assert through_rollups == through_facts


def test_the_tickets_are_in_what_was_asked_for(company: Company) -> None:
    """Else the two above would compare nothing with nothing."""
    counted, _ = company.both(REPORTS[0], [(NOON, NOON + 121 * SLOTS[2])], ReportFilter())
    assert counted[0][0] > 100
