"""Sums over facts for reports: one statement a report, whatever its filters and rows. What is counted is decided in the domain.

The borders of the rows go in as values and each is one walk of the facts' index, so a report costs what lies in its range.
"""

from collections.abc import Sequence

import msgspec

from deskline.domain.facts import FactKind
from deskline.domain.reports import Measure, ReportFilter
from deskline.storage.database import Reader
from deskline.storage.queries import Engine, queries

_Q = queries("reports")


async def sum_facts(
    tx: Reader, kind: FactKind, measure: Measure, intervals: Sequence[tuple[int, int]], wanted: ReportFilter
) -> list[tuple[int, ...]]:
    """Sum the facts of a kind in each interval (start inclusive, end exclusive, milliseconds UTC), in the order given.

    A sum is `(count,)`, `(count, seconds)`, `(chat-window, mail, lc2)` or `(bad, good)` by measure.
    """
    condition, values = _narrowed(tx.engine, wanted)
    statement = _Q["sum_facts"].on(tx.engine).format(measure=_Q[f"measure_{measure}"].on(tx.engine), condition=condition)
    rows = await tx.rows(statement, kind, msgspec.json.encode(intervals).decode(), *values)
    return [tuple(map(int, sums.split())) for (sums,) in rows]


async def count_ratings(tx: Reader, intervals: Sequence[tuple[int, int]], wanted: ReportFilter) -> list[tuple[str, int, int]]:
    """Count the ratings in some intervals by the agent credited: (login, good, bad)."""
    condition, values = _narrowed(tx.engine, wanted)
    statement = _Q["count_ratings"].on(tx.engine).format(condition=condition)
    rows = await tx.rows(statement, "rated", msgspec.json.encode(intervals).decode(), *values)
    return [(agent, good, bad) for agent, good, bad in rows]


async def find_oldest(tx: Reader) -> int | None:
    """Find the creation of the account's oldest ticket of any status, None where it has none."""
    row = await tx.row(_Q["find_oldest"])
    return None if row is None else row[0]


def _narrowed(engine: Engine, wanted: ReportFilter) -> tuple[str, list[object]]:
    """Put the lines of the filters together. Both statements have the filters' values from `$4` on."""
    lines: list[str] = []
    values: list[object] = []
    if wanted.agent is not None:
        values.append(wanted.agent)
        lines.append(_Q["of_agent"].on(engine).format(value=f"${len(values) + 3}"))
    for name, chosen in (("of_groups", wanted.groups), ("of_tags", wanted.tags)):
        if chosen:
            values.append(msgspec.json.encode(chosen).decode())
            lines.append(_Q[name].on(engine).format(values=f"${len(values) + 3}"))
    return "".join(f"\n   AND {line}" for line in lines), values
