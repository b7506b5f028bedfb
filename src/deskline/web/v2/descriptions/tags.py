"""The routes of the account's tags, described."""

from typing import Final

from deskline.web.openapi.kinds import Schema, count, listed, record, ref, string, text, whole, word
from deskline.web.openapi.operations import Body, Chapter, Operation, Parameter
from deskline.web.v2.asks import HIGHEST_GROUP, TAG_LIMIT
from deskline.web.v2.asks_people import LOGIN_LIMIT
from deskline.web.v2.tags import DELETED

TAG: Final = "Tags"
_SHAPES: Final[dict[str, Schema]] = {
    "Tag": record(
        {
            "name": string(),
            "author": string(),
            "creation_date": count("Unix seconds."),
            "count": record({"inChats": count(), "inTickets": count()}),
            "group": count(),
        }
    ),
    "TagDeleted": record({"ok": word(DELETED["ok"])}),
}
_SALES: Final = {
    "name": "sales",
    "author": "jane@co.com",
    "creation_date": 1384554260,
    "count": {"inChats": 0, "inTickets": 3},
    "group": 0,
}
_MANAGERS: Final = "For owners and administrators only."

TAGS: Final = Chapter(
    operations={
        "GET /tags": Operation(
            summary="List tags",
            tag=TAG,
            parameters=(Parameter("group", whole(0, HIGHEST_GROUP), "Of this group only.", 0),),
            answer=listed(ref("Tag")),
            example=[_SALES],
        ),
        "POST /tags": Operation(
            summary="Make a tag",
            tag=TAG,
            body=Body(
                (
                    Parameter("tag", text(TAG_LIMIT), "The tag.", "sales", required=True),
                    Parameter("author", text(LOGIN_LIMIT), "Whose it is, by login; whoever asks by default.", "jane@co.com"),
                    Parameter("group", whole(0, HIGHEST_GROUP), "The group that it is for; everybody's by default.", 0),
                )
            ),
            answer=ref("Tag"),
            errors={403: _MANAGERS, 409: "There is such a tag already."},
            example=_SALES,
        ),
        "DELETE /tags/{tag}": Operation(
            summary="Delete a tag",
            tag=TAG,
            says="Tickets keep it; put on another it is in the list again.",
            body=Body((Parameter("group", whole(0, HIGHEST_GROUP), "Its group: a tag of another one is not found.", 0),)),
            answer=ref("TagDeleted"),
            errors={403: _MANAGERS},
            example=DELETED,
        ),
    },
    schemas=_SHAPES,
    paths={"tag": Parameter("tag", string(), "A tag; `+` is a blank, `%2B` a plus.", "sales")},
)
