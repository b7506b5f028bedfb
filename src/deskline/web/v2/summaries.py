"""The endpoints /reports/tickets/agents, groups and tags: what several reports say of each, and the tickets behind each of the numbers."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from deskline.domain.backlog import BACKLOG, row_ends
from deskline.domain.calendar import whole
from deskline.domain.reports import RESOLUTION_TIME, Backlog, Layout, ReportFilter, Slot
from deskline.domain.rollups import Interval
from deskline.domain.summaries import AGENTS, GROUPS, TAGS, Summary
from deskline.errors import InvalidError
from deskline.storage import people
from deskline.storage.database import Reader
from deskline.storage.replicas import reported
from deskline.storage.summaries import Row, summarise
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.routes import Handler
from deskline.web.v2 import asks
from deskline.web.v2.asks import ReportAsk, RowAsk
from deskline.web.v2.openings import open_answer, open_backlog_answer
from deskline.web.v2.report_files import list_file
from deskline.web.v2.report_ranges import Days, settle_range, told, whole_range
from deskline.web.v2.row_links import link_of
from deskline.web.v2.wire_reports import Json, show_summary

Names = Mapping[str, str]
_MOST_AT_ONCE: Final = 50
"""How many rows are spelled on the event loop, at some 30 µs each; more in a thread."""


def _summary(summary: Summary) -> Handler:
    """Make the handler of a summary."""

    async def handler(request: Request) -> Answer:
        ask = asks.read_report(request.query, request.principal.zone, summary.counted("livechat"))

        shared = summary.under(ask.wanted)

        async def read(tx: Reader) -> tuple[Days, list[Row], Names]:
            days = await settle_range(tx, request, ask)
            rows = await summarise(tx, shared, ask.definition, whole_range(days, ask.zone), _end(request, days, ask), ask.wanted)
            return days, rows, await _names(tx, summary)

        (days, rows, names), age = await reported(request.services.database, request.principal.account_id, read)
        answer = partial(_answer, request, shared, ask, days, rows, names)
        return told(answer() if len(rows) < _MOST_AT_ONCE else await asyncio.to_thread(answer), RESOLUTION_TIME, ask.definition, age)

    handler.__name__ = summary.name
    handler.__doc__ = f"GET /reports/tickets/{summary.name} → what the reports say of each of the {summary.name}, over the whole range."
    return handler


def _opening(summary: Summary) -> Handler:
    """Make the handler that opens one number of a summary: that of the report `of`, in a row."""

    async def handler(request: Request) -> Answer:
        ask = asks.read_report(request.query, request.principal.zone, summary.counted("livechat"))
        row = asks.read_summary_row(request.query, summary.under(ask.wanted).names)
        if row.report == BACKLOG.name:
            return await open_backlog_answer(request, ask, row.row, find_end)
        return await open_answer(request, summary.report(row.report), ask, row.row, locate)

    async def locate(tx: Reader, request: Request, ask: ReportAsk, row: RowAsk) -> tuple[list[Interval], ReportFilter]:
        days, wanted = await narrowed(tx, request, ask, row)
        return whole_range(days, ask.zone), wanted

    async def find_end(tx: Reader, request: Request, ask: ReportAsk, row: RowAsk) -> tuple[int | None, ReportFilter]:
        days, wanted = await narrowed(tx, request, ask, row)
        return _end(request, days, ask), wanted

    async def narrowed(tx: Reader, request: Request, ask: ReportAsk, row: RowAsk) -> tuple[Days, ReportFilter]:
        days = await settle_range(tx, request, ask)
        if row.key is None:
            return days, ask.wanted
        key, chosen = row.key, summary.chosen(ask.wanted)
        wanted = summary.narrowed(ask.wanted, key)
        intervals = whole_range(days, ask.zone)
        there = await summarise(tx, summary, ask.definition, intervals, _end(request, days, ask), wanted)
        if not there or (chosen and key not in chosen):
            raise InvalidError(f"row: {key!r} is no row of this report; accepted is one of its keys")
        return days, wanted

    handler.__name__ = summary.name
    handler.__doc__ = f"GET /reports/tickets/{summary.name}/tickets → the tickets behind a number of a row: that of the report `of`."
    return handler


agents, groups, tags = map(_summary, (AGENTS, GROUPS, TAGS))
agent_tickets, group_tickets, tag_tickets = map(_opening, (AGENTS, GROUPS, TAGS))


def _end(request: Request, days: Days, ask: ReportAsk) -> int | None:
    """Tell when the backlog is looked at: at the end of the range, or now; None where the range is to come."""
    return row_ends(Layout((Slot(""),), tuple(whole(*days, ask.zone))), request.services.clock())[0]


async def _names(tx: Reader, summary: Summary) -> Names:
    """Name agents and groups as they are called now; those that are gone have no name any more."""
    if summary.name == "agents":
        return {agent.login: agent.name for agent in await people.list_agents(tx)}
    if summary.name == "groups":
        return {str(group.id): group.name for group in await people.list_groups(tx)}
    return {}


def _answer(request: Request, summary: Summary, ask: ReportAsk, days: Days, rows: list[Row], names: Names) -> Answer:
    if ask.format != "csv":
        return json_answer(_shown(request, summary, ask, days, rows, names))
    # The row that is nobody's names the columns, whether there are others or not.
    nothing = ("0", (0,) * len(summary.counted(ask.definition).sums), Backlog(0, 0))
    columns = tuple(_flat({"row": "", **_shown(request, summary, ask, days, [nothing], names)["0"]}))
    flat = [_flat({"row": key, **row}) for key, row in _shown(request, summary, ask, days, rows, names).items()]
    return list_file(summary.name, days, columns, flat)


def _shown(request: Request, summary: Summary, ask: ReportAsk, days: Days, rows: list[Row], names: Names) -> Json:
    link = link_of(request, *days, None, len(rows) * len(summary.names)) if ask.explain else None
    shown: Json = {}
    for key, sums, backlog in sorted(rows, key=lambda row: int(row[0]) if summary.name == "groups" else row[0]):
        name = {} if summary.name == "tags" else {"name": names.get(key)}
        shown[key] = name | show_summary(summary.values(ask.definition, sums, backlog), _link_to(link, key))
    return shown


def _link_to(link: Callable[[str], str] | None, key: str) -> Callable[[str], str] | None:
    return None if link is None else lambda report: f"{link(key)}&of={report}"


def _flat(row: Json) -> dict[str, Any]:
    """Put what is nested into columns: `resolution_time.hours`."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        flat |= {f"{name}.{inner}": each for inner, each in value.items()} if isinstance(value, dict) else {name: value}
    return flat
