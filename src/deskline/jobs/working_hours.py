"""Changed working hours: all that was counted before follows, a piece at a time, and from then on reports need not measure any more."""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from deskline.actions.working_hours import measure_anew
from deskline.domain.jobs import HOURS, Job
from deskline.jobs.kinds import Step
from deskline.storage import jobs, working_hours
from deskline.storage.database import Database, Writer

PIECE: Final = 50  # tickets of a transaction: about 10 ms


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a run has come: the revision of the hours that it is for, the key of the last ticket, how many are done."""

    revision: int = 0
    after: int = 0
    tickets: int = 0


async def work(database: Database, job: Job) -> Step:
    """Measure the next piece of an account.

    Whenever the hours were changed it begins again. A piece follows the hours that its own transaction reads, so it is never wrong; but
    only a run that saw one revision from its first ticket to the last has seen all of it.
    """
    place = msgspec.json.decode(job.place, type=Place) if job.place else Place()
    async with database.read(job.account_id, snapshot=True) as tx:
        revision = (await working_hours.find(tx)).revision
        if place.revision != revision:
            place = Place(revision=revision)
        keys = await working_hours.list_keys(tx, place.after, PIECE)
    if not keys:
        return Step("", is_over=True, result=_json(msgspec.structs.replace(place, revision=0, after=0)), write=_ending(revision))

    async def measure(tx: Writer) -> None:
        await measure_anew(tx, keys)

    return Step(_json(Place(revision, keys[-1], place.tickets + len(keys))), write=measure)


def _ending(revision: int) -> Callable[[Writer], Awaitable[None]]:
    async def end(tx: Writer) -> None:
        if not await working_hours.save_counted(tx, revision):
            await jobs.request(tx, HOURS)  # changed once more, in this moment

    return end


def _json(place: Place) -> str:
    return msgspec.json.encode(place).decode()
