"""What a row of a report is made of: its facts a page at a time by the index that counts them, and the timelines of their tickets."""

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from itertools import accumulate, groupby
from operator import itemgetter
from typing import Final

import msgspec

from deskline.domain.events import AnyEvent
from deskline.domain.facts import Fact
from deskline.domain.openings import Opened, Part, count_of, measured, opened_by, part
from deskline.domain.reports import Definition, Report, ReportFilter
from deskline.domain.rollups import Interval
from deskline.domain.searches import PAGE_SIZE
from deskline.domain.sums import SUMS, Added
from deskline.domain.timelines import Ticket, fold
from deskline.storage import working_hours
from deskline.storage.database import Reader, Row
from deskline.storage.facts import fact_of, numbers_of
from deskline.storage.queries import queries
from deskline.storage.reports import is_gathering_cheaper, narrowed, sum_each_fact
from deskline.storage.working_hours import Hours

WALKED_AT_ONCE: Final = 500
Counted = Sequence[tuple[Interval, int]]
"""Intervals, ascending, and how many facts of a row are in each: those without any are left out."""

_Q = queries("openings")
_decode = msgspec.json.Decoder(AnyEvent).decode


async def open_row(
    tx: Reader, report: Report, definition: Definition, intervals: Sequence[Interval], wanted: ReportFilter, page: int
) -> Opened:
    """Open the number of a row, which is of some intervals: one page (from 1) of its parts, by instant, and the sums of all of them.

    The sums are added up of the facts, even where there are roll-ups: they must show what is there.
    """
    by = opened_by(report, definition)
    opened, counted = await count_row(tx, by, intervals, wanted)
    rows = await _list_page(tx, by, counted, wanted, page, opened.total)
    return msgspec.structs.replace(opened, parts=await parts_of(tx, rows, measured(by)))


async def count_row(tx: Reader, by: Report, intervals: Sequence[Interval], wanted: ReportFilter) -> tuple[Opened, Counted]:
    """Count what `open_row` opens, without listing it, and where it is; `by` is what `opened_by` tells."""
    gathered = await is_gathering_cheaper(tx, by, intervals, wanted)
    totals = await sum_each_fact(tx, by, intervals, wanted, gathered=gathered)
    sums = {name: sum(amounts) for name, *amounts in zip(by.sums, *totals, strict=True)}
    counts = [count_of(dict(zip(by.sums, amounts, strict=True))) for amounts in totals]
    return Opened((), sum(counts), sums), [(interval, count) for interval, count in zip(intervals, counts, strict=True) if count]


async def walk_row(tx: Reader, by: Report, counted: Counted, wanted: ReportFilter) -> AsyncIterator[tuple[Part, ...]]:
    """Go through all parts of a row that was counted, by instant, some at a time."""
    for interval, _ in counted:
        fetch = partial(_list_from, tx, by, interval[1], wanted)
        async for rows in walk_facts(interval[0], fetch):
            yield await parts_of(tx, rows, measured(by))


async def walk_facts(start: int, fetch: Callable[[int, int], Awaitable[list[Row]]]) -> AsyncIterator[list[Row]]:
    """Go through facts by instant. `fetch` lists the next `WALKED_AT_ONCE` from an instant on, behind so many of those at that instant."""
    passed = 0
    while rows := await fetch(start, passed):
        yield rows
        if len(rows) < WALKED_AT_ONCE:
            return
        last = rows[-1][2]
        passed = sum(at == last for _, _, at, *_ in rows) + (passed if last == start else 0)
        start = last


async def _list_from(tx: Reader, by: Report, end: int, wanted: ReportFilter, start: int, passed: int) -> list[Row]:
    return await _list_facts(tx, by, [(start, end)], wanted, passed, WALKED_AT_ONCE)


async def parts_of(tx: Reader, rows: Sequence[Row], added: Added | None) -> tuple[Part, ...]:
    """Tell what some facts follow from, measured by one of their sorts of seconds. They are rows as `facts.fact_row` writes them."""
    lives = await tx.rows(_Q["list_timelines"], msgspec.json.encode(sorted({row[1] for row in rows})).decode()) if rows else []
    hours = await working_hours.find(tx)
    return await asyncio.to_thread(_parts, rows, lives, added, hours)


async def _list_page(tx: Reader, by: Report, counted: Counted, wanted: ReportFilter, page: int, total: int) -> list[Row]:
    """List a page of the facts that some sums are of, in those intervals that it is in, from the end that is nearer."""
    skipped = (page - 1) * PAGE_SIZE
    size = min(PAGE_SIZE, total - skipped)
    if size <= 0:
        return []
    ends = list(accumulate(count for _, count in counted))
    first, last = bisect_right(ends, skipped), bisect_left(ends, skipped + size)
    intervals = [interval for interval, _ in counted[first : last + 1]]
    before = ends[first - 1] if first else 0
    skipped, there = skipped - before, ends[last] - before
    if backwards := skipped > there // 2:
        skipped = there - skipped - size
    rows = await _list_facts(tx, by, intervals, wanted, skipped, size, backwards=backwards)
    return rows[::-1] if backwards else rows


async def _list_facts(
    tx: Reader, by: Report, intervals: Sequence[Interval], wanted: ReportFilter, skipped: int, size: int, *, backwards: bool = False
) -> list[Row]:
    condition, values = narrowed(tx.engine, wanted, 1 + 2 * len(intervals), credited=by.credited)
    kinds = dict.fromkeys(number for name in by.sums for number in numbers_of(SUMS[name]))
    of_one = _Q["facts_of_kind"].on(tx.engine)
    order = _Q["by_instant"].on(tx.engine).format(direction="DESC" if backwards else "ASC")
    walks = [
        of_one.format(kind=kind, start=f"${2 + 2 * n}", end=f"${3 + 2 * n}", condition=condition, order=order, limit=skipped + size)
        for kind in kinds
        for n in range(len(intervals))
    ]
    together = f"\n{_Q['and_of'].on(tx.engine)}\n".join(walks)
    statement = _Q["list_facts"].on(tx.engine).format(walks=together, order=order, limit=size, offset=skipped)
    return await tx.rows(statement, *(border for interval in intervals for border in interval), *values)


def _parts(rows: Sequence[Row], lives: Sequence[Row], added: Added | None, hours: Hours) -> tuple[Part, ...]:
    told: dict[int, tuple[Ticket, list[AnyEvent]]] = {}
    for (key, ticket_id), events in groupby(lives, itemgetter(0, 1)):
        timeline = [_decode(event) for _, _, event in events]
        told[key] = fold(ticket_id, timeline), timeline
    return tuple(part(_timed(fact_of(row), told[row[1]][0], hours), added, *told[row[1]], hours.calendars) for row in rows)


def _timed(fact: Fact, ticket: Ticket, hours: Hours) -> Fact:
    """Give a fact with the working time that it has under the hours of now; where all facts follow them, it is what is stored."""
    return fact if hours.is_counted else hours.calendars.timed_fact(fact, [group.id for group in ticket.groups])
