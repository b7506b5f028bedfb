"""The self-check: a piece at a time, that everything stored of an account's tickets follows from their timelines.

It finds what `deskline check` finds ticket by ticket. Rows that belong to no ticket only the command looks for, in one state of all.
"""

from typing import Final

import msgspec
import structlog

from deskline.actions import checks
from deskline.actions.checks import Difference
from deskline.domain.jobs import Job
from deskline.jobs.kinds import Step
from deskline.storage.database import Database

PIECE: Final = 500  # tickets of a step
AT_A_TIME: Final = 25  # tickets that the loop is held up by: about 3 ms
MOST_KEPT: Final = 20
_log = structlog.get_logger("deskline.jobs")


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a check has come: the key of the last ticket, how much was looked at, and the first differences."""

    after: int = 0
    tickets: int = 0
    events: int = 0
    differences: int = 0
    first: tuple[Difference, ...] = ()


async def work(database: Database, job: Job) -> Step:
    """Check the next piece of an account."""
    place = msgspec.json.decode(job.place, type=Place) if job.place else Place()
    async with database.analyse(job.account_id) as tx:
        findings, last = await checks.check_piece(tx, database.show, after=place.after, limit=PIECE, at_a_time=AT_A_TIME)
    for one in findings.first:
        _log.error(
            "what is stored does not follow from the timelines",
            account=job.account_id,
            ticket=one.ticket,
            field=one.field,
            stored=one.stored,
            expected=one.expected,
        )
    come = Place(
        after=place.after if last is None else last,
        tickets=place.tickets + findings.tickets,
        events=place.events + findings.events,
        differences=place.differences + findings.differences,
        first=(*place.first, *findings.first)[:MOST_KEPT],
    )
    result = msgspec.structs.replace(come, after=0)
    return Step(_json(come), is_over=last is None, result=_json(result), findings=findings.differences)


def _json(place: Place) -> str:
    return msgspec.json.encode(place).decode()
