"""Reports by each definition of solved, and the tickets behind a number. What the definitions are is in docs/reports.md."""

import itertools
import json
from collections.abc import Iterator
from typing import Final

from bench.reports import REPORTS, Narrowed, Range, Report, narrowings, ranges, target_of
from bench.results import Table, Target
from bench.samples import Folder, Sample
from bench.turns import Series, in_order
from deskline.cli.bench.load import LoadError
from deskline.cli.bench.processes import Program, fetch

DEFINITIONS: Final = {"every": "resolution_time", "first": "resolution_time", "open": "resolution_time", "business": "first_response_time"}
BOTH: Final = ("business", "resolution_time")


def measure(ours: Program, folder: Folder, sample: Sample, count: int, *, times: float = 1) -> Iterator[Table]:
    """GET /reports/tickets/…?definition=…, without a filter and with each alone, then what opens the numbers."""
    alone, _ = narrowings(folder)
    short, long = ranges(sample, count)
    asked = [(definition, report) for definition, path in (*DEFINITIONS.items(), BOTH) for report in REPORTS if report.path == path]
    note = f"One connection, {count} ranges for each, none asked for twice; the most frequent values in turns."
    wrong: list[str] = []
    for title, days, most in (("three years by day", long, 20), ("thirty days", short, 5)):
        target = Target(number="p95 ms", below=most * times)
        series = [_series(folder, *each, values, days, target) for each in asked for values in alone]
        yield Table(f"Reports by definition, {title}", note, list(in_order(ours, series, wrong)))
    yield _opened(ours, folder, short, long, wrong)
    if wrong:
        raise LoadError("; ".join(wrong))


def _series(folder: Folder, definition: str, report: Report, values: list[Narrowed], days: list[Range], target: Target) -> Series:
    asked = zip(days[:-1], itertools.cycle(values), strict=False)
    steps = [[folder.ask(f"{target_of(report, *each, narrowed)}&definition={definition}", b"")] for each, narrowed in asked]
    return Series(f"{report.path}, {definition}, {values[0].name}", steps, target)


def _opened(ours: Program, folder: Folder, short: list[Range], long: list[Range], wrong: list[str]) -> Table:
    """GET /reports/tickets/<report>/tickets of a day, and of everything: the first page and the last."""
    series = []
    for report in REPORTS:
        day = [_opening(report, *each) + ("" if "ranking" in report.path else f"&row={each[1]}") for each in short[:-1]]
        opened = json.loads(fetch(ours.port, _opening(report, *long[-1]), folder.headers))
        if not 0 < opened["count"] <= opened["total"]:
            wrong.append(f"{report.path}: {opened['count']} counted in {opened['total']} tickets behind a number")
        last = [f"{_opening(report, *long[-1])}&page={opened['pages']}"] * max(1, len(long) // 10)
        asked = {"a day": day, "three years": [_opening(report, *each) for each in long[:-1]], "three years, last page": last}
        for what, targets in asked.items():
            series.append(Series(f"{report.path}, {what}", [[folder.ask(target, b'"tickets":[')] for target in targets]))
    return Table("The tickets behind a number", "One connection, pages of 25 tickets.", list(in_order(ours, series, wrong)))


def _opening(report: Report, since: object, until: object) -> str:
    grouping = "" if "ranking" in report.path else "&group_by=day"
    return f"/reports/tickets/{report.path}/tickets?date_from={since}&date_to={until}{grouping}"
