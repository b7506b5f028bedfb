"""Jobs in the database: find what is due, claim it, hold it, end it. What a job does and when it is tried again is decided elsewhere.

A claim is a lease: it ends unless it is renewed, and then somebody else may claim. Machines' clocks need not agree for that to be safe,
only for it to be quick: every change of a job that is worked on is bound to the fence that its claim drew, so whoever was replaced, by
a clock that runs ahead or after it was stopped for a while, changes nothing. Accounts are worked on apart: nothing here locks a second one.
"""

from typing import Final, NamedTuple

from deskline.domain.jobs import Job
from deskline.errors import LostLeaseError
from deskline.storage.database import Reader, Row, Writer
from deskline.storage.queries import queries

_Q = queries("jobs")
LONGEST_ERROR: Final = 500


class Due(NamedTuple):
    """A job that has to be looked at, as far as it was seen."""

    account_id: int
    id: str
    kind: str
    fence: int


async def add(tx: Writer, job: Job) -> None:
    """Add a job, unless the account has one of this id."""
    await tx.run(_Q["add_job"], job.id, job.kind, job.due_at, tx.now)


async def list_due(tx: Reader, now: int, limit: int) -> list[Due]:
    """List what is due, whosever it is; `tx` is one of the server."""
    return [Due(*row) for row in await tx.rows(_Q["list_due"], now, limit)]


async def list_jobs(tx: Reader) -> list[Job]:
    """List the account's jobs by id."""
    return [_job(tx.account_id, row) for row in await tx.rows(_Q["list_jobs"])]


async def find(tx: Reader, job_id: str) -> Job | None:
    """Find a job."""
    row = await tx.row(_Q["find_job"], job_id)
    return None if row is None else _job(tx.account_id, row)


async def claim(tx: Writer, due: Due, worker: str, until: int, *, woken: bool = False) -> Job | None:
    """Claim a job that is due until an instant; None where somebody else was first, or it is not due any more.

    One that was `woken` is claimed whether it is due or not, unless somebody works on it.
    """
    if not await tx.run(_Q["claim_woken_job" if woken else "claim_job"], due.id, due.fence, tx.now, worker, until):
        return None
    return await find(tx, due.id)


async def hold(tx: Writer, job: Job, until: int) -> None:
    """Renew a claim. Raises LostLeaseError."""
    _held(job, await tx.run(_Q["hold_job"], job.id, job.fence, until))


async def advance(tx: Writer, job: Job, place: str, until: int) -> None:
    """Note how far a job has come, and renew the claim. Raises LostLeaseError."""
    _held(job, await tx.run(_Q["advance_job"], job.id, job.fence, until, place))


async def release(tx: Writer, job: Job) -> None:
    """Give a claim up: whoever looks next goes on from the job's place. Raises LostLeaseError."""
    _held(job, await tx.run(_Q["release_job"], job.id, job.fence, tx.now))


async def end(tx: Writer, job: Job, result: str, due_at: int | None) -> None:
    """End a run well; the next is due at an instant, or never. Raises LostLeaseError."""
    _held(job, await tx.run(_Q["end_job"], job.id, job.fence, due_at, result, tx.now))


async def fail(tx: Writer, job: Job, error: str, due_at: int | None) -> None:
    """End a run that failed; it is tried again at an instant, from its place, or given up. Raises LostLeaseError."""
    _held(job, await tx.run(_Q["fail_job"], job.id, job.fence, due_at, job.attempts + 1, error[:LONGEST_ERROR]))


async def request(tx: Writer, job_id: str) -> bool:
    """Make a job due now; False where there is none that nobody works on."""
    return await tx.run(_Q["request_job"], job_id, tx.now) > 0


async def postpone(tx: Writer, job_id: str, due_at: int) -> None:
    """Make a job due at an instant; nothing where somebody works on it, who then has to look whether it is due again."""
    await tx.run(_Q["postpone_job"], job_id, due_at)


async def delete(tx: Writer, job_id: str) -> None:
    """Delete a job that waits for nothing any more."""
    await tx.run(_Q["delete_job"], job_id)


def _held(job: Job, changed: int) -> None:
    if not changed:
        raise LostLeaseError(f"Job {job.id} of account {job.account_id} is somebody else's by now.")


def _job(account_id: int, row: Row) -> Job:
    job_id, kind, due_at, fence, worker, attempts, place, result, error, started_at, ended_at = row
    return Job(
        account_id=account_id,
        id=job_id,
        kind=kind,
        due_at=due_at,
        fence=fence,
        worker=worker,
        attempts=attempts,
        place=place,
        result=result,
        error=error,
        started_at=started_at,
        ended_at=ended_at,
    )
