"""Working hours in the database: the calendars of an account, and whether its facts follow them already."""

import secrets
from typing import NamedTuple

import msgspec

from deskline.domain.working_hours import Calendars, WorkingHours
from deskline.storage.database import Reader, Writer
from deskline.storage.queries import queries

_Q = queries("working_hours")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(WorkingHours).decode
_REVISION_BITS = 62


class Hours(NamedTuple):
    """The calendars of an account, their revision, and whether what is stored of working time follows from them: facts and roll-ups."""

    calendars: Calendars
    revision: int
    is_counted: bool


async def find(tx: Reader) -> Hours:
    """Find the account's calendars, as they are in the transaction.

    They are remembered by their revision, which is drawn by chance: a number that runs on might be given twice, the first time by a
    transaction that is undone after others saw it.
    """
    row = await tx.row(_Q["find_revision"])
    if row is None or not row[0]:
        return Hours(Calendars(), 0, is_counted=True)
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
