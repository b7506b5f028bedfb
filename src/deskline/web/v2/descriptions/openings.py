"""The routes that open a row of a report into its tickets, described."""

from typing import Final

from deskline.domain import reports
from deskline.domain.backlog import BACKLOG
from deskline.domain.reports import DEFINITIONS, RANKING, Report
from deskline.domain.summaries import AGENTS, GROUPS, TAGS, Summary
from deskline.web.openapi.kinds import Schema, choice, count, listed, nullable, number, record, ref, string, word, yes_or_no
from deskline.web.openapi.operations import Chapter, Operation, Parameter
from deskline.web.v2.descriptions import shared
from deskline.web.v2.descriptions.report_shapes import VALUES
from deskline.web.v2.descriptions.reports import CSV, HEADERS, TAG, asked_of, asked_of_ranking

_INSTANT: Final = {"type": "string", "format": "date-time"}
_STRETCH: Final = record({"from": _INSTANT, "to": _INSTANT})
_ROWS: Final = [fields for number, fields in enumerate(VALUES.values()) if fields not in list(VALUES.values())[:number]]
_SHAPES: Final[dict[str, Schema]] = {
    "CountedTicket": record(
        {
            "id": string(),
            "subject": string(),
            "at": _INSTANT | {"description": "The instant at which it counts."},
            "agent": nullable(string("The login of who is credited.")),
            "instants": listed(
                record({"at": _INSTANT, "what": string("`created`, `answer`, a status, `rated_good`, `rated_bad`.")}, {"agent": string()}),
                "What the number follows from: the first 100.",
            ),
            "instant_count": count(),
        },
        {
            "source": string("Of new tickets and sources."),
            "private": yes_or_no("Of messages."),
            "rate": word("good", "bad"),
            "status": string("Of the backlog: the status it had."),
            "until": nullable(_INSTANT),
            "from": _INSTANT,
            "to": _INSTANT,
            "seconds": count("From `from` to `to`, without what is excluded."),
            "excluded_seconds": count(),
            "excluded_count": count(),
            "excluded": listed(_STRETCH, "The first 50."),
        },
        "A ticket that counts in a row, and why.",
    ),
    "CountedTickets": record(
        {
            "report": word(*VALUES),
            "row": nullable(string()),
            "values": {"anyOf": [record(fields) for fields in _ROWS], "description": "The row as the report shows it."},
            "count": count("Of the whole row."),
            "total": count("How many `tickets` there are on all pages."),
            "tickets": listed(ref("CountedTicket")),
        },
        {
            "definition": word(*DEFINITIONS),
            "seconds": count("All of the row, added up."),
            "hours": nullable(number("Their mean.")),
            "page": count("Not in files."),
            "pages": count("Not in files."),
        },
        "The tickets behind a number.",
    ),
}

_ALL: Final = (
    *(reports.NEW_TICKETS, reports.FIRST_RESPONSE_TIME, reports.SOLVED_TICKETS, reports.RESOLUTION_TIME, reports.REOPENED_TICKETS),
    *(reports.NEXT_RESPONSE_TIME, reports.MESSAGES, BACKLOG, reports.TICKET_SOURCES, reports.RATINGS),
)


def _opening(name: str, asked: tuple[Parameter, ...], row: str) -> Operation:
    return Operation(
        summary=f"The tickets behind a number of {name}",
        tag=TAG,
        says="25 a page, in the order of the instants at which they count; a ticket that counts twice is there twice.",
        parameters=(
            *asked,
            Parameter("row", shared.ROW.schema, shared.ROW.says, row),
            Parameter("page", shared.PAGE.schema, "Which page of 25; not with `format`.", 1),
        ),
        answer=ref("CountedTickets"),
        files=CSV,
        headers=HEADERS,
        is_ours=True,
    )


def _of_report(report: Report) -> Operation:
    return _opening(report.name, asked_of(report), "2026-03-02")


def _of_summary(summary: Summary) -> Operation:
    of = Parameter("of", choice(summary.names), f"The number of which report; {summary.names[0]} by default.", "messages")
    row = {"agents": "jane@co.com", "groups": "0", "tags": "sales"}[summary.name]
    return _opening(f"the summary of {summary.name}", (*asked_of(summary.counted("livechat")), of), row)


OPENINGS: Final = Chapter(
    operations={
        **{f"GET /reports/tickets/{report.name}/tickets": _of_report(report) for report in _ALL},
        f"GET /reports/tickets/{RANKING.name}/tickets": _opening("the ranking", asked_of_ranking(), "jane@co.com"),
        **{f"GET /reports/tickets/{summary.name}/tickets": _of_summary(summary) for summary in (AGENTS, GROUPS, TAGS)},
    },
    schemas=_SHAPES,
)
