"""Working hours in the database: the calendars of an account, and whether its facts follow them already."""

import secrets
from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from deskline.domain.facts import Fact
from deskline.domain.working_hours import Calendars, WorkingHours
from deskline.storage.checks import find_derived
from deskline.storage.database import Reader, Row, Writer
from deskline.storage.dialects import KEY_BITS
from deskline.storage.facts import KEY_WIDTH, fact_row
from deskline.storage.queries import queries

_Q = queries("working_hours")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(WorkingHours).decode
_REVISION_BITS = 62
_WORKED = 7  # the place of `worked_seconds` in a row of facts
Facts = tuple[Fact, ...]
Life = tuple[int, Collection[int], Facts]


class Hours(NamedTuple):
    """The calendars of an account, their revision, and whether what is stored of working time follows from them: facts and roll-ups.

    After a change it does not, until a job has gone through all facts; what is written meanwhile follows the calendars of now.
    """

    calendars: Calendars
    revision: int
    is_counted: bool

    async def as_stored(self, tx: Reader, lives: Sequence[Life]) -> list[Facts]:
        """Tell the facts of some tickets (the ticket's key, its groups, its facts) with the working time that is stored.

        That is what the calendars say, unless they were changed and the ticket's turn has not come.
        """
        timed = [self.calendars.timed(facts, groups) for _, groups, facts in lives]
        if self.is_counted:
            return timed
        rows = [fact_row(key, fact) for (key, *_), facts in zip(lives, timed, strict=True) for fact in facts if _is_timed(fact)]
        stored = {row[:KEY_WIDTH]: row for row in await find_derived(tx, "facts", rows)}
        return [tuple([_with(stored, key, fact) for fact in facts]) for (key, *_), facts in zip(lives, timed, strict=True)]


NONE: Final = Hours(Calendars(), 0, is_counted=True)
"""Of an account that never had any."""


def _is_timed(fact: Fact) -> bool:
    return fact.worked_seconds is not None


def _with(stored: dict[Row, Row], key: int, fact: Fact) -> Fact:
    row = stored.get(fact_row(key, fact)[:KEY_WIDTH]) if _is_timed(fact) else None
    return fact if row is None or row[_WORKED] is None else msgspec.structs.replace(fact, worked_seconds=row[_WORKED])


async def find(tx: Reader) -> Hours:
    """Find the account's calendars, as they are in the transaction.

    They are remembered by their revision, which is drawn by chance: a number that runs on might be given twice, the first time by a
    transaction that is undone after others saw it.
    """
    row = await tx.row(_Q["find_revision"])
    if row is None or not row[0]:
        return NONE
    revision, counted = row
    calendars = tx.memory.hours.find(tx.account_id, None, revision)
    if calendars is None:
        rows = await tx.rows(_Q["list_hours"])
        revision, counted = rows[0][:2]
        calendars = Calendars({group: _decode(hours) for *_, group, hours in rows if group is not None})
        tx.memory.hours.save(tx.account_id, None, revision, calendars)
    return Hours(calendars, revision, revision == counted)


async def save(tx: Writer, group: int, hours: WorkingHours) -> None:
    """Save the hours of a group, or of the account itself, in the place of those that it had."""
    await tx.run(_Q["save_hours"], group, _encode(hours).decode())
    await _draw_revision(tx)


async def delete(tx: Writer, group: int) -> bool:
    """Delete the hours of a group, or of the account itself; False where it had none."""
    if not await tx.run(_Q["delete_hours"], group):
        return False
    await _draw_revision(tx)
    return True


async def _draw_revision(tx: Writer) -> None:
    await tx.run(_Q["save_revision"], secrets.randbits(_REVISION_BITS) | 1)


async def save_counted(tx: Writer, revision: int) -> bool:
    """Note that all facts follow a revision; False where the hours have changed since."""
    return await tx.run(_Q["save_counted"], revision) > 0


async def list_keys(tx: Reader, after: int, limit: int) -> list[int]:
    """List the account's tickets by key, those that follow the key `after` (0 for the first)."""
    return [key for (key,) in await tx.rows(_Q["list_keys"], max(after, tx.account_id << KEY_BITS), limit)]


async def save_worked(tx: Writer, keyed: Iterable[tuple[int, Fact]]) -> None:
    """Save the working time of facts that are there otherwise the same, each with its ticket's key."""
    await tx.run_many(_Q["save_worked"], [(*fact_row(key, fact)[:KEY_WIDTH], fact.worked_seconds) for key, fact in keyed])
