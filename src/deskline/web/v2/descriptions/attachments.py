"""The routes of attachments, described."""

from typing import Final

from deskline.domain.attachments import MOST_WAITING
from deskline.web.openapi.kinds import Schema, count, record, ref, string, text, word
from deskline.web.openapi.operations import Body, Chapter, Operation, Parameter
from deskline.web.v2.asks import FILE_NAME_LIMIT
from deskline.web.v2.attachments import DELETED

TAG: Final = "Attachments"
_ID: Final = "5f0c2d9b7d1e4c1f9a3b6e8d70c4a512"
_BINARY: Final[Schema] = {"type": "string", "format": "binary"}
_SHAPES: Final[dict[str, Schema]] = {
    "File": record(
        {
            "id": string("By which a message names it."),
            "url": string("Where it is read, without a scheme, as the original tells it."),
            "name": string(),
            "content_type": string(),
            "content_encoding": word("binary"),
            "size": count("In bytes."),
            "sha256": string("In hexadecimal."),
        },
        {"width": count("In pixels, for pictures."), "height": count("In pixels, for pictures.")},
        "A file that was sent and waits for a message.",
    ),
    "AttachmentDeleted": record({"result": word(DELETED["result"])}),
}
_READ: Final = Operation(
    summary="Read a file",
    tag=TAG,
    says="For whoever may read tickets; a file that waits for a message only for who sent it. It comes as it was sent, to be saved: "
    "`Content-Disposition: attachment`, `nosniff`, and a policy under which nothing in it runs.",
    answer=None,
    files={"*/*": _BINARY},
    headers={"Content-Disposition": "To be saved, under its name.", "Content-Security-Policy": "Nothing in it runs."},
    is_ours=True,
)

ATTACHMENTS: Final = Chapter(
    operations={
        "POST /attachments": Operation(
            summary="Send a file",
            tag=TAG,
            says="The body is the file itself, of any media type that the server takes; what the file holds is not looked at. A message "
            "then names its `id` in `attachments`. Until one does it is there for its sender alone, and a day later it is removed.",
            parameters=(
                Parameter("name", text(FILE_NAME_LIMIT), "What it is called; what is before the last slash is dropped.", "a.png", True),
            ),
            body=Body(media={"application/octet-stream": _BINARY}),
            answer=ref("File"),
            errors={
                413: "The file is larger than this server takes.",
                429: f"{MOST_WAITING:,} files of the account wait for a message, or requests come too fast.",
            },
            example={
                "id": _ID,
                "url": f"desk.example.com/attachments/{_ID}/a.png",
                "name": "a.png",
                "content_type": "image/png",
                "content_encoding": "binary",
                "width": 640,
                "height": 480,
                "size": 20_517,
                "sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
            },
            is_ours=True,
        ),
        "GET /attachments/{attachment_id}": _READ,
        "GET /attachments/{attachment_id}/{name}": _READ,
        "DELETE /attachments/{attachment_id}": Operation(
            summary="Remove a file that waits",
            tag=TAG,
            says="For who sent it, as long as no message has named it.",
            answer=ref("AttachmentDeleted"),
            example=DELETED,
            is_ours=True,
        ),
    },
    schemas=_SHAPES,
    paths={
        "attachment_id": Parameter("attachment_id", string(), "The id of a file.", _ID),
        "name": Parameter("name", string(), "Its name, which makes no difference.", "a.png"),
    },
)
