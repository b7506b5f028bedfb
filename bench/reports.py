"""Reports: each of the seven over about three years by day, and over thirty days; no request is sent twice."""

import datetime as dt
import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import apsw

from bench.results import Row, Table, Target
from bench.samples import Folder, Sample, looking, value
from bench.turns import Series, in_order
from deskline.cli.bench.load import LoadError, Plan, drive, percentiles
from deskline.cli.bench.processes import Program, ProgramError, fetch
from deskline.web.v2.routes import ROUTES

PREFIX: Final = "/reports/tickets/"
YEARS_DAYS: Final = 3 * 365
MONTH_DAYS: Final = 30

Range = tuple[dt.date, dt.date]


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


class Narrowed(NamedTuple):
    """A filter of reports: its parameters, and what of the facts it leaves, in SQL over `f`."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    condition: str
    values: tuple[object, ...]


NOTHING: Final = Narrowed("no filter", (), "1", ())
WITHOUT_AGENT: Final = ("new_tickets", "ticket_sources", "ratings/ranking")  # these take no notice of an agent
SEVERAL: Final = "tag, group, agent"
WHOLE_RANGES: Final = ("ratings/ranking", "agents", "groups", "tags")  # these have no rows by time
TIMED: Final = ("first_response_time", "next_response_time", "resolution_time")
PERCENTILES: Final = Narrowed("percentiles", (("percentiles", "1"),), "1", ())


def measure(ours: Program, folder: Folder, sample: Sample, count: int, *, times: float = 1) -> list[Table]:
    """GET /reports/tickets/…, one request after the other."""
    short, long = ranges(sample, count)
    return [
        _table(ours, folder, "Reports, three years by day", long, Target(number="p95 ms", below=15 * times)),
        _table(ours, folder, "Reports, thirty days", short, Target(number="p95 ms", below=5 * times)),
    ]


def ranges(sample: Sample, count: int) -> tuple[list[tuple[dt.date, dt.date]], list[tuple[dt.date, dt.date]]]:
    """List ranges of thirty days, and of nearly all days: one more of each than is counted, none twice."""
    last = dt.datetime.fromtimestamp(sample.last / 1_000, sample.zone).date()
    # From the whole span on, each range is a day shorter at one end or moved by a day: as much work, never the same.
    long = [(last - dt.timedelta(days=YEARS_DAYS - 1 + n // 2), last - dt.timedelta(days=(n + 1) // 2)) for n in range(count + 1)]
    short = [(last - dt.timedelta(days=MONTH_DAYS - 1 + 7 * n), last - dt.timedelta(days=7 * n)) for n in range(count + 1)]
    return short, long


def narrowings(folder: Folder) -> tuple[list[list[Narrowed]], list[Narrowed]]:
    """Choose the most frequent values: of no filter and of each filter alone some, and then some of all three together."""
    with looking(folder) as connection:
        tags, groups, agents = ([each for (each,) in connection.execute(statement)] for statement in _FREQUENT)
    of_tag, of_group = (f"EXISTS (SELECT 1 FROM {table} s WHERE s.ticket_key = f.ticket_key AND s.{noun} = ?)" for table, noun in _SETS)
    alone = [
        [NOTHING],
        [Narrowed("tag", (("tag[]", tag),), of_tag, (tag,)) for tag in tags],
        [Narrowed("group", (("group", str(group)),), of_group, (group,)) for group in groups],
        [Narrowed("agent", (("agent", agent),), "f.agent = ?", (agent,)) for agent in agents],
    ]
    together = [
        Narrowed(
            SEVERAL,
            tuple(parameter for each in combined for parameter in each.parameters),
            " AND ".join(each.condition for each in combined),
            tuple(value for each in combined for value in each.values),
        )
        for combined in zip(*alone[1:], strict=False)
    ]
    return [each for each in alone if each], together


_FREQUENT: Final = (
    "SELECT tag FROM ticket_tag GROUP BY 1 ORDER BY count(*) DESC LIMIT 3",
    "SELECT group_id FROM ticket_group GROUP BY 1 ORDER BY count(*) DESC LIMIT 3",
    "SELECT assignee FROM ticket WHERE assignee <> '' GROUP BY 1 ORDER BY count(*) DESC LIMIT 3",
)
_SETS: Final = (("ticket_tag", "tag"), ("ticket_group", "group_id"))


def measure_filtered(ours: Program, folder: Folder, sample: Sample, count: int, *, times: float = 1) -> Iterator[Table]:
    """The same with no filter and with each alone, then with all together."""
    alone, together = narrowings(folder)
    short, long = ranges(sample, count)
    note = f"One connection, {count} ranges for each, none asked for twice; the most frequent values in turns. Sums are what SQL counts."
    wrong: list[str] = []
    combined = list(both_of(alone, every_report()))
    for title, days, most in (("Reports by one filter, three years by day", long, 20), ("Reports by one filter, thirty days", short, 5)):
        yield _filtered(ours, folder, combined, days, Table(title, note, []), most * times, wrong)
    combined = list(both_of([together], every_report()))
    table = Table("Reports by tag, group and agent together, three years by day", note, [])
    yield _filtered(ours, folder, combined, long, table, 200 * times, wrong)
    yield _shaped(ours, folder, long, Table("Reports by hour of the week, and with percentiles, three years", note, []), 20 * times, wrong)
    if wrong:
        raise LoadError("; ".join(wrong))


def _shaped(ours: Program, folder: Folder, days: list[Range], table: Table, most: float, wrong: list[str]) -> Table:
    """Fill a table with rows of other shapes: a heat map of each report that has one, and percentiles by day."""
    target = Target(number="p95 ms", below=most)
    maps = [(report, NOTHING, "weekday_hour") for report in every_report() if report.path not in ("backlog", *WHOLE_RANGES)]
    timed = [(report, PERCENTILES, "day") for report in every_report() if report.path in TIMED]
    series = []
    for report, narrowed, by in (*maps, *timed):
        steps = [[folder.ask(target_of(report, *each, narrowed, by), b"")] for each in days[:-1]]
        series.append(Series(f"{report.path}, {narrowed.name}, by {by}", steps, target))
    table.rows.extend(in_order(ours, series, wrong))
    return table


Combined = tuple[Report, list[Narrowed]]


def every_report() -> list[Report]:
    """List the seven, then whatever other reports there are: their sums are not known here."""
    known = {report.path for report in REPORTS}
    paths = (route.path.removeprefix(PREFIX) for route in ROUTES if route.method == "GET" and route.path.startswith(PREFIX))
    return [*REPORTS, *(Report(path, "", ()) for path in paths if path not in known and not path.endswith("/tickets"))]


def both_of(filters: list[list[Narrowed]], reports: Sequence[Report] = REPORTS) -> Iterator[Combined]:
    """Pair each report with each filter that it takes notice of."""
    for report in reports:
        for values in filters:
            if values and not ("agent" in values[0].name and report.path in WITHOUT_AGENT):
                yield report, values


def _filtered(
    ours: Program, folder: Folder, combined: Sequence[Combined], days: list[Range], table: Table, most: float, wrong: list[str]
) -> Table:
    """Fill a table; what is wrong is gathered, so that the rest is measured."""
    target = Target(number="p95 ms", below=most)
    series = []
    for report, values in combined:
        try:
            _check(ours, folder, report, *days[-1], values[0])
        except (LoadError, ProgramError) as error:
            wrong.append(str(error))
        asked = zip(days[:-1], itertools.cycle(values), strict=False)
        steps = [[folder.ask(target_of(report, *each, narrowed), b"")] for each, narrowed in asked]
        series.append(Series(f"{report.path}, {values[0].name}", steps, target))
    table.rows.extend(in_order(ours, series, wrong))
    return table


def _table(ours: Program, folder: Folder, title: str, days: list[Range], target: Target) -> Table:
    rows = []
    for report in REPORTS:
        _check(ours, folder, report, *days[-1], NOTHING)
        asks = [folder.ask(target_of(report, *each), b"") for each in days[:-1]]
        plan = Plan(port=ours.port, asks=asks, connections=1, seconds=120, count=len(asks), in_order=True)
        before = ours.cpu_seconds()
        latencies = sorted(drive(plan).in_order())
        used = ours.cpu_seconds() - before
        rows.append(Row(report.path, percentiles(latencies) | {"CPU µs": used / len(latencies) * 1e6}, (target,)))
    return Table(title, f"One connection, {len(days) - 1} ranges for each report, none asked for twice.", rows)


def target_of(report: Report, since: dt.date, until: dt.date, narrowed: Narrowed = NOTHING, by: str = "day") -> str:
    """The request's path and query."""
    grouping = () if report.path in WHOLE_RANGES else (("group_by", by),)
    query = urlencode([("date_from", since), ("date_to", until), *grouping, *narrowed.parameters])
    return f"/reports/tickets/{report.path}?{query}"


def _check(ours: Program, folder: Folder, report: Report, since: dt.date, until: dt.date, narrowed: Narrowed) -> None:
    """Make sure that a report's rows add up to what SQL counts. Raises LoadError. (The tests check more; this is against idle answers.)"""
    target = target_of(report, since, until, narrowed)
    answer = json.loads(fetch(ours.port, target, folder.headers))
    if not answer:
        raise LoadError(f"{target}: the answer is empty")
    if report.fields:
        summed = sum(row[field] for row in answer.values() for field in report.fields)
        with looking(folder) as connection:
            counted = _count(connection, report.kinds, since, until, narrowed)
        if summed != counted:
            raise LoadError(f"{target}: the rows add up to {summed}, SQL counts {counted}")


def _count(connection: apsw.Connection, kinds: str, since: dt.date, until: dt.date, narrowed: Narrowed) -> int:
    zone = value(connection, "SELECT zone FROM account")
    start, end = (
        int(dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).timestamp() * 1_000) for day in (since, until + dt.timedelta(days=1))
    )
    statement = f"SELECT count(*) FROM fact f WHERE f.kind IN ({kinds}) AND f.at >= ? AND f.at < ? AND {narrowed.condition}"
    return int(value(connection, statement, start, end, *narrowed.values))
