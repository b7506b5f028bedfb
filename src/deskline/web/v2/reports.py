"""The endpoints under /reports/tickets: read the request, sum the facts, show the rows."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from deskline.domain import reports
from deskline.domain.calendar import local_day, whole
from deskline.domain.reports import Layout, Report
from deskline.storage import reports as stored
from deskline.storage.database import Reader
from deskline.storage.replicas import reported
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.routes import Handler
from deskline.web.v2 import asks, wire_reports
from deskline.web.v2.wire_reports import Json

# In days: what is laid out and shown on the event loop; beyond it, in a thread.
LONGEST_AT_ONCE = {None: 1_500, "hour": 62, "day": 1_500, "week": 10_000, "month": 40_000, "quarter": 40_000, "year": 40_000}


async def _at_once(work: Callable[..., Any], *values: object) -> Any:
    return work(*values)


def _rows(report: Report, show: Callable[[Any], Json]) -> Handler:
    """Make the handler of a report with a row for every slot of its range."""

    async def handler(request: Request) -> Answer:
        ask = asks.read_report(request.query, request.principal.zone, by_agent=report.by_agent)

        async def read(tx: Reader) -> tuple[Callable[..., Any], Layout, list[tuple[int, ...]]]:
            date_from, date_to = await _range(tx, request, ask.date_from, ask.date_to, ask.zone)
            # A thousand rows take about 1 ms to lay out and to show; more than a few thousand must not hold the event loop.
            place = _at_once if (date_to - date_from).days < LONGEST_AT_ONCE[ask.group_by] else asyncio.to_thread
            layout = await place(reports.slots, date_from, date_to, ask.group_by, ask.zone)
            sums = await stored.sum_facts(tx, report, layout.intervals, ask.wanted)
            return place, layout, sums

        (place, layout, sums), age = await reported(request.services.database, request.principal.account_id, read)
        answer = await place(lambda: json_answer(wire_reports.show_rows(reports.rows(report, layout, sums), show)))
        return _aged(answer, age)

    handler.__name__ = report.name
    handler.__doc__ = f"GET /reports/tickets/{report.name} → a row for every hour, day, week, month, quarter or year of the range."
    return handler


new_tickets = _rows(reports.NEW_TICKETS, wire_reports.show_new_tickets)
first_response_time = _rows(reports.FIRST_RESPONSE_TIME, wire_reports.show_durations)
solved_tickets = _rows(reports.SOLVED_TICKETS, wire_reports.show_solved_tickets)
resolution_time = _rows(reports.RESOLUTION_TIME, wire_reports.show_durations)
ticket_sources = _rows(reports.TICKET_SOURCES, wire_reports.show_sources)
ratings = _rows(reports.RATINGS, wire_reports.show_ratings)


async def ranking(request: Request) -> Answer:
    """GET /reports/tickets/ratings/ranking → `{"ranking":[…]}`, best first; its days are the account's."""
    zone = ZoneInfo(request.principal.zone)
    ask = asks.read_ranking(request.query, zone)

    async def read(tx: Reader) -> list[tuple[str, int, int]]:
        date_from, date_to = await _range(tx, request, ask.date_from, ask.date_to, zone)
        intervals = [(start, end) for _, start, end in whole(date_from, date_to, zone)]
        return await stored.count_ratings(tx, intervals, ask.wanted)

    counts, age = await reported(request.services.database, request.principal.account_id, read)
    return _aged(json_answer(wire_reports.show_ranking(reports.rank(counts))), age)


def _aged(answer: Answer, age: float | None) -> Answer:
    """Say how many seconds old the replica's state was that a report was read from."""
    if age is not None:
        answer.headers = ((b"deskline-replica-age", b"%.1f" % age),)
    return answer


async def _range(tx: Reader, request: Request, date_from: date | None, date_to: date | None, zone: ZoneInfo) -> tuple[date, date]:
    oldest = await stored.find_oldest(tx) if date_from is None else None
    today = local_day(request.services.clock(), zone)
    return reports.report_range(date_from, date_to, None if oldest is None else local_day(oldest, zone), today)
