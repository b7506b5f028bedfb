"""Sums over facts for reports: one statement a report, whatever its filters and rows. What is counted is decided in the domain.

The borders of the rows go in as values and each sum is one walk of the facts' index, so a report costs what lies in its range.
"""

from collections.abc import Mapping, Sequence

import msgspec

from deskline.domain.reports import Measure, Report, ReportFilter
from deskline.storage.database import Reader
from deskline.storage.facts import NUMBERS, numbers_of
from deskline.storage.queries import Engine, queries

_Q = queries("reports")
# Measures that tell labels apart have a sum for each of these, in this order.
_LABELS: Mapping[Measure, tuple[str, ...]] = {"sources": ("chat-window", "mail", "lc2"), "ratings": ("bad", "good")}

Interval = tuple[int, int]


async def sum_facts(tx: Reader, report: Report, intervals: Sequence[Interval], wanted: ReportFilter) -> list[tuple[int, ...]]:
    """Sum a report's facts in each interval, in the order given.

    An interval is (start, end) in milliseconds UTC, start inclusive, end exclusive; no two start together. Its sums are `(count,)`,
    `(count, seconds)`, `(chat-window, mail, lc2)` or `(bad, good)` by the report's measure.
    """
    engine = tx.engine
    condition, values = _narrowed(engine, wanted)
    measured = _Q["sum_seconds" if report.measure == "seconds" else "sum_count"].on(engine)
    sums = [_Q["sum"].on(engine).format(sum=measured, kinds=kinds, condition=condition) for kinds in _kinds(report)]
    row = await tx.row(_Q["sum_facts"].on(engine).format(sums=" || ' ' || ".join(sums)), _spans(intervals), *values)
    numbers = map(int, row[0].split()) if row and row[0] else iter(())
    width = 2 if report.measure == "seconds" else len(sums)
    return list(zip(*[numbers] * width, strict=True))


def _kinds(report: Report) -> list[str]:
    """For each sum of a report, list the kinds of facts that go into it."""
    if report.measure in _LABELS:
        return [str(NUMBERS[report.fact, label]) for label in _LABELS[report.measure]]
    return [", ".join(map(str, numbers_of(report.fact)))]


async def count_ratings(tx: Reader, intervals: Sequence[Interval], wanted: ReportFilter) -> list[tuple[str, int, int]]:
    """Count the ratings in some intervals by the agent credited: (login, good, bad)."""
    condition, values = _narrowed(tx.engine, wanted)
    statement = _Q["count_ratings"].on(tx.engine)
    statement = statement.format(good=NUMBERS["rated", "good"], bad=NUMBERS["rated", "bad"], condition=condition)
    rows = await tx.rows(statement, _spans(intervals), *values)
    return [(agent, good, bad) for agent, good, bad in rows]


async def find_oldest(tx: Reader) -> int | None:
    """Find the creation of the account's oldest ticket of any status, None where it has none."""
    row = await tx.row(_Q["find_oldest"])
    return None if row is None else row[0]


def _spans(intervals: Sequence[Interval]) -> str:
    return msgspec.json.encode(dict(intervals)).decode()


def _narrowed(engine: Engine, wanted: ReportFilter) -> tuple[str, list[object]]:
    """Put the lines of the filters together. Both statements have the filters' values from `$3` on."""
    lines: list[str] = []
    values: list[object] = []
    if wanted.agent is not None:
        values.append(wanted.agent)
        lines.append(_Q["of_agent"].on(engine).format(value=f"${len(values) + 2}"))
    for name, chosen in (("of_groups", wanted.groups), ("of_tags", wanted.tags)):
        if chosen:
            values.append(msgspec.json.encode(chosen).decode())
            lines.append(_Q[name].on(engine).format(values=f"${len(values) + 2}"))
    return "".join(f"\n   AND {line}" for line in lines), values
