"""Working time for reports by measuring each fact, for as long as what is stored of it is of hours that were changed since.

A fact says when it was and how long it took, so its working time follows from the calendars alone. Roll-ups are as if they were not there.
"""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec

from deskline.domain.rollups import Interval
from deskline.domain.sums import Sum
from deskline.domain.working_hours import ACCOUNT_ITSELF, Calendars
from deskline.storage.database import Reader, Row
from deskline.storage.facts import numbers_of
from deskline.storage.queries import queries

_Q = queries("worked")
ROWS_AT_A_TIME: Final = 5_000  # which take some milliseconds to be read


async def sum_worked(
    tx: Reader, calendars: Calendars, summed: Sum, intervals: Sequence[Interval], condition: str, values: Sequence[object]
) -> list[int]:
    """Sum the working seconds of the facts of a sum in each interval, in the order given.

    `condition` are the lines of filters, `values` those of their parameters from `$3` on, as reports put them together.
    """
    totals = [0] * len(intervals)
    async for measured in _measure(tx, calendars, summed, intervals, condition, values):
        for number, seconds in measured:
            totals[number] += seconds
    return totals


async def list_worked(
    tx: Reader, calendars: Calendars, summed: Sum, intervals: Sequence[Interval], condition: str, values: Sequence[object]
) -> list[list[int]]:
    """List what `sum_worked` sums."""
    lists: list[list[int]] = [[] for _ in intervals]
    async for measured in _measure(tx, calendars, summed, intervals, condition, values):
        for number, seconds in measured:
            lists[number].append(seconds)
    return lists


async def _measure(
    tx: Reader, calendars: Calendars, summed: Sum, intervals: Sequence[Interval], condition: str, values: Sequence[object]
) -> AsyncIterator[list[tuple[int, int]]]:
    """Measure facts, some at a time: (the interval's number, working seconds)."""
    if not intervals:
        return
    numbers = sorted(range(len(intervals)), key=lambda number: intervals[number])
    first, last = intervals[numbers[0]][0], max(end for _, end in intervals)
    grouped = sorted(group for group in calendars.by_group if group != ACCOUNT_ITSELF)
    width = len(values) + 3
    group = _Q["first_group"].on(tx.engine).format(groups=f"${width + 3}") if grouped else "NULL"
    more = [*([msgspec.json.encode(grouped).decode()] if grouped else [])]
    for kind in numbers_of(summed):
        statement = _Q["list_spans"].on(tx.engine)
        places = {"at": f"${width}", "ticket_key": f"${width + 1}", "seq": f"${width + 2}"}
        statement = statement.format(kind=kind, group=group, condition=condition, limit=ROWS_AT_A_TIME, **places)
        place = (first - 1, 1 << 62, 0)
        while rows := await tx.rows(statement, last, *values, *place, *more):
            yield await asyncio.to_thread(_measured, numbers, intervals, calendars, rows)
            place = rows[-1][:3]
            if len(rows) < ROWS_AT_A_TIME:
                break


def _measured(numbers: list[int], intervals: Sequence[Interval], calendars: Calendars, rows: Sequence[Row]) -> list[tuple[int, int]]:
    starts = [intervals[number][0] for number in numbers]
    found = []
    for at, _, _, seconds, group in rows:
        place = bisect_right(starts, at) - 1
        if place >= 0 and at < intervals[numbers[place]][1]:
            found.append((numbers[place], calendars.worked(at, seconds, () if group is None else (group,))))
    return found
