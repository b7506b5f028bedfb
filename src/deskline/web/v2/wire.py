"""Tickets as the LiveChat REST API v2.0 spells them, outgoing. The reading of requests is in `asks`, of saved histories in `history`.

The form is that of live answers of 2019 (ISO dates, groups as objects); `as_documented` turns it into that of the documentation's
samples of 2013 (unix seconds, group ids).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from deskline.domain.events import (
    AnyEvent,
    Assigned,
    FollowUpSent,
    Messaged,
    Noted,
    Person,
    Rated,
    RatingOffered,
    Requester,
    Source,
    StatusChanged,
    TicketGroup,
    Unassigned,
)
from deskline.domain.searches import Page
from deskline.domain.timelines import Ticket, visible

Json = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encode = msgspec.json.Encoder().encode


def show_ticket(ticket: Ticket, events: Sequence[AnyEvent]) -> bytes:
    """Render a ticket as compact JSON, keys in the order of the original's answers."""
    shown: Json = {}
    if ticket.assignee is not None:
        shown["assignee"] = _who(ticket.assignee)
    groups = [_group(group) for group in ticket.groups]
    shown["events"] = [_event(event) for event in visible(events)]
    shown["id"] = ticket.id
    shown["requester"] = _requester(ticket.requester)
    shown["groups"] = groups
    shown["status"] = ticket.status
    shown["subject"] = ticket.subject
    shown["modified"] = instant(ticket.modified_at)
    shown["source"] = _source(ticket.source)
    shown["opened"] = [
        {"from": instant(i.start)} if i.end is None else {"from": instant(i.start), "to": instant(i.end)} for i in ticket.opened
    ]
    if ticket.solve is not None and ticket.status != "spam":
        shown["resolutionDate"] = instant(ticket.solve.at)
    first = ticket.first_response
    shown["firstResponse"] = {} if first is None else {"agent": first.agent, "date": instant(first.at)}
    shown["ccs"] = ticket.ccs
    shown["tags"] = ticket.tags
    shown["rate"] = "not_rated" if ticket.rating is None else f"rated_{ticket.rating.rate}"
    shown["date"] = instant(ticket.created_at)
    if groups:
        shown["currentGroup"] = groups[0]
    return _encode(shown)


def show_page(page: Page) -> bytes:
    """Render a page of tickets, each of which is JSON already."""
    return b'{"pages":%d,"total":%d,"tickets":[%b]}' % (page.pages, page.total, b",".join(page.tickets))


@lru_cache(maxsize=4_096)
def instant(at: int) -> str:
    """Spell an instant in milliseconds UTC as `2019-03-11T10:00:00Z`."""
    return (EPOCH + timedelta(seconds=at // 1000)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _who(person: Person) -> Json:
    return {"id": person.id, "name": person.name}


def _author(person: Person) -> Json:
    return {"id": person.id, "name": person.name, "type": person.kind}


def _requester(requester: Requester) -> Json:
    shown = {"mail": requester.mail, "name": requester.name}
    if requester.zone:
        shown["utc_offset"] = requester.zone
    if requester.ip:
        shown["ip"] = requester.ip
    return shown


def _source(source: Source) -> Json:
    shown = {"type": source.type}
    if source.url:
        shown["url"] = source.url
    if source.id:
        shown["id"] = source.id
    return shown


def _group(group: TicketGroup) -> Json:
    return {"id": group.id, "name": group.name, "inherited": group.inherited}


def _by(shown: Json, person: Person | None) -> Json:
    if person is not None:
        shown["author"] = _who(person)
    return shown


def _event(event: AnyEvent) -> Json:
    date = instant(event.at)
    match event:
        case Messaged():
            return _message(event, date)
        case StatusChanged():
            return _by({"date": date, "current": event.current, "previous": event.previous, "type": "status_changed"}, event.by)
        case Assigned():
            return _by({"date": date, "to": _who(event.to), "type": "assignee_changed"}, event.by)
        case Unassigned():
            shown: Json = {"date": date, "type": "assignee_removed"}
            return shown if event.by is None else shown | {"author": _author(event.by)}
        case RatingOffered():
            return {"date": date, "type": "rating_offer_sent"}
        case FollowUpSent():
            return {"date": date, "type": "follow_up_sent"}
        case Rated():
            rated: Json = {"date": date, "current": event.rate, "type": "rated"}
            return rated if event.by is None else rated | {"author": _author(event.by)}
        case Noted():
            return {**event.shown, "date": date}
        case _:
            raise TypeError(f"{type(event).__name__} is silent and has no form on the wire")


def _message(event: Messaged, date: str) -> Json:
    shown: Json = {
        "author": _author(event.author),
        "date": date,
        "is_private": event.private,
        "message": event.text,
        "type": "message",
    }
    if event.source is not None:
        shown["source"] = _source(event.source)
    if event.attachments:
        shown["attachments"] = event.attachments
    return shown


def as_documented(shown: bytes) -> bytes:
    """Turn one rendered ticket into the form of the documentation's samples: dates as unix seconds, groups as ids."""
    ticket = msgspec.json.decode(shown)
    ticket["groups"] = [group["id"] for group in ticket["groups"]]
    if "currentGroup" in ticket:
        ticket["currentGroup"] = ticket["currentGroup"]["id"]
    _dates_to_seconds((ticket,), "date", "modified", "resolutionDate")
    _dates_to_seconds((ticket["firstResponse"],), "date")
    _dates_to_seconds(ticket["opened"], "from", "to")
    _dates_to_seconds(ticket["events"], "date")
    return _encode(ticket)


def _dates_to_seconds(objects: Iterable[Json], *names: str) -> None:
    for shown in objects:
        for name in names:
            if name in shown:
                shown[name] = (datetime.fromisoformat(shown[name]) - EPOCH) // timedelta(seconds=1)
