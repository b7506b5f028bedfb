"""The durations behind a report, each of them: what a median needs, and no sum can tell."""

from collections.abc import Sequence

from deskline.domain.openings import measured
from deskline.domain.reports import Report, ReportFilter
from deskline.domain.rollups import Interval
from deskline.domain.sums import SUMS
from deskline.storage.database import Reader
from deskline.storage.facts import numbers_of
from deskline.storage.queries import queries
from deskline.storage.reports import calendars_to_measure_by, is_gathering_cheaper, narrowed, spell_spans
from deskline.storage.worked import list_worked

_Q = queries("reports")


async def list_seconds(tx: Reader, report: Report, intervals: Sequence[Interval], wanted: ReportFilter) -> list[Sequence[int] | str | None]:
    """List the seconds that a report measures in each interval, in the order given: numbers, a text with blanks between, None for none.

    Reads every fact, so it costs what lies in the range. Intervals as in `reports.sum_facts`.
    """
    added = measured(report)
    assert added is not None, report.name
    summed = next(SUMS[name] for name in report.sums if SUMS[name].added == added)
    if (calendars := await calendars_to_measure_by(tx, report)) is not None:
        condition, values = narrowed(tx.engine, wanted, 2)
        return [*await list_worked(tx, calendars, summed, intervals, condition, values)]
    gathered = await is_gathering_cheaper(tx, report, intervals, wanted)
    condition, values = narrowed(tx.engine, wanted, 2, gathered=gathered)
    kinds = ", ".join(map(str, numbers_of(summed)))
    every = _Q["every_added"].on(tx.engine).format(added=added)
    walk = _Q["sum"].on(tx.engine).format(sum=every, kinds=kinds, instant="at", condition=condition)
    rows = await tx.rows(_Q["list_seconds"].on(tx.engine).format(walk=walk), spell_spans(intervals), *values)
    return [text for (text,) in rows]
