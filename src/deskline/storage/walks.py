"""Lists by cursor: from a place on, at the same cost at any depth. A ticket is met once at most, and one that did not move is not missed.

The order is that of last messages, and a ticket moves in it only towards the newest. So a walk down never meets it again. A walk up would:
it leaves out what has moved since it began.
"""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

import msgspec

from deskline.domain.cursors import Cursor, Slice
from deskline.domain.searches import PAGE_SIZE, Page, TicketFilter
from deskline.storage.changes import Change
from deskline.storage.conditions import is_exact
from deskline.storage.database import Database, Reader
from deskline.storage.depths import Place, Walk
from deskline.storage.queries import queries
from deskline.storage.search import find_tally, list_rows
from deskline.storage.tickets import position
from deskline.storage.totals import carry, fold_change

_Q = queries("totals")
MOST_TURNS: Final = 20  # times that rows are left out and others looked for; after that a slice is shorter than it might be

Rows = list[tuple[Place, bytes]]


async def find_slice(database: Database, account_id: int, wanted: TicketFilter, cursor: Cursor | None, *, descending: bool) -> Slice:
    """Find the 25 tickets from a cursor on, or the first ones of the list, with the exact total of all that match."""
    if is_exact(wanted):
        async with database.read(account_id, snapshot=True) as tx:
            now = await position(tx)
            tally = await carry(tx, wanted, now)
            if tally is not None:
                return await _slice(tx, wanted, cursor, tally.total, now, descending=descending)
    async with database.analyse(account_id) as tx:
        now = await position(tx)
        tally = await find_tally(tx, wanted, now)
        return await _slice(tx, wanted, cursor, tally.total, now, descending=descending)


async def _slice(tx: Reader, wanted: TicketFilter, cursor: Cursor | None, total: int, now: int, *, descending: bool) -> Slice:
    place = None if cursor is None else Place(cursor.said_at, cursor.ticket_id)
    cursor = cursor or await _begin(tx, wanted, total, now, descending=descending)
    rows, last, goes_on = await _meet(tx, wanted, cursor, place, total, now)
    page = Page(tuple(shown for _, shown in (rows if cursor.forward else rows[::-1])), total)
    ahead = _at(cursor, last, forward=cursor.forward) if goes_on and last is not None else None
    back = _at(cursor, rows[0][0], forward=not cursor.forward) if rows and place is not None else None
    return Slice(page, back, ahead) if cursor.forward else Slice(page, ahead, back)


async def _begin(tx: Reader, wanted: TicketFilter, total: int, now: int, *, descending: bool) -> Cursor:
    newest = [] if descending or not total else await list_rows(tx, wanted, total, Walk(None, False, True, 0), 1)
    said_at = newest[0][0].said_at if newest else 0
    return Cursor(forward=True, descending=descending, said_at=0, ticket_id="", began=0 if descending else now, newest=said_at)


async def _meet(
    tx: Reader, wanted: TicketFilter, cursor: Cursor, place: Place | None, total: int, now: int
) -> tuple[Rows, Place | None, bool]:
    """Meet up to 25 tickets; tell how far that went, and whether there are more."""
    down = cursor.forward == cursor.descending
    found: Rows = []
    goes_on = total > 0
    for _ in range(MOST_TURNS):
        if not goes_on or len(found) == PAGE_SIZE:
            break
        size = PAGE_SIZE - len(found)
        rows = await list_rows(tx, wanted, total, Walk(place, False, down, 0), size + 1)
        goes_on = len(rows) > size
        place = rows[:size][-1][0] if rows else place
        if cursor.descending:
            found += rows[:size]
        else:
            found += await _list_unmoved(tx, rows[:size], cursor, now)
            goes_on = goes_on and place is not None and place.said_at <= cursor.newest
    return found, place, goes_on


async def _list_unmoved(tx: Reader, rows: Rows, cursor: Cursor, now: int) -> Rows:
    """Leave out what came to its place since the walk began: such a ticket may have been met at the place that it had before."""
    rows = [row for row in rows if row[0].said_at <= cursor.newest]
    if cursor.began >= now:
        return rows
    ids: dict[int, str] = dict(await tx.rows(_Q["list_changed_of"], _json([place.id for place, _ in rows]), cursor.began))
    lives = await tx.rows(_Q["list_lives"], _json(list(ids)), now)
    moved = {ids[key] for key, life in groupby(lives, itemgetter(0)) if _has_moved(fold_change(key, ids[key], list(life), cursor.began))}
    return [row for row in rows if row[0].id not in moved]


def _has_moved(change: Change) -> bool:
    """Say whether a ticket stands elsewhere than when the walk began, or was in no list then: a clock that goes back puts new ones here."""
    then = None if change.before is None else change.before.ticket
    return then is None or then.aside is not None or then.last_message_at != change.after.ticket.last_message_at


def _at(cursor: Cursor, place: Place, *, forward: bool) -> Cursor:
    return msgspec.structs.replace(cursor, forward=forward, said_at=place.said_at, ticket_id=place.id)


def _json(values: Sequence[object]) -> str:
    return msgspec.json.encode(values).decode()
