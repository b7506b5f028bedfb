"""Rows of reports and summaries as answers show them. What makes them is `wire_reports`."""

from typing import Final

from deskline.domain.reports import Report
from deskline.domain.summaries import AGENTS, GROUPS, TAGS, Summary
from deskline.web.openapi.kinds import Schema, count, keyed, listed, nullable, number, record, ref, string

_MEAN: Final = {"count": count(), "hours": nullable(number("The mean, of two decimals; `null` of nothing."))}
_SPREAD: Final = {
    "median_hours": nullable(number("With `percentiles=1`.")),
    "p90_hours": nullable(number("With `percentiles=1`.")),
}
_BORDERS: Final = {
    "begin": {"type": "string", "format": "date", "description": "Of rows longer than a day: the first day in the range."},
    "end": {"type": "string", "format": "date", "description": "The last one."},
}
_EXPLAINED: Final = {
    "count": count("With `explain=1`: how many facts the row is of."),
    "tickets": string("With `explain=1`: the address that opens the row."),
}
VALUES: Final[dict[str, dict[str, Schema]]] = {
    "new_tickets": {"new_tickets": count()},
    "first_response_time": _MEAN,
    "next_response_time": _MEAN,
    "solved_tickets": {"solved_tickets": count()},
    "resolution_time": _MEAN,
    "reopened_tickets": {"reopened_tickets": count()},
    "messages": {"messages": count("Public ones."), "notes": count("Private ones.")},
    "ticket_sources": {"tickets_from_chat_window": count(), "tickets_from_mail": count(), "tickets_from_chat": count()},
    "ratings": {"bad": count(), "good": count()},
    "ratings/ranking": {"bad": count(), "good": count()},
    "backlog": {"open": nullable(count("At the end of the row, or now; `null` where that is to come.")), "pending": nullable(count())},
}
"""What a row of each report says, by its name."""


def rows_of(report: Report) -> Schema:
    """The answer of a report: a row for each key."""
    return keyed(ref(shape_of(report.name)), "A row for every hour, day, week and so on of the range, in order, by its key.")


def shape_of(name: str) -> str:
    """Name the schema of a row of a report: `ResolutionTimeRow`."""
    return "".join(part.title() for part in name.replace("/", "_").split("_")) + "Row"


def _row(name: str, optional: dict[str, Schema]) -> Schema:
    fields = VALUES[name]
    more = _SPREAD if "hours" in fields else {}
    return record(fields, more | {key: schema for key, schema in optional.items() if key not in fields})


def summary_shape(summary: Summary) -> Schema:
    """A row of a summary: what each report says."""
    there = {name: record(VALUES[name], {k: v for k, v in _EXPLAINED.items() if k not in VALUES[name]}) for name in summary.names}
    credited = {report.name for report in summary.reports if not report.by_agent}
    named = {} if summary.name == "tags" else {"name": nullable(string("As it is called now; `null` where it is gone."))}
    return record(
        named | {name: schema for name, schema in there.items() if name not in credited},
        {name: schema for name, schema in there.items() if name in credited},
    )


REPORT_SHAPES: Final[dict[str, Schema]] = {
    **{shape_of(name): _row(name, _BORDERS | _EXPLAINED) for name in VALUES if name != "ratings/ranking"},
    **{f"{summary.name.title()[:-1]}Summary": summary_shape(summary) for summary in (AGENTS, GROUPS, TAGS)},
    "Ranking": record(
        {
            "ranking": listed(
                record(
                    {
                        "good": count(),
                        "bad": count(),
                        "total": count(),
                        "score": number("From 0 to 1: what orders the ranking."),
                        "name": string("The agent's login."),
                    },
                    _EXPLAINED,
                ),
                "Best first.",
            )
        }
    ),
}
