"""Answers that were kept long enough are removed, a piece at a time, so that no write waits for it."""

from typing import Final

import msgspec

from deskline.domain.jobs import Job
from deskline.domain.kept_answers import KEPT_MS
from deskline.jobs.kinds import Step
from deskline.storage import kept_answers
from deskline.storage.clocks import wall_clock
from deskline.storage.database import Database, Writer

PIECE: Final = 200  # answers of a transaction: a few milliseconds


class Result(msgspec.Struct, frozen=True):
    """How many answers a run has removed so far."""

    removed: int = 0


async def work(database: Database, job: Job) -> Step:
    """Remove the next piece of an account's answers."""
    until = wall_clock() - KEPT_MS
    removed = msgspec.json.decode(job.place, type=Result).removed if job.place else 0
    async with database.read(job.account_id) as tx:
        found = await kept_answers.list_old(tx, until, PIECE)

    async def remove(tx: Writer) -> None:
        await kept_answers.delete_all(tx, found)

    come = msgspec.json.encode(Result(removed + len(found))).decode()
    is_over = len(found) < PIECE
    return Step("" if is_over else come, is_over=is_over, result=come if is_over else "", write=remove if found else None)
