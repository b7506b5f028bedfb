"""The tools: what each is called, what it takes, and how it is done with the client. They answer the API's JSON, or less of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from deskline.client import Client, ClientError
from deskline.mcp.definitions import COUNTED_BY, REPORTS
from deskline.mcp.proposals import ProposalError, Proposals

Json = dict[str, Any]
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


class Tools:
    """All tools, with whom they ask and where proposals go."""

    def __init__(self, desk: Client, proposals: Proposals) -> None:
        self.desk = desk
        self.proposals = proposals

    @property
    def shown(self) -> list[Json]:
        """The tools as `tools/list` shows them."""
        return [
            {
                "name": name,
                "title": tool.title,
                "description": tool.says,
                "inputSchema": {
                    "type": "object",
                    "properties": dict(tool.takes),
                    "required": list(tool.required),
                    "additionalProperties": False,
                },
                "annotations": {"readOnlyHint": tool.only_reads, "destructiveHint": False, "openWorldHint": False},
            }
            for name, tool in TOOLS.items()
        ]

    def call(self, name: str, arguments: Json) -> Json:
        """Call a tool. What goes wrong with it is told in the result. Raises KeyError for a tool that there is not."""
        tool = TOOLS[name]
        problems = _problems(tool, arguments)
        try:
            if problems:
                return _told(problems, is_error=True)
            return _answered(tool.work(self, **arguments))
        except (ClientError, ProposalError) as error:
            return _told(str(error), is_error=True)
        except OSError as error:
            return _told(f"The folder of proposals, {self.proposals.folder}, cannot be used: {error.strerror}.", is_error=True)


@dataclass(frozen=True)
class Tool:
    """One tool."""

    title: str
    says: str
    takes: Mapping[str, Json]
    work: Callable[..., Json]
    required: tuple[str, ...] = ()
    only_reads: bool = True


def _problems(tool: Tool, arguments: Json) -> str:
    """Say what is wrong with arguments, nothing where they are right. What values mean is the API's to refuse."""
    found = [f"{name} is missing" for name in tool.required if name not in arguments]
    for name, value in arguments.items():
        schema = tool.takes.get(name)
        if schema is None:
            found.append(f"{name} is not taken; accepted: {', '.join(tool.takes)}")
        elif not isinstance(value, _TYPES[schema["type"]]) or (isinstance(value, bool) and schema["type"] != "boolean"):
            found.append(f"{name} must be of type {schema['type']}")
        elif "enum" in schema and value not in schema["enum"]:
            found.append(f"{name} must be one of {', '.join(schema['enum'])}")
    return "; ".join(found)


def _answered(value: Json) -> Json:
    return _told(json.dumps(value, ensure_ascii=False)) | {"structuredContent": value}


def _told(text: str, *, is_error: bool = False) -> Json:
    return {"content": [{"type": "text", "text": text}], "isError": is_error}


# What they take


def _text(says: str, *options: str) -> Json:
    return {"type": "string", "description": says} | ({"enum": list(options)} if options else {})


def _list(says: str, of: str = "string") -> Json:
    return {"type": "array", "items": {"type": of}, "description": says}


_TICKET: Final = {"ticket_id": _text("The id of a ticket, such as 5FUED.")}
_WHY: Final = {"why": _text("Why, in a sentence for the person who decides.")}
_DAYS: Final = {
    "date_from": _text("The first day, YYYY-MM-DD."),
    "date_to": _text("The last day, YYYY-MM-DD."),
    "timezone": _text("Whose days, an IANA name; the account's by default."),
}
_SCOPE: Final = {"groups": _list("Any of these groups, by id.", "integer"), "tags": _list("Any of these tags.")}
_GROUP_BYS: Final = ("hour", "day", "week", "month", "quarter", "year", "weekday_hour")
_COUNTED: Final = {
    "report": _text("Which report.", *REPORTS),
    **_DAYS,
    **_SCOPE,
    "agents": _list("Any of these agents, by login."),
    "definition": _text("What solved means and how time is counted; livechat by default.", *COUNTED_BY),
}


# What they do


def _search(tools: Tools, **filters: Any) -> Json:
    page = tools.desk.ticket_page(filters.pop("page", 1), **filters)
    kept = ("id", "subject", "status", "requester", "assignee", "groups", "tags", "rate", "date", "modified", "custom_fields")
    found: list[Any] = list(page["tickets"])
    tickets = [{name: ticket[name] for name in kept if name in ticket} for ticket in found]
    return {"total": page["total"], "pages": page["pages"], "tickets": tickets}


def _read(tools: Tools, ticket_id: str, as_of: str | None = None) -> Json:
    return dict(tools.desk.ticket(ticket_id, as_of=as_of))


def _report(tools: Tools, report: str, definition: str = "livechat", **parameters: Any) -> Json:
    rows = tools.desk.report(report, definition=definition, **parameters)
    return {"report": report, "counts": REPORTS[report], "definition": definition, "defined": COUNTED_BY[definition], "rows": rows}


def _open(tools: Tools, report: str, definition: str = "livechat", page: int = 1, **parameters: Any) -> Json:
    opened = tools.desk.opened(report, page=page, definition=definition, **parameters)
    ids = [ticket["id"] for ticket in opened["tickets"]]
    return {"counts": REPORTS[report], "defined": COUNTED_BY[definition], "ticket_ids": ids, **opened}


def _people(tools: Tools) -> Json:
    desk = tools.desk
    return {"agents": desk.agents(), "groups": desk.groups(), "tags": [tag["name"] for tag in desk.tags()]}


def _fields(tools: Tools) -> Json:
    return {"custom_fields": tools.desk.custom_fields()}


def _propose_reply(tools: Tools, ticket_id: str, message: str, why: str, is_private: bool = False) -> Json:
    return _proposed(tools, ticket_id, "POST", "/messages", {"message": message, "is_private": is_private}, why)


def _propose_tags(tools: Tools, ticket_id: str, tags: list[str], why: str) -> Json:
    return _proposed(tools, ticket_id, "PUT", "/tags", {"tag": tags}, why)


def _propose_change(tools: Tools, ticket_id: str, why: str, assignee: str | None = None, **fields: Any) -> Json:
    body = fields | ({} if assignee is None else {"assignee": {"id": assignee}})
    if "groups" in body:
        body["group"] = body.pop("groups")
    return _proposed(tools, ticket_id, "PUT", "", body, why)


def _proposed(tools: Tools, ticket_id: str, method: str, ending: str, body: Json, why: str) -> Json:
    ticket, etag = tools.desk.ticket_with_etag(ticket_id)
    path = f"/tickets/{ticket['id']}{ending}"
    proposal = tools.proposals.add(ticket["id"], ticket["subject"], method, path, body, why, etag)
    return {
        "proposal": proposal.id,
        "done": False,
        "next": f"Nothing was changed. A person carries it out with: deskline proposals approve {proposal.id}",
    }


def _list_proposals(tools: Tools) -> Json:
    shown = ("id", "ticket_id", "subject", "method", "path", "body", "why", "made_at", "state")
    return {"proposals": [{name: getattr(each, name) for name in shown} for each in tools.proposals.list()]}


TOOLS: Final[dict[str, Tool]] = {
    "search_tickets": Tool(
        "Search tickets",
        "Find tickets by words and filters, 25 a page, newest message first. `query` finds all its words anywhere in a ticket.",
        {
            "query": _text("Words that are all in a ticket; phrases in quotes."),
            "status": _text("The status.", "open", "pending", "solved", "spam"),
            "assignee": _text("Whose they are: a login."),
            "assigned": {"type": "boolean", "description": "With an assignee, or without."},
            "requester": _text("Who asked: a mail address."),
            "custom_fields": {"type": "object", "description": "All of these values of custom fields, by key, exactly."},
            **_SCOPE,
            **_DAYS,
            "order": _text("Newest first or last.", "desc", "asc"),
            "as_of": _text("As it was at an instant, such as 2026-03-01T09:00:00Z."),
            "page": {"type": "integer", "description": "Which page, from 1."},
        },
        _search,
    ),
    "read_ticket": Tool(
        "Read a ticket",
        "Everything that happened to a ticket: messages, private notes, changes.",
        {**_TICKET, "as_of": _text("As it was at an instant, such as 2026-03-01T09:00:00Z.")},
        _read,
        ("ticket_id",),
    ),
    "run_report": Tool(
        "Run a report",
        "Count: a row for each hour, day, week and so on (or for each agent, group or tag), with what is counted and by which definition. "
        + " ".join(f"{name}: {says}." for name, says in REPORTS.items()),
        {
            **_COUNTED,
            "group_by": _text("What a row is of; none for the ranking and summaries.", *_GROUP_BYS),
            "percentiles": {"type": "boolean", "description": "Also medians and 90th percentiles of times."},
        },
        _report,
        ("report",),
    ),
    "tickets_behind_number": Tool(
        "Open a number of a report",
        "The ids of the tickets that a row of a report counts, and why each counts. Take the same report, days, filters, definition and "
        "the key of the row.",
        {
            **_COUNTED,
            "group_by": _text("As in the report.", *_GROUP_BYS),
            "row": _text("The key of a row, such as 2026-03-02; all of the range without it."),
            "of": _text("Of summaries: which of the numbers in the row, such as resolution_time."),
            "page": {"type": "integer", "description": "Which page of 25, from 1."},
        },
        _open,
        ("report",),
    ),
    "list_people": Tool("List agents, groups and tags", "Who works here, in which groups, and which tags there are.", {}, _people),
    "list_custom_fields": Tool(
        "List custom fields", "What is noted of tickets here: the keys of fields, their types, and what there is to choose.", {}, _fields
    ),
    "propose_reply": Tool(
        "Propose a reply",
        "Write down a reply, or a private note, that a person may send. Nothing is sent.",
        {**_TICKET, "message": _text("The text."), "is_private": {"type": "boolean", "description": "A note for agents only."}, **_WHY},
        _propose_reply,
        ("ticket_id", "message", "why"),
        only_reads=False,
    ),
    "propose_tags": Tool(
        "Propose tags",
        "Write down a whole new list of tags that a person may set. Nothing is set.",
        {**_TICKET, "tags": _list("All tags that the ticket is to have."), **_WHY},
        _propose_tags,
        ("ticket_id", "tags", "why"),
        only_reads=False,
    ),
    "propose_change": Tool(
        "Propose a change",
        "Write down another status, assignee, subject, groups or custom fields that a person may set. Nothing is set.",
        {
            **_TICKET,
            "status": _text("The new status.", "open", "pending", "solved", "spam"),
            "assignee": _text("Who is to get it: a login, or none for nobody."),
            "subject": _text("The new subject."),
            "groups": _list("All groups that it is to be in, by id.", "integer"),
            "custom_fields": {"type": "object", "description": "Values of custom fields, by key; null takes one away."},
            **_WHY,
        },
        _propose_change,
        ("ticket_id", "why"),
        only_reads=False,
    ),
    "list_proposals": Tool("List proposals", "What was proposed from here, and what became of it.", {}, _list_proposals),
}
