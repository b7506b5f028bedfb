"""Tickets that are pending until an instant, and the jobs that open them.

What opens one otherwise leaves its job alone, which then finds nothing to do.
"""

from typing import Final

from deskline.domain import tickets as decide
from deskline.domain.jobs import SNOOZE, Job
from deskline.domain.timelines import Ticket
from deskline.errors import NotFoundError
from deskline.storage import jobs
from deskline.storage import tickets as stored
from deskline.storage.database import Writer

_PREFIX: Final = f"{SNOOZE}:"


async def schedule(tx: Writer, ticket: Ticket, until: int) -> None:
    """Have a ticket opened at an instant, instead of at any that was asked for before."""
    job_id = f"{_PREFIX}{ticket.id}"
    await jobs.add(tx, Job(account_id=tx.account_id, id=job_id, kind=SNOOZE, due_at=until))
    await jobs.postpone(tx, job_id, until)


async def wake(tx: Writer, job_id: str) -> None:
    """Open the ticket of a job whose run ends, if its instant has come; if that is later by now, the job is due then, else it is gone.

    One that is in the trash is opened where it is restored after its instant.
    """
    try:
        life = await stored.get_life(tx, job_id.removeprefix(_PREFIX))
    except NotFoundError:
        await jobs.delete(tx, job_id)
        return
    until = life.ticket.snoozed_until
    if until is not None and until > tx.now:
        await jobs.postpone(tx, job_id, until)
        return
    events = decide.wake(life.ticket, tx.now)
    if events:
        await stored.append(tx, life, events)
    await jobs.delete(tx, job_id)
