"""The feed of changes, described."""

from typing import Final

from deskline.web.openapi.kinds import Schema, listed, record, ref, string, text, whole, yes_or_no
from deskline.web.openapi.operations import Chapter, Operation, Parameter
from deskline.web.v2.asks_changes import LONGEST_WAIT, MOST
from deskline.web.v2.changes import EVENT_STREAM

TAG: Final = "Changes"
_SHAPES: Final[dict[str, Schema]] = {
    "Change": record(
        {
            "id": string("The change's number in the account, which is where to go on behind it."),
            "ticket_id": string(),
            "event": {"type": "object", "description": "What happened, by its `type`.", "additionalProperties": True},
        }
    ),
    "Changes": record(
        {
            "changes": listed(ref("Change")),
            "next": string("Where to go on: the `since` of the next request."),
            "more": yes_or_no("Whether there is more already."),
        }
    ),
}
_EXAMPLE: Final = {
    "changes": [{"id": "17", "ticket_id": "5FUED", "event": {"date": "2026-03-02T09:00:00Z", "type": "tags_changed", "tags": ["sales"]}}],
    "next": "17",
    "more": False,
}

CHANGES: Final = Chapter(
    operations={
        "GET /changes": Operation(
            summary="Follow all that happens to tickets",
            tag=TAG,
            says="Every event in the order of commits: who goes on at `next` misses nothing and sees nothing twice. "
            "With `Accept: text/event-stream` each is sent as it happens, and `Last-Event-ID` goes on.",
            parameters=(
                Parameter("since", text(20), "A `next` of an earlier answer; `0`, the default, is the beginning, `now` the end.", "0"),
                Parameter("limit", whole(1, MOST), "How many at most.", 100),
                Parameter("wait", whole(0, LONGEST_WAIT), "How many seconds to wait for the first one where there is none.", 1),
            ),
            headers_sent=(Parameter("Last-Event-ID", text(20), "The `id` of the last event that came, in the place of `since`.", "17"),),
            answer=ref("Changes"),
            files={EVENT_STREAM.decode(): string()},
            example=_EXAMPLE,
            is_ours=True,
        ),
    },
    schemas=_SHAPES,
)
