"""The endpoints under /reports/tickets: read the request, sum the facts, show the rows."""

import asyncio
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from deskline.domain import reports
from deskline.domain.backlog import BACKLOG, row_ends
from deskline.domain.calendar import parts_of
from deskline.domain.openings import measured
from deskline.domain.reports import Ranked, Report, Slot
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
from deskline.web.v2.asks import ReportAsk
from deskline.web.v2.report_files import Tabulate, list_file, rows_file
from deskline.web.v2.report_ranges import Days, lay_out, place_of, settle_range, told, whole_range
from deskline.web.v2.row_links import link_of
from deskline.web.v2.wire_reports import Json


def _answering(report: Report, doc: str, tabulate: Tabulate) -> Handler:
    """Make the handler of a report whose rows are slots of its range."""

    async def handler(request: Request) -> Answer:
        ask = asks.read_report(request.query, request.principal.zone, report)
        if ask.format is not None:
            return await rows_file(request, report, ask, tabulate)

        async def read(tx: Reader) -> tuple[Days, Callable[[], Json]]:
            days = await settle_range(tx, request, ask)
            return days, await tabulate(tx, request, days, ask)

        (days, shown), age = await reported(request.services.database, request.principal.account_id, read)
        # A median is of every ticket: a million of them take most of a second to sort.
        place = asyncio.to_thread if ask.percentiles else place_of(days, ask.group_by)
        return told(await place(lambda: json_answer(shown())), report, ask.definition, age)

    handler.__name__ = report.name
    handler.__doc__ = f"GET /reports/tickets/{report.name} → {doc}"
    return handler


def _rows(report: Report) -> Handler:
    """Make the handler of a report whose rows are sums of facts in their slots."""

    async def tabulate(tx: Reader, request: Request, days: Days, ask: ReportAsk) -> Callable[[], Json]:
        defined = report.defined(ask.definition)
        is_spread = ask.percentiles and measured(defined) is not None
        if ask.group_by == "weekday_hour" and not is_spread:
            reports.refuse_too_many(*days, ask.group_by)
            week = await stored.sum_week(tx, defined, parts_of(*days, ask.zone), ask.wanted)
            if week is not None:
                return lambda: _shown(request, days, ask, report, reports.week_rows(defined, week))
        layout = await lay_out(days, ask)
        sums = await stored.sum_facts(tx, defined, layout.intervals, ask.wanted)
        seconds = await list_seconds(tx, defined, layout.intervals, ask.wanted) if is_spread else ()

        def shown() -> Json:
            answer = _shown(request, days, ask, report, reports.rows(defined, layout, sums))
            return wire_reports.add_spreads(answer, spreads(layout, seconds)) if is_spread else answer

        return shown

    return _answering(report, "a row for every hour, day, week, month, quarter or year of the range, or hour of the week.", tabulate)


def _shown(request: Request, days: Days, ask: ReportAsk, report: Report, rows: list[tuple[Slot, Any]]) -> Json:
    """Spell rows, explained where that was asked for."""
    show = wire_reports.SHOW[report.name]
    if not ask.explain:
        return wire_reports.show_rows(rows, show)
    return wire_reports.show_explained(rows, show, link_of(request, *days, reports.group_of(*days, ask.group_by), len(rows)))


new_tickets = _rows(reports.NEW_TICKETS)
first_response_time = _rows(reports.FIRST_RESPONSE_TIME)
solved_tickets = _rows(reports.SOLVED_TICKETS)
resolution_time = _rows(reports.RESOLUTION_TIME)
reopened_tickets = _rows(reports.REOPENED_TICKETS)
next_response_time = _rows(reports.NEXT_RESPONSE_TIME)
messages = _rows(reports.MESSAGES)
ticket_sources = _rows(reports.TICKET_SOURCES)
ratings = _rows(reports.RATINGS)


async def _tabulate_backlog(tx: Reader, request: Request, days: Days, ask: ReportAsk) -> Callable[[], Json]:
    layout = await lay_out(days, ask)
    counted = await count_backlog(tx, row_ends(layout, request.services.clock()), ask.wanted)
    return lambda: _shown(request, days, ask, BACKLOG, list(zip(layout.rows, counted, strict=True)))


backlog = _answering(BACKLOG, "how many tickets were open and pending at the end of each row, or are now.", _tabulate_backlog)


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
    shown = wire_reports.show_ranking(ranked, link)
    if ask.format == "csv":
        columns = (*Ranked.__struct_fields__, *(("count", "tickets") if ask.explain else ()))
        return told(list_file(reports.RANKING.name, days, columns, shown["ranking"]), reports.RANKING, ask.definition, age)
    return told(json_answer(shown), reports.RANKING, ask.definition, age)
