"""A ticket's state, and how its timeline leads to it: `apply` one event, `fold` them all.

Pure: the state is a function of the events alone, in any life of a ticket. What may be done to a ticket is decided in `tickets`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from deskline.domain.events import (
    SILENT,
    Absorbed,
    AnyEvent,
    Aside,
    Assigned,
    CcsChanged,
    Created,
    CustomFieldChanged,
    FieldValue,
    FollowUpSent,
    GroupsChanged,
    Merged,
    Messaged,
    Noted,
    Person,
    Rate,
    Rated,
    RatingOffered,
    Released,
    Requester,
    RequesterChanged,
    Restored,
    Snoozed,
    Source,
    Split,
    SplitFrom,
    Status,
    StatusChanged,
    SubjectChanged,
    TagsChanged,
    TicketGroup,
    Touched,
    Trashed,
    Unassigned,
    Unmerged,
)


class Interval(msgspec.Struct, frozen=True):
    """A stretch of time in milliseconds UTC; `end` is None while it lasts."""

    start: int
    end: int | None = None


class Response(msgspec.Struct, frozen=True):
    """The first public answer of an agent: who wrote it, and when."""

    agent: str
    at: int


class Rating(msgspec.Struct, frozen=True):
    """The rating that counts now, and the agent credited for it (None for nobody)."""

    rate: Rate
    at: int
    agent: str | None


class Solve(msgspec.Struct, frozen=True):
    """The last change to `solved`. `by` is who did it (None: automatic), `agent` who is credited (None: nobody)."""

    at: int
    by: str | None
    agent: str | None


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as it is now. Instants are milliseconds UTC.

    `last_activity_at` is the last event that the original's timeline shows, `modified_at` the last of any kind, `last_message_at`
    the last message, private ones included (the order of lists). What is set `aside` is in no list and in no
    report. `merged_into` is the ticket that tells this one's messages, `absorbed` are those whose messages this one tells. `snoozed_until`
    is the instant until which it is pending, if there is one. `custom_fields` are the values that it has, by key, in the order of the keys.
    """

    id: str
    requester: Requester
    source: Source
    subject: str
    groups: tuple[TicketGroup, ...]
    created_at: int
    modified_at: int
    last_activity_at: int
    last_message_at: int
    status: Status = "open"
    assignee: Person | None = None
    tags: tuple[str, ...] = ()
    ccs: tuple[str, ...] = ()
    opened: tuple[Interval, ...] = ()
    solve: Solve | None = None
    first_response: Response | None = None
    rating: Rating | None = None
    last_replier: str | None = None
    aside: Aside | None = None
    snoozed_until: int | None = None
    merged_into: str | None = None
    absorbed: tuple[str, ...] = ()
    custom_fields: tuple[tuple[str, FieldValue], ...] = ()
    messages: int = 0
    events: int = 0


def fold(ticket_id: str, events: Sequence[AnyEvent]) -> Ticket:
    """Compute the state that a whole timeline leads to. The first event must be `Created`."""
    first = events[0]
    if not isinstance(first, Created):
        raise TypeError(f"the timeline of {ticket_id} begins with {type(first).__name__}, not Created")
    return follow(_born(ticket_id, first), events[1:])


def follow(ticket: Ticket, events: Iterable[AnyEvent]) -> Ticket:
    """Apply further events to a ticket, in order."""
    for event in events:
        ticket = apply(ticket, event)
    return ticket


def _born(ticket_id: str, event: Created) -> Ticket:
    return Ticket(
        id=ticket_id,
        requester=event.requester,
        source=event.source,
        subject=event.subject,
        groups=event.groups,
        tags=event.tags,
        ccs=event.ccs,
        assignee=event.assignee,
        created_at=event.at,
        modified_at=event.at,
        last_activity_at=event.at,
        last_message_at=event.at,
        opened=(Interval(event.at),),
        events=1,
    )


def apply(ticket: Ticket, event: AnyEvent) -> Ticket:
    """Compute the state after one more event."""
    kind = type(event)
    changed = _EFFECTS[kind](ticket, event)
    changed["events"] = ticket.events + 1
    if event.at > ticket.modified_at:
        changed["modified_at"] = event.at
    if event.at > ticket.last_activity_at and kind not in SILENT:
        changed["last_activity_at"] = event.at
    return msgspec.structs.replace(ticket, **changed)


def _messaged(ticket: Ticket, event: Messaged) -> dict[str, object]:
    changed: dict[str, object] = {"messages": ticket.messages + 1}
    if event.at > ticket.last_message_at:
        changed["last_message_at"] = event.at
    # The opening message is never a response, whoever wrote it.
    if event.author.kind == "agent" and not event.private and ticket.messages > 0:
        changed["last_replier"] = event.author.id
        if ticket.first_response is None:
            changed["first_response"] = Response(event.author.id, event.at)
    return changed


def _status_changed(ticket: Ticket, event: StatusChanged) -> dict[str, object]:
    changed: dict[str, object] = {"status": event.current}
    if ticket.snoozed_until is not None and event.current != "pending":
        changed["snoozed_until"] = None
    lasting = bool(ticket.opened) and ticket.opened[-1].end is None
    if lasting and event.current != "open":
        changed["opened"] = (*ticket.opened[:-1], Interval(ticket.opened[-1].start, event.at))
    elif not lasting and event.current == "open":
        changed["opened"] = (*ticket.opened, Interval(event.at))
    if event.current == "solved":
        by = event.by.id if event.by is not None and event.by.kind == "agent" else None
        assignee = ticket.assignee.id if ticket.assignee is not None else None
        changed["solve"] = Solve(event.at, by, by if by is not None else assignee)
    return changed


def _custom_field_changed(ticket: Ticket, event: CustomFieldChanged) -> dict[str, object]:
    values = dict(ticket.custom_fields)
    values.pop(event.key, None)
    if event.current is not None:
        values[event.key] = event.current
    return {"custom_fields": tuple([(key, values[key]) for key in sorted(values)])}


def _rated(ticket: Ticket, event: Rated) -> dict[str, object]:
    return {"rating": Rating(event.rate, event.at, _credited_for_rating(ticket))}


def _credited_for_rating(ticket: Ticket) -> str | None:
    """Say who is credited: the last solver by hand, else the last public replier, else the assignee, else nobody."""
    if ticket.solve is not None and ticket.solve.by is not None:
        return ticket.solve.by
    if ticket.last_replier is not None:
        return ticket.last_replier
    return ticket.assignee.id if ticket.assignee is not None else None


def _created_twice(ticket: Ticket, _: Created) -> dict[str, object]:
    raise TypeError(f"ticket {ticket.id} is created twice")


# What each kind of event changes, beyond the counters that every event moves. Looked up by the type, for a `match` asks for one
# class after the other: that was a third of the time of a timeline.
_EFFECTS: dict[type[AnyEvent], Callable[[Ticket, Any], dict[str, object]]] = {
    Created: _created_twice,
    Messaged: _messaged,
    StatusChanged: _status_changed,
    Assigned: lambda ticket, event: {"assignee": event.to},
    Unassigned: lambda ticket, event: {"assignee": None},
    Rated: _rated,
    TagsChanged: lambda ticket, event: {"tags": event.tags},
    GroupsChanged: lambda ticket, event: {"groups": event.groups},
    SubjectChanged: lambda ticket, event: {"subject": event.subject},
    RequesterChanged: lambda ticket, event: {"requester": event.requester},
    CcsChanged: lambda ticket, event: {"ccs": event.ccs},
    CustomFieldChanged: _custom_field_changed,
    Merged: lambda ticket, event: {"aside": "merged", "merged_into": event.into},
    Unmerged: lambda ticket, event: {"aside": None, "merged_into": None},
    Absorbed: lambda ticket, event: {"absorbed": (*ticket.absorbed, event.ticket)},
    Released: lambda ticket, event: {"absorbed": tuple([each for each in ticket.absorbed if each != event.ticket])},
    Split: lambda ticket, event: {},
    SplitFrom: lambda ticket, event: {},
    Snoozed: lambda ticket, event: {"snoozed_until": event.until},
    Trashed: lambda ticket, event: {"aside": "trash"},
    Restored: lambda ticket, event: {"aside": None},
    RatingOffered: lambda ticket, event: {},
    FollowUpSent: lambda ticket, event: {},
    Noted: lambda ticket, event: {},
    Touched: lambda ticket, event: {},
}


def visible(events: Sequence[AnyEvent]) -> list[AnyEvent]:
    """List the events that a timeline shows.

    An assignee from the beginning is no event, and the ticket's own assignee tells of it. Once there is another one, only an event can
    tell whom a rating or an automatic solve of before was for, so it is shown as one.
    """
    shown: list[AnyEvent] = [event for event in events if type(event) not in SILENT]
    born = events[0]
    if isinstance(born, Created) and born.assignee is not None and any(isinstance(event, Assigned | Unassigned) for event in shown):
        has_opening = isinstance(shown[0], Messaged) and shown[0].at == born.at
        shown.insert(int(has_opening), Assigned(at=born.at, to=born.assignee))
    return shown
