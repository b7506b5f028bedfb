"""How many tickets were open and pending at some instants, and which: stretches of the backlog that had begun and had not ended."""

from collections.abc import Sequence

from deskline.domain.backlog import BACKLOG, balances, spans_between
from deskline.domain.openings import Opened
from deskline.domain.reports import Backlog, ReportFilter
from deskline.domain.searches import PAGE_SIZE
from deskline.storage.database import Reader, Row
from deskline.storage.openings import parts_of
from deskline.storage.queries import queries
from deskline.storage.reports import narrowed, sum_facts

_Q = queries("openings")


async def count_backlog(tx: Reader, ends: Sequence[int | None], wanted: ReportFilter) -> list[Backlog]:
    """Count what was there just before each of some instants (milliseconds UTC, None: not yet); `agents` had those tickets then."""
    return balances(ends, await sum_facts(tx, BACKLOG, spans_between(ends), wanted))


async def open_backlog(tx: Reader, end: int | None, wanted: ReportFilter, page: int) -> tuple[Backlog, Opened]:
    """Open the number of one instant: one page (from 1) of the tickets that were there, those first that had been so for longest."""
    (counted,) = await count_backlog(tx, (end,), wanted)
    total = counted.facts
    rows = await _list_stretches(tx, end, wanted, page) if end is not None and (page - 1) * PAGE_SIZE < total else []
    sums = {"entered_open": counted.open or 0, "entered_pending": counted.pending or 0}
    return counted, Opened(await parts_of(tx, rows, None), total, sums)


async def _list_stretches(tx: Reader, end: int, wanted: ReportFilter, page: int) -> list[Row]:
    condition, values = narrowed(tx.engine, wanted, 2)
    statement = _Q["list_stretches"].on(tx.engine).format(condition=condition, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
    return await tx.rows(statement, end, *values)
