"""Jobs in the database, on both engines: claimed once, held, taken over, and nothing written by who was replaced."""

import asyncio

import pytest

from deskline.domain.jobs import Job
from deskline.errors import LostLeaseError
from deskline.storage import jobs
from deskline.storage.database import SERVER, Database, Writer
from deskline.storage.jobs import Due
from deskline.storage.repeats import written
from tests.storage.builders import NOON, OURS, THEIRS, Clock

pytestmark = pytest.mark.anyio

LEASE = 30_000


async def a_job(database: Database, account_id: int = OURS, job_id: str = "check", due_at: int | None = NOON) -> None:
    async with database.write(account_id) as tx:
        await jobs.add(tx, Job(account_id=account_id, id=job_id, kind="check", due_at=due_at))


async def due(database: Database, now: int = NOON) -> list[Due]:
    async with database.read(SERVER) as tx:
        return await jobs.list_due(tx, now, 10)


async def claimed(database: Database, seen: Due, worker: str = "one") -> Job | None:
    async def claim(tx: Writer) -> Job | None:
        return await jobs.claim(tx, seen, worker, tx.now + LEASE)

    return await written(database, seen.account_id, claim)


async def taken(database: Database, worker: str = "one") -> Job:
    (seen,) = await due(database)
    job = await claimed(database, seen, worker)
    assert job is not None
    return job


async def stored(database: Database) -> Job:
    async with database.read(OURS) as tx:
        found = await jobs.find(tx, "check")
    assert found is not None
    return found


async def test_what_is_due_is_found_in_all_accounts_the_longest_due_first(database: Database) -> None:
    await a_job(database, OURS, due_at=NOON - 1)
    await a_job(database, THEIRS, due_at=NOON - 2)
    await a_job(database, OURS, "later", due_at=NOON + 1)
    await a_job(database, OURS, "never", due_at=None)
    assert [(seen.account_id, seen.id) for seen in await due(database)] == [(THEIRS, "check"), (OURS, "check")]


async def test_a_job_is_added_once(database: Database) -> None:
    await a_job(database)
    await a_job(database, due_at=NOON + 5)
    assert (await stored(database)).due_at == NOON


async def test_of_many_who_see_a_job_one_claims_it(database: Database) -> None:
    await a_job(database)
    (seen,) = await due(database)
    claims = [job for job in await asyncio.gather(*(claimed(database, seen, str(n)) for n in range(20))) if job is not None]
    assert len(claims) == 1
    assert (await stored(database)).worker == claims[0].worker
    assert await due(database, NOON + LEASE - 1) == []


async def test_a_claim_that_is_renewed_cannot_be_taken_over(database: Database, clock: Clock) -> None:
    await a_job(database)
    job = await taken(database)
    clock.now = NOON + LEASE
    (seen,) = await due(database, clock.now)
    async with database.write(OURS) as tx:
        await jobs.hold(tx, job, clock.now + LEASE)
    assert await claimed(database, seen, "other") is None


@pytest.mark.parametrize("change", ["hold", "advance", "release", "end", "fail"])
async def test_who_was_replaced_changes_nothing(database: Database, clock: Clock, change: str) -> None:
    await a_job(database)
    first = await taken(database)
    clock.now = NOON + LEASE
    (seen,) = await due(database, clock.now)
    assert await claimed(database, seen, "other") is not None
    before = await stored(database)

    async def late() -> None:
        async with database.write(OURS) as tx:
            await jobs.add(tx, Job(account_id=OURS, id="effect", kind="check"))
            match change:
                case "hold":
                    await jobs.hold(tx, first, clock.now + 2 * LEASE)
                case "advance":
                    await jobs.advance(tx, first, "place", clock.now + 2 * LEASE)
                case "release":
                    await jobs.release(tx, first)
                case "end":
                    await jobs.end(tx, first, "result", None)
                case "fail":
                    await jobs.fail(tx, first, "error", None)

    with pytest.raises(LostLeaseError):
        await late()
    assert await stored(database) == before
    async with database.read(OURS) as tx:
        assert await jobs.find(tx, "effect") is None, "what was done with it was undone with it"


async def test_who_has_ended_a_run_changes_nothing_any_more(database: Database) -> None:
    await a_job(database)
    job = await taken(database)
    async with database.write(OURS) as tx:
        await jobs.end(tx, job, "result", NOON + LEASE)
    ended = await stored(database)
    assert (ended.state, ended.result, ended.place, ended.ended_at, ended.due_at) == ("waiting", "result", "", NOON, NOON + LEASE)
    with pytest.raises(LostLeaseError):
        async with database.write(OURS) as tx:
            await jobs.advance(tx, job, "place", NOON + LEASE)


async def test_who_takes_over_goes_on_from_the_place_and_the_loss_is_counted(database: Database, clock: Clock) -> None:
    await a_job(database)
    job = await taken(database)
    async with database.write(OURS) as tx:
        await jobs.advance(tx, job, "half", NOON + LEASE)
    clock.now = NOON + LEASE
    (seen,) = await due(database, clock.now)
    other = await claimed(database, seen, "other")
    assert other is not None
    assert (other.place, other.worker, other.attempts, other.started_at) == ("half", "other", 1, NOON)


async def test_a_failure_keeps_the_place_and_a_step_forward_forgets_it(database: Database) -> None:
    await a_job(database)
    job = await taken(database)
    async with database.write(OURS) as tx:
        await jobs.advance(tx, job, "half", NOON + LEASE)
        await jobs.fail(tx, job, "x" * 1_000, NOON)
    failed = await stored(database)
    assert (failed.state, failed.place, failed.attempts, len(failed.error)) == ("failed", "half", 1, jobs.LONGEST_ERROR)
    again = await taken(database)
    async with database.write(OURS) as tx:
        await jobs.advance(tx, again, "more", NOON + LEASE)
    assert ((await stored(database)).attempts, (await stored(database)).error) == (0, "")


async def test_a_job_that_was_given_up_is_asked_for_again_but_not_one_that_runs(database: Database) -> None:
    await a_job(database)
    job = await taken(database)
    async with database.write(OURS) as tx:
        assert not await jobs.request(tx, "check")
        await jobs.fail(tx, job, "broken", None)
    assert (await stored(database)).state == "given up"
    async with database.write(OURS) as tx:
        assert await jobs.request(tx, "check")
        assert not await jobs.request(tx, "none")
    assert ((await stored(database)).due_at, (await stored(database)).error) == (NOON, "")


async def test_a_claim_that_is_given_up_is_free_at_once(database: Database) -> None:
    await a_job(database)
    job = await taken(database)
    async with database.write(OURS) as tx:
        await jobs.release(tx, job)
    again = await taken(database, "other")
    assert (again.worker, again.attempts) == ("other", 0)
