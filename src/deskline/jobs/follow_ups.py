"""Tickets that stay pending: each is looked at by a job of its own when it may be time to remind its requester, or to solve it."""

from deskline.actions.follow_ups import look
from deskline.domain.jobs import Job
from deskline.jobs.kinds import Step
from deskline.storage.database import Database, Writer


async def work(_: Database, job: Job) -> Step:
    """Look at the ticket that the job is for, in the transaction that ends the run: both or neither."""

    async def write(tx: Writer) -> None:
        await look(tx, job.id)

    return Step("", is_over=True, write=write)
