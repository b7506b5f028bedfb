"""What all reports of the API have in common: the days they are of, where their rows are made, and what is said of an answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from deskline.domain import reports
from deskline.domain.calendar import local_day, whole
from deskline.domain.reports import Definition, GroupBy, Layout, Report
from deskline.storage import reports as stored
from deskline.storage.database import Reader
from deskline.web.requests import Request
from deskline.web.responses import Answer, Header
from deskline.web.v2.asks import ReportAsk

# In days: what is laid out and shown on the event loop; beyond it, in a thread.
_BY_MONTHS: Mapping[GroupBy | None, int] = {"month": 40_000, "quarter": 40_000, "year": 40_000}
LONGEST_AT_ONCE = {None: 1_500, "hour": 62, "weekday_hour": 62, "day": 1_500, "week": 10_000, **_BY_MONTHS}

Days = tuple[date, date]


async def _at_once(work: Callable[..., Any], *values: object) -> Any:
    return work(*values)


async def settle_range(tx: Reader, request: Request, ask: ReportAsk) -> Days:
    """Settle the days of a report, which may begin with the account's oldest ticket and end today."""
    oldest = await stored.find_oldest(tx) if ask.date_from is None else None
    today = local_day(request.services.clock(), ask.zone)
    return reports.report_range(ask.date_from, ask.date_to, None if oldest is None else local_day(oldest, ask.zone), today)


def place_of(days: Days, group_by: GroupBy | None) -> Callable[..., Awaitable[Any]]:
    """Say where to lay out and show a range: a thousand rows take about 1 ms; more than a few must not hold the event loop."""
    return _at_once if (days[1] - days[0]).days < LONGEST_AT_ONCE[group_by] else asyncio.to_thread


async def lay_out(days: Days, ask: ReportAsk) -> Layout:
    """Lay out the rows of a range."""
    layout: Layout = await place_of(days, ask.group_by)(reports.slots, *days, ask.group_by, ask.zone)
    return layout


def whole_range(days: Days, zone: ZoneInfo) -> list[tuple[int, int]]:
    """List the intervals of a whole range, nearly always one."""
    return [(start, end) for _, start, end in whole(*days, zone)]


def told(answer: Answer, report: Report, definition: Definition, age: float | None) -> Answer:
    """Say by which definition a report counts, and how many seconds old the replica's state was that it was read from."""
    headers = definition_header(report, definition)
    if age is not None:
        headers.append((b"deskline-replica-age", b"%.1f" % age))
    answer.headers = (*answer.headers, *headers)
    return answer


def definition_header(report: Report, definition: Definition) -> list[Header]:
    """Say by which definition a report counts, where that makes a difference to it."""
    return [(b"deskline-definition", definition.encode())] if report.definitions else []
