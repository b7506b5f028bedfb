"""Tickets that stay pending are followed up: a reminder, then solved, each once, and only while they stay so."""

import asyncio

import pytest

from deskline.actions import tickets as actions
from deskline.actions.follow_ups import look
from deskline.domain.events import AnyEvent, FollowUpSent, StatusChanged
from deskline.domain.follow_ups import HOUR, FollowUps
from deskline.domain.jobs import FOLLOW_UP
from deskline.domain.tickets import Changes
from deskline.jobs import follow_ups as work
from deskline.jobs.kinds import Kind
from deskline.jobs.runner import Runner
from deskline.storage import follow_ups, jobs, tickets
from deskline.storage.clocks import wall_clock
from deskline.storage.database import Database
from tests.actions.test_imports import take
from tests.storage.builders import ADA, OURS, THEIRS, a_message, a_ticket
from tests.web.v2.saved import JANE, a_status, saved
from tests.web.v2.saved import a_message as a_saved_message

pytestmark = pytest.mark.anyio

HOURS = FollowUps(remind_hours=72, solve_hours=96)


async def switched_on(database: Database, hours: FollowUps = HOURS, account_id: int = OURS) -> None:
    async with database.write(account_id) as tx:
        await follow_ups.save(tx, hours)


async def change(database: Database, ticket_id: str, changes: Changes, account_id: int = OURS) -> None:
    async with database.write(account_id) as tx:
        await actions.change(tx, ticket_id, changes, ADA)


async def pending(database: Database, account_id: int = OURS) -> str:
    ticket_id = await a_ticket(database, account_id)
    await change(database, ticket_id, Changes(status="pending"), account_id)
    return ticket_id


async def age(database: Database, ticket_id: str, hours: float, account_id: int = OURS) -> None:
    """Have everything that happened to a ticket, and its job, be so many hours older."""
    ago = round(hours * HOUR)
    async with database.write(account_id) as tx:
        life = await tickets.get_life_aside(tx, ticket_id)
        key = life.key
        for seq, text in await tx.rows("SELECT seq, event FROM ticket_event WHERE account_id = $1 AND ticket_key = $2", key):
            old = bytes(text)
            at = int(old.partition(b'"at":')[2].split(b",")[0].split(b"}")[0])
            new = old.replace(b'"at":%d' % at, b'"at":%d' % (at - ago))
            values = (key, seq, at - ago, new)
            await tx.run("UPDATE ticket_event SET at = $4, event = $5 WHERE account_id = $1 AND ticket_key = $2 AND seq = $3", *values)
        await tx.run("UPDATE job SET due_at = due_at - $3 WHERE account_id = $1 AND job_id = $2", f"follow_up:{ticket_id}", ago)


async def told(database: Database, ticket_id: str, account_id: int = OURS) -> list[AnyEvent]:
    async with database.write(account_id) as tx:
        return list((await tickets.get_life_aside(tx, ticket_id)).events)


async def waiting(database: Database, account_id: int = OURS) -> dict[str, int | None]:
    """The jobs of the account that follow up, and when they are due."""
    async with database.read(account_id) as tx:
        return {job.id.removeprefix("follow_up:"): job.due_at for job in await jobs.list_jobs(tx) if job.kind == FOLLOW_UP}


async def run_what_is_due(database: Database, *accounts: int, runners: int = 2) -> None:
    """Have servers work until nothing of these accounts is due any more."""
    found = [Runner(database, {FOLLOW_UP: Kind(work.work)}, lease_seconds=1.0) for _ in range(runners)]
    for runner in found:
        runner.start()
    try:
        async with asyncio.timeout(30):
            while await are_due(database, accounts or (OURS,)):  # noqa: ASYNC110 - by others
                await asyncio.sleep(0.02)
    finally:
        for runner in found:
            await runner.close()


async def are_due(database: Database, accounts: tuple[int, ...]) -> bool:
    for account_id in accounts:
        async with database.read(account_id) as tx:
            if any(job.due_at is not None and (job.worker or job.due_at <= wall_clock()) for job in await jobs.list_jobs(tx)):
                return True
    return False


async def test_a_ticket_that_stays_pending_is_told_of_and_then_solved(database: Database) -> None:
    for account_id in (OURS, THEIRS):
        await switched_on(database, account_id=account_id)
    ours, young, theirs = await pending(database), await pending(database), await pending(database, THEIRS)
    before = len(await told(database, ours))
    for ticket_id, account_id in ((ours, OURS), (theirs, THEIRS)):
        await age(database, ticket_id, 72, account_id)
    await age(database, young, 71.9)
    await run_what_is_due(database, OURS, THEIRS)
    for ticket_id, account_id in ((ours, OURS), (theirs, THEIRS)):
        assert type((await told(database, ticket_id, account_id))[-1]) is FollowUpSent
    assert len(await told(database, young)) == before
    await age(database, ours, 95.9)
    await run_what_is_due(database)
    assert len(await told(database, ours)) == before + 1
    await age(database, ours, 0.1)
    await run_what_is_due(database)
    event = (await told(database, ours))[-1]
    assert isinstance(event, StatusChanged)
    assert (event.previous, event.current, event.by) == ("pending", "solved", None)
    assert ours not in await waiting(database)
    async with database.read(OURS) as tx:
        assert (await tickets.get_life(tx, ours)).ticket.status == "solved"


async def test_where_it_is_off_nothing_waits(database: Database) -> None:
    ticket_id = await pending(database)
    assert await waiting(database) == {}
    await switched_on(database)
    assert await waiting(database) == {}, "what was pending before stays as it is"
    await change(database, ticket_id, Changes(status="open"))
    await change(database, ticket_id, Changes(status="pending"))
    assert list(await waiting(database)) == [ticket_id]
    async with database.write(OURS) as tx:
        await follow_ups.delete(tx)
    events = await told(database, ticket_id)
    await age(database, ticket_id, 1_000)
    await run_what_is_due(database)
    assert len(await told(database, ticket_id)) == len(events)
    assert await waiting(database) == {}


async def test_a_reply_of_the_requester_ends_the_wait(database: Database) -> None:
    await switched_on(database)
    ticket_id = await pending(database)
    await age(database, ticket_id, 71)
    async with database.write(OURS) as tx:
        await actions.reply(tx, ticket_id, a_message(by_client=True), ADA)
    events = await told(database, ticket_id)
    await age(database, ticket_id, 1_000)
    await run_what_is_due(database)
    assert len(await told(database, ticket_id)) == len(events)
    assert await waiting(database) == {}


async def test_becoming_pending_again_begins_anew(database: Database) -> None:
    await switched_on(database)
    ticket_id = await pending(database)
    await age(database, ticket_id, 72)
    await run_what_is_due(database)
    await change(database, ticket_id, Changes(status="open"))
    await change(database, ticket_id, Changes(status="pending"))
    await age(database, ticket_id, 71.5)
    await run_what_is_due(database)
    assert type((await told(database, ticket_id))[-1]) is StatusChanged
    await age(database, ticket_id, 0.5)
    await run_what_is_due(database)
    assert [type(event) for event in await told(database, ticket_id)].count(FollowUpSent) == 2


async def test_the_same_run_twice_does_it_once(database: Database) -> None:
    """As where a server died after its step was written, and another one came."""
    await switched_on(database)
    ticket_id = await pending(database)
    await age(database, ticket_id, 500)
    for _ in range(3):
        async with database.write(OURS) as tx:
            await look(tx, f"follow_up:{ticket_id}")
    events = await told(database, ticket_id)
    assert [type(event) for event in events].count(FollowUpSent) == 1
    assert type(events[-1]) is FollowUpSent, "the ticket is solved after the time that follows the reminder, however late that was"


async def test_what_is_pending_until_an_instant_waits_for_that(database: Database) -> None:
    await switched_on(database)
    ticket_id = await a_ticket(database)
    await change(database, ticket_id, Changes(status="pending", until=wall_clock() + 1_000 * HOUR))
    assert await waiting(database) == {}
    other = await pending(database)
    await change(database, other, Changes(status="pending", until=wall_clock() + 1_000 * HOUR))
    events = await told(database, other)
    await age(database, other, 100)
    async with database.write(OURS) as tx:
        await look(tx, f"follow_up:{other}")
    assert len(await told(database, other)) == len(events)


async def test_the_trash_is_left_alone_and_who_comes_back_waits_anew(database: Database) -> None:
    await switched_on(database)
    ticket_id = await pending(database)
    async with database.write(OURS) as tx:
        await actions.trash(tx, ticket_id, ADA)
    events = await told(database, ticket_id)
    await age(database, ticket_id, 1_000)
    await run_what_is_due(database)
    assert len(await told(database, ticket_id)) == len(events)
    assert await waiting(database) == {}
    async with database.write(OURS) as tx:
        await actions.restore(tx, ticket_id, ADA)
        now = tx.now
    assert await waiting(database) == {ticket_id: now + 72 * HOUR}


async def test_one_that_was_reminded_is_reminded_again_after_it_came_back(database: Database) -> None:
    """It must not be solved by a reminder of before somebody threw it away."""
    await switched_on(database)
    ticket_id, other, target = await pending(database), await pending(database), await a_ticket(database)
    for each in (ticket_id, other):
        await age(database, each, 72)
    await run_what_is_due(database)
    async with database.write(OURS) as tx:
        await actions.trash(tx, ticket_id, ADA)
        await actions.merge(tx, other, target, ADA)
    for each in (ticket_id, other):
        await age(database, each, 1_000)
    async with database.write(OURS) as tx:
        await actions.restore(tx, ticket_id, ADA)
        await actions.unmerge(tx, other, ADA)
    for hours, last in ((71.9, None), (0.1, FollowUpSent), (95.9, FollowUpSent), (0.1, StatusChanged)):
        for each in (ticket_id, other):
            before = await told(database, each)
            await age(database, each, hours)
            await run_what_is_due(database)
            after = await told(database, each)
            assert type(after[-1]) is (last or type(before[-1])), (hours, each == other)


async def test_an_import_starts_no_time_and_who_is_made_pending_here_waits(database: Database) -> None:
    await switched_on(database)
    asked, set_to_pending = a_saved_message(0), a_status(60, "open", "pending", JANE)
    (young,) = await take(database, saved(asked, set_to_pending, id="5FUED", status="pending"))
    await take(database, saved(asked, id="OLDER", status="open"))
    (older,) = await take(database, saved(asked, set_to_pending, id="OLDER", status="pending"))
    assert (young.fate, older.fate) == ("added", "continued")
    assert await waiting(database) == {}
    await change(database, "5FUED", Changes(status="open"))
    await change(database, "5FUED", Changes(status="pending"))
    assert list(await waiting(database)) == ["5FUED"]


async def test_off_and_on_again_goes_on_for_what_waits(database: Database) -> None:
    await switched_on(database)
    ticket_id = await pending(database)
    async with database.write(OURS) as tx:
        await follow_ups.delete(tx)
    await switched_on(database)
    await age(database, ticket_id, 72)
    await run_what_is_due(database)
    assert type((await told(database, ticket_id))[-1]) is FollowUpSent


async def test_other_hours_hold_for_what_waits(database: Database) -> None:
    await switched_on(database)
    ticket_id = await pending(database)
    await switched_on(database, FollowUps(remind_hours=100, solve_hours=1))
    await age(database, ticket_id, 72)
    await run_what_is_due(database)
    assert type((await told(database, ticket_id))[-1]) is StatusChanged
    await age(database, ticket_id, 28)
    await run_what_is_due(database)
    assert type((await told(database, ticket_id))[-1]) is FollowUpSent
    await age(database, ticket_id, 1)
    await run_what_is_due(database)
    async with database.read(OURS) as tx:
        assert (await tickets.get_life(tx, ticket_id)).ticket.status == "solved"
