"""The routes of agents and status, described."""

from typing import Final

from deskline.domain.people import AGENT_STATUSES, PERMISSIONS
from deskline.web.openapi.kinds import Schema, choice, count, flag, listed, record, ref, string, text, whole, wholes, word
from deskline.web.openapi.operations import Body, Chapter, Operation, Parameter
from deskline.web.v2.asks import HIGHEST_GROUP, MOST_GROUPS, NAME_LIMIT
from deskline.web.v2.asks_agents import LOGIN_STATUSES, LONGEST_PASSWORD, MOST_CHATS
from deskline.web.v2.asks_people import LOGIN_LIMIT
from deskline.web.v2.wire_people import NOTIFICATIONS

TAG: Final = "People"
_GROUP: Final = Parameter("group", whole(0, HIGHEST_GROUP), "Of this group only.", 0)
_LINE: Final = {
    "login": string(),
    "name": string(),
    "permission": word(*PERMISSIONS),
    "avatar": string(),
    "status": word(*AGENT_STATUSES),
}
_JANE: Final = {"name": "Jane", "permission": "normal", "avatar": "", "login": "jane@co.com", "status": "offline"}
_SHAPES: Final[dict[str, Schema]] = {
    "AgentLine": record(_LINE),
    "Agent": record(
        {
            **_LINE,
            "login_status": string(),
            "daily_summary": count(),
            "job_title": string(),
            "notifications": record({name: count() for name in NOTIFICATIONS}),
            "max_chats_count": count(),
            "groups": listed(record({"id": count(), "name": string()})),
            "last_logout": count("Unix seconds."),
        }
    ),
    "ApiKey": record({"api_key": string()}),
    "AgentDeleted": record({"result": string()}),
    "Presence": record({"status": word("online", "offline")}),
}

_AGENT: Final = {
    "login": "jane@co.com",
    "name": "Jane",
    "login_status": "accepting chats",
    "permission": "normal",
    "daily_summary": 0,
    "job_title": "Support",
    "avatar": "",
    "notifications": dict.fromkeys(NOTIFICATIONS, 0),
    "max_chats_count": 6,
    "groups": [{"id": 1, "name": "Sales"}],
    "status": "offline",
    "last_logout": 0,
}
_FIELDS: Final = (
    Parameter("job_title", text(NAME_LIMIT), "What they do.", "Support"),
    Parameter("permission", choice(PERMISSIONS), "What they may; `owner` is given by owners alone.", "normal"),
    Parameter("groups[]", wholes(0, HIGHEST_GROUP, MOST_GROUPS), "All groups that they are in, by id.", [1]),
    Parameter("login_status", choice(LOGIN_STATUSES), "The status that they begin a day with.", "accepting chats"),
    Parameter("daily_summary", flag(), "Whether they get a summary of each day.", True),
    Parameter("max_chats_count", whole(0, MOST_CHATS), "How many chats they take at once.", 6),
    *(Parameter(f"notifications[{name}]", flag(), "Whether they hear of it.", True) for name in NOTIFICATIONS),
    Parameter(
        "password", text(LONGEST_PASSWORD), "At least 5 characters. It is looked at and forgotten: nobody signs in with one.", "secret"
    ),
)
_NAME: Final = text(NAME_LIMIT)
_TOUCHED: Final = {
    403: "Others than oneself are for owners and administrators, and owners for owners.",
    409: "The account would have no owner.",
}
_KEY_RESET: Final = Operation(
    summary="Give an agent a new API key",
    tag=TAG,
    says="The key is in this answer alone; those of before open nothing any more. For oneself, for owners and administrators.",
    answer=ref("ApiKey"),
    errors={403: _TOUCHED[403], 409: "The agent came with an imported history and does not sign in."},
    example={"api_key": "0123456789abcdef0123456789abcdef"},
)

_STATUS: Final = Operation(
    summary="Whether an agent takes chats",
    tag=TAG,
    parameters=(_GROUP,),
    answer=ref("Presence"),
    errors={404: "There is no such group."},
    example={"status": "online"},
)

PEOPLE: Final = Chapter(
    operations={
        "GET /agents": Operation(
            summary="List agents",
            tag=TAG,
            parameters=(Parameter("status", choice(AGENT_STATUSES), "Those of one status.", "offline"),),
            answer=listed(ref("AgentLine")),
            example=[_JANE],
        ),
        "POST /agents": Operation(
            summary="Add an agent",
            tag=TAG,
            says="They have no key yet: `PUT /agents/{login}/reset_api_key` makes one.",
            body=Body(
                (
                    Parameter("login", text(LOGIN_LIMIT), "Their mail address.", "max@co.com", required=True),
                    Parameter("name", _NAME, "What they are called.", "Max", required=True),
                    *_FIELDS,
                )
            ),
            answer=ref("Agent"),
            errors={403: "For owners and administrators only.", 409: "There is such an agent already."},
            example=_AGENT,
        ),
        "GET /agents/{login}": Operation(summary="Read an agent", tag=TAG, answer=ref("Agent"), example=_AGENT),
        "PUT /agents/{login}": Operation(
            summary="Change an agent",
            tag=TAG,
            says="What is not there stays. Agents may change themselves, but not their groups and what they may.",
            body=Body(
                (
                    Parameter("name", _NAME, "What they are called.", "Max"),
                    Parameter("status", choice(AGENT_STATUSES), "Whether they take chats now.", "offline"),
                    *_FIELDS,
                )
            ),
            answer=ref("Agent"),
            errors=_TOUCHED,
            example=_AGENT,
        ),
        "DELETE /agents/{login}": Operation(
            summary="Delete an agent",
            tag=TAG,
            says="Their keys open nothing from now on, their tickets that are not solved are taken from them; history names them.",
            answer=ref("AgentDeleted"),
            errors=_TOUCHED,
            example={"result": "jane@co.com removed successfully"},
        ),
        "PUT /agents/{login}/reset_api_key": _KEY_RESET,
        "POST /agents/{login}/reset_api_key": _KEY_RESET,
        "GET /status": _STATUS,
        "GET /status/{group_id}": Operation(
            summary="Whether an agent of a group takes chats", tag=TAG, answer=ref("Presence"), example={"status": "online"}
        ),
    },
    schemas=_SHAPES,
    paths={
        "login": Parameter("login", string(), "The login of an agent.", "jane@co.com"),
    },
)
