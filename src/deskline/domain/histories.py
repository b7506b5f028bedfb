"""Lives of tickets that were lived elsewhere: make a whole timeline of what a saved ticket tells, and continue one that is here.

The timeline is the truth: what a ticket tells of itself and no event explains becomes an event, what contradicts the events loses
and is noted. Pure; how a file spells all this is not known here.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

import msgspec

from deskline.domain.custom_fields import is_same
from deskline.domain.events import (
    SILENT,
    AnyEvent,
    Assigned,
    CcsChanged,
    Created,
    CustomFieldChanged,
    FieldValue,
    GroupsChanged,
    Messaged,
    Person,
    Rate,
    Rated,
    Requester,
    RequesterChanged,
    Source,
    Status,
    StatusChanged,
    SubjectChanged,
    TagsChanged,
    TicketGroup,
    Touched,
    Unassigned,
)
from deskline.domain.timelines import Interval, Response, Ticket, fold, follow
from deskline.errors import ConflictError, InvalidError

CREATION_NOTE = "the creation is told later than the first event"
MODIFICATION_NOTE = "the last change is told earlier than the last event"
GAP_NOTE = "a change of the status is missing in the timeline"
INTERVALS_NOTE = "the open intervals are told differently from the timeline"
SOLVE_NOTE = "the last solve is told differently from the timeline"
RESPONSE_NOTE = "the first response is told differently from the timeline"
_ASSIGNMENTS = frozenset((Assigned, Unassigned))
RATING_NOTE = "the ticket is told as not rated, its timeline has a rating"


_AT = attrgetter("at")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a saved ticket tells of itself beside its events. None is "not told", but for `assignee`, where it is nobody.

    Instants are milliseconds UTC; `rated` is False where the ticket says that it is not rated.
    """

    id: str
    requester: Requester
    source: Source
    subject: str
    groups: tuple[TicketGroup, ...]
    tags: tuple[str, ...] = ()
    ccs: tuple[str, ...] = ()
    assignee: Person | None = None
    status: Status | None = None
    rated: Rate | bool | None = None
    created_at: int | None = None
    modified_at: int | None = None
    solved_at: int | None = None
    opened: tuple[Interval, ...] = ()
    first_response: Response | None = None
    custom_fields: Mapping[str, FieldValue] = {}


class History(msgspec.Struct, frozen=True):
    """A life made whole: the state, the timeline that leads to it, and what of the file did not fit (texts that can be counted)."""

    ticket: Ticket
    events: tuple[AnyEvent, ...]
    notes: tuple[str, ...] = ()


def complete(told: Told, events: Iterable[AnyEvent]) -> History:
    """Make the whole timeline of a saved ticket. `events` are those it shows, in its order. Raises InvalidError without any date."""
    lived = sorted(events, key=_AT)
    if told.created_at is None and not lived:
        raise InvalidError("date: missing, and there is no event that could tell it")
    if all(type(event) is not StatusChanged for event in lived):
        lived = sorted((*lived, *_from_intervals(told)), key=_AT)
    timeline: list[AnyEvent] = [_created(told, lived), *lived]
    end = max(timeline[-1].at, told.modified_at or 0)
    timeline += _reassigned(told, timeline, end)
    timeline, gaps = _with_statuses(told, timeline, end)
    end = max(end, timeline[-1].at)
    timeline += _rated(told, timeline, end)
    timeline += _custom_fields(told, timeline, end)
    if end > timeline[-1].at:
        timeline.append(Touched(at=end))
    ticket = fold(told.id, timeline)
    return History(ticket, tuple(timeline), (*gaps, *_contradictions(told, lived, ticket)))


def _created(told: Told, lived: Sequence[AnyEvent]) -> Created:
    instants = [at for at in (told.created_at, lived[0].at if lived else None) if at is not None]
    assigned = any(type(event) in _ASSIGNMENTS for event in lived)
    return Created(
        at=min(instants),
        requester=told.requester,
        source=told.source,
        subject=told.subject,
        groups=told.groups,
        tags=told.tags,
        ccs=told.ccs,
        assignee=None if assigned else told.assignee,
    )


def _from_intervals(told: Told) -> Iterable[StatusChanged]:
    """Tell the changes between the open intervals of a timeline that shows none; the one after the last interval is told by the status."""
    closed: Status = "pending" if told.solved_at is None else "solved"
    for one, following in zip(told.opened, told.opened[1:], strict=False):
        if one.end is not None:
            yield StatusChanged(at=one.end, previous="open", current=closed)
            yield StatusChanged(at=following.start, previous=closed, current="open")


def _reassigned(told: Told, timeline: Iterable[AnyEvent], end: int) -> list[AnyEvent]:
    present: Person | None = None
    for event in timeline:
        if type(event) is Assigned:
            present = event.to
        elif type(event) is Created:
            present = event.assignee
        elif type(event) is Unassigned:
            present = None
    return _assignment(present, told.assignee, end)


def _assignment(present: Person | None, wanted: Person | None, at: int) -> list[AnyEvent]:
    if wanted is None:
        return [] if present is None else [Unassigned(at=at)]
    return [] if present is not None and present.id == wanted.id else [Assigned(at=at, to=wanted)]


def _with_statuses(told: Told, timeline: list[AnyEvent], end: int) -> tuple[list[AnyEvent], tuple[str, ...]]:
    """Add the changes of the status that the events around them, or the ticket's own status, show to be missing."""
    instants = [event.at for event in timeline]
    status: Status = "open"
    after = 0
    missing: list[tuple[int, AnyEvent]] = []
    notes: tuple[str, ...] = ()
    for index, event in enumerate(timeline):
        if type(event) is not StatusChanged:
            continue
        if event.previous != status:
            at = _moment(told, status, event.previous, instants[after], event.at)
            if at is None and after == 0:
                at = instants[0]
            if at is None:
                notes = (GAP_NOTE,)
            else:
                place = bisect_right(instants, at, after + 1, index)
                missing.append((place, StatusChanged(at=at, previous=status, current=event.previous)))
        status, after = event.current, index
    if told.status is not None and told.status != status:
        at = _moment(told, status, told.status, instants[after], told.modified_at)
        at = end if at is None else at
        missing.append((bisect_right(instants, at, after + 1), StatusChanged(at=at, previous=status, current=told.status)))
    for place, change in reversed(missing):
        timeline.insert(place, change)
    return timeline, notes


def _moment(told: Told, previous: Status, current: Status, since: int, until: int | None) -> int | None:
    """Find when a status changed from what the ticket tells beside its events, None where it does not tell."""
    candidates: list[int] = []
    if current == "solved" and told.solved_at is not None:
        candidates.append(told.solved_at)
    if current == "open":
        candidates += (interval.start for interval in told.opened)
    elif previous == "open":
        candidates += (interval.end for interval in told.opened if interval.end is not None)
    return next((at for at in candidates if since <= at and (until is None or at <= until)), None)


def _rated(told: Told, timeline: Iterable[AnyEvent], end: int) -> list[AnyEvent]:
    present: Rate | None = None
    for event in timeline:
        if type(event) is Rated:
            present = event.rate
    if not isinstance(told.rated, str) or told.rated == present:
        return []
    return [Rated(at=end, rate=told.rated)]


def _custom_fields(told: Told, timeline: Iterable[AnyEvent], end: int) -> list[AnyEvent]:
    """Tell the values of custom fields that no event tells; what a field is called, such a ticket does not say."""
    if not told.custom_fields:
        return []
    present = {event.key: event.current for event in timeline if type(event) is CustomFieldChanged}
    return [
        CustomFieldChanged(at=end, key=key, name=key, previous=present.get(key), current=value)
        for key, value in told.custom_fields.items()
        if not is_same(present.get(key), value)
    ]


def _contradictions(told: Told, lived: Sequence[AnyEvent], ticket: Ticket) -> Iterable[str]:
    if told.created_at is not None and told.created_at > ticket.created_at:
        yield CREATION_NOTE
    if told.modified_at is not None and lived and told.modified_at < lived[-1].at:
        yield MODIFICATION_NOTE
    if told.opened and [_seconds(i) for i in told.opened] != [_seconds(i) for i in ticket.opened]:
        yield INTERVALS_NOTE
    if told.solved_at is not None and (ticket.solve is None or ticket.solve.at // 1000 != told.solved_at // 1000):
        yield SOLVE_NOTE
    first, response = told.first_response, ticket.first_response
    if first is not None and (response is None or (response.agent, response.at // 1000) != (first.agent, first.at // 1000)):
        yield RESPONSE_NOTE
    if told.rated is False and ticket.rating is not None:
        yield RATING_NOTE


def _seconds(interval: Interval) -> tuple[int, int | None]:
    return interval.start // 1000, None if interval.end is None else interval.end // 1000


def agents_of(events: Iterable[AnyEvent]) -> tuple[Person, ...]:
    """List the agents that a timeline names, each login once with the last name it has there."""
    found: dict[str, Person] = {}
    for event in events:
        for person in _named(event):
            if person is not None:
                found[person.id] = person
    return tuple([person for login, person in found.items() if login and person.kind == "agent"])


def _named(event: AnyEvent) -> tuple[Person | None, ...]:
    if type(event) is Messaged:
        return (event.author,)
    if type(event) is Assigned:
        return event.to, event.by
    if type(event) is StatusChanged or type(event) is Unassigned:
        return (event.by,)
    return (event.assignee,) if type(event) is Created else ()


def continuation(ticket: Ticket, events: Sequence[AnyEvent], history: History) -> list[AnyEvent]:
    """Tell the events that bring a ticket that is here to where a saved history of it has come; none where it is as far or further.

    `events` is the timeline that led to `ticket`. Histories are compared in whole seconds, by the events that they show. Raises
    ConflictError where neither continues the other.
    """
    shown = _beyond_birth(events[0], history.events)
    mine, theirs = _in_seconds(_shown(events)), _in_seconds(shown)
    told = history.ticket
    newer = told.modified_at // 1000 > ticket.modified_at // 1000
    _refuse_another_life(ticket, mine, told, theirs, newer=newer)
    rest = shown[len(mine) :]
    if not rest and not newer:
        if len(mine) == len(theirs) and told.modified_at // 1000 == ticket.modified_at // 1000 and _silent(told) != _silent(ticket):
            raise ConflictError(f"ticket {ticket.id} is here already with other tags, groups, copies or subject since the same last change")
        return []
    if len(mine) > len(theirs) or (rest and rest[0].at // 1000 < ticket.modified_at // 1000):
        raise ConflictError(f"ticket {ticket.id} is here already and was changed here; the file's goes on differently")
    return rest + _caught_up(follow(ticket, rest), told)


def _shown(events: Iterable[AnyEvent]) -> list[AnyEvent]:
    return [event for event in events if type(event) not in SILENT]


def _beyond_birth(born: AnyEvent, events: Iterable[AnyEvent]) -> list[AnyEvent]:
    """Keep the events that a saved ticket shows, but for the one that tells the assignee whom the ticket here had from the beginning."""
    shown = _shown(events)
    if isinstance(born, Created) and born.assignee is not None:
        birth = Assigned(at=born.at // 1000, to=born.assignee)
        first = next((number for number, event in enumerate(_in_seconds(shown)) if event == birth), None)
        if first is not None:
            del shown[first]
    return shown


def _in_seconds(events: Iterable[AnyEvent]) -> list[AnyEvent]:
    """Tell events in whole seconds, as a saved ticket does."""
    return [msgspec.structs.replace(event, at=event.at // 1000) for event in events]


def _silent(ticket: Ticket) -> tuple[object, ...]:
    """Gather what changes without an event that is shown; a group is its id, for the name is as the file's form has it."""
    return ticket.tags, tuple(group.id for group in ticket.groups), ticket.subject, ticket.ccs


def _refuse_another_life(ticket: Ticket, mine: list[AnyEvent], told: Ticket, theirs: list[AnyEvent], *, newer: bool) -> None:
    for number, (one, other) in enumerate(zip(mine, theirs, strict=False), 1):
        if one != other:
            raise ConflictError(f"ticket {ticket.id} is here already with another timeline: event {number} differs")
    if ticket.created_at // 1000 != told.created_at // 1000 or (ticket.requester.mail != told.requester.mail and not newer):
        raise ConflictError(f"ticket {ticket.id} is here already with another creation: its date or its requester differs")


def _caught_up(now: Ticket, told: Ticket) -> list[AnyEvent]:
    """Tell the changes that timelines of the original never showed."""
    at = max(told.modified_at, now.modified_at)
    events = _assignment(now.assignee, told.assignee, at)
    if told.subject != now.subject:
        events.append(SubjectChanged(at=at, subject=told.subject))
    if told.groups != now.groups:
        events.append(GroupsChanged(at=at, groups=told.groups))
    if told.tags != now.tags:
        events.append(TagsChanged(at=at, tags=told.tags))
    if (told.requester.mail, told.requester.name) != (now.requester.mail, now.requester.name):
        events.append(RequesterChanged(at=at, requester=told.requester))
    if told.ccs != now.ccs:
        events.append(CcsChanged(at=at, ccs=told.ccs))
    if not events and told.modified_at // 1000 > now.modified_at // 1000:
        events.append(Touched(at=at))
    return events
