"""The endpoints under /reports/tickets/<report>/tickets: which tickets a row of a report is made of."""

import asyncio
from collections.abc import Awaitable, Callable
from zoneinfo import ZoneInfo

import msgspec

from deskline.domain import reports
from deskline.domain.backlog import BACKLOG, row_ends
from deskline.domain.openings import Opened, opened_by
from deskline.domain.reports import Backlog, Report, ReportFilter
from deskline.domain.rollups import Interval
from deskline.errors import InvalidError
from deskline.storage.backlog import count_row as count_backlog_row
from deskline.storage.backlog import open_backlog, walk_backlog
from deskline.storage.database import Reader
from deskline.storage.openings import count_row, open_row, walk_row
from deskline.storage.replicas import reported
from deskline.storage.reports import sum_facts
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.routes import Handler
from deskline.web.v2 import asks, wire_reports
from deskline.web.v2.asks import ReportAsk, RowAsk
from deskline.web.v2.report_files import Walked, parts_file
from deskline.web.v2.report_ranges import lay_out, place_of, settle_range, told, whole_range
from deskline.web.v2.wire_openings import show_opened
from deskline.web.v2.wire_reports import SHOW, Json

Locate = Callable[[Reader, Request, ReportAsk, RowAsk], Awaitable[tuple[list[Interval], ReportFilter]]]
"""Tells which intervals a row is of, and what its parts are narrowed by. Raises InvalidError where there is no row of that key."""


FindEnd = Callable[[Reader, Request, ReportAsk, RowAsk], Awaitable[tuple[int | None, ReportFilter]]]
"""Tells at which instant the backlog of a row is, and what its tickets are narrowed by. Raises as Locate."""


def _opening(report: Report) -> Handler:
    """Make the handler that opens a row of a report, by its key; without one, all of its range."""

    async def handler(request: Request) -> Answer:
        row = asks.read_row(request.query)
        ask = asks.read_report(request.query, request.principal.zone, report)
        return await open_answer(request, report, ask, row, _locate)

    handler.__name__ = report.name
    handler.__doc__ = f"GET /reports/tickets/{report.name}/tickets → the tickets behind a row, 25 a page, and their sum."
    return handler


async def _locate(tx: Reader, request: Request, ask: ReportAsk, row: RowAsk) -> tuple[list[Interval], ReportFilter]:
    days = await settle_range(tx, request, ask)
    if row.key is None:
        return whole_range(days, ask.zone), ask.wanted
    return await place_of(days, ask.group_by)((await lay_out(days, ask)).intervals_of, row.key), ask.wanted


new_tickets = _opening(reports.NEW_TICKETS)
first_response_time = _opening(reports.FIRST_RESPONSE_TIME)
solved_tickets = _opening(reports.SOLVED_TICKETS)
resolution_time = _opening(reports.RESOLUTION_TIME)
reopened_tickets = _opening(reports.REOPENED_TICKETS)
next_response_time = _opening(reports.NEXT_RESPONSE_TIME)
messages = _opening(reports.MESSAGES)
ticket_sources = _opening(reports.TICKET_SOURCES)
ratings = _opening(reports.RATINGS)


async def backlog(request: Request) -> Answer:
    """GET /reports/tickets/backlog/tickets → the tickets that were open or pending at the end of a row; without one, of the last."""
    row = asks.read_row(request.query)
    ask = asks.read_report(request.query, request.principal.zone, BACKLOG)
    return await open_backlog_answer(request, ask, row, _find_end)


async def _find_end(tx: Reader, request: Request, ask: ReportAsk, row: RowAsk) -> tuple[int | None, ReportFilter]:
    layout = await lay_out(await settle_range(tx, request, ask), ask)
    ends = row_ends(layout, request.services.clock())
    return ends[len(ends) - 1 if row.key is None else layout.number_of(row.key)], ask.wanted


async def open_backlog_answer(request: Request, ask: ReportAsk, row: RowAsk, find_end: FindEnd) -> Answer:
    """Answer with the tickets that were there at an instant: a page of them, or a file."""

    async def walk(tx: Reader) -> Walked:
        end, wanted = await find_end(tx, request, ask, row)
        counted, opened = await count_backlog_row(tx, end, wanted)
        return opened, wire_reports.show_backlog(counted), walk_backlog(tx, end, wanted)

    async def read(tx: Reader) -> tuple[Backlog, Opened]:
        end, wanted = await find_end(tx, request, ask, row)
        return await open_backlog(tx, end, wanted, row.page)

    if ask.format is not None:
        return await parts_file(request, BACKLOG, ask, row, walk)
    (counted, opened), age = await reported(request.services.database, request.principal.account_id, read)
    shown = wire_reports.show_backlog(counted)
    answer = await asyncio.to_thread(lambda: json_answer(show_opened(BACKLOG, ask.definition, row, opened, shown)))
    return told(answer, BACKLOG, ask.definition, age)


async def ranking(request: Request) -> Answer:
    """GET /reports/tickets/ratings/ranking/tickets → the ratings behind an agent's place (`row` is the login), or behind all."""
    row = asks.read_row(request.query)
    ask = asks.read_ranking(request.query, ZoneInfo(request.principal.zone))
    return await open_answer(request, reports.RANKING, ask, row, _locate_ranked)


async def _locate_ranked(tx: Reader, request: Request, ask: ReportAsk, row: RowAsk) -> tuple[list[Interval], ReportFilter]:
    intervals = whole_range(await settle_range(tx, request, ask), ask.zone)
    if row.key is None:
        return intervals, ask.wanted
    wanted = msgspec.structs.replace(ask.wanted, agents=(row.key,))
    if not any(map(any, await sum_facts(tx, reports.RANKING, intervals, wanted))):
        raise InvalidError(f"row: {row.key!r} is nobody in this ranking; accepted is the login of an agent who is, its `name`")
    return intervals, wanted


async def open_answer(request: Request, report: Report, ask: ReportAsk, row: RowAsk, locate: Locate) -> Answer:
    """Answer with what a row of a report is made of: a page of it, or a file."""
    names = report.defined(ask.definition).sums

    def values_of(opened: Opened) -> Json:
        return SHOW[report.name](report.values(*(opened.sums[name] for name in names)))

    async def walk(tx: Reader) -> Walked:
        intervals, wanted = await locate(tx, request, ask, row)
        by = opened_by(report, ask.definition)
        opened, counted = await count_row(tx, by, intervals, wanted)
        return opened, values_of(opened), walk_row(tx, by, counted, wanted)

    async def read(tx: Reader) -> Opened:
        intervals, wanted = await locate(tx, request, ask, row)
        return await open_row(tx, report, ask.definition, intervals, wanted, row.page)

    if ask.format is not None:
        return await parts_file(request, report, ask, row, walk)
    opened, age = await reported(request.services.database, request.principal.account_id, read)
    # A page of tickets with long lives takes milliseconds to spell.
    answer = await asyncio.to_thread(lambda: json_answer(show_opened(report, ask.definition, row, opened, values_of(opened))))
    return told(answer, report, ask.definition, age)
