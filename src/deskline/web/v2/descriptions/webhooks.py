"""The routes of webhooks, described."""

from typing import Any, Final

from deskline.domain.webhooks import EVENT_TYPES, LONGEST_URL, PAYLOADS, STATES
from deskline.web.openapi.kinds import (
    Schema,
    choice,
    count,
    flag,
    listed,
    nullable,
    record,
    ref,
    string,
    text,
    texts,
    whole,
    word,
    yes_or_no,
)
from deskline.web.openapi.operations import Body, Chapter, Message, Operation, Parameter
from deskline.web.v2.descriptions.ticket_shapes import A_TICKET
from deskline.web.v2.webhooks import DATA_TYPES, DELETED, HIGHEST_NUMBER, LONGEST_NAME

TAG: Final = "Webhooks"
_SHOWN: Final[dict[str, Schema]] = {
    "licence": count("The account's number."),
    "event_type": string("What it is told of; `*` for everything."),
    "data_types": listed(word(*DATA_TYPES)),
    "url": string(),
    "verified": yes_or_no("Whether the receiver has ever taken a message."),
    "token": string("Messages in the form of v2 carry it."),
    "id": string(),
}
_OURS: Final[dict[str, Schema]] = {
    "payload": word(*PAYLOADS[1:]),
    "enabled": yes_or_no("There where it is false."),
    "disabled_at": string(),
    "disabled_reason": string(),
}
_SECRET: Final = {"secret": string("What messages are signed with. It is shown this once.")}
_ID: Final = "4f1c9a0be2d84e7da4a1d7c05b3f9e62"
_EXAMPLE: Final[dict[str, Any]] = {
    "licence": 1,
    "event_type": "ticket_created",
    "data_types": ["ticket"],
    "url": "https://example.com/hooks",
    "verified": False,
    "token": "0d6e7e1c5b8f4a3f9c2b1a0f8e7d6c5b",
    "id": _ID,
}
_MESSAGE_ID: Final = Parameter("webhook-id", string(), "The message's name, however often it is sent.", f"msg_{_ID}_12", required=True)
_OFF: Final = "The webhook is switched off: nothing is sent to it."
_LINE: Final[dict[str, Any]] = {
    "id": f"msg_{_ID}_12",
    "number": 12,
    "event_type": "ticket_created",
    "ticket_id": "5FUED",
    "state": "waiting",
    "attempts": 1,
    "status": 500,
    "failure": "status",
    "first_at": "2026-03-01T09:00:00Z",
    "last_at": "2026-03-01T09:00:00Z",
    "next_at": "2026-03-01T09:00:05Z",
}
_WHO: Final = {403: "For owners and administrators."}
_URL: Final = "An http or https URL that messages are sent to."
_KINDS: Final = f"What it is told of, `*` for everything, or one of {', '.join(EVENT_TYPES)}."

WEBHOOKS: Final = Chapter(
    operations={
        "GET /webhooks": Operation(summary="List webhooks", tag=TAG, answer=ref("Webhooks"), errors=_WHO, example={"events": [_EXAMPLE]}),
        "POST /webhooks": Operation(
            summary="Make a webhook",
            says="It is told of what happens from now on.",
            tag=TAG,
            body=Body(
                (
                    Parameter("url", text(LONGEST_URL), _URL, "https://example.com/hooks", required=True),
                    Parameter("event_type", text(LONGEST_NAME), _KINDS, "ticket_created", required=True),
                    Parameter("payload", choice(PAYLOADS), "The form of its messages: the original's, or Standard Webhooks.", "v2"),
                    Parameter("data_types[]", texts(LONGEST_NAME, 10), "What messages hold: a ticket.", ["ticket"]),
                )
            ),
            answer=ref("NewWebhooks"),
            errors=_WHO | {409: "The account has as many as there may be."},
            example={"events": [_EXAMPLE]},
        ),
        "PUT /webhooks/{webhook_id}": Operation(
            summary="Change a webhook, or switch it off or on",
            says="What is not there stays; at least one field is required. One that is switched on is told of what happens from then on.",
            tag=TAG,
            body=Body(
                (
                    Parameter("url", text(LONGEST_URL), _URL, "https://example.com/hooks"),
                    Parameter("event_type", text(LONGEST_NAME), _KINDS, "ticket_created"),
                    Parameter("enabled", flag(), "Whether anything is sent.", True),
                )
            ),
            answer=ref("Webhook"),
            errors=_WHO,
            example=_EXAMPLE,
            is_ours=True,
        ),
        "DELETE /webhooks/{webhook_id}": Operation(
            summary="Delete a webhook, with its log", tag=TAG, answer=ref("WebhookDeleted"), errors=_WHO, example=DELETED
        ),
        "POST /webhooks/{webhook_id}/rotate_secret": Operation(
            summary="Give a webhook a new secret",
            says="For 24 hours messages are signed with the former one too. Of a webhook in the form of v2 the token is replaced, at once.",
            tag=TAG,
            answer=ref("NewWebhook"),
            errors=_WHO,
            example=_EXAMPLE,
            is_ours=True,
        ),
        "GET /webhooks/{webhook_id}/deliveries": Operation(
            summary="List what a webhook was told",
            says="A hundred, of the newest events first; further ones with `before`. Kept for 30 days, at most 1,000 that are over.",
            tag=TAG,
            parameters=(
                Parameter("state", choice(STATES), "Only those that stand like this.", "failed"),
                Parameter("before", whole(0, HIGHEST_NUMBER), "Only those of events before this `number`.", 12),
            ),
            answer=ref("Deliveries"),
            errors=_WHO,
            example={"deliveries": [_LINE]},
            is_ours=True,
        ),
        "POST /webhooks/{webhook_id}/deliveries/{delivery_id}/replay": Operation(
            summary="Send a message again",
            says="Under its name, however it went before.",
            tag=TAG,
            answer=ref("Replayed"),
            errors=_WHO | {409: _OFF},
            example={"replayed": 1},
            is_ours=True,
        ),
        "POST /webhooks/{webhook_id}/replay": Operation(
            summary="Send again what was given up",
            tag=TAG,
            answer=ref("Replayed"),
            errors=_WHO | {409: _OFF},
            example={"replayed": 3},
            is_ours=True,
        ),
    },
    messages={
        "ticket_in_the_form_of_v2": Message(
            summary="Something happened to a ticket, in the original's form",
            says="With `payload=v2`. The ticket is as it was right after the event, however late the message comes.",
            body=record(
                {
                    "event_type": word(*EVENT_TYPES),
                    "token": string("The webhook's own: a message with another one is not from here."),
                    "license_id": string("The account's number."),
                    "ticket": ref("Ticket"),
                }
            ),
            example={"event_type": "ticket_created", "token": _EXAMPLE["token"], "license_id": "1", "ticket": A_TICKET},
            headers=(_MESSAGE_ID,),
        ),
        "ticket_in_the_form_of_standard_webhooks": Message(
            summary="Something happened to a ticket, as Standard Webhooks has it",
            says="With `payload=standard`. Any library of Standard Webhooks verifies the signature.",
            body=record(
                {
                    "type": word(*(each.replace("_", ".", 1) for each in EVENT_TYPES)),
                    "timestamp": string("When it happened."),
                    "data": record({"license_id": string("The account's number."), "ticket": ref("Ticket")}),
                }
            ),
            example={"type": "ticket.created", "timestamp": "2026-03-01T09:00:00.123Z", "data": {"license_id": "1", "ticket": A_TICKET}},
            headers=(
                _MESSAGE_ID,
                Parameter("webhook-timestamp", string(), "The second of the attempt.", "1772355600", required=True),
                Parameter(
                    "webhook-signature",
                    string(),
                    "`v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; two for a day after a change of the secret.",
                    "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
                    required=True,
                ),
            ),
        ),
    },
    schemas={
        "Webhook": record(_SHOWN, _OURS),
        "NewWebhook": record(_SHOWN, _OURS | _SECRET),
        "Webhooks": record({"events": listed(ref("Webhook"))}),
        "NewWebhooks": record({"events": listed(ref("NewWebhook"))}),
        "WebhookDeleted": record({"result": word(DELETED["result"])}),
        "Replayed": record({"replayed": count("How many messages.")}),
        "Delivery": record(
            {
                "id": string("The `webhook-id` of its messages."),
                "number": count("The event's number in the account."),
                "event_type": word(*EVENT_TYPES),
                "ticket_id": nullable(string()),
                "state": word(*STATES),
                "attempts": count(),
                "status": nullable(count("What the receiver answered last.")),
                "failure": nullable(
                    word("status", "no_address", "address_refused", "not_connected", "tls", "timeout", "not_http", "gone", "")
                ),
                "first_at": string(),
                "last_at": nullable(string()),
                "next_at": nullable(string()),
            }
        ),
        "Deliveries": record({"deliveries": listed(ref("Delivery"))}),
    },
    paths={
        "webhook_id": Parameter("webhook_id", string(), "The id of a webhook, as the list shows it.", _ID),
        "delivery_id": Parameter("delivery_id", string(), "The id of a message, as the log shows it.", f"msg_{_ID}_12"),
    },
)
