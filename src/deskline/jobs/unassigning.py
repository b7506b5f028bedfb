"""Agents who were deleted: the tickets that they have and that are not solved are taken from them, a piece at a time."""

from typing import Final

import msgspec

from deskline.actions.agents import unassign_some
from deskline.domain.jobs import UNASSIGN, Job
from deskline.jobs.kinds import Step
from deskline.storage import jobs, people
from deskline.storage.database import Database, Writer

PIECE: Final = 50  # tickets of a transaction: about 10 ms


class Place(msgspec.Struct, frozen=True):
    """How far a run has come: how many tickets were taken."""

    tickets: int = 0


async def work(database: Database, job: Job) -> Step:
    """Take the next piece. It looks for what there is each time, so a run that is done again from its place does nothing twice."""
    place = msgspec.json.decode(job.place, type=Place) if job.place else Place()
    async with database.read(job.account_id, snapshot=True) as tx:
        left = [found for login, _ in await people.list_deleted(tx) if (found := await people.list_assigned(tx, login, PIECE))]
    if not left:
        return Step("", is_over=True, result=_json(place), write=_look_again)

    async def take(tx: Writer) -> None:
        await unassign_some(tx, PIECE)

    return Step(_json(Place(place.tickets + len(left[0]))), write=take)


async def _look_again(tx: Writer) -> None:
    """Find what came in the moment of the end: an agent who is deleted just now has the job done again."""
    if await unassign_some(tx, PIECE):
        await jobs.request(tx, UNASSIGN)


def _json(place: Place) -> str:
    return msgspec.json.encode(place).decode()
