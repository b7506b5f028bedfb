"""Tickets that stay pending, and the jobs that follow them up.

A ticket gets its job when it becomes pending, if the account follows up then. What changes it otherwise leaves the job alone, which looks
anew at the ticket and the account's hours when it is due, and goes where there is nothing more to do.
"""

from typing import Final

from deskline.domain.follow_ups import HOUR, follow_up
from deskline.domain.jobs import FOLLOW_UP, Job
from deskline.domain.timelines import Ticket
from deskline.errors import NotFoundError
from deskline.storage import follow_ups, jobs
from deskline.storage import tickets as stored
from deskline.storage.database import Writer

_PREFIX: Final = f"{FOLLOW_UP}:"


async def schedule(tx: Writer, ticket: Ticket) -> None:
    """Have a ticket that becomes pending now, or comes back so, followed up, if the account does that."""
    hours = await follow_ups.find(tx)
    if hours is not None:
        job_id, due_at = f"{_PREFIX}{ticket.id}", tx.now + hours.remind_hours * HOUR
        await jobs.add(tx, Job(account_id=tx.account_id, id=job_id, kind=FOLLOW_UP, due_at=due_at))
        await jobs.postpone(tx, job_id, due_at)


async def look(tx: Writer, job_id: str) -> None:
    """Do what is due of the ticket of a job whose run ends; the job is due again when there will be more to do, else it is gone."""
    hours = await follow_ups.find(tx)
    try:
        life = await stored.get_life(tx, job_id.removeprefix(_PREFIX))
    except NotFoundError:
        await jobs.delete(tx, job_id)
        return
    if hours is None:
        await jobs.delete(tx, job_id)
        return
    events, again_at = follow_up(life.ticket, life.events, hours, tx.now)
    if events:
        await stored.append(tx, life, events)
    await (jobs.delete(tx, job_id) if again_at is None else jobs.postpone(tx, job_id, again_at))
