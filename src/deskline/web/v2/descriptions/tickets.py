"""The routes under /tickets, described."""

from typing import Final

from deskline.domain.attachments import MOST_OF_MESSAGE
from deskline.domain.events import RATES, STATUSES
from deskline.web.openapi.kinds import choice, flag, listed, record, ref, string, text, texts, whole
from deskline.web.openapi.operations import Body, Chapter, Operation, Parameter
from deskline.web.v2.asks import (
    MAIL_LIMIT,
    MESSAGE_LIMIT,
    MOST_CCS,
    MOST_PAGE,
    NAME_LIMIT,
    NEW_SOURCES,
    QUERY_LIMIT,
    SOURCES,
    SUBJECT_LIMIT,
    URL_LIMIT,
)
from deskline.web.v2.bulk import IDS_LIMIT, MOST_IDS
from deskline.web.v2.cursors import CURSOR_LIMIT
from deskline.web.v2.descriptions.custom_fields import ASKED_VALUES, VALUES
from deskline.web.v2.descriptions.shared import FROM, GROUPS, GROUPS_TOO, PAGE, STATUS, TAGS, TO, ZONE
from deskline.web.v2.descriptions.ticket_shapes import A_TICKET, TICKET_SHAPES

TAG: Final = "Tickets"
AS_OF: Final = Parameter(
    "as_of",
    text(),
    "The state as it was at an instant: `2026-03-01T09:00:00Z`, with an offset, or as the clocks of `timezone` showed it.",
    "2026-03-01T09:00:00Z",
)
_MESSAGE: Final = Parameter("message", text(MESSAGE_LIMIT), "What is written.", "I need help with my order.", required=True)
_CCS: Final = texts(MAIL_LIMIT, MOST_CCS)
_FILES: Final = Parameter(
    "attachments[]",
    texts(NAME_LIMIT, MOST_OF_MESSAGE),
    "Files beside the message: ids that `POST /attachments` answered, each once.",
    ["5f0c2d9b7d1e4c1f9a3b6e8d70c4a512"],
)
_CHANNEL: Final = Parameter("source[type]", choice(NEW_SOURCES), "The channel.", "mail")

LIST: Final = Operation(
    summary="List tickets",
    tag=TAG,
    says="Those that match all filters, 25 a page, ordered by the last message, newest first.",
    parameters=(
        PAGE,
        Parameter(
            "cursor",
            text(CURSOR_LIMIT),
            "`start`, or one that a `Link` header has told: the list from there on. Not together with `page` or `as_of`.",
            "start",
        ),
        Parameter("order", choice(("asc", "desc")), "Newest first (`desc`, the default) or last.", "desc"),
        Parameter("date_from", FROM.schema, "Tickets with any activity on or after this day.", FROM.example),
        Parameter("date_to", TO.schema, "Tickets with any activity on or before this day.", TO.example),
        ZONE,
        STATUS,
        Parameter("assigned", flag(), "With an assignee, or without.", True),
        Parameter("assignee", text(NAME_LIMIT), "Whose they are: a login.", "jane@co.com"),
        GROUPS,
        GROUPS_TOO,
        TAGS,
        Parameter("tagged", flag(), "With any tag, or without.", True),
        ASKED_VALUES,
        Parameter("requester[mail]", text(MAIL_LIMIT), "Who asked.", "mary@x.com"),
        Parameter("source", choice(SOURCES), "Where they came from.", "mail"),
        Parameter("source_id", text(NAME_LIMIT), "From that chat.", "K600PKZON8"),
        AS_OF,
        Parameter("query", text(QUERY_LIMIT), "Words that are all in a ticket, phrases in quotes.", "late parcel"),
    ),
    answer=ref("TicketPage"),
    headers={"Link": "The addresses of what is around: `first`, `prev`, `next`, and `last` for pages (RFC 8288)."},
    example={"pages": 1, "total": 1, "tickets": [A_TICKET]},
)

CREATE: Final = Operation(
    summary="Create a ticket",
    tag=TAG,
    says="Answers the bare ticket, with status 200.",
    body=Body(
        (
            _MESSAGE,
            Parameter("requester[mail]", text(MAIL_LIMIT), "Who asks.", "mary@x.com", required=True),
            Parameter("requester[name]", text(NAME_LIMIT), "By which name.", "Mary"),
            Parameter("subject", text(SUBJECT_LIMIT), "What it is about; `(no subject)` by default.", "My order"),
            Parameter("assignee[id]", text(NAME_LIMIT), "Who gets it: a login.", "jane@co.com"),
            Parameter("group[]", GROUPS.schema, "Its groups; 0 by default.", [0]),
            GROUPS_TOO,
            Parameter("source[type]", choice(NEW_SOURCES), "The channel; `lc2` by default.", "chat-window"),
            Parameter("source[url]", text(URL_LIMIT), "The page, kept with `chat-window`.", "https://co.com/p"),
            Parameter("ccs[]", _CCS, "Who gets copies: addresses.", ["joe@x.com"]),
            VALUES,
            _FILES,
        )
    ),
    answer=ref("Ticket"),
    example=A_TICKET,
)

GET: Final = Operation(
    summary="Read a ticket",
    tag=TAG,
    parameters=(AS_OF, Parameter("timezone", ZONE.schema, "Whose clocks `as_of` is read by; the account's by default.", ZONE.example)),
    answer=ref("Ticket"),
    example=A_TICKET,
)

_UNTIL: Final = Parameter(
    "until",
    text(),
    "Pending until that instant in the future, as `as_of` is written; then it is opened, unless that was done before.",
    "2036-03-01T09:00:00Z",
)
_UNTIL_ZONE: Final = Parameter("timezone", ZONE.schema, "Whose clocks `until` is read by; the account's by default.", ZONE.example)

_CHANGES: Final = (
    Parameter("status", choice(STATUSES), "The new status.", "pending"),
    Parameter("subject", text(SUBJECT_LIMIT), "The new subject.", "My order"),
    Parameter("group[]", GROUPS.schema, "All of its groups from now on.", [0]),
    GROUPS_TOO,
    Parameter(
        "assignee[id]",
        text(NAME_LIMIT),
        "Who gets it: a login; `none` for nobody. `assignee` may also be the login itself, or in JSON `null`.",
        "jane@co.com",
        json={"type": ["string", "null"], "maxLength": NAME_LIMIT},
    ),
    Parameter("requester[mail]", text(MAIL_LIMIT), "Whose it is from now on.", "mary@x.com"),
    Parameter("requester[name]", text(NAME_LIMIT), "By which name; only beside the address.", "Mary"),
    Parameter(
        "ccs[]",
        _CCS,
        "Who gets copies from now on: all addresses; `none` for nobody, in JSON also `[]` or `null`.",
        ["joe@x.com"],
        json={"type": ["array", "null"], "items": text(MAIL_LIMIT), "maxItems": MOST_CCS},
    ),
    _UNTIL,
    _UNTIL_ZONE,
    Parameter("add_tags[]", TAGS.schema, "Tags that are put on.", ["sales"]),
    Parameter("remove_tags[]", TAGS.schema, "Tags that are taken off.", ["support"]),
    VALUES,
)

CHANGE: Final = Operation(
    summary="Change a ticket",
    tag=TAG,
    says="At least one of the fields. Solving a ticket that nobody has assigns it to you.",
    body=Body(_CHANGES),
    answer=ref("Ticket"),
    errors={409: "It would have more than 100 tags."},
    example=A_TICKET,
    is_ours=True,
)

CHANGE_MANY: Final = Operation(
    summary="Change many tickets",
    tag=TAG,
    says="The same change of up to 1,000 tickets, with a result for each. What one is refused for holds up no other.",
    body=Body(
        (
            Parameter("ids[]", texts(IDS_LIMIT, MOST_IDS), "Which tickets; also as one text with commas.", ["5FUED"], required=True),
            *_CHANGES,
        )
    ),
    answer=record({"results": listed(ref("Result"), "In the order of the ids, each once.")}),
    example={"results": [{"id": "5FUED", "status": 200, "changed": True}]},
    is_ours=True,
)

_TRASHED: Final = A_TICKET | {
    "events": [*A_TICKET["events"], {"date": "2019-03-12T09:00:00Z", "type": "trashed", "author": {"id": "jane@co.com", "name": "Jane"}}],
    "modified": "2019-03-12T09:00:00Z",
    "trashed": "2019-03-12T09:00:00Z",
}

TRASH: Final = Operation(
    summary="Put a ticket into the trash",
    tag=TAG,
    says="No list has it then and no report counts it, and nothing can be done to it but to restore it. It can still be read.",
    answer=ref("Ticket"),
    example=_TRASHED,
    is_ours=True,
)

RESTORE: Final = Operation(
    summary="Take a ticket out of the trash",
    tag=TAG,
    says="It is as it was. A ticket that is in no trash stays as it is.",
    answer=ref("Ticket"),
    example=A_TICKET,
    is_ours=True,
)

MERGE: Final = Operation(
    summary="Merge a ticket into another",
    tag=TAG,
    says="Answers the other, which tells the messages of this one from then on. This one is in no list and no report.",
    body=Body((Parameter("into", text(NAME_LIMIT), "The id of the other.", "5FUED", required=True),)),
    answer=ref("Ticket"),
    errors={409: "It is the same ticket, others are merged into it, or it has more than 1,000 messages."},
    example=A_TICKET,
    is_ours=True,
)

SPLIT: Final = Operation(
    summary="Split a message into a new ticket",
    tag=TAG,
    says="Answers the new ticket, of the same requester and groups. The message stays in this one too.",
    body=Body(
        (
            Parameter("message", whole(1, MOST_PAGE), "Which message of the timeline, from 1.", 1, required=True),
            Parameter("subject", text(SUBJECT_LIMIT), "What the new one is about; the same by default.", "My other order"),
        )
    ),
    answer=ref("Ticket"),
    errors={409: "It is a private note."},
    example=A_TICKET,
    is_ours=True,
)

UNMERGE: Final = Operation(
    summary="Unmerge a ticket",
    tag=TAG,
    says="It is one of its own again, as it was.",
    answer=ref("Ticket"),
    errors={409: "It is not merged into another."},
    example=A_TICKET,
    is_ours=True,
)

LIST_TRASH: Final = Operation(
    summary="List the trash",
    tag=TAG,
    says="25 a page, what came there last first.",
    parameters=(PAGE,),
    answer=ref("TicketPage"),
    headers=LIST.headers,
    example={"pages": 1, "total": 1, "tickets": [_TRASHED]},
    is_ours=True,
)

SET_TAGS: Final = Operation(
    summary="Replace a ticket's tags",
    tag=TAG,
    says="The whole list; without any it is cleared.",
    body=Body((Parameter("tag[]", TAGS.schema, "All of its tags from now on.", ["sales", "support"]),)),
    answer=ref("Ticket"),
    example=A_TICKET,
)

ADD_TAG: Final = Operation(
    summary="Add a tag to a ticket",
    tag=TAG,
    says="Behind those that are there; nothing changes where it has that tag. What several clients add at a time is all there afterwards.",
    answer=ref("Ticket"),
    errors={409: "The ticket has 100 tags already."},
    example=A_TICKET,
    is_ours=True,
)

REMOVE_TAG: Final = Operation(
    summary="Remove a tag from a ticket",
    tag=TAG,
    says="Nothing changes where it has no such tag.",
    answer=ref("Ticket"),
    example=A_TICKET,
    is_ours=True,
)

RATE: Final = Operation(
    summary="Rate a ticket",
    tag=TAG,
    says="As the requester; the last rating counts.",
    body=Body((Parameter("rate", choice(RATES), "How the help was.", "good", required=True),)),
    answer=ref("Ticket"),
    errors={409: "The ticket is spam."},
    example=A_TICKET,
    is_ours=True,
)

ADD_MESSAGE: Final = Operation(
    summary="Add a message to a ticket",
    tag=TAG,
    says="Replying assigns a ticket that nobody has. A message of the requester reopens one that is pending or solved.",
    body=Body(
        (
            _MESSAGE,
            Parameter("author[type]", choice(("agent", "client")), "You (`agent`, the default) or the requester.", "agent"),
            Parameter("is_private", flag(), "A note that only agents see.", False),
            _CHANNEL,
            Parameter(
                "status", choice(STATUSES), "The status from then on, in the same breath; only with a message of an agent.", "pending"
            ),
            _UNTIL,
            _UNTIL_ZONE,
            _FILES,
        )
    ),
    answer=ref("Ticket"),
    example=A_TICKET,
    is_ours=True,
)

TICKETS: Final = Chapter(
    operations={
        "GET /tickets": LIST,
        "POST /tickets": CREATE,
        "PUT /tickets": CHANGE_MANY,
        "GET /tickets/{ticket_id}": GET,
        "PUT /tickets/{ticket_id}": CHANGE,
        "DELETE /tickets/{ticket_id}": TRASH,
        "POST /tickets/{ticket_id}/restore": RESTORE,
        "POST /tickets/{ticket_id}/merge": MERGE,
        "POST /tickets/{ticket_id}/split": SPLIT,
        "POST /tickets/{ticket_id}/unmerge": UNMERGE,
        "GET /trash": LIST_TRASH,
        "PUT /tickets/{ticket_id}/tags": SET_TAGS,
        "POST /tickets/{ticket_id}/tags": SET_TAGS,
        "PUT /tickets/{ticket_id}/tags/{tag}": ADD_TAG,
        "POST /tickets/{ticket_id}/tags/{tag}": ADD_TAG,
        "DELETE /tickets/{ticket_id}/tags/{tag}": REMOVE_TAG,
        "PUT /tickets/{ticket_id}/rating": RATE,
        "POST /tickets/{ticket_id}/messages": ADD_MESSAGE,
    },
    schemas=TICKET_SHAPES,
    paths={"ticket_id": Parameter("ticket_id", string(), "The id of a ticket.", "5FUED")},
)
