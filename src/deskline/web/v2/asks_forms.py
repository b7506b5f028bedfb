"""The public ticket form and its settings, incoming: parameters in, checked values out."""

import msgspec

from deskline.domain.events import Requester
from deskline.domain.ticket_forms import DEFAULT_PER_MINUTE, MOST_ORIGINS, MOST_PER_MINUTE, ORIGIN_LIMIT, TicketForm, read_origins
from deskline.web.params import Params, find_zone
from deskline.web.v2.asks import HIGHEST_GROUP, NAME_LIMIT, SUBJECT_LIMIT, URL_LIMIT, read_mail

FORM_MESSAGE_LIMIT = 100_000
HIGHEST_ACCOUNT = 2**23 - 1  # keys of tickets hold no higher


class FormAsk(msgspec.Struct, frozen=True, kw_only=True):
    """What POST /tickets/new asks for, of which account."""

    account_id: int
    requester: Requester
    text: str
    subject: str
    url: str
    group: int | None


def read_form(params: Params) -> FormAsk:
    """Read POST /tickets/new. Raises InvalidError.

    What the original's pages send beside is read and left: a visitor's id, and a time zone that is none, are no reason to lose a ticket.
    """
    licence = "licence_id" if params.given("licence_id") else "license_id"
    account_id = params.whole(licence, 1, HIGHEST_ACCOUNT)
    if account_id is None and not params.refused:
        params.refuse("licence_id", "is missing", "the account's number")
    message = "ticket_message" if params.given("ticket_message") or not params.given("offline_message") else "offline_message"
    text = params.text(message, required=True, limit=FORM_MESSAGE_LIMIT)
    if text and not text.strip():
        params.refuse(message, "is blank", "a text")
    requester = params.mapping("requester")
    zone = _zone_of(params.text("timezone", limit=NAME_LIMIT))
    ask = FormAsk(
        account_id=account_id or 0,
        requester=Requester(mail=read_mail(requester), name=requester.text("name", limit=NAME_LIMIT) or "", zone=zone),
        text=text,
        subject=params.text("subject", limit=SUBJECT_LIMIT) or "",
        url=params.mapping("source").text("url", limit=URL_LIMIT) or "",
        group=params.whole("group", 0, HIGHEST_GROUP),
    )
    params.check()
    return ask


def read_ticket_form(params: Params) -> TicketForm:
    """Read PUT /ticket_form. Raises InvalidError."""
    texts = params.texts("origins", limit=ORIGIN_LIMIT, count=MOST_ORIGINS)
    were_refused = params.refused
    origins, problems = read_origins(texts)
    for problem in problems:
        if not were_refused or texts:  # what could not be read is not missing
            params.refuse(*problem)
    without_origin = params.flag("without_origin") or False
    per_minute = params.whole("per_minute", 1, MOST_PER_MINUTE, DEFAULT_PER_MINUTE)
    params.check()
    return TicketForm(origins=origins, without_origin=without_origin, per_minute=per_minute)


def _zone_of(text: str | None) -> str:
    zone = None if text is None else find_zone(text)
    return "" if zone is None else zone.key
