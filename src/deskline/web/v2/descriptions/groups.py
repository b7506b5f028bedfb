"""The routes of groups, described."""

from typing import Final

from deskline.domain.people import AGENT_STATUSES
from deskline.web.openapi.kinds import Schema, count, listed, record, ref, string, text, texts, word
from deskline.web.openapi.operations import Body, Chapter, Operation, Parameter
from deskline.web.v2.asks import NAME_LIMIT
from deskline.web.v2.asks_people import LANGUAGE_LIMIT, LOGIN_LIMIT, MOST_MEMBERS
from deskline.web.v2.groups import DELETED

TAG: Final = "Groups"
_SHAPES: Final[dict[str, Schema]] = {
    "Group": record(
        {"id": count(), "name": string(), "language": string(), "status": word(*AGENT_STATUSES)},
        {"agents": listed(string("A login."), "Not of group 0, everybody's.")},
    ),
    "GroupDeleted": record({"result": word(DELETED["result"])}),
}
_SALES: Final = {"id": 1, "name": "Sales", "language": "en", "agents": ["jane@co.com"], "status": "offline"}
_NAME: Final = Parameter("name", text(NAME_LIMIT), "What it is called.", "Sales", required=True)
_REST: Final = (
    Parameter("language", text(LANGUAGE_LIMIT), "A code such as `en` or `pt-BR`.", "en"),
    Parameter("agents[]", texts(LOGIN_LIMIT, MOST_MEMBERS), "The logins of all who are in it.", ["jane@co.com"]),
)
_CHANGED_NAME: Final = Parameter("name", text(NAME_LIMIT), "What it is called.", "Sales")
_REFUSED: Final = {403: "For owners and administrators only.", 409: "Group 0 is everybody's: it is not changed, and not deleted."}

GROUPS: Final = Chapter(
    operations={
        "GET /groups": Operation(summary="List groups", tag=TAG, answer=listed(ref("Group")), example=[_SALES]),
        "POST /groups": Operation(
            summary="Make a group",
            tag=TAG,
            body=Body((_NAME, *_REST)),
            answer=ref("Group"),
            errors={403: _REFUSED[403], 409: "There is no id for another group."},
            example=_SALES,
        ),
        "GET /groups/{group_id}": Operation(summary="Read a group", tag=TAG, answer=ref("Group"), example=_SALES),
        "PUT /groups/{group_id}": Operation(
            summary="Change a group",
            tag=TAG,
            says="What is not there stays; at least one field is required.",
            body=Body((_CHANGED_NAME, *_REST)),
            answer=ref("Group"),
            errors=_REFUSED,
            example=_SALES,
        ),
        "DELETE /groups/{group_id}": Operation(
            summary="Delete a group",
            tag=TAG,
            says="Tickets keep it; its tags and canned responses are everybody's then, its working hours are gone.",
            answer=ref("GroupDeleted"),
            errors=_REFUSED,
            example=DELETED,
        ),
    },
    schemas=_SHAPES,
    paths={"group_id": Parameter("group_id", string(), "The number of a group.", "1")},
)
