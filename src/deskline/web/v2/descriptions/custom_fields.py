"""The routes of custom fields, described; and the fields of a ticket, where tickets are created and changed."""

from typing import Final

from deskline.domain.custom_fields import KEY_LIMIT, MOST, MOST_ASKED, MOST_CHOICES, TYPES
from deskline.web.openapi.kinds import Schema, choice, count, fields, listed, record, ref, string, text, texts, word
from deskline.web.openapi.operations import Body, Chapter, Operation, Parameter
from deskline.web.v2.asks import NAME_LIMIT
from deskline.web.v2.custom_fields import DELETED

TAG: Final = "Custom fields"
VALUES: Final = Parameter(
    "custom_fields",
    fields(MOST),
    "Custom fields, by key: in forms `custom_fields[order_number]=4711`. `null`, or an empty text, takes the value away.",
    {"order_number": 4711},
)
ASKED_VALUES: Final = Parameter(
    "custom_fields",
    fields(MOST_ASKED),
    "With all of these values of custom fields, by key: `custom_fields[area]=Orders`. Texts have at most 400 characters.",
    {"area": "Orders"},
)
_SHAPES: Final[dict[str, Schema]] = {
    "CustomField": record(
        {
            "key": string("Which field it is, for good."),
            "name": string(),
            "type": word(*TYPES),
            "creation_date": count("Unix seconds."),
            "created_by": string("A login."),
        },
        {"choices": listed(string(), "Of which a ticket has one; of the type `choice` alone.")},
        "What an account notes of its tickets beside what every ticket has.",
    ),
    "CustomFieldDeleted": record({"result": word(DELETED["result"])}),
}
_AREA: Final = {
    "key": "area",
    "name": "Area",
    "type": "choice",
    "choices": ["Orders", "Returns"],
    "creation_date": 1384554260,
    "created_by": "jane@co.com",
}
_CHOICES: Final = Parameter(
    "choices[]", texts(NAME_LIMIT, MOST_CHOICES), "What there is to choose, with the type `choice`.", ["Orders", "Returns"]
)
_REFUSED: Final = {403: "For owners and administrators only."}

CUSTOM_FIELDS: Final = Chapter(
    operations={
        "GET /custom_fields": Operation(
            summary="List custom fields",
            tag=TAG,
            says="The oldest first.",
            answer=listed(ref("CustomField")),
            example=[_AREA],
            is_ours=True,
        ),
        "POST /custom_fields": Operation(
            summary="Make a custom field",
            tag=TAG,
            says="A field that was deleted can be made again, with its type.",
            body=Body(
                (
                    Parameter("key", text(KEY_LIMIT), "Small letters, digits and `_` behind a letter.", "area", required=True),
                    Parameter("name", text(NAME_LIMIT), "What it is called.", "Area", required=True),
                    Parameter("type", choice(TYPES), "What its values are.", "choice", required=True),
                    _CHOICES,
                )
            ),
            answer=ref("CustomField"),
            errors=_REFUSED | {409: "The key is taken, was one of another type, or the account has as many fields as there may be."},
            example=_AREA,
            is_ours=True,
        ),
        "GET /custom_fields/{field_key}": Operation(
            summary="Read a custom field", tag=TAG, answer=ref("CustomField"), example=_AREA, is_ours=True
        ),
        "PUT /custom_fields/{field_key}": Operation(
            summary="Change a custom field",
            tag=TAG,
            says="What is not there stays; at least a name or choices. Tickets keep the values that they have.",
            body=Body(
                (
                    Parameter("name", text(NAME_LIMIT), "What it is called.", "Area"),
                    _CHOICES,
                    Parameter("key", text(), "As it is; it cannot be changed.", "area"),
                    Parameter("type", text(), "As it is; it cannot be changed.", "choice"),
                )
            ),
            answer=ref("CustomField"),
            errors=_REFUSED,
            example=_AREA,
            is_ours=True,
        ),
        "DELETE /custom_fields/{field_key}": Operation(
            summary="Delete a custom field",
            tag=TAG,
            says="Tickets keep its values, which can be taken from them, and their timelines.",
            answer=ref("CustomFieldDeleted"),
            errors=_REFUSED,
            example=DELETED,
            is_ours=True,
        ),
    },
    schemas=_SHAPES,
    paths={"field_key": Parameter("field_key", string(), "The key of a custom field.", "area")},
)
