"""Tickets and lists of them as they were at an instant (milliseconds UTC; what happened at exactly that instant had happened).

Of the tickets that were there, those that did not change since stand as they stood, and the present's indexes list and count them.
Those that changed since are looked up, and folded from their timelines up to the instant; silent changes matter to some lists only. So
a list costs what changed since, and not how many tickets there are.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

import msgspec

from deskline.domain.events import AnyEvent
from deskline.domain.past import has_words, matches
from deskline.domain.searches import PAGE_SIZE, Page, TicketFilter
from deskline.domain.timelines import Ticket, fold
from deskline.errors import NotFoundError, NotYetError, QueryTooLongError
from deskline.storage.conditions import compose
from deskline.storage.database import Database, Reader, Row, Show
from deskline.storage.dialects import DIALECTS
from deskline.storage.memory import Past, Was
from deskline.storage.queries import queries
from deskline.storage.search import SORTED
from deskline.storage.tickets import position

_Q = queries("past")
_decode = msgspec.json.Decoder(AnyEvent).decode

LOOKED_AT_INLINE: Final = 500  # events since a page was remembered that are looked at, on the event loop
LOOKED_AT: Final = 5_000  # events since a list was remembered, in a thread
AT_ONCE: Final = 100  # timelines read and folded in one go, in a thread: about 4 ms
FOLDED_INLINE: Final = 200  # events of one ticket that are folded on the event loop: about 1 ms
NARROW: Final = "As of an instant, what counts is how many tickets changed since: ask for one requester's, or for a later instant."
MOST_CHANGED: Final = 100_000  # tickets that may have changed since: about the budget of a query, and some 30 MB


async def get_past(database: Database, account_id: int, ticket_id: str, at: int) -> bytes:
    """Get a ticket as the API would have shown it. Raises NotFoundError, and NotYetError before its creation."""
    async with database.read(account_id, snapshot=True) as tx:
        found = await tx.row(_Q["find_ticket"], ticket_id) or await tx.row(_Q["find_ticket"], ticket_id.upper())
        found = found or await tx.row(_Q["find_aside"], ticket_id.upper())
        if found is None:
            raise NotFoundError("ticket", ticket_id)
        key, spelled, created_at, modified_at, events, shown = found
        if at < created_at:
            raise NotYetError("ticket", spelled)
        if modified_at <= at:
            return bytes(shown)
        rows = await _list_lives(tx, [key], at) if events <= FOLDED_INLINE else None
    if rows is not None:
        return _rendered({key: spelled}, rows, database.show)[key]
    async with database.analyse(account_id) as tx:
        rows = await _list_lives(tx, [key], at)
    return (await asyncio.to_thread(_rendered, {key: spelled}, rows, database.show))[key]


async def find_past_page(database: Database, account_id: int, wanted: TicketFilter, at: int, *, page: int, descending: bool) -> Page:
    """Find one page (from 1) of the tickets that matched, in the order of what was then their last message, with the exact total.

    What is remembered holds for as long as nothing more is told about the time up to the instant. Raises QueryTooLongError.
    """
    key = (wanted, at, page, descending)
    async with database.read(account_id) as tx:
        found = await _remembered(tx, key, at)
    if found is not None:
        return found
    async with database.analyse(account_id) as tx:
        now = await position(tx)
        try:
            past = await _learn(tx, wanted, at, now)
            found = await _find_page(tx, wanted, at, past, page, descending, database.show)
        except QueryTooLongError as error:
            raise QueryTooLongError(f"{error} {NARROW}") from error
        tx.memory.pages.save(account_id, key, now, found)
    return found


async def _remembered(tx: Reader, key: tuple[object, ...], at: int) -> Page | None:
    """Recall a page, if all that was written since happened after the instant."""
    now = await position(tx)  # before the memory is taken: it is that of the server which has told this
    found = tx.memory.pages.last(tx.account_id, key)
    if found is None or not await _holds(tx, found[0], now, at, most=LOOKED_AT_INLINE):
        return None
    if now != found[0]:
        tx.memory.pages.save(tx.account_id, key, now, found[1])
    return found[1]


async def _holds(tx: Reader, then: int, now: int, at: int, *, most: int) -> bool:
    """Say whether what was true of the instant at one position is at a later one; not where that would take a look at too many events."""
    return now == then or (0 < now - then <= most and await tx.row(_Q["find_told_late"], then, now, at) is None)


async def _learn(tx: Reader, wanted: TicketFilter, at: int, now: int) -> Past:
    """Learn all of a list but its pages; where it is remembered, of those tickets only that have changed since."""
    key = (wanted, at)
    found = tx.memory.pasts.last(tx.account_id, key)
    if found is not None and await _holds(tx, found[0], now, at, most=LOOKED_AT):
        then, past = found
        if then == now:
            return past
        rows = await tx.rows(_Q["list_changed_lately"], then, now, at)
        more = {ticket_key: ticket_id for ticket_key, ticket_id in rows if ticket_key not in past.changed}
        past = Past({**past.changed, **more}, (*past.were, *await _fold_changed(tx, more, wanted, at)), past.total)
    else:
        changed = await _list_changed(tx, wanted, at)
        were = tuple(await _fold_changed(tx, changed, wanted, at))
        past = Past(changed, were, await _Standing(tx, wanted, at, changed, walking=_counts_walking(tx, wanted)).count() + len(were))
    tx.memory.pasts.save(tx.account_id, key, now, past)
    return past


async def _list_changed(tx: Reader, wanted: TicketFilter, at: int) -> dict[int, str]:
    """List the tickets that were there and may stand elsewhere since, key and id. Raises QueryTooLongError for too many to fold."""
    if wanted.requester is not None:
        rows = await tx.rows(_Q["list_changed_of_requester"], at, MOST_CHANGED + 1, wanted.requester)
    elif wanted.source_id is not None:
        rows = await tx.rows(_Q["list_changed_from_source_id"], at, MOST_CHANGED + 1, wanted.source_id)
    else:
        statement = "list_changed" if wanted.tags or wanted.groups or wanted.tagged is not None or wanted.words else "list_active"
        rows = await tx.rows(_Q[statement], at, MOST_CHANGED + 1)
    rows += await tx.rows(_Q["list_set_aside"], at, MOST_CHANGED + 1)
    if len(rows) > MOST_CHANGED:
        raise QueryTooLongError(f"More than {MOST_CHANGED:,} tickets of that instant have changed since.")
    return dict(rows)


async def _fold_changed(tx: Reader, changed: Mapping[int, str], wanted: TicketFilter, at: int) -> list[Was]:
    """Fold those that changed, some at a time, and keep the places of those that matched."""
    found: list[Was] = []
    keys = list(changed)
    for first in range(0, len(keys), AT_ONCE):
        rows = await _list_lives(tx, keys[first : first + AT_ONCE], at)
        found += await asyncio.to_thread(_matching, changed, rows, wanted)
    return found


async def _list_lives(tx: Reader, keys: Sequence[int], at: int) -> list[Row]:
    return await tx.rows(_Q["list_lives"], _json(keys), at)


def _lives(ids: Mapping[int, str], rows: Iterable[Row]) -> Iterable[tuple[int, Ticket, list[AnyEvent]]]:
    for key, events in groupby(rows, itemgetter(0)):
        timeline = [_decode(event) for _, event in events]
        yield key, fold(ids[key], timeline), timeline


def _matching(ids: Mapping[int, str], rows: Iterable[Row], wanted: TicketFilter) -> list[Was]:
    return [
        Was(ticket.last_message_at, ticket.id, key)
        for key, ticket, events in _lives(ids, rows)
        if matches(ticket, events, wanted) and (not wanted.words or has_words(ticket, events, wanted))
    ]


def _rendered(ids: Mapping[int, str], rows: Iterable[Row], show: Show) -> dict[int, bytes]:
    return {key: show(ticket, events) for key, ticket, events in _lives(ids, rows)}


async def _find_page(
    tx: Reader,
    wanted: TicketFilter,
    at: int,
    past: Past,
    page: int,
    descending: bool,
    show: Show,
) -> Page:
    total = past.total
    skipped = (page - 1) * PAGE_SIZE
    size = min(PAGE_SIZE, total - skipped)
    if size <= 0:
        return Page((), total)
    if backwards := skipped > total // 2:  # the end is nearer
        skipped = total - skipped - size
    standing = _Standing(tx, wanted, at, past.changed, walking=total > SORTED)
    rows = await standing.list_page(past.were, descending=descending != backwards, skipped=skipped, size=size)
    if backwards:
        rows.reverse()
    shown = await _list_shown(tx, rows, past.changed, at, show)
    return Page(tuple(shown[key] for key, _ in rows), total)


async def _list_shown(tx: Reader, rows: Sequence[tuple[int, bool]], changed: Mapping[int, str], at: int, show: Show) -> dict[int, bytes]:
    """Show the tickets of a page as they were; also one that stands as it stood may have changed since, silently."""
    shown: dict[int, bytes] = {}
    ids = {key: changed[key] for key, was in rows if was}
    for key, ticket_id, modified_at, now_shown in await tx.rows(_Q["list_shown"], _json([key for key, was in rows if not was])):
        if modified_at <= at:
            shown[key] = now_shown
        else:
            ids[key] = ticket_id
    return shown | await asyncio.to_thread(_rendered, ids, await _list_lives(tx, list(ids), at), show)


def _counts_walking(tx: Reader, wanted: TicketFilter) -> bool:
    """Say whether to count in the order of lists: words, where one look finds all that have them (100,000 tickets: 220 ms, else 380)."""
    return bool(wanted.words) and DIALECTS[tx.engine].words_of_one is None


class _Standing:
    """The tickets of a filter that stand as they stood: with a last message up to the instant, and none of those that changed since."""

    def __init__(self, tx: Reader, wanted: TicketFilter, at: int, changed: Mapping[int, str], *, walking: bool) -> None:
        """`walking` is for the order of lists, else all that match are gathered."""
        self._tx = tx
        where = compose(wanted, tx.account_id, tx.engine, walking=walking)
        self._walked = where.walked
        self._source = where.narrowed
        where.add(f"{self._walked}.last_message_at <= {{}}", at)
        if changed:
            other = _Q["is_other"].on(tx.engine)
            where.add(other.format(ticket_id=f"{self._walked}.ticket_id", gone="{}"), _json(list(changed.values())))
        self._condition = " AND ".join(where.lines)
        self._values = where.values

    async def count(self) -> int:
        """Count them, by an index alone where one holds what is asked."""
        statement = _Q["count_standing"].on(self._tx.engine).format(source=self._source, condition=self._condition)
        row = await self._tx.row(statement, *self._values)
        return int(row[0]) if row is not None else 0

    async def list_page(self, were: Sequence[Was], *, descending: bool, skipped: int, size: int) -> list[tuple[int, bool]]:
        """List the keys of a page of them and of those that were folded, and which of the two each is."""
        statement = _Q["list_page"].on(self._tx.engine)
        statement = statement.format(
            walked=self._walked,
            source=self._source,
            condition=self._condition,
            was=f"${len(self._values) + 2}",
            direction="DESC" if descending else "ASC",
            limit=size,
            offset=skipped,
        )
        rows = await self._tx.rows(statement, *self._values, _json(were))
        return [(key, bool(was)) for _, _, key, was in rows]


def _json(values: object) -> str:
    return msgspec.json.encode(values).decode()
