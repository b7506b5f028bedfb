"""Events of saved tickets: one of the file in, one of the domain out. What a whole ticket needs beside its events is in `history`."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Literal

from deskline.domain.custom_fields import is_key, is_value
from deskline.domain.events import (
    RATES,
    STATUSES,
    Absorbed,
    AnyEvent,
    Assigned,
    Attachment,
    CustomFieldChanged,
    FieldValue,
    FollowUpSent,
    Merged,
    Messaged,
    Noted,
    Person,
    Rated,
    RatingOffered,
    Released,
    Requester,
    Restored,
    Snoozed,
    Split,
    SplitFrom,
    StatusChanged,
    Trashed,
    Unassigned,
    Unmerged,
)
from deskline.errors import InvalidError
from deskline.web.v2.asks import MESSAGE_LIMIT
from deskline.web.v2.history_values import (
    KINDS,
    Json,
    find_number,
    find_person,
    find_source,
    read_choice,
    read_flag,
    read_instant,
    read_list,
    read_object,
    read_text,
)


class Cast:
    """Who is who in a saved ticket, for messages whose author does not say what he or she is."""

    def __init__(self, requester: Requester, saved: Json, events: Iterable[Json]) -> None:
        self.requester = requester
        self._saved = saved
        self._events = events

    def kind(self, author: object) -> Literal["agent", "client"]:
        """Say what an author is: who is named as an agent anywhere in the ticket is one, everybody else a client."""
        if isinstance(author, dict) and author.get("type") in KINDS:
            return "agent" if author["type"] == "agent" else "client"
        person = find_person(author, "author", "client")
        return "agent" if person is not None and person.id in self._agents else "client"

    @cached_property
    def _agents(self) -> frozenset[str]:
        named = [find_person(self._saved.get("assignee"), "assignee", "agent")]
        for event in self._events:
            if event.get("type") in ("assignee_changed", "assignee_removed", "status_changed"):
                named += (find_person(event.get(name), name, "agent") for name in ("to", "author"))
        response = read_object(self._saved.get("firstResponse"), "firstResponse")
        named.append(find_person(response.get("agent"), "firstResponse.agent", "agent"))
        return frozenset(person.id for person in named if person is not None and person.kind == "agent" and person.id)


def read_event(event: Json, number: int, cast: Cast) -> AnyEvent:
    """Read one event, the `number`-th of its ticket. One of a type that nobody knows is kept word for word. Raises InvalidError."""
    try:
        at = read_instant(event.get("date"), "date")
        told = event.get("type")
        if told is None and "message" in event:
            told = "message"
        read = _READERS.get(told) if isinstance(told, str) else None
        if read is None:
            return _noted(event, at)
        try:
            return read(event, at, cast)
        except InvalidError:
            if told not in _OURS:
                raise
            return _noted(event, at)
    except InvalidError as error:
        raise InvalidError([f"events[{number}].{problem}" for problem in error.problems]) from error


def _noted(event: Json, at: int) -> Noted:
    return Noted(at=at, shown={name: value for name, value in event.items() if name != "date"})


def _message(event: Json, at: int, cast: Cast) -> AnyEvent:
    text = read_text(event.get("message"), "message")
    if len(text) > MESSAGE_LIMIT // 4 and len(text.encode()) > MESSAGE_LIMIT:
        raise InvalidError(f"message: longer than {MESSAGE_LIMIT:,} bytes")
    author = event.get("author")
    attachments = event.get("attachments")
    return Messaged(
        at=at,
        author=find_person(author, "author", cast.kind(author)) or Person(cast.requester.mail, cast.requester.name, "client"),
        text=text,
        private=read_flag(event.get("is_private"), "is_private"),
        source=find_source(event.get("source"), "source"),
        attachments=tuple(map(_attachment, read_list(attachments, "attachments"))) if attachments else (),
    )


def _attachment(value: object) -> Attachment:
    saved = read_object(value, "attachments")
    return Attachment(
        url=read_text(saved.get("url"), "attachments.url"),
        name=read_text(saved.get("name"), "attachments.name"),
        content_type=read_text(saved.get("content_type"), "attachments.content_type"),
        content_encoding=read_text(saved.get("content_encoding"), "attachments.content_encoding"),
        width=find_number(saved.get("width"), "attachments.width"),
        height=find_number(saved.get("height"), "attachments.height"),
        size=find_number(saved.get("size"), "attachments.size"),
    )


def _assignee_changed(event: Json, at: int, _: Cast) -> AnyEvent:
    to = find_person(event.get("to"), "to", "agent")
    by = find_person(event.get("author"), "author", "agent")
    return Unassigned(at=at, by=by) if to is None else Assigned(at=at, to=to, by=by)


def _assignee_removed(event: Json, at: int, _: Cast) -> AnyEvent:
    return Unassigned(at=at, by=find_person(event.get("author"), "author", "agent"))


def _status_changed(event: Json, at: int, _: Cast) -> AnyEvent:
    return StatusChanged(
        at=at,
        previous=read_choice(event.get("previous"), "previous", STATUSES),
        current=read_choice(event.get("current"), "current", STATUSES),
        by=find_person(event.get("author"), "author", "agent"),
    )


def _rated(event: Json, at: int, _: Cast) -> AnyEvent:
    rate = read_choice(event.get("current"), "current", RATES)
    return Rated(at=at, rate=rate, by=find_person(event.get("author"), "author", "client"))


def _by(event: Json) -> Person | None:
    return find_person(event.get("author"), "author", "agent")


def _ticket(event: Json, name: str) -> str:
    return read_text(read_object(event.get("ticket"), "ticket").get(name), f"ticket.{name}")


def _absorbed(event: Json, at: int, cast: Cast) -> AnyEvent:
    told = [read_object(each, "messages") for each in read_list(event.get("messages"), "messages")]
    messages = [_message(each, read_instant(each.get("date"), "messages.date"), cast) for each in told]
    return Absorbed(
        at=at,
        ticket=_ticket(event, "id"),
        subject=_ticket(event, "subject"),
        messages=tuple([each for each in messages if isinstance(each, Messaged)]),
        by=_by(event),
    )


def _split(event: Json, at: int, _: Cast) -> AnyEvent:
    return Split(at=at, message=find_number(event.get("message"), "message") or 0, into=read_text(event.get("into"), "into"), by=_by(event))


def _custom_field_changed(event: Json, at: int, _: Cast) -> AnyEvent:
    key, name = read_text(event.get("key"), "key"), read_text(event.get("name"), "name")
    if not is_key(key):
        raise InvalidError(f"key: {key[:40]!r} is no key of a custom field")
    previous, current = _field_value(event, "previous"), _field_value(event, "current")
    return CustomFieldChanged(at=at, key=key, name=name or key, previous=previous, current=current, by=_by(event))


def _field_value(event: Json, name: str) -> FieldValue | None:
    value: FieldValue | None = event.get(name)
    if value is not None and not is_value(value):
        raise InvalidError(f"{name}: not a value of a custom field")
    return value


def _snoozed(event: Json, at: int, _: Cast) -> AnyEvent:
    return Snoozed(at=at, until=read_instant(event.get("until"), "until"), by=find_person(event.get("author"), "author", "agent"))


_READERS: dict[str, Callable[[Json, int, Cast], AnyEvent]] = {
    "message": _message,
    "assignee_changed": _assignee_changed,
    "assignee_removed": _assignee_removed,
    "status_changed": _status_changed,
    "rating_offer_sent": lambda event, at, cast: RatingOffered(at=at),
    "follow_up_sent": lambda event, at, cast: FollowUpSent(at=at),
    "rated": _rated,
    "custom_field_changed": _custom_field_changed,
    "snoozed": _snoozed,
    "merged": lambda event, at, cast: Merged(at=at, into=read_text(event.get("into"), "into"), by=_by(event)),
    "unmerged": lambda event, at, cast: Unmerged(at=at, by=_by(event)),
    "absorbed": _absorbed,
    "split": _split,
    "split_from": lambda event, at, cast: SplitFrom(at=at, ticket=_ticket(event, "id"), by=_by(event)),
    "released": lambda event, at, cast: Released(at=at, ticket=_ticket(event, "id"), by=_by(event)),
    "trashed": lambda event, at, cast: Trashed(at=at, by=find_person(event.get("author"), "author", "agent")),
    "restored": lambda event, at, cast: Restored(at=at, by=find_person(event.get("author"), "author", "agent")),
}

_OURS = frozenset(
    ("custom_field_changed", "snoozed", "merged", "unmerged", "absorbed", "split", "split_from", "released", "trashed", "restored")
)
"""Types that the original is not known to have had. One that says something else than ours do is somebody else's, and kept as it is."""
