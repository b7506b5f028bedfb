"""How many tickets were open and pending at some instants, and which: stretches of the backlog that had begun and had not ended."""

from collections.abc import AsyncIterator, Sequence
from functools import partial

import msgspec

from deskline.domain.backlog import BACKLOG, BEGINNING, balances, spans_between
from deskline.domain.openings import Opened, Part
from deskline.domain.reports import Backlog, ReportFilter
from deskline.domain.searches import PAGE_SIZE
from deskline.storage.database import Reader, Row
from deskline.storage.openings import WALKED_AT_ONCE, parts_of, walk_facts
from deskline.storage.queries import queries
from deskline.storage.reports import narrowed, sum_facts

_Q = queries("openings")


async def count_backlog(tx: Reader, ends: Sequence[int | None], wanted: ReportFilter) -> list[Backlog]:
    """Count what was there just before each of some instants (milliseconds UTC, None: not yet); `agents` had those tickets then."""
    return balances(ends, await sum_facts(tx, BACKLOG, spans_between(ends), wanted))


async def open_backlog(tx: Reader, end: int | None, wanted: ReportFilter, page: int) -> tuple[Backlog, Opened]:
    """Open the number of one instant: one page (from 1) of the tickets that were there, those first that had been so for longest."""
    counted, opened = await count_row(tx, end, wanted)
    skipped = (page - 1) * PAGE_SIZE
    rows = await _list_stretches(tx, end, wanted, BEGINNING, skipped, size=PAGE_SIZE) if end is not None and skipped < opened.total else []
    return counted, msgspec.structs.replace(opened, parts=await parts_of(tx, rows, None))


async def count_row(tx: Reader, end: int | None, wanted: ReportFilter) -> tuple[Backlog, Opened]:
    """Count what `open_backlog` opens, without listing it."""
    (counted,) = await count_backlog(tx, (end,), wanted)
    sums = {"entered_open": counted.open or 0, "entered_pending": counted.pending or 0}
    return counted, Opened((), counted.facts, sums)


async def walk_backlog(tx: Reader, end: int | None, wanted: ReportFilter) -> AsyncIterator[tuple[Part, ...]]:
    """Go through all tickets of one instant, some at a time, those first that had been so for longest."""
    if end is not None:
        async for rows in walk_facts(BEGINNING, partial(_list_stretches, tx, end, wanted, size=WALKED_AT_ONCE)):
            yield await parts_of(tx, rows, None)


async def _list_stretches(tx: Reader, end: int, wanted: ReportFilter, start: int, skipped: int, *, size: int) -> list[Row]:
    condition, values = narrowed(tx.engine, wanted, 3)
    statement = _Q["list_stretches"].on(tx.engine).format(condition=condition, limit=size, offset=skipped)
    return await tx.rows(statement, start, end, *values)
