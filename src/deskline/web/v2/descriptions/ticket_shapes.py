"""A ticket as answers show it, and what it is made of. What makes it is `wire`."""

from typing import Any, Final

from deskline.domain.events import RATES, STATUSES
from deskline.web.openapi.kinds import Schema, count, keyed, listed, nullable, record, ref, string, word, yes_or_no
from deskline.web.v2.asks import SOURCES

_PERSON: Final = {"id": string("An agent's login, or a client's mail address."), "name": string()}
_AUTHOR: Final = _PERSON | {"type": word("agent", "client")}
_DATE: Final = {"date": ref("Instant")}


def _event(name: str, fields: dict[str, Schema], optional: dict[str, Schema] | None = None, says: str = "") -> Schema:
    return record({**_DATE, "type": word(name), **fields}, optional, says)


_EVENTS: Final[dict[str, Schema]] = {
    "Message": _event(
        "message",
        {"author": ref("Author"), "is_private": yes_or_no("A note that only agents see."), "message": string()},
        {"source": ref("Source"), "attachments": listed(ref("Attachment"))},
        "Somebody wrote.",
    ),
    "AssigneeChanged": _event("assignee_changed", {"to": ref("Person")}, {"author": ref("Person")}, "The ticket got an assignee."),
    "AssigneeRemoved": _event("assignee_removed", {}, {"author": ref("Author")}, "The ticket lost its assignee."),
    "StatusChanged": _event(
        "status_changed",
        {"current": ref("Status"), "previous": ref("Status")},
        {"author": ref("Person")},
        "The status changed; without an author it was automatic.",
    ),
    "RatingOfferSent": _event("rating_offer_sent", {}, says="The requester was asked for a rating."),
    "FollowUpSent": _event(
        "follow_up_sent",
        {},
        says="A reminder of a pending ticket was due; Deskline itself sends none.",
    ),
    "Rated": _event("rated", {"current": word(*RATES)}, {"author": ref("Author")}, "The requester rated the help; the last rating counts."),
    "CustomFieldChanged": _event(
        "custom_field_changed",
        {
            "key": string(),
            "name": string("What the field was called then."),
            "current": nullable(ref("CustomFieldValue")),
            "previous": nullable(ref("CustomFieldValue")),
        },
        {"author": ref("Person")},
        "A custom field has another value, or none (`null`).",
    ),
    "Snoozed": _event("snoozed", {"until": ref("Instant")}, {"author": ref("Person")}, "The ticket is pending until an instant."),
    "Merged": _event("merged", {"into": string()}, {"author": ref("Person")}, "The ticket was merged into another."),
    "Unmerged": _event("unmerged", {}, {"author": ref("Person")}, "The ticket is one of its own again."),
    "Absorbed": _event(
        "absorbed",
        {"ticket": record({"id": string(), "subject": string()})},
        {"messages": listed(ref("Message"), "What was written there; absent once it is released."), "author": ref("Person")},
        "Another ticket was merged into this one.",
    ),
    "Released": _event(
        "released", {"ticket": record({"id": string()})}, {"author": ref("Person")}, "A merged ticket is one of its own again."
    ),
    "Split": _event(
        "split", {"message": count("Which, from 1."), "into": string()}, {"author": ref("Person")}, "A message opened another ticket."
    ),
    "SplitFrom": _event("split_from", {"ticket": record({"id": string()})}, {"author": ref("Person")}, "It opened with another's message."),
    "Trashed": _event("trashed", {}, {"author": ref("Person")}, "The ticket was put into the trash."),
    "Restored": _event("restored", {}, {"author": ref("Person")}, "The ticket was taken out of the trash."),
}
_KNOWN: Final = [schema["properties"]["type"]["const"] for schema in _EVENTS.values()]

TICKET_SHAPES: Final[dict[str, Schema]] = {
    **_EVENTS,
    "OtherEvent": record(
        {**_DATE}, {"type": {"not": {"enum": _KNOWN}}}, "Something that an imported history shows and Deskline has no rule for, as it was."
    )
    | {"additionalProperties": True},
    "Event": {"anyOf": [ref(name) for name in (*_EVENTS, "OtherEvent")], "description": "Something that happened to a ticket."},
    "CustomFieldValue": {"type": ["string", "number", "boolean"], "description": "By the type of the field; dates are `2026-03-01`."},
    "Instant": {"type": "string", "format": "date-time", "examples": ["2019-03-11T10:00:00Z"]},
    "Status": {"type": "string", "enum": list(STATUSES)},
    "Person": record(_PERSON),
    "Author": record(_AUTHOR),
    "Source": record(
        {"type": string(f"A channel, such as {', '.join(SOURCES)}.")},
        {"url": string("The page."), "id": string("A related chat.")},
        "Where a ticket or a message came from.",
    ),
    "Attachment": record(
        {"url": string()},
        {
            "name": string(),
            "content_type": string(),
            "content_encoding": string(),
            "width": count("In pixels, for pictures."),
            "height": count("In pixels, for pictures."),
            "size": count("In bytes, of a file that is kept here."),
        },
        "A file beside a message.",
    ),
    "TicketGroup": record(
        {"id": count(), "name": string("As it was when the ticket got it."), "inherited": yes_or_no()},
        says="A group as a ticket carries it.",
    ),
    "Ticket": record(
        {
            "events": listed(ref("Event"), "All that happened, in the order in which it did."),
            "id": string(),
            "requester": record(
                {"mail": string(), "name": string()}, {"utc_offset": string("The IANA name of a time zone."), "ip": string()}, "Who asked."
            ),
            "groups": listed(ref("TicketGroup")),
            "status": ref("Status"),
            "subject": string(),
            "modified": ref("Instant"),
            "source": ref("Source"),
            "opened": listed(record({"from": ref("Instant")}, {"to": ref("Instant")}), "When it was open; without `to` it still is."),
            "firstResponse": record({}, {"agent": string("A login."), "date": ref("Instant")}, "Empty as long as nobody answered."),
            "ccs": listed(string()),
            "tags": listed(string()),
            "rate": word("not_rated", *(f"rated_{rate}" for rate in RATES)),
            "date": ref("Instant"),
        },
        {
            "assignee": ref("Person"),
            "resolutionDate": ref("Instant"),
            "currentGroup": ref("TicketGroup"),
            "absorbed": listed(string(), "The tickets that were merged into this one."),
            "merged_into": string("The ticket that tells the messages of this one."),
            "snoozed_until": ref("Instant"),
            "custom_fields": keyed(ref("CustomFieldValue"), "By key; absent where none has a value."),
            "trashed": ref("Instant"),
        },
        "A ticket. `assignee` is absent where nobody has it, `resolutionDate` until it was solved, `snoozed_until` unless it is pending"
        " until then, `trashed` but in the trash.",
    ),
    "Result": record(
        {
            "id": string("As it was asked for."),
            "status": count("200, or that of the error."),
            "changed": yes_or_no("`false` where it was so already."),
        },
        {"error": string("Why not.")},
        "What became of one ticket.",
    ),
    "TicketPage": record({"pages": count("Of 25 tickets each."), "total": count(), "tickets": listed(ref("Ticket"))}),
}

AS_DOCUMENTED: Final[dict[str, Schema]] = {
    "Instant": {"type": "integer", "description": "Unix seconds.", "examples": [1384554260]},
    "TicketGroup": {"type": "integer", "description": "The id of a group."},
}
"""What differs where the server shows tickets as the original's documentation of 2013 does."""

A_TICKET: Final[dict[str, Any]] = {
    "assignee": {"id": "jane@co.com", "name": "Jane"},
    "events": [
        {
            "author": {"id": "mary@x.com", "name": "Mary", "type": "client"},
            "date": "2019-03-11T10:00:00Z",
            "is_private": False,
            "message": "Hi",
            "type": "message",
            "source": {"type": "chat-window", "url": "https://co.com/p"},
        },
        {
            "date": "2019-03-11T11:00:00Z",
            "to": {"id": "jane@co.com", "name": "Jane"},
            "type": "assignee_changed",
            "author": {"id": "jane@co.com", "name": "Jane"},
        },
    ],
    "id": "5FUED",
    "requester": {"mail": "mary@x.com", "name": "Mary"},
    "groups": [{"id": 0, "name": "General", "inherited": True}],
    "status": "open",
    "subject": "(no subject)",
    "modified": "2019-03-11T11:00:00Z",
    "source": {"type": "chat-window", "url": "https://co.com/p"},
    "opened": [{"from": "2019-03-11T10:00:00Z"}],
    "firstResponse": {},
    "ccs": [],
    "tags": ["sales"],
    "rate": "not_rated",
    "date": "2019-03-11T10:00:00Z",
    "currentGroup": {"id": 0, "name": "General", "inherited": True},
}
