"""How long others wait while the heaviest report runs: a route that does nothing, asked all the time from another connection."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import msgspec

from bench.reports import NOTHING, PERCENTILES, TIMED, WHOLE_RANGES, Narrowed, Report, every_report, narrowings, ranges, target_of
from bench.results import Row, Table, Target
from bench.samples import Folder, Sample
from deskline.cli.bench.load import Ask, Plan, drive, percentiles
from deskline.cli.bench.processes import Program

ROUTE: Final = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
TARGET: Final = Target(number="p99 ms", below=20)
AROUND_SECONDS: Final = 1.0  # for which reports run longer than anybody looks


class Heavy(NamedTuple):
    """A report with filters and rows of a kind."""

    report: Report
    narrowed: Narrowed
    by: str


def measure(server: Program, folder: Folder, sample: Sample, seconds: float, count: int) -> Table:
    """GET /healthz, first by itself, then while the report that takes longest is asked for without a pause."""
    _, long = ranges(sample, count)
    _, together = narrowings(folder)
    candidates = list(_candidates(together[:1]))
    asks = [
        msgspec.structs.replace(folder.ask(target_of(each.report, *long[-1], each.narrowed, each.by), b""), kind=number)
        for number, each in enumerate(candidates)
    ]
    tried = drive(Plan(port=server.port, asks=asks, connections=1, seconds=120, count=len(asks), in_order=True))
    took = [max(tried.of_kind(number), default=0.0) for number in range(len(candidates))]
    heaviest = candidates[took.index(max(took))]
    asks = [folder.ask(target_of(heaviest.report, *days, heaviest.narrowed, heaviest.by), b"") for days in long[:-1]]
    rows = [Row("nothing else", percentiles(sorted(_look(server, seconds))))]
    with ThreadPoolExecutor(1) as threads:
        plan = Plan(port=server.port, asks=asks, connections=1, seconds=seconds + AROUND_SECONDS, in_order=True)
        running = threads.submit(drive, plan)
        waited = sorted(_look(server, seconds))
    numbers = percentiles(waited) | {"longest ms": waited[-1] * 1e3, "reports": running.result().requests}
    rows.append(Row("while the heaviest report runs", numbers, (TARGET,)))
    said = f"{heaviest.report.path} by {heaviest.by}, {heaviest.narrowed.name}, {long[-1][0]} to {long[-1][1]} ({max(took) * 1e3:.0f} ms)"
    return Table("The loop", f"GET /healthz at one connection, {seconds:g} s; the report is {said}.", rows)


def _candidates(together: list[Narrowed]) -> Iterator[Heavy]:
    """List what may take longest: each report by its smallest rows, with all filters and with none; heat maps; percentiles."""
    for report in every_report():
        shapes = ["day"] if report.path in WHOLE_RANGES else ["day", "hour"]
        if report.path not in ("backlog", *WHOLE_RANGES):
            shapes.append("weekday_hour")
        yield from (Heavy(report, narrowed, by) for narrowed in (NOTHING, *together) for by in shapes)
        if report.path in TIMED:
            yield Heavy(report, PERCENTILES, "hour")


def _look(server: Program, seconds: float) -> list[float]:
    return drive(Plan(port=server.port, asks=[Ask(ROUTE, b"")], connections=1, seconds=seconds, warm_seconds=seconds / 8)).in_order()
