"""Opened numbers in JSON: beyond the original API, in its spelling of instants and people."""

from typing import Final

from deskline.domain.openings import Opened, Part, count_of, seconds_of
from deskline.domain.reports import Definition, Report, hours
from deskline.web.tables import Cell
from deskline.web.v2.asks import RowAsk
from deskline.web.v2.wire import instant
from deskline.web.v2.wire_reports import Json

MESSAGES: Final = frozenset({"responded", "answered", "messaged", "noted"})
PART_CELLS: Final = (
    *("id", "subject", "at", "agent", "source", "private", "rate", "status", "until", "from", "to", "seconds"),
    *("excluded_seconds", "excluded_count", "excluded", "instants", "instant_count"),
)
"""The columns of parts in tables: those of every report, so that tables can be put together."""


def show_opened(report: Report, definition: Definition, row: RowAsk, opened: Opened, values: Json) -> Json:
    """Spell a page of a row's tickets; `values` is the row as the report shows it."""
    count, seconds = count_of(opened.sums), seconds_of(opened.sums)
    return {
        "report": report.name,
        **({"definition": definition} if report.definitions else {}),
        "row": row.key,
        "values": values,
        "count": count,
        **({} if seconds is None else {"seconds": seconds, "hours": hours(seconds, count)}),
        "page": row.page,
        "pages": opened.pages,
        "total": opened.total,
        "tickets": [show_part(part) for part in opened.parts],
    }


def show_part(part: Part) -> Json:
    """Spell one ticket of a row: when it counts and for whom, how long it took and what of that was left out, and what happened when."""
    ticket, fact = part.ticket, part.fact
    shown: Json = {"id": ticket.id, "subject": ticket.subject, "at": instant(fact.at), "agent": fact.agent}
    if fact.kind == "created":
        shown["source"] = ticket.source.type
    if fact.kind in MESSAGES and part.start is None:
        shown["private"] = fact.kind == "noted"
    if fact.kind == "rated":
        shown["rate"] = fact.label
    if fact.kind == "backlog":
        shown |= {"status": fact.label, "until": None if fact.until is None else instant(fact.until)}
    if part.start is not None:
        shown |= {
            "from": instant(part.start),
            "to": instant(fact.at),
            "seconds": part.seconds,
            "excluded_seconds": part.excluded_seconds,
            "excluded_count": part.excluded_count,
            "excluded": [{"from": instant(start), "to": instant(end)} for start, end in part.excluded],
        }
    shown["instants"] = [
        {"at": instant(each.at), "what": each.what, **({} if each.agent is None else {"agent": each.agent})} for each in part.instants
    ]
    shown["instant_count"] = part.instant_count
    return shown


def part_cells(part: Part) -> list[Cell]:
    """Spell one ticket of a row for a table: as `show_part`, with lists as texts."""
    shown = show_part(part)
    shown["excluded"] = " ".join(f"{each['from']}/{each['to']}" for each in shown.get("excluded", ()))
    shown["instants"] = "; ".join(" ".join(each.values()) for each in shown["instants"])
    return [shown.get(name) for name in PART_CELLS]
