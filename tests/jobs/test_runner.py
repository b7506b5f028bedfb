"""Who does jobs: pieces once and in order, failures tried again, claims renewed, given up at the end. On both engines."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from deskline.domain.jobs import DAY, PAUSES, SECOND, Job, next_try
from deskline.errors import DataError
from deskline.jobs.kinds import Kind, Step, Work
from deskline.jobs.runner import Runner
from deskline.storage import jobs as stored
from deskline.storage.clocks import wall_clock
from deskline.storage.database import Database
from tests.conftest import SEED_VARIABLE
from tests.storage.builders import OURS, THEIRS

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 20


async def add(database: Database, job_id: str = "work", account_id: int = OURS, kind: str = "work") -> None:
    async with database.write(account_id) as tx:
        await stored.add(tx, Job(account_id=account_id, id=job_id, kind=kind, due_at=wall_clock()))


async def find(database: Database, job_id: str = "work", account_id: int = OURS) -> Job:
    async with database.read(account_id) as tx:
        job = await stored.find(tx, job_id)
    assert job is not None
    return job


async def until(database: Database, is_so: Callable[[Job], bool], job_id: str = "work", account_id: int = OURS) -> Job:
    """Wait until a job is as it should become."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so(job := await find(database, job_id, account_id)):  # noqa: ASYNC110 - what is waited for is in a database
            await asyncio.sleep(0.01)
    return job


@asynccontextmanager
async def running(database: Database, work: Work, *, lease_seconds: float = 1.0, every: float | None = None) -> AsyncIterator[Runner]:
    """Have jobs done as long as the block lasts."""
    runner = Runner(database, {"work": Kind(work, every_seconds=every)}, lease_seconds=lease_seconds)
    runner.start()
    try:
        yield runner
    finally:
        await runner.close()


def counting(pieces: int, seen: list[str], *, pause: float = 0.0) -> Work:
    """Work in so many pieces; `seen` gets the place of each that begins."""

    async def work(database: Database, job: Job) -> Step:
        seen.append(job.place)
        await asyncio.sleep(pause)
        place = int(job.place or 0) + 1
        return Step(str(place), is_over=place == pieces, result=f"{place} pieces", findings=1)

    return work


async def test_a_job_is_done_piece_by_piece_and_is_due_again(database: Database) -> None:
    seen: list[str] = []
    await add(database)
    async with running(database, counting(4, seen), every=DAY / SECOND) as runner:
        job = await until(database, lambda job: job.ended_at is not None)
        assert seen == ["", "1", "2", "3"]
        assert (job.state, job.result, job.place) == ("waiting", "4 pieces", "")
        assert job.ended_at is not None
        assert job.due_at == job.ended_at + DAY
        await until(database, lambda _: runner.done["work", "done"] > 0)  # counted once the commit has been heard of
        assert (runner.done["work", "done"], runner.findings["work"]) == (1, 4)
    assert runner.running == 0


async def test_every_job_of_every_account_is_done_once_by_several_runners(database: Database) -> None:
    seen: list[tuple[int, str, str]] = []

    async def work(_: Database, job: Job) -> Step:
        seen.append((job.account_id, job.id, job.place))
        await asyncio.sleep(0)
        return Step("half") if not job.place else Step("", is_over=True, result="done")

    names = [(account_id, f"work{n}") for account_id in (OURS, THEIRS) for n in range(6)]
    for account_id, name in names:
        await add(database, name, account_id)
    async with running(database, work), running(database, work), running(database, work):
        for account_id, name in names:
            await until(database, lambda job: job.result == "done", name, account_id)
    assert sorted(seen) == sorted((*name, place) for name in names for place in ("", "half"))


async def test_what_fails_is_tried_again_later_from_its_place(database: Database) -> None:
    async def work(_: Database, job: Job) -> Step:
        if job.place:
            raise DataError("this cannot be read")
        return Step("half")

    await add(database)
    async with running(database, work) as runner:
        job = await until(database, lambda job: job.error != "")
        assert (job.state, job.place, job.attempts, job.error) == ("failed", "half", 1, "this cannot be read")
        assert job.due_at is not None
        assert job.due_at > wall_clock() + PAUSES[0] * SECOND / 2
        assert runner.done["work", "failed"] == 1


async def test_what_nobody_expected_is_a_failure_too(database: Database) -> None:
    async def work(_: Database, job: Job) -> Step:
        raise ZeroDivisionError

    await add(database)
    async with running(database, work):
        assert (await until(database, lambda job: job.error != "")).error == "ZeroDivisionError"


async def test_a_job_whose_workers_are_lost_every_time_is_given_up(database: Database) -> None:
    await add(database)
    for _ in range(len(PAUSES) + 2):
        async with database.write(OURS) as tx:
            job = await stored.find(tx, "work")
            assert job is not None
            seen = stored.Due(OURS, "work", "work", job.fence)
            await stored.claim(tx, seen, "lost", tx.now)  # the test's clock stands still, so the claim is over at once
    seen_places: list[str] = []
    async with running(database, counting(1, seen_places)):
        job = await until(database, lambda job: job.state == "given up")
    assert job.error == "every process that worked on it was lost"
    assert seen_places == []


async def test_a_claim_is_renewed_while_a_piece_takes_long(database: Database) -> None:
    seen: list[str] = []
    await add(database)
    long = counting(1, seen, pause=1.0)
    async with running(database, long, lease_seconds=0.3), running(database, long, lease_seconds=0.3):
        await until(database, lambda job: job.result != "")
    assert seen == [""], "nobody else has begun it"


async def test_who_is_closed_gives_its_jobs_up_and_another_goes_on_at_once(database: Database) -> None:
    first: list[str] = []
    second: list[str] = []
    await add(database)
    async with running(database, counting(3, first, pause=0.2), lease_seconds=60):
        await until(database, lambda job: job.place == "1")
    assert (await find(database)).worker is None
    async with running(database, counting(3, second), lease_seconds=60):
        await until(database, lambda job: job.result != "")
    assert second == ["1", "2"]


async def test_a_kind_that_this_program_does_not_know_is_left_alone(database: Database) -> None:
    await add(database, "other", kind="of the next release")
    await add(database)
    async with running(database, counting(1, [])):
        await until(database, lambda job: job.result != "")
    assert (await find(database, "other")).fence == 0


def test_pauses_grow_and_end() -> None:
    chance = random.Random(os.environ[SEED_VARIABLE])
    pauses = [next_try(attempts, 0, chance) for attempts in range(1, len(PAUSES) + 2)]
    assert pauses[-1] is None
    for pause, usual in zip(pauses, PAUSES, strict=False):
        assert pause is not None
        assert 0.8 * usual * SECOND <= pause <= 1.2 * usual * SECOND
