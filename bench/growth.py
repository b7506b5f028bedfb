"""What a tenth of the tickets changes: the same reports over the same span, asked of both in turns."""

from collections.abc import Iterator
from statistics import median
from typing import Final

import msgspec

from bench.reports import Narrowed, Range, Report, both_of, every_report, narrowings, ranges, target_of
from bench.results import Row, Table, Target
from bench.samples import Folder, Sample
from deskline.cli.bench.load import Ask, Plan, drive
from deskline.cli.bench.processes import Program

TARGET: Final = Target(number="ratio", at_most=1.5)


def measure(large: Program, small: Program, folder: Folder, part: Folder, sample: Sample, count: int) -> Iterator[Table]:
    """GET /reports/tickets/… of both."""
    alone, _ = narrowings(folder)
    combined = list(both_of(alone, every_report()))
    note = (
        f"Medians of {count} ranges for each, none asked for twice; a tenth of the tickets, spread over the same days, is asked in turns."
    )
    for title, days in zip(("thirty days", "three years by day"), ranges(sample, count), strict=True):
        found: list[list[dict[int, list[float]]]] = [[], []]
        for each in days[:-1]:
            for number, (server, owner) in enumerate(((large, folder), (small, part))):
                found[number].append(_ask(server, owner, combined, each))
        rows = []
        for number, (report, values) in enumerate(combined):
            many, few = (median(seconds for turn in side for seconds in turn[number]) * 1e3 for side in found)
            rows.append(Row(f"{report.path}, {values[0].name}", {"p50 ms": many, "a tenth: p50 ms": few, "ratio": many / few}, (TARGET,)))
        yield Table(f"Reports against a tenth of the tickets, {title}", note, rows)


def _ask(server: Program, folder: Folder, combined: list[tuple[Report, list[Narrowed]]], days: Range) -> dict[int, list[float]]:
    asks = [
        msgspec.structs.replace(folder.ask(target_of(report, *days, values[0]), b""), kind=number)
        for number, (report, values) in enumerate(combined)
    ]
    first = Ask(asks[0].request, b"", len(asks))  # the first one on a connection, and after the other side's turn, is not counted
    plan = Plan(port=server.port, asks=[first, *asks], connections=1, seconds=120, count=len(asks) + 1, in_order=True)
    outcome = drive(plan)
    return {number: outcome.of_kind(number) for number in range(len(combined))}
