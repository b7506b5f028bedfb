"""The endpoints under /reports/tickets/<report>/tickets: which tickets a row of a report is made of."""

import asyncio
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from deskline.domain import reports
from deskline.domain.backlog import BACKLOG, row_ends
from deskline.domain.openings import Opened
from deskline.domain.reports import Backlog, Report
from deskline.errors import InvalidError
from deskline.storage.backlog import open_backlog
from deskline.storage.database import Reader
from deskline.storage.openings import open_row
from deskline.storage.replicas import reported
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.routes import Handler
from deskline.web.v2 import asks, wire_reports
from deskline.web.v2.asks import ReportAsk, RowAsk
from deskline.web.v2.reports import lay_out, place_of, settle_range, told, whole_range
from deskline.web.v2.wire_openings import show_opened
from deskline.web.v2.wire_reports import Json


def _opening(report: Report, show: Callable[[Any], Json]) -> Handler:
    """Make the handler that opens a row of a report, by its key; without one, all of its range."""

    async def handler(request: Request) -> Answer:
        row = asks.read_row(request.query)
        ask = asks.read_report(request.query, request.principal.zone, by_agent=report.by_agent)

        async def read(tx: Reader) -> Opened:
            days = await settle_range(tx, request, ask)
            if row.key is None:
                intervals = whole_range(days, ask.zone)
            else:
                intervals = await place_of(days, ask.group_by)((await lay_out(days, ask)).intervals_of, row.key)
            return await open_row(tx, report, ask.definition, intervals, ask.wanted, row.page)

        return await _answer(request, report, ask, row, show, read)

    handler.__name__ = report.name
    handler.__doc__ = f"GET /reports/tickets/{report.name}/tickets → the tickets behind a row, 25 a page, and their sum."
    return handler


new_tickets = _opening(reports.NEW_TICKETS, wire_reports.show_new_tickets)
first_response_time = _opening(reports.FIRST_RESPONSE_TIME, wire_reports.show_durations)
solved_tickets = _opening(reports.SOLVED_TICKETS, wire_reports.show_solved_tickets)
resolution_time = _opening(reports.RESOLUTION_TIME, wire_reports.show_durations)
reopened_tickets = _opening(reports.REOPENED_TICKETS, wire_reports.show_reopened_tickets)
next_response_time = _opening(reports.NEXT_RESPONSE_TIME, wire_reports.show_durations)
messages = _opening(reports.MESSAGES, wire_reports.show_messages)
ticket_sources = _opening(reports.TICKET_SOURCES, wire_reports.show_sources)
ratings = _opening(reports.RATINGS, wire_reports.show_ratings)


async def backlog(request: Request) -> Answer:
    """GET /reports/tickets/backlog/tickets → the tickets that were open or pending at the end of a row; without one, of the last."""
    row = asks.read_row(request.query)
    ask = asks.read_report(request.query, request.principal.zone, by_agent=True)

    async def read(tx: Reader) -> tuple[Backlog, Opened]:
        layout = await lay_out(await settle_range(tx, request, ask), ask)
        ends = row_ends(layout, request.services.clock())
        number = len(ends) - 1 if row.key is None else layout.number_of(row.key)
        return await open_backlog(tx, ends[number], ask.wanted, row.page)

    (counted, opened), age = await reported(request.services.database, request.principal.account_id, read)
    shown = wire_reports.show_backlog(counted)
    answer = await asyncio.to_thread(lambda: json_answer(show_opened(BACKLOG, ask.definition, row, opened, shown)))
    return told(answer, BACKLOG, ask.definition, age)


async def ranking(request: Request) -> Answer:
    """GET /reports/tickets/ratings/ranking/tickets → the ratings behind an agent's place (`row` is the login), or behind all."""
    zone = ZoneInfo(request.principal.zone)
    row = asks.read_row(request.query)
    ask = asks.read_ranking(request.query, zone)

    async def read(tx: Reader) -> Opened:
        days = await settle_range(tx, request, ask)
        wanted = ask.wanted if row.key is None else msgspec.structs.replace(ask.wanted, agents=(row.key,))
        opened = await open_row(tx, reports.RANKING, ask.definition, whole_range(days, zone), wanted, row.page)
        if row.key is not None and not opened.total:
            raise InvalidError(f"row: {row.key!r} is nobody in this ranking; accepted is the login of an agent who is, its `name`")
        return opened

    return await _answer(request, reports.RANKING, ask, row, wire_reports.show_ratings, read)


async def _answer(
    request: Request, report: Report, ask: ReportAsk, row: RowAsk, show: Callable[[Any], Json], read: Callable[[Reader], Any]
) -> Answer:
    opened, age = await reported(request.services.database, request.principal.account_id, read)
    values = report.values(*(opened.sums[name] for name in report.defined(ask.definition).sums))
    # A page of tickets with long lives takes milliseconds to spell.
    answer = await asyncio.to_thread(lambda: json_answer(show_opened(report, ask.definition, row, opened, show(values))))
    return told(answer, report, ask.definition, age)
