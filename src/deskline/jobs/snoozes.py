"""Tickets that were pending until an instant: each is opened by a job of its own, once, if nothing has opened it before."""

from deskline.actions.snoozes import wake
from deskline.domain.jobs import Job
from deskline.jobs.kinds import Step
from deskline.storage.database import Database, Writer


async def work(_: Database, job: Job) -> Step:
    """Open the ticket that the job is for, in the transaction that ends the job: both or neither."""

    async def write(tx: Writer) -> None:
        await wake(tx, job.id)

    return Step("", is_over=True, write=write)
