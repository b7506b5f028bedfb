"""Saved tickets in exactly the form in which the API answered them, decoded by their types: 35 µs a ticket of eight events, against 50.

What a value means is said in `history` and the modules beside it, and what is of any other form is left to them, faulty or not: there
must be nothing that is read here and would be read differently there.
"""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from deskline.domain.events import (
    AnyEvent,
    Assigned,
    FollowUpSent,
    Messaged,
    Person,
    Rate,
    Rated,
    RatingOffered,
    Requester,
    Source,
    Status,
    StatusChanged,
    TicketGroup,
    Unassigned,
)
from deskline.domain.histories import History, Told, complete
from deskline.domain.people import HIGHEST_ID
from deskline.domain.timelines import Interval, Response
from deskline.errors import InvalidError
from deskline.web.v2.asks import MESSAGE_LIMIT
from deskline.web.v2.history_values import MOST_EVENTS, RATED, TICKET_ID, find_instant, read_instant


class _OtherFormError(Exception):
    """It is left to the patient readers."""


class _Exact(msgspec.Struct, forbid_unknown_fields=True):
    """An object that has these keys and no others."""


class _Person(_Exact):
    id: str
    name: str


class _Author(_Exact):
    id: str
    name: str
    type: Literal["agent", "client"]


class _Requester(_Exact):
    mail: str
    name: str
    utc_offset: str = ""
    ip: str = ""


class _Source(_Exact):
    type: str
    url: str = ""
    id: str = ""


class _Group(_Exact):
    id: int
    name: str
    inherited: bool


class _Interval(_Exact, rename={"start": "from", "end": "to"}):
    start: str
    end: str | None = None


class _Response(_Exact):
    agent: str | msgspec.UnsetType = msgspec.UNSET
    date: str | msgspec.UnsetType = msgspec.UNSET


class _Event(_Exact, tag_field="type"):
    date: str


class _Message(_Event, tag="message"):
    author: _Author
    message: str
    is_private: bool = False
    source: _Source | None = None


class _StatusChanged(_Event, tag="status_changed"):
    current: Status
    previous: Status
    author: _Person | None = None


class _AssigneeChanged(_Event, tag="assignee_changed"):
    to: _Person
    author: _Person | None = None


class _AssigneeRemoved(_Event, tag="assignee_removed"):
    author: _Author | None = None


class _RatingOffered(_Event, tag="rating_offer_sent"):
    pass


class _FollowUpSent(_Event, tag="follow_up_sent"):
    pass


class _Rated(_Event, tag="rated"):
    current: Rate
    author: _Author | None = None


_AnyEvent = _Message | _StatusChanged | _AssigneeChanged | _AssigneeRemoved | _RatingOffered | _FollowUpSent | _Rated


class _Ticket(_Exact):
    id: str
    requester: _Requester
    source: _Source
    subject: str
    groups: list[_Group]
    events: list[_AnyEvent]
    status: Status
    rate: Literal["not_rated", "rated_good", "rated_bad"]
    date: str
    modified: str
    firstResponse: _Response  # noqa: N815 - the wire's word
    tags: list[str]
    ccs: list[str]
    opened: list[_Interval]
    assignee: _Person | None = None
    resolutionDate: str | None = None  # noqa: N815 - the wire's word
    currentGroup: _Group | None = None  # noqa: N815 - the wire's word


_decode = msgspec.json.Decoder(_Ticket).decode


def find_history(raw: bytes) -> History | None:
    """Read one saved ticket with its whole life; None where it is not of this form or not whole."""
    try:
        saved = _decode(raw)
        return complete(_told(saved), [_READERS[type(event)](event, read_instant(event.date, "")) for event in saved.events])
    except (ValueError, RecursionError, InvalidError, _OtherFormError):
        return None


def _told(saved: _Ticket) -> Told:
    if not TICKET_ID.fullmatch(saved.id) or len(saved.events) > MOST_EVENTS:
        raise _OtherFormError
    told, source = saved.requester, saved.source
    return Told(
        id=saved.id.upper(),
        requester=Requester(told.mail, told.name, told.utc_offset, told.ip),
        source=Source(source.type, source.url, source.id),
        subject=saved.subject,
        groups=tuple({group.id: _group(group) for group in saved.groups}.values()),
        tags=tuple(dict.fromkeys(filter(None, saved.tags))),
        ccs=tuple(dict.fromkeys(filter(None, saved.ccs))),
        assignee=_agent(saved.assignee),
        status=saved.status,
        rated=RATED[saved.rate],
        created_at=find_instant(saved.date, ""),
        modified_at=find_instant(saved.modified, ""),
        solved_at=find_instant(saved.resolutionDate, ""),
        opened=tuple([Interval(read_instant(each.start, ""), find_instant(each.end, "")) for each in saved.opened]),
        first_response=_response(saved.firstResponse),
    )


def _response(told: _Response) -> Response | None:
    if told.agent is msgspec.UNSET and told.date is msgspec.UNSET:
        return None
    if told.agent is msgspec.UNSET:
        raise _OtherFormError
    return Response(told.agent, read_instant(told.date, ""))


def _group(group: _Group) -> TicketGroup:
    if not group.name or not 0 <= group.id <= HIGHEST_ID:
        raise _OtherFormError
    return TicketGroup(group.id, group.name, group.inherited)


def _agent(person: _Person | None) -> Person | None:
    return None if person is None else Person(person.id, person.name)


def _author(person: _Author | None) -> Person | None:
    return None if person is None else Person(person.id, person.name, person.type)


def _message(event: _Message, at: int) -> AnyEvent:
    if len(event.message) > MESSAGE_LIMIT // 4:
        raise _OtherFormError
    author, source = event.author, event.source
    return Messaged(
        at=at,
        author=Person(author.id, author.name, author.type),
        text=event.message,
        private=event.is_private,
        source=None if source is None else Source(source.type, source.url, source.id),
    )


_READERS: dict[type[_AnyEvent], Callable[[Any, int], AnyEvent]] = {
    _Message: _message,
    _StatusChanged: lambda event, at: StatusChanged(at=at, previous=event.previous, current=event.current, by=_agent(event.author)),
    _AssigneeChanged: lambda event, at: Assigned(at=at, to=Person(event.to.id, event.to.name), by=_agent(event.author)),
    _AssigneeRemoved: lambda event, at: Unassigned(at=at, by=_author(event.author)),
    _RatingOffered: lambda event, at: RatingOffered(at=at),
    _FollowUpSent: lambda event, at: FollowUpSent(at=at),
    _Rated: lambda event, at: Rated(at=at, rate=event.current, by=_author(event.author)),
}
