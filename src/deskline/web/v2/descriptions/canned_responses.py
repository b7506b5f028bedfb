"""The routes of canned responses, described."""

from typing import Final

from deskline.domain.tickets import MOST_TAGS
from deskline.web.openapi.kinds import Schema, count, listed, record, ref, string, text, texts, whole, word
from deskline.web.openapi.operations import Body, Chapter, Operation, Parameter
from deskline.web.v2.asks import HIGHEST_GROUP, TAG_LIMIT
from deskline.web.v2.canned_responses import DELETED

TAG: Final = "Canned responses"
_SHAPES: Final[dict[str, Schema]] = {
    "CannedResponse": record(
        {
            "id": count(),
            "group": count(),
            "text": string(),
            "creation_date": count("Unix seconds."),
            "created_by": string("A login."),
            "tags": listed(string("A short name.")),
        },
        {"modification_date": count("Unix seconds."), "modified_by": string("A login.")},
    ),
    "CannedResponseDeleted": record({"result": word(DELETED["result"])}),
}
_HELLO: Final = {
    "id": 3_271,
    "group": 0,
    "text": "Hello, how may I help?",
    "creation_date": 1384554260,
    "created_by": "jane@co.com",
    "tags": ["hello"],
}
_REST: Final = (
    Parameter("tags[]", texts(TAG_LIMIT, MOST_TAGS), "Its short names.", ["hello"]),
    Parameter("group", whole(0, HIGHEST_GROUP), "The group that it is for.", 0),
)
_TEXT: Final = Parameter("text", text(), "What is answered.", "Hello, how may I help?", required=True)
_CHANGED_TEXT: Final = Parameter("text", text(), "What is answered.", "Hello, how may I help?")
_OTHERS: Final = "For who is in its group, its author, owners and administrators."

CANNED_RESPONSES: Final = Chapter(
    operations={
        "GET /canned_responses": Operation(
            summary="List canned responses",
            tag=TAG,
            parameters=(Parameter("group", whole(0, HIGHEST_GROUP), "Those of this group; of group 0 by default.", 0),),
            answer=listed(ref("CannedResponse")),
            example=[_HELLO],
        ),
        "POST /canned_responses": Operation(
            summary="Make a canned response",
            tag=TAG,
            body=Body((_TEXT, *_REST)),
            answer=ref("CannedResponse"),
            errors={403: _OTHERS, 409: "The account has as many as there may be."},
            example=_HELLO,
        ),
        "GET /canned_responses/{response_id}": Operation(
            summary="Read a canned response", tag=TAG, answer=ref("CannedResponse"), example=_HELLO
        ),
        "PUT /canned_responses/{response_id}": Operation(
            summary="Change a canned response",
            tag=TAG,
            says="What is not there stays; at least one field is required.",
            body=Body((_CHANGED_TEXT, *_REST)),
            answer=ref("CannedResponse"),
            errors={403: _OTHERS},
            example=_HELLO | {"modification_date": 1384554261, "modified_by": "jane@co.com"},
        ),
        "DELETE /canned_responses/{response_id}": Operation(
            summary="Delete a canned response",
            tag=TAG,
            answer=ref("CannedResponseDeleted"),
            errors={403: _OTHERS},
            example=DELETED,
        ),
    },
    schemas=_SHAPES,
    paths={"response_id": Parameter("response_id", string(), "The number of a canned response.", "3271")},
)
