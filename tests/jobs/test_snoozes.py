"""Tickets that are pending until an instant are opened then: each once, and only where nothing has done so before."""

import asyncio

import pytest

from deskline.actions import tickets as actions
from deskline.actions.snoozes import wake
from deskline.domain.jobs import SNOOZE
from deskline.domain.tickets import Changes
from deskline.domain.timelines import Ticket
from deskline.jobs import snoozes
from deskline.jobs.kinds import Kind
from deskline.jobs.runner import Runner
from deskline.storage import jobs, tickets
from deskline.storage.clocks import wall_clock
from deskline.storage.database import Database
from tests.storage.builders import ADA, OURS, THEIRS, a_message, a_ticket

pytestmark = pytest.mark.anyio

SOON = 300  # milliseconds
LATER = 3_600_000


async def snoozed(database: Database, until: int, account_id: int = OURS) -> str:
    ticket_id = await a_ticket(database, account_id)
    await change(database, ticket_id, Changes(status="pending", until=until), account_id)
    return ticket_id


async def change(database: Database, ticket_id: str, changes: Changes, account_id: int = OURS) -> None:
    async with database.write(account_id) as tx:
        await actions.change(tx, ticket_id, changes, ADA)


async def ticket(database: Database, ticket_id: str, account_id: int = OURS) -> Ticket:
    async with database.read(account_id) as tx:
        return (await tickets.get_life_aside(tx, ticket_id)).ticket


async def waiting(database: Database, account_id: int = OURS) -> dict[str, int | None]:
    """The jobs of the account that open tickets, and when they are due."""
    async with database.read(account_id) as tx:
        return {job.id.removeprefix("snooze:"): job.due_at for job in await jobs.list_jobs(tx) if job.kind == SNOOZE}


async def run_until_gone(database: Database, *accounts: int, left: int = 0, runners: int = 1) -> list[Runner]:
    """Have servers work until no more than so many jobs are left."""
    found = [Runner(database, {SNOOZE: Kind(snoozes.work)}, lease_seconds=1.0) for _ in range(runners)]
    for runner in found:
        runner.start()
    try:
        async with asyncio.timeout(30):
            while sum([len(await waiting(database, account)) for account in accounts or (OURS,)]) > left:  # noqa: ASYNC110 - by others
                await asyncio.sleep(0.02)
    finally:
        for runner in found:
            await runner.close()
    return found


async def test_it_works(database: Database) -> None:
    until = wall_clock() + SOON
    ids = [await snoozed(database, until) for _ in range(3)]
    theirs = await snoozed(database, until, THEIRS)
    before = await ticket(database, ids[0])
    assert (before.status, before.snoozed_until) == ("pending", until)
    assert await waiting(database) == dict.fromkeys(ids, until)
    runners = await run_until_gone(database, OURS, THEIRS, runners=2)
    assert sum(runner.done[SNOOZE, "done"] for runner in runners) == 4
    for ticket_id, account_id in ((ids[0], OURS), (ids[1], OURS), (ids[2], OURS), (theirs, THEIRS)):
        after = await ticket(database, ticket_id, account_id)
        assert (after.status, after.snoozed_until, after.events) == ("open", None, before.events + 1)
        assert after.modified_at >= until


async def test_the_same_run_twice_opens_once(database: Database) -> None:
    """As where a server died after its step was written, and another one came."""
    ticket_id = await snoozed(database, wall_clock() - 1)
    for _ in range(2):
        async with database.write(OURS) as tx:
            await wake(tx, f"snooze:{ticket_id}")
        assert (await ticket(database, ticket_id)).events == 5
    async with database.write(OURS) as tx:
        await actions.change(tx, ticket_id, Changes(status="pending"), ADA)
        await wake(tx, f"snooze:{ticket_id}")
    assert (await ticket(database, ticket_id)).status == "pending", "which is another time, until nobody said when"


async def test_a_reply_of_the_client_cancels(database: Database) -> None:
    ticket_id = await snoozed(database, wall_clock() + SOON)
    async with database.write(OURS) as tx:
        await actions.reply(tx, ticket_id, a_message(by_client=True), ADA)
    replied = await ticket(database, ticket_id)
    assert (replied.status, replied.snoozed_until) == ("open", None)
    await run_until_gone(database)
    assert await ticket(database, ticket_id) == replied


async def test_later_than_before(database: Database) -> None:
    first, second = wall_clock() + SOON, wall_clock() + LATER
    ticket_id = await snoozed(database, first)
    await change(database, ticket_id, Changes(status="pending", until=second))
    assert await waiting(database) == {ticket_id: second}
    async with database.write(OURS) as tx:
        await wake(tx, f"snooze:{ticket_id}")
    assert (await ticket(database, ticket_id)).status == "pending"
    assert await waiting(database) == {ticket_id: second}


async def test_what_is_in_the_trash_is_opened_when_it_comes_back(database: Database) -> None:
    ticket_id = await snoozed(database, wall_clock() + SOON)
    async with database.write(OURS) as tx:
        await actions.trash(tx, ticket_id, ADA)
    await run_until_gone(database)
    assert (await ticket(database, ticket_id)).status == "pending"
    async with database.write(OURS) as tx:
        await actions.restore(tx, ticket_id, ADA)
    assert (await ticket(database, ticket_id)).status == "open"


async def test_restored_in_time_it_is_opened_by_its_job(database: Database) -> None:
    ticket_id = await snoozed(database, until := wall_clock() + LATER)
    async with database.write(OURS) as tx:
        await actions.trash(tx, ticket_id, ADA)
        await actions.restore(tx, ticket_id, ADA)
    assert (await ticket(database, ticket_id)).snoozed_until == until
    assert await waiting(database) == {ticket_id: until}
