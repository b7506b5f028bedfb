"""The endpoints under /reports/tickets: read the request, sum the facts, show the rows."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from deskline.domain import reports
from deskline.domain.backlog import BACKLOG, row_ends
from deskline.domain.calendar import local_day, whole
from deskline.domain.openings import measured
from deskline.domain.reports import Backlog, Definition, GroupBy, Layout, Report
from deskline.domain.spreads import spreads
from deskline.storage import reports as stored
from deskline.storage.backlog import count_backlog
from deskline.storage.database import Reader
from deskline.storage.replicas import reported
from deskline.storage.spreads import list_seconds
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.routes import Handler
from deskline.web.v2 import asks, wire_reports
from deskline.web.v2.row_links import link_of
from deskline.web.v2.wire_reports import Json

# In days: what is laid out and shown on the event loop; beyond it, in a thread.
LONGEST_AT_ONCE = {None: 1_500, "hour": 62, "day": 1_500, "week": 10_000, "month": 40_000, "quarter": 40_000, "year": 40_000}


Days = tuple[date, date]


async def _at_once(work: Callable[..., Any], *values: object) -> Any:
    return work(*values)


def _rows(report: Report, show: Callable[[Any], Json]) -> Handler:
    """Make the handler of a report with a row for every slot of its range."""

    async def handler(request: Request) -> Answer:
        ask = asks.read_report(request.query, request.principal.zone, by_agent=report.by_agent)
        defined = report.defined(ask.definition)
        is_spread = ask.percentiles and measured(defined) is not None

        async def read(tx: Reader) -> tuple[Days, Layout, list[tuple[int, ...]], list[str | None]]:
            days = await settle_range(tx, request, ask)
            layout = await lay_out(days, ask)
            sums = await stored.sum_facts(tx, defined, layout.intervals, ask.wanted)
            return days, layout, sums, await list_seconds(tx, defined, layout.intervals, ask.wanted) if is_spread else []

        (days, layout, sums, seconds), age = await reported(request.services.database, request.principal.account_id, read)

        def shown() -> Answer:
            rows = reports.rows(defined, layout, sums)
            if ask.explain:
                link = link_of(request, *days, reports.group_of(*days, ask.group_by), len(rows))
                answer = wire_reports.show_explained(rows, show, link)
            else:
                answer = wire_reports.show_rows(rows, show)
            return json_answer(wire_reports.add_spreads(answer, spreads(layout, seconds)) if is_spread else answer)

        # A median is of every ticket: a million of them take most of a second to sort.
        place = asyncio.to_thread if is_spread else place_of(days, ask.group_by)
        return told(await place(shown), report, ask.definition, age)

    handler.__name__ = report.name
    handler.__doc__ = f"GET /reports/tickets/{report.name} → a row for every hour, day, week, month, quarter or year of the range."
    return handler


new_tickets = _rows(reports.NEW_TICKETS, wire_reports.show_new_tickets)
first_response_time = _rows(reports.FIRST_RESPONSE_TIME, wire_reports.show_durations)
solved_tickets = _rows(reports.SOLVED_TICKETS, wire_reports.show_solved_tickets)
resolution_time = _rows(reports.RESOLUTION_TIME, wire_reports.show_durations)
reopened_tickets = _rows(reports.REOPENED_TICKETS, wire_reports.show_reopened_tickets)
next_response_time = _rows(reports.NEXT_RESPONSE_TIME, wire_reports.show_durations)
messages = _rows(reports.MESSAGES, wire_reports.show_messages)
ticket_sources = _rows(reports.TICKET_SOURCES, wire_reports.show_sources)
ratings = _rows(reports.RATINGS, wire_reports.show_ratings)


async def backlog(request: Request) -> Answer:
    """GET /reports/tickets/backlog → how many tickets were open and pending at the end of each row, or are now."""
    ask = asks.read_report(request.query, request.principal.zone, by_agent=True)

    async def read(tx: Reader) -> tuple[Days, Layout, list[Backlog]]:
        days = await settle_range(tx, request, ask)
        layout = await lay_out(days, ask)
        return days, layout, await count_backlog(tx, row_ends(layout, request.services.clock()), ask.wanted)

    (days, layout, counted), age = await reported(request.services.database, request.principal.account_id, read)

    def shown() -> Answer:
        rows = list(zip(layout.rows, counted, strict=True))
        if not ask.explain:
            return json_answer(wire_reports.show_rows(rows, wire_reports.show_backlog))
        link = link_of(request, *days, reports.group_of(*days, ask.group_by), len(rows))
        return json_answer(wire_reports.show_explained(rows, wire_reports.show_backlog, link))

    return told(await place_of(days, ask.group_by)(shown), BACKLOG, ask.definition, age)


async def ranking(request: Request) -> Answer:
    """GET /reports/tickets/ratings/ranking → `{"ranking":[…]}`, best first; its days are the account's."""
    zone = ZoneInfo(request.principal.zone)
    ask = asks.read_ranking(request.query, zone)

    async def read(tx: Reader) -> tuple[Days, list[tuple[str, int, int]]]:
        days = await settle_range(tx, request, ask)
        return days, await stored.count_ratings(tx, whole_range(days, zone), ask.wanted)

    (days, counts), age = await reported(request.services.database, request.principal.account_id, read)
    ranked = reports.rank(counts)
    link = link_of(request, *days, None, len(ranked)) if ask.explain else None
    return told(json_answer(wire_reports.show_ranking(ranked, link)), reports.RANKING, ask.definition, age)


def told(answer: Answer, report: Report, definition: Definition, age: float | None) -> Answer:
    """Say by which definition a report counts, and how many seconds old the replica's state was that it was read from."""
    headers = [(b"deskline-definition", definition.encode())] if report.definitions else []
    if age is not None:
        headers.append((b"deskline-replica-age", b"%.1f" % age))
    answer.headers = tuple(headers)
    return answer


async def settle_range(tx: Reader, request: Request, ask: asks.ReportAsk) -> Days:
    """Settle the days of a report, which may begin with the account's oldest ticket and end today."""
    oldest = await stored.find_oldest(tx) if ask.date_from is None else None
    today = local_day(request.services.clock(), ask.zone)
    return reports.report_range(ask.date_from, ask.date_to, None if oldest is None else local_day(oldest, ask.zone), today)


def place_of(days: Days, group_by: GroupBy | None) -> Callable[..., Awaitable[Any]]:
    """Say where to lay out and show a range: a thousand rows take about 1 ms; more than a few must not hold the event loop."""
    return _at_once if (days[1] - days[0]).days < LONGEST_AT_ONCE[group_by] else asyncio.to_thread


async def lay_out(days: Days, ask: asks.ReportAsk) -> Layout:
    """Lay out the rows of a range."""
    layout: Layout = await place_of(days, ask.group_by)(reports.slots, *days, ask.group_by, ask.zone)
    return layout


def whole_range(days: Days, zone: ZoneInfo) -> list[tuple[int, int]]:
    """List the intervals of a whole range, nearly always one."""
    return [(start, end) for _, start, end in whole(*days, zone)]
