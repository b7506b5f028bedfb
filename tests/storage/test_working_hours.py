"""Working time follows the hours: of what is written, of what was written before they changed, and of tickets that change groups."""

import random
from collections.abc import Sequence
from contextlib import suppress

import pytest

from deskline.actions import checks, working_hours
from deskline.actions.checks import Difference
from deskline.actions.repairs import Repairs
from deskline.domain.facts import Fact, FactKind, facts
from deskline.domain.hours_texts import parse
from deskline.domain.jobs import HOURS
from deskline.domain.reports import Durations, Report, ReportFilter
from deskline.domain.rollups import Interval
from deskline.domain.tickets import Changes
from deskline.domain.timelines import Ticket, fold
from deskline.domain.working_hours import ACCOUNT_ITSELF, Calendars, WorkingHours, working_seconds
from deskline.errors import ConflictError, NotFoundError
from deskline.jobs.kinds import Step
from deskline.jobs.working_hours import PIECE, work
from deskline.storage import jobs, people, reports, spreads, tickets
from deskline.storage import working_hours as stored
from deskline.storage.checks import decode_event, list_rows, list_timelines
from deskline.storage.database import Database
from deskline.web.v2.wire import show_ticket
from tests.rounds import times
from tests.storage.builders import (
    ADA,
    DAY,
    GROUPS,
    MINUTE,
    NOON,
    OURS,
    TAGS,
    THEIRS,
    Clock,
    a_message,
    a_ticket,
    do,
    random_command,
    random_timeline,
)

pytestmark = pytest.mark.anyio

HOUR = 60 * MINUTE
ANSWERED = Report("answered", Durations, ("responded", "responded_worked"), by_agent=True)
LATER = Report("later", Durations, ("answered", "answered_worked"), by_agent=True)
SOLVED = Report("solved", Durations, ("solved", "solved_worked"), by_agent=True)
ALL = ReportFilter()
EVER = [(0, 4_000_000_000_000)]
FILTERS = (
    ALL,
    ReportFilter(agents=("ada@example.com",)),
    ReportFilter(agents=("ada@example.com", "Ben@example.com"), tags=("vip",)),
    ReportFilter(groups=(1,)),
    ReportFilter(groups=(1, 2), tags=("vip", "bug")),
)


def hours(*times: str, zone: str = "UTC", holidays: Sequence[str] = ()) -> WorkingHours:
    """The same times from Monday to Friday; NOON is 22:13:20 of a Tuesday, UTC."""
    found, problems = parse(zone, dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), times), holidays)
    assert problems == []
    return found


async def set_hours(database: Database, found: WorkingHours | None, group: int = ACCOUNT_ITSELF) -> None:
    async with database.write(OURS) as tx:
        if found is None:
            await working_hours.clear_hours(tx, group)
        else:
            await working_hours.set_hours(tx, group, found)


async def one_step(database: Database) -> Step:
    """Do the next piece of the job, as whoever runs jobs does it."""
    async with database.read(OURS) as tx:
        job = await jobs.find(tx, HOURS)
    assert job is not None
    step = await work(database, job)
    async with database.write(OURS) as tx:
        claimed = await jobs.claim(tx, jobs.Due(OURS, HOURS, HOURS, job.fence), "test", tx.now + DAY)
        assert claimed is not None
        if step.is_over:
            await jobs.end(tx, claimed, step.result, None)
        else:
            await jobs.advance(tx, claimed, step.place, tx.now)
        if step.write is not None:
            await step.write(tx)
        if not step.is_over:
            await jobs.release(tx, claimed)
    return step


async def finish(database: Database) -> None:
    while not (await one_step(database)).is_over:
        pass


async def is_counted(database: Database) -> bool:
    async with database.read(OURS, snapshot=True) as tx:
        return (await stored.find(tx)).is_counted


async def summed(
    database: Database, report: Report, wanted: ReportFilter = ALL, intervals: Sequence[Interval] = tuple(EVER)
) -> reports.Sums:
    async with database.analyse(OURS) as tx:
        return await reports.sum_facts(tx, report, intervals, wanted)


async def worked(database: Database, report: Report = SOLVED) -> int:
    return (await summed(database, report))[0][1]


async def contradictions(database: Database, account_id: int = OURS) -> list[Difference]:
    async with database.analyse(account_id) as tx:
        return (await checks.check_account(tx, show_ticket)).first


async def all_told(database: Database, calendars: Calendars) -> list[tuple[Ticket, tuple[Fact, ...]]]:
    """All tickets with their facts, told from the timelines with the very instants."""
    async with database.analyse(OURS) as tx:
        rows = await list_rows(tx, 0, 1_000_000)
        timelines = await list_timelines(tx, [row.key for row in rows])
    told = []
    for row in rows:
        events = [decode_event(event) for event in timelines[row.key]]
        ticket = fold(row.id, events)
        own = calendars.of([group.id for group in ticket.groups])
        told.append((ticket, facts(ticket, events, lambda start, end, own=own: working_seconds(own, start, end))))  # type: ignore[misc]
    return told


async def listed(database: Database, report: Report, wanted: ReportFilter, intervals: Sequence[Interval]) -> list[list[int]]:
    """What a median is made of."""
    async with database.analyse(OURS) as tx:
        found = await spreads.list_seconds(tx, report, intervals, wanted)
    return [sorted(map(int, each.split() if isinstance(each, str) else each or ())) for each in found]


def expected(told: Sequence[tuple[Ticket, tuple[Fact, ...]]], report: Report, wanted: ReportFilter, interval: Interval) -> tuple[int, int]:
    found = measured(told, report, wanted, interval)
    return len(found), sum(found)


def measured(told: Sequence[tuple[Ticket, tuple[Fact, ...]]], report: Report, wanted: ReportFilter, interval: Interval) -> list[int]:
    kinds: dict[str, tuple[FactKind, tuple[str | None, ...]]] = {
        "answered": ("responded", (None,)),
        "later": ("answered", (None,)),
        "solved": ("solved", ("only", "last")),
    }
    kind, labels = kinds[report.name]
    return [
        fact.worked_seconds or 0
        for ticket, its in told
        for fact in its
        if fact.kind == kind
        and fact.label in labels
        and interval[0] <= fact.at < interval[1]
        and (not wanted.agents or fact.agent in wanted.agents)
        and (not wanted.groups or {group.id for group in ticket.groups} & {*wanted.groups})
        and (not wanted.tags or {*ticket.tags} & {*wanted.tags})
    ]


async def a_solved_ticket(database: Database, clock: Clock) -> str:
    """Created at 22:13:20 on Tuesday, solved 24 hours later."""
    ticket_id = await a_ticket(database)
    clock.now += DAY
    async with database.write(OURS) as tx:
        await do(tx, ticket_id, Changes(status="solved"), ADA)
    return ticket_id


async def add_lives(database: Database, chance: random.Random, ids: Sequence[str], start: int) -> None:
    """Tickets with random lives, as an import brings them."""
    lives = {ticket_id: random_timeline(chance, ticket_id, start, 6) for ticket_id in ids}
    async with database.write(OURS) as tx:
        await people.add_tags(tx, TAGS, ADA.id)
        await tickets.add_records(tx, [tickets.record(fold(ticket_id, events), events, show_ticket) for ticket_id, events in lives.items()])


async def test_who_never_said_when_works_always(database: Database, clock: Clock) -> None:
    await a_solved_ticket(database, clock)
    assert await worked(database) == 86_400
    assert await is_counted(database)
    async with database.read(OURS) as tx:
        assert await jobs.find(tx, HOURS) is None


async def test_hours_count_for_what_follows_and_for_what_was(database: Database, clock: Clock) -> None:
    await a_solved_ticket(database, clock)
    await set_hours(database, hours("09:00-17:00"))
    assert not await is_counted(database)
    assert await worked(database) == 8 * 3_600  # at once
    await a_solved_ticket(database, clock)
    assert await worked(database) == 16 * 3_600
    assert await contradictions(database) == []
    await finish(database)
    assert await is_counted(database)
    assert await worked(database) == 16 * 3_600
    assert await contradictions(database) == []
    await set_hours(database, hours("09:00-17:00", holidays=["2023-11-15 10:00-11:00"]))
    assert await worked(database) == 9 * 3_600
    await set_hours(database, None)
    assert await worked(database) == 48 * 3_600
    await finish(database)
    assert await worked(database) == 48 * 3_600
    assert await contradictions(database) == []


async def test_the_same_hours_again_are_no_change(database: Database) -> None:
    await set_hours(database, hours("09:00-17:00"))
    await finish(database)
    await set_hours(database, hours("09:00-17:00"))
    assert await is_counted(database)


async def test_a_ticket_that_changes_groups_is_measured_anew(database: Database, clock: Clock) -> None:
    await set_hours(database, hours("09:00-17:00"))
    await set_hours(database, hours("00:00-01:00"), group=1)
    await set_hours(database, hours("00:00-02:00"), group=2)
    ticket_id = await a_solved_ticket(database, clock)
    for is_pending in (True, False):
        if not is_pending:
            await finish(database)
        for groups, expected_hours in ((GROUPS[2:], 2), (GROUPS, 1), (GROUPS[:1], 8), (GROUPS[:0:-1], 1)):
            async with database.write(OURS) as tx:
                await do(tx, ticket_id, Changes(groups=groups), ADA)
            assert await worked(database) == expected_hours * 3_600
            assert await contradictions(database) == []


async def test_answers_count_too(database: Database, clock: Clock) -> None:
    await set_hours(database, hours("09:00-17:00"))
    ticket_id = await a_ticket(database)
    for pause, by_client in ((12, False), (12, True), (12, False)):
        clock.now += pause * HOUR
        async with database.write(OURS) as tx:
            await do(tx, ticket_id, a_message(by_client=by_client), ADA)
    assert await summed(database, ANSWERED) == [(1, 3_600 + 800)]  # Wednesday, 09:00 to 10:13:20
    assert await summed(database, LATER) == [(1, 3_600 + 800)]  # Wednesday 22:13:20 to Thursday 10:13:20
    assert await contradictions(database) == []


async def test_unknown_groups_have_no_hours(database: Database) -> None:
    with pytest.raises(NotFoundError, match="There is no group '7' here"):
        await set_hours(database, hours("09:00-17:00"), group=7)


async def test_one_account_has_nothing_of_the_others(database: Database, clock: Clock) -> None:
    await set_hours(database, hours("09:00-17:00"))
    async with database.read(THEIRS, snapshot=True) as tx:
        found = await stored.find(tx)
    assert (found.calendars.by_group, found.revision, found.is_counted) == ({}, 0, True)


async def test_hours_that_were_undone_are_not_remembered(database: Database, clock: Clock) -> None:
    class UndoneError(Exception):
        pass

    for times_of in ("09:00-10:00", "09:00-11:00"):
        with suppress(UndoneError):
            async with database.write(OURS) as tx:
                await working_hours.set_hours(tx, ACCOUNT_ITSELF, hours(times_of))
                assert (await stored.find(tx)).calendars.by_group[ACCOUNT_ITSELF] == hours(times_of)
                raise UndoneError
    await set_hours(database, hours("09:00-12:00"))
    await a_solved_ticket(database, clock)
    assert await worked(database) == 3 * 3_600


async def test_hours_that_change_while_the_job_runs_begin_it_again(database: Database, clock: Clock) -> None:
    chance = random.Random(1)
    await add_lives(database, chance, [f"T{number:04}" for number in range(PIECE + 30)], NOON)  # some of them end in the trash
    await set_hours(database, hours("09:00-17:00"))
    assert not (await one_step(database)).is_over
    await set_hours(database, hours("10:00-11:00"))
    seen = 0
    while not (await one_step(database)).is_over:
        seen += 1
        assert not await is_counted(database)
        assert await contradictions(database) == []
    assert seen == 2  # both pieces, the first one again
    assert await is_counted(database)
    told = await all_told(database, Calendars({ACCOUNT_ITSELF: hours("10:00-11:00")}))
    assert (await summed(database, SOLVED))[0] == expected(told, SOLVED, ALL, EVER[0])


async def test_a_change_in_the_very_moment_of_the_end_is_not_lost(database: Database) -> None:
    await set_hours(database, hours("09:00-17:00"))
    async with database.read(OURS) as tx:
        job = await jobs.find(tx, HOURS)
    assert job is not None
    step = await work(database, job)
    assert step.is_over
    assert step.write is not None
    await set_hours(database, hours("10:00-17:00"))
    async with database.write(OURS) as tx:
        claimed = await jobs.claim(tx, jobs.Due(OURS, HOURS, HOURS, job.fence), "test", tx.now + DAY)
        assert claimed is not None
        await jobs.end(tx, claimed, step.result, None)
        await step.write(tx)
    assert not await is_counted(database)
    async with database.read(OURS) as tx:
        job = await jobs.find(tx, HOURS)
    assert job is not None
    assert job.state == "waiting"
    await finish(database)
    assert await is_counted(database)


async def test_a_check_finds_working_time_that_is_wrong_and_repairs_it(database: Database, clock: Clock) -> None:
    await set_hours(database, hours("09:00-17:00"))
    await a_solved_ticket(database, clock)
    await finish(database)
    async with database.write(OURS) as tx:
        await tx.run("UPDATE fact SET worked_seconds = 7 WHERE account_id = $1 AND kind = $2", 6)
        await tx.run("UPDATE rollup SET solved_worked = 7 WHERE account_id = $1 AND solved > $2", 0)
    found = await contradictions(database)
    assert {difference.field for difference in found} > {"facts"}
    async with database.write(OURS) as tx:
        await checks.check_account(tx, show_ticket, repairs=Repairs(tx))
    assert await contradictions(database) == []
    assert await worked(database) == 8 * 3_600


async def test_random_lives_under_random_hours(database: Database, clock: Clock, chance: random.Random) -> None:
    """Hours change, tickets come and go on, the job does a piece now and then: sums are those of the hours of now, at any time."""
    by_group: dict[int, WorkingHours] = {}
    ids: list[str] = []
    clock.now += DAY
    for step in range(times(quick=25, long=400)):
        clock.now += chance.choice((1, MINUTE, HOUR, 9 * HOUR))
        what = chance.random()
        if what < 0.2:
            group = chance.choice((ACCOUNT_ITSELF, 0, 1, 2))
            start = chance.randrange(20)
            found = chance.choice(
                (None, hours(f"{start}:00-{chance.randrange(start + 1, 25)}:00", zone=chance.choice(("UTC", "Asia/Tokyo"))))
            )
            await set_hours(database, found, group)
            by_group = {key: value for key, value in {**by_group, group: found}.items() if value is not None}
        elif what < 0.4:
            made = [f"S{step}N{number}" for number in range(PIECE // 4)]
            await add_lives(database, chance, made, clock.now)
            ids += made
            clock.now += 5 * DAY
        elif what < 0.8 and ids:
            for ticket_id in chance.sample(ids, 5):
                async with database.write(OURS) as tx:
                    with suppress(ConflictError):  # a rating of spam
                        await do(tx, ticket_id, random_command(chance), ADA)
        elif not await is_counted(database):
            await one_step(database)
        told = await all_told(database, Calendars(by_group))
        middle = (NOON + clock.now) // 2
        intervals = [(middle, clock.now + 1), (NOON, middle)]
        for report in (ANSWERED, LATER, SOLVED):
            wanted = chance.choice(FILTERS)
            assert await summed(database, report, wanted, intervals) == [expected(told, report, wanted, each) for each in intervals]
            assert await listed(database, report, wanted, intervals) == [sorted(measured(told, report, wanted, each)) for each in intervals]
        if step % 5 == 0:
            assert await contradictions(database) == []
    if not await is_counted(database):
        await finish(database)
    assert await contradictions(database) == []
