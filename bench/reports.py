"""Reports: each of the seven over about three years by day, and over thirty days; no request is sent twice."""

import datetime as dt
import json
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import apsw

from bench.results import Row, Table, Target
from bench.samples import Folder, Sample, looking, value
from deskline.cli.bench.load import LoadError, Plan, drive, percentiles
from deskline.cli.bench.processes import Program, fetch

YEARS_DAYS: Final = 3 * 365
MONTH_DAYS: Final = 30


class Report(NamedTuple):
    """A report, the kinds of facts it counts, and the fields of its rows that add up to their number (none: not all are shown)."""

    path: str
    kinds: str
    fields: tuple[str, ...]


REPORTS: Final = (
    Report("new_tickets", "1, 2, 3, 4", ("new_tickets",)),
    Report("first_response_time", "5", ("count",)),
    Report("solved_tickets", "6, 11", ("solved_tickets",)),
    Report("resolution_time", "6, 11", ("count",)),
    Report("ticket_sources", "1, 2, 3", ()),
    Report("ratings", "7, 8", ("bad", "good")),
    Report("ratings/ranking", "7, 8", ()),
)


def measure(ours: Program, folder: Folder, sample: Sample, count: int, *, times: float = 1) -> list[Table]:
    """GET /reports/tickets/…, one request after the other."""
    last = dt.datetime.fromtimestamp(sample.last / 1_000, sample.zone).date()
    # From the whole span on, each range is a day shorter at one end or moved by a day: as much work, never the same.
    long = [(last - dt.timedelta(days=YEARS_DAYS - 1 + n // 2), last - dt.timedelta(days=(n + 1) // 2)) for n in range(count + 1)]
    short = [(last - dt.timedelta(days=MONTH_DAYS - 1 + 7 * n), last - dt.timedelta(days=7 * n)) for n in range(count + 1)]
    return [
        _table(ours, folder, "Reports, three years by day", long, Target(number="p95 ms", below=15 * times)),
        _table(ours, folder, "Reports, thirty days", short, Target(number="p95 ms", below=5 * times)),
    ]


def _table(ours: Program, folder: Folder, title: str, ranges: list[tuple[dt.date, dt.date]], target: Target) -> Table:
    rows = []
    for report in REPORTS:
        _check(ours, folder, report, *ranges[-1])
        asks = [folder.ask(_target(report, *each), b"") for each in ranges[:-1]]
        plan = Plan(port=ours.port, asks=asks, connections=1, seconds=120, count=len(asks), in_order=True)
        before = ours.cpu_seconds()
        latencies = sorted(drive(plan).in_order())
        used = ours.cpu_seconds() - before
        rows.append(Row(report.path, percentiles(latencies) | {"CPU µs": used / len(latencies) * 1e6}, (target,)))
    return Table(title, f"One connection, {len(ranges) - 1} ranges for each report, none asked for twice.", rows)


def _target(report: Report, since: dt.date, until: dt.date) -> str:
    grouping = "" if report.path == "ratings/ranking" else "&group_by=day"
    return f"/reports/tickets/{report.path}?date_from={since}&date_to={until}{grouping}"


def _check(ours: Program, folder: Folder, report: Report, since: dt.date, until: dt.date) -> None:
    """Make sure that a report's rows add up to what SQL counts. Raises LoadError. (The tests check more; this is against idle answers.)"""
    answer = json.loads(fetch(ours.port, _target(report, since, until), folder.headers))
    if not answer:
        raise LoadError(f"{_target(report, since, until)}: the answer is empty")
    if report.fields:
        summed = sum(row[field] for row in answer.values() for field in report.fields)
        with looking(folder) as connection:
            counted = _count(connection, report.kinds, since, until)
        if summed != counted:
            raise LoadError(f"{_target(report, since, until)}: the rows add up to {summed}, SQL counts {counted}")


def _count(connection: apsw.Connection, kinds: str, since: dt.date, until: dt.date) -> int:
    zone = value(connection, "SELECT zone FROM account")
    start, end = (
        int(dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).timestamp() * 1_000) for day in (since, until + dt.timedelta(days=1))
    )
    return int(value(connection, f"SELECT count(*) FROM fact WHERE kind IN ({kinds}) AND at >= ? AND at < ?", start, end))
