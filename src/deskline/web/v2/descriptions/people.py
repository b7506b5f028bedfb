"""The routes of agents and status, described."""

from typing import Final

from deskline.domain.people import AGENT_STATUSES, PERMISSIONS
from deskline.web.openapi.kinds import Schema, choice, count, listed, record, ref, string, whole, word
from deskline.web.openapi.operations import Chapter, Operation, Parameter
from deskline.web.v2.asks import HIGHEST_GROUP
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
    "Presence": record({"status": word("online", "offline")}),
}

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
        "GET /agents/{login}": Operation(summary="Read an agent", tag=TAG, answer=ref("Agent")),
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
