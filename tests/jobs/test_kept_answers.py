"""The job that removes kept answers: all that are old, piece by piece, and no other."""

import msgspec
import pytest

from deskline.domain.jobs import ANSWERS, Job
from deskline.domain.kept_answers import KEPT_MS
from deskline.jobs import kept_answers as jobs
from deskline.jobs.kinds import Step
from deskline.storage import kept_answers as stored
from deskline.storage.clocks import wall_clock
from deskline.storage.database import Database
from tests.storage.builders import OURS, THEIRS

pytestmark = pytest.mark.anyio

OLD = 2 * jobs.PIECE + 1


async def fill(database: Database, account_id: int) -> None:
    """Keep answers: old ones, and one that was given a minute less than a day ago."""
    now = wall_clock()
    async with database.write(account_id) as tx:
        await stored.save(tx, "POST /tickets", "young", stored.KeptAnswer(b"", b""))
        await tx.run("UPDATE kept_answer SET answered_at = $2 WHERE account_id = $1", now - KEPT_MS + 60_000)
        for number in range(OLD):
            await stored.save(tx, "POST /tickets", str(number), stored.KeptAnswer(b"", b""))
        await tx.run("UPDATE kept_answer SET answered_at = $2 WHERE account_id = $1 AND idempotency_key <> 'young'", now - KEPT_MS - 1)


async def count(database: Database, account_id: int) -> int:
    async with database.read(account_id) as tx:
        return len(await stored.list_old(tx, wall_clock(), 10 * OLD))


async def test_it_works(database: Database) -> None:
    for account_id in (OURS, THEIRS):
        await fill(database, account_id)
    job, steps, left = Job(account_id=OURS, id=ANSWERS, kind=ANSWERS), list[Step](), []
    while not steps or not steps[-1].is_over:
        steps.append(await jobs.work(database, msgspec.structs.replace(job, place=steps[-1].place if steps else "")))
        write = steps[-1].write
        assert write is not None
        async with database.write(OURS) as tx:
            await write(tx)
        left.append(await count(database, OURS))
    assert left == [1 + OLD - jobs.PIECE, 2, 1]
    assert [(step.place, step.result) for step in steps] == [
        ('{"removed":200}', ""),
        ('{"removed":400}', ""),
        ("", '{"removed":401}'),
    ]
    assert await count(database, THEIRS) == 1 + OLD


async def test_where_there_is_nothing_to_do(database: Database) -> None:
    step = await jobs.work(database, Job(account_id=OURS, id=ANSWERS, kind=ANSWERS))
    assert (step.is_over, step.result, step.write) == (True, '{"removed":0}', None)
