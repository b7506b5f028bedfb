"""The routes under /reports/tickets, described, but for those that open their rows."""

from typing import Any, Final

from deskline.domain import reports
from deskline.domain.backlog import BACKLOG
from deskline.domain.reports import DEFINITIONS, GROUP_BYS, Report
from deskline.domain.summaries import AGENTS, GROUPS, TAGS, Summary
from deskline.web.openapi.kinds import choice, flag, keyed, ref, string, texts
from deskline.web.openapi.operations import Chapter, Operation, Parameter
from deskline.web.v2.asks import GROUP_BYS_OF_INSTANTS, MOST_AGENTS, NAME_LIMIT
from deskline.web.v2.descriptions import shared
from deskline.web.v2.descriptions.report_shapes import REPORT_SHAPES, VALUES, rows_of

TAG: Final = "Reports"
_EXAMPLES: Final[dict[str, Any]] = {"count": 3, "hours": 16.27}
AGENTS_ASKED: Final = Parameter("agent[]", texts(NAME_LIMIT, MOST_AGENTS), "Any of these agents, by login.", ["jane@co.com"])
DEFINITION: Final = Parameter("definition", choice(DEFINITIONS), "What solved means, and the time it took.", "open")
EXPLAIN: Final = Parameter("explain", flag(), "Each row also says its `count`, and in `tickets` the address that opens it.", True)
HEADERS: Final = {
    "Deskline-Definition": "By which definition was counted, where that makes a difference.",
    "Deskline-Replica-Age": "How many seconds old the state is, where the answer was read on a replica of the database.",
    "Content-Disposition": "The name of the file, with `format`.",
}
CSV: Final = {"text/csv": string("With `format=csv`: RFC 4180 in UTF-8, names in the first line.")}
OURS: Final = {"backlog", "reopened_tickets", "next_response_time", "messages"}
_SAYS: Final = {
    "new_tickets": "How many tickets were created",
    "first_response_time": "How long the first answers took that were given",
    "solved_tickets": "How many tickets were solved",
    "resolution_time": "How long it took to solve the tickets that were solved",
    "reopened_tickets": "How many solved tickets were opened again",
    "next_response_time": "How long answers after the first took",
    "messages": "How many messages and notes agents wrote",
    "backlog": "How many tickets were open and pending",
    "ticket_sources": "Where the tickets came from that were created",
    "ratings": "How many tickets were rated good and bad",
}


def asked_of(report: Report) -> tuple[Parameter, ...]:
    """The parameters that `asks.read_report` reads for a report."""
    group_bys = GROUP_BYS_OF_INSTANTS if report.of_instants else GROUP_BYS
    return (
        shared.FROM,
        shared.TO,
        shared.ZONE,
        Parameter("group_by", choice(group_bys), "What a row is of; `hour` for one day, else `day`, by default.", "day"),
        *((AGENTS_ASKED,) if report.by_agent else ()),
        shared.GROUPS,
        shared.GROUPS_TOO,
        shared.TAGS,
        DEFINITION,
        EXPLAIN,
        Parameter("percentiles", flag(), "`median_hours` and `p90_hours` in each row that has `hours`.", True),
        shared.FORMAT,
    )


def asked_of_ranking() -> tuple[Parameter, ...]:
    """The parameters that `asks.read_ranking` reads."""
    return (shared.FROM, shared.TO, shared.GROUPS, shared.GROUPS_TOO, shared.TAGS, DEFINITION, EXPLAIN, shared.FORMAT)


def _report(report: Report) -> Operation:
    row = {name: _EXAMPLES.get(name, 1) for name in VALUES[report.name]}
    return Operation(
        summary=f"{_SAYS[report.name]}, in each hour, day, week and so on",
        tag=TAG,
        says="Every row of the range is there, zeros included. At most 100,000; more come as a file.",
        parameters=asked_of(report),
        answer=rows_of(report),
        files=CSV,
        headers=HEADERS,
        example={"2026-03-01": row},
        is_ours=report.name in OURS,
    )


def _summary(summary: Summary) -> Operation:
    kind = summary.name
    return Operation(
        summary=f"What the reports say of each of the {kind}, over the whole range",
        tag=TAG,
        says=f"By {'login' if kind == 'agents' else 'number' if kind == 'groups' else 'name'}, for each that there is anything of.",
        parameters=asked_of(summary.counted("livechat")),
        answer=keyed(ref(f"{kind.title()[:-1]}Summary")),
        files=CSV,
        headers=HEADERS,
        is_ours=True,
    )


_ALL: Final = (
    *(reports.NEW_TICKETS, reports.FIRST_RESPONSE_TIME, reports.SOLVED_TICKETS, reports.RESOLUTION_TIME, reports.REOPENED_TICKETS),
    *(reports.NEXT_RESPONSE_TIME, reports.MESSAGES, BACKLOG, reports.TICKET_SOURCES, reports.RATINGS),
)

REPORTS: Final = Chapter(
    operations={
        **{f"GET /reports/tickets/{report.name}": _report(report) for report in _ALL},
        "GET /reports/tickets/ratings/ranking": Operation(
            summary="Rank agents by their ratings",
            tag=TAG,
            says="Best first, by a bound that few ratings cannot reach.",
            parameters=asked_of_ranking(),
            answer=ref("Ranking"),
            files=CSV,
            headers=HEADERS,
            example={"ranking": [{"good": 2, "bad": 0, "total": 2, "score": 0.3312764381, "name": "jane@co.com"}]},
        ),
        **{f"GET /reports/tickets/{summary.name}": _summary(summary) for summary in (AGENTS, GROUPS, TAGS)},
    },
    schemas=REPORT_SHAPES,
)
