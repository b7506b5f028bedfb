"""Lists of tickets: pages with their totals, and how the rows of a page are found at any depth. No web.

Conditions are put together in `conditions`, totals remembered in `totals`.
"""

from typing import Final

from deskline.domain.searches import PAGE_SIZE, Page, TicketFilter
from deskline.storage.conditions import Where, compose, is_exact
from deskline.storage.database import Database, Reader
from deskline.storage.depths import Mark, Place, Tally, Walk, mark_gap, marked, plan
from deskline.storage.dialects import DIALECTS
from deskline.storage.sets import count_sets, single_filters
from deskline.storage.tickets import position
from deskline.storage.totals import MOST_CHANGES, carry, keep
from deskline.storage.words import count_few, find_next, is_of_few

INLINE_PAGES: Final = (
    4  # how deep, from its nearer end, a list may be read on the event loop; deeper is further to walk and goes to a thread
)
SORTED: Final = 1_000  # up to how many matches are gathered and sorted rather than met by walking the list's own order


async def find_page(database: Database, account_id: int, wanted: TicketFilter, *, page: int, descending: bool) -> Page:
    """Find one page (from 1) of the tickets that match, in the order of their last message, with the exact total of all that match.

    At once where it is remembered, or an index gives the page and the total is remembered; else in a thread.
    """
    key = (wanted, page, descending)
    async with database.read(account_id) as tx:
        now = await position(tx)  # before the memory is taken: it is that of the server which has told this
        found = tx.memory.pages.find(account_id, key, now)
    if found is not None:
        return found
    if is_exact(wanted):
        async with database.read(account_id, snapshot=True) as tx:
            now = await position(tx)
            tally = await carry(tx, wanted, now)
            if tally is not None and _is_near(tally, page, descending=descending):
                return await _page(tx, wanted, page, descending, now, tally)
    async with database.analyse(account_id) as tx:
        now = await position(tx)
        return await _page(tx, wanted, page, descending, now, await find_tally(tx, wanted, now))


async def find_tally(tx: Reader, wanted: TicketFilter, now: int) -> Tally:
    """Find how many tickets match at the position `now`, which is the transaction's: remembered, carried on or counted."""
    tally = await carry(tx, wanted, now, most=MOST_CHANGES)
    if tally is None:
        total = None if _is_of_whole_words(wanted) else await count_sets(tx, wanted, now)
        if total is None and is_of_few(wanted) and wanted.words:
            total = await count_few(tx, wanted)
        if total is None:
            total = await count(tx, compose(wanted, tx.account_id, tx.engine))
        tally = marked(Tally(total), await _borrow_ends(tx, wanted, total, now))
        keep(tx, wanted, now, tally)
    return tally


async def count(tx: Reader, where: Where) -> int:
    """Count the tickets of a condition."""
    matches = where.matches
    row = await tx.row(f"SELECT count(*) FROM {matches.source} WHERE {matches.condition}", *matches.values)
    return int(row[0]) if row is not None else 0


async def _borrow_ends(tx: Reader, wanted: TicketFilter, total: int, now: int) -> list[Mark]:
    """Mark the ends of a list by those of the lists of its single filters that are remembered: it has nothing beyond them."""
    parts = single_filters(wanted)
    tallies = [await carry(tx, part, now, most=MOST_CHANGES) for part in parts] if len(parts) > 1 else []
    tops = [Mark(0, mark.place) for tally in tallies if tally is not None for mark in tally.marks if mark.above == 0]
    bottoms = [Mark(total, mark.place) for tally in tallies if tally is not None for mark in tally.marks if mark.above == tally.total]
    return sorted(tops)[:1] + sorted(bottoms)[-1:]


def _is_of_whole_words(wanted: TicketFilter) -> bool:
    """Whether counting needs no set: lists of whole words are walked quickly again for each page, those of beginnings are not."""
    return _is_of_words(wanted) and not any(phrase.is_open for phrase in wanted.words)


def _is_of_words(wanted: TicketFilter) -> bool:
    return bool(wanted.words) and wanted == TicketFilter(words=wanted.words, sees_notes=wanted.sees_notes)


async def list_rows(tx: Reader, wanted: TicketFilter, total: int, walk: Walk, size: int) -> list[tuple[Place, bytes]]:
    """List some of the tickets that match, `total` in all, in the order of the walk: their places, and how the API shows them.

    Few matches are gathered and sorted. Many are met by walking the list's own order, in an index that holds all that is asked; tickets
    themselves are looked up for the rows that are wanted only.
    """
    walking = total > SORTED * (DIALECTS[tx.engine].sorted_words if wanted.words else 1)
    where = compose(wanted, tx.account_id, tx.engine, walking=walking)
    if wanted.words and where.dialect.words_of_one is None and (walking or is_of_few(wanted)):
        found = await find_next(tx, wanted, walk, size)
        if found is not None:
            return found
    source, walked = where.narrowed, where.walked
    order, direction = where.begin(walk), "DESC" if walk.down else "ASC"
    rows = await tx.rows(
        f"SELECT p.said_at, p.id, f.shown FROM (SELECT {walked}.last_message_at AS said_at, {walked}.ticket_id AS id"
        f" FROM {source} WHERE {' AND '.join(where.lines)} ORDER BY {order}"
        f" LIMIT {size:d} OFFSET {walk.skipped:d}) p JOIN ticket f ON f.account_id = $1 AND f.ticket_id = p.id"
        f" ORDER BY p.said_at {direction}, p.id {direction}",
        *where.values,
    )
    return [(Place(said_at, ticket_id), shown) for said_at, ticket_id, shown in rows]


async def _page(tx: Reader, wanted: TicketFilter, page: int, descending: bool, now: int, tally: Tally) -> Page:
    above, size = _rows(page, tally.total, descending=descending)
    rows: list[tuple[Place, bytes]] = []
    for walk, part in plan(tally, above, size) if size else ():
        met = await list_rows(tx, wanted, tally.total, walk, part)
        rows += met if walk.down else met[::-1]
    if rows:
        marks = [Mark(above, rows[0][0])]
        if above + size == tally.total:
            marks.append(Mark(tally.total, Place(rows[-1][0].said_at, "")))  # the place below all matches
        tally = marked(tally, marks, apart=PAGE_SIZE)
        keep(tx, wanted, now, marked(tally, mark_gap(above, [place for place, _ in rows])))
    found = Page(tuple(shown for _, shown in (rows if descending else rows[::-1])), tally.total)
    tx.memory.pages.save(tx.account_id, (wanted, page, descending), now, found)
    return found


def _rows(page: int, total: int, *, descending: bool) -> tuple[int, int]:
    """Tell how many matches are above those of a page in the order from the newest down, and how many it has."""
    skipped = (page - 1) * PAGE_SIZE
    size = max(0, min(PAGE_SIZE, total - skipped))
    return (skipped if descending else total - skipped - size), size


def _is_near(tally: Tally, page: int, *, descending: bool) -> bool:
    above, size = _rows(page, tally.total, descending=descending)
    return all(walk.skipped < INLINE_PAGES * PAGE_SIZE for walk, _ in (plan(tally, above, size) if size else ()))
