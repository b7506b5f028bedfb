"""Stretches of the backlog for reports, by a list of those that a filter leaves: when each began, and when it ended.

No index has agents' stretches by their ends. A walk of everybody's would look into the row of each, and gather the tickets of groups and
tags for every sum (measured on 340,000 stretches, for an agent, a group and a tag: 205 ms against 60).
"""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from operator import add
from typing import Final

from deskline.domain.rollups import Interval
from deskline.domain.sums import SUMS
from deskline.storage.database import Reader, Row
from deskline.storage.facts import numbers_of
from deskline.storage.queries import queries

_Q = queries("stretches")
ROWS_AT_A_TIME: Final = 50_000  # 20 MB
PLACES: Final = 5  # the parameters of the statement before those of filters
_KIND, _AT, _UNTIL = 0, 1, 4
_BEFORE_ALL: Final = (0, 0, 0, 0)  # a place in the list is the first four columns of a row


async def sum_stretches(
    tx: Reader, names: Sequence[str], intervals: Sequence[Interval], condition: str, values: Sequence[object]
) -> list[tuple[int, ...]]:
    """Count how many stretches began, or ended, in each interval: what the sums of these names say, in the order given.

    `condition` are the lines of filters, `values` those of their parameters, as reports put them together.
    """
    kinds = sorted({kind for name in names for kind in numbers_of(SUMS[name])})
    statement = _Q["list_stretches"].on(tx.engine)
    statement = statement.format(kinds=", ".join(map(str, kinds)), condition=condition, limit=ROWS_AT_A_TIME)
    totals = [(0,) * len(names)] * len(intervals)
    place: Sequence[object] = _BEFORE_ALL
    while rows := await tx.rows(statement, *place, *values):
        totals = await asyncio.to_thread(_with, totals, rows, names, intervals)
        place = rows[-1][: len(_BEFORE_ALL)]
        if len(rows) < ROWS_AT_A_TIME:
            break
    return totals


def _with(
    totals: Sequence[tuple[int, ...]], rows: Sequence[Row], names: Sequence[str], intervals: Sequence[Interval]
) -> list[tuple[int, ...]]:
    columns = []
    for summed in (SUMS[name] for name in names):
        kinds, field = numbers_of(summed), _UNTIL if summed.at_end else _AT
        instants = sorted(row[field] for row in rows if row[_KIND] in kinds and row[field] is not None)
        columns.append([bisect_left(instants, end) - bisect_left(instants, start) for start, end in intervals])
    return [tuple(map(add, before, more)) for before, more in zip(totals, zip(*columns, strict=True), strict=True)]
