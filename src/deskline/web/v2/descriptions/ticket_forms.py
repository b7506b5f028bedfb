"""The public ticket form and its settings, described."""

from typing import Final

from deskline.domain.ticket_forms import DEFAULT_PER_MINUTE, HONEYPOT, MOST_ORIGINS, MOST_PER_MINUTE, ORIGIN_LIMIT
from deskline.web.openapi.kinds import Schema, count, flag, listed, record, ref, string, text, texts, whole, yes_or_no
from deskline.web.openapi.operations import Body, Chapter, Operation, Parameter
from deskline.web.v2.asks import HIGHEST_GROUP, MAIL_LIMIT, NAME_LIMIT, SUBJECT_LIMIT, URL_LIMIT
from deskline.web.v2.asks_forms import FORM_MESSAGE_LIMIT, HIGHEST_ACCOUNT
from deskline.web.v2.public_form import BODY_BYTES, INCORRECT

TAG: Final = "Ticket form"
_FORM: Final = {"enabled": True, "licence_id": 1, "origins": ["https://www.co.com"], "without_origin": False, "per_minute": 60}
_SHAPES: Final[dict[str, Schema]] = {
    "TicketForm": record(
        {"enabled": yes_or_no("Whether the form is taken."), "licence_id": count("The account, as the form names it.")},
        {
            "origins": listed(string("The site of pages that may send it; `*` is any.")),
            "without_origin": yes_or_no("Whether programs that name no origin may."),
            "per_minute": count("How many tickets a minute are taken, in each process."),
        },
    ),
    "FormSent": record({"id": string("The id of the new ticket.")}),
    "FormProblems": record(
        {
            "errors": listed(
                {"anyOf": [string("What is wrong, and what is accepted."), record({INCORRECT: listed(string("What is wrong with it."))})]}
            ),
            "message": string("The first of them."),
        }
    ),
}
_ERRORS: Final = {
    400: f"A field is wrong or missing; what is wrong with the requester stands under `{INCORRECT}`.",
    403: "No account of this number takes the form from this page.",
    408: "The body did not come in time.",
    413: f"The body is larger than {BODY_BYTES:,} bytes.",
    429: "Too many tickets from this address, or of this account; come back after `Retry-After`.",
    507: "The disk is full: nothing was stored.",
}

TICKET_FORMS: Final = Chapter(
    operations={
        "POST /tickets/new": Operation(
            summary="Send the ticket form",
            tag=TAG,
            says="For pages that an account lists, from a browser, without signing in. Answers are readable by pages of any site. An "
            "`offline_message` is the message where there is no `ticket_message`.",
            body=Body(
                (
                    Parameter("licence_id", whole(1, HIGHEST_ACCOUNT), "The account's number.", 1, required=True),
                    Parameter("license_id", whole(1, HIGHEST_ACCOUNT), "The same; `licence_id` is taken first.", 1),
                    Parameter("ticket_message", text(FORM_MESSAGE_LIMIT), "What the visitor writes.", "Where is my parcel?", required=True),
                    Parameter("requester[mail]", text(MAIL_LIMIT), "The visitor's address.", "mary@x.com", required=True),
                    Parameter("requester[name]", text(NAME_LIMIT), "The visitor's name.", "Mary"),
                    Parameter("subject", text(SUBJECT_LIMIT), "What it is about; `(no subject)` by default.", "My order"),
                    Parameter("group", whole(0, HIGHEST_GROUP), "A group of the account; everybody's by default.", 0),
                    Parameter("source[url]", text(URL_LIMIT), "The page.", "https://www.co.com/help"),
                    Parameter("timezone", text(NAME_LIMIT), "The visitor's, an IANA name; anything else is left out.", "Europe/Warsaw"),
                    Parameter(HONEYPOT, text(URL_LIMIT), "To be hidden on the page and left empty: whoever fills it in is a machine.", ""),
                )
            ),
            answer=ref("FormSent"),
            errors=_ERRORS,
            problems="FormProblems",
            example={"id": "5FUED"},
        ),
        "OPTIONS /tickets/new": Operation(
            summary="Ask whether pages may send the ticket form",
            tag=TAG,
            says="What browsers ask before a page of another site sends JSON.",
            answer=None,
            files={"text/plain": string()},
            headers={"Access-Control-Allow-Origin": "`*`", "Access-Control-Allow-Methods": "`POST`"},
        ),
        "GET /ticket_form": Operation(summary="Read how the form is set", tag=TAG, answer=ref("TicketForm"), example=_FORM, is_ours=True),
        "PUT /ticket_form": Operation(
            summary="Switch the form on",
            tag=TAG,
            says="For owners and administrators. What is not named has its default.",
            body=Body(
                (
                    Parameter(
                        "origins[]",
                        texts(ORIGIN_LIMIT, MOST_ORIGINS),
                        "Sites whose pages may send it; `*` is any.",
                        ["https://www.co.com"],
                        required=True,
                    ),
                    Parameter("without_origin", flag(), "Whether programs that name no origin may; `0` by default.", False),
                    Parameter(
                        "per_minute",
                        whole(1, MOST_PER_MINUTE),
                        f"How many tickets a minute are taken, in each process; {DEFAULT_PER_MINUTE} by default.",
                        60,
                    ),
                )
            ),
            answer=ref("TicketForm"),
            example=_FORM,
            is_ours=True,
        ),
        "DELETE /ticket_form": Operation(
            summary="Switch the form off",
            tag=TAG,
            says="For owners and administrators.",
            answer=ref("TicketForm"),
            example={"enabled": False, "licence_id": 1},
            is_ours=True,
        ),
    },
    schemas=_SHAPES,
)
