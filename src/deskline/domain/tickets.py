"""Decisions about a ticket: given its state and what is asked, the events that follow.

Every decision is a pure function: `now` is handed in, and where nothing would change it answers no events. How events change the
state is in `timelines`. No SQL, no wire, no clock.
"""

from collections.abc import Sequence

import msgspec

from deskline.domain.custom_fields import Setting, changed
from deskline.domain.events import (
    Absorbed,
    AnyEvent,
    Assigned,
    Attachment,
    CcsChanged,
    Created,
    GroupsChanged,
    Merged,
    Messaged,
    Person,
    Rate,
    Rated,
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
    Trashed,
    Unassigned,
    Unmerged,
)
from deskline.domain.timelines import Ticket, follow
from deskline.errors import ConflictError

NO_SUBJECT = "(no subject)"
MOST_TAGS = 100  # of a ticket
MOST_MERGED = 1_000  # messages that go into another ticket at once
REOPENED_BY_CLIENT: tuple[Status, ...] = ("pending", "solved")


class NewTicket(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks to be created: checked values, nothing decided yet."""

    requester: Requester
    text: str
    groups: tuple[TicketGroup, ...]
    source: Source
    subject: str = NO_SUBJECT
    assignee: Person | None = None
    tags: tuple[str, ...] = ()
    ccs: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    custom_fields: tuple[Setting, ...] = ()


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody writes: as the requester (`by_client`), or as an agent, who may keep it `private` and set the status with it."""

    text: str
    source: Source
    by_client: bool = False
    private: bool = False
    status: Status | msgspec.UnsetType = msgspec.UNSET
    until: int | msgspec.UnsetType = msgspec.UNSET
    attachments: tuple[Attachment, ...] = ()


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks to be changed; a field that is UNSET stays as it is. `assignee=None` unassigns; `until` goes with `pending`."""

    status: Status | msgspec.UnsetType = msgspec.UNSET
    assignee: Person | None | msgspec.UnsetType = msgspec.UNSET
    subject: str | msgspec.UnsetType = msgspec.UNSET
    groups: tuple[TicketGroup, ...] | msgspec.UnsetType = msgspec.UNSET
    requester: Requester | msgspec.UnsetType = msgspec.UNSET
    ccs: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    added_tags: tuple[str, ...] = ()
    removed_tags: tuple[str, ...] = ()
    custom_fields: tuple[Setting, ...] = ()
    until: int | msgspec.UnsetType = msgspec.UNSET


def create(new: NewTicket, by: Person, now: int) -> list[AnyEvent]:
    """Open a ticket with the requester's message; an assignee asked for is assigned by whoever asked."""
    events: list[AnyEvent] = [
        Created(at=now, requester=new.requester, source=new.source, subject=new.subject, groups=new.groups, tags=new.tags, ccs=new.ccs),
        Messaged(at=now, author=_client(new.requester), text=new.text, source=new.source, attachments=new.attachments),
    ]
    if new.custom_fields:
        events += changed((), new.custom_fields, by, now)
    if new.assignee is not None:
        events.append(Assigned(at=now, to=new.assignee, by=by))
    return events


def reply(ticket: Ticket, message: NewMessage, by: Person, now: int) -> list[AnyEvent]:
    """Add a message. An agent's public reply assigns an unassigned ticket; a client's message reopens one that waits or is solved.

    A status that comes with it is a change that follows it, in the same instant.
    """
    at = _not_before(ticket, now)
    author = _client(ticket.requester) if message.by_client else by
    told = Messaged(
        at=at, author=author, text=message.text, private=message.private, source=message.source, attachments=message.attachments
    )
    events: list[AnyEvent] = [told]
    if message.by_client:
        if ticket.status in REOPENED_BY_CLIENT:
            events.append(StatusChanged(at=at, previous=ticket.status, current="open"))
    elif not message.private and ticket.assignee is None:
        events.append(Assigned(at=at, to=by, by=by))
    if message.status is not msgspec.UNSET:
        events += change(follow(ticket, events), Changes(status=message.status, until=message.until), by, at)
    return events


def change(ticket: Ticket, changes: Changes, by: Person, now: int) -> list[AnyEvent]:
    """Change what differs, in the order of the original's timelines: subject, requester, copies, tags, groups, assignee, status.

    Custom fields come before the assignee.

    Solving an unassigned ticket assigns it to whoever solves it, unless an assignee (or nobody) is asked for in the same breath. Raises
    ConflictError for more tags than a ticket may have.
    """
    at = _not_before(ticket, now)
    events: list[AnyEvent] = []
    if changes.subject is not msgspec.UNSET and changes.subject != ticket.subject:
        events.append(SubjectChanged(at=at, subject=changes.subject, by=by))
    if changes.requester is not msgspec.UNSET and (requester := _requester(ticket.requester, changes.requester)) != ticket.requester:
        events.append(RequesterChanged(at=at, requester=requester, by=by))
    if changes.ccs is not msgspec.UNSET and changes.ccs != ticket.ccs:
        events.append(CcsChanged(at=at, ccs=changes.ccs, by=by))
    events += retag(ticket, _tags(ticket, changes), by, now)
    if changes.groups is not msgspec.UNSET and changes.groups != ticket.groups:
        events.append(GroupsChanged(at=at, groups=changes.groups, by=by))
    if changes.custom_fields:
        events += changed(ticket.custom_fields, changes.custom_fields, by, at)
    events += _assignment(ticket, changes, by, at)
    if changes.status is not msgspec.UNSET and changes.status != ticket.status:
        events.append(StatusChanged(at=at, previous=ticket.status, current=changes.status, by=by))
    if changes.until is not msgspec.UNSET and changes.until != ticket.snoozed_until:
        events.append(Snoozed(at=at, until=changes.until, by=by))
    return events


def wake(ticket: Ticket, now: int) -> list[AnyEvent]:
    """Open a ticket whose instant has come, by nobody's hand; nothing where it is not pending until one, or until a later one."""
    if ticket.aside is not None or ticket.snoozed_until is None or ticket.snoozed_until > now:
        return []
    return [StatusChanged(at=_not_before(ticket, now), previous=ticket.status, current="open")]


def _tags(ticket: Ticket, changes: Changes) -> tuple[str, ...]:
    """Say which tags a ticket has when some were taken off and others put on; one that is in both is on."""
    if not changes.added_tags and not changes.removed_tags:
        return ticket.tags
    kept = [tag for tag in ticket.tags if tag not in changes.removed_tags]
    tags = tuple(dict.fromkeys((*kept, *changes.added_tags)))
    if len(tags) > max(MOST_TAGS, len(ticket.tags)):
        raise ConflictError(f"Ticket {ticket.id} would have {len(tags):,} tags; at most {MOST_TAGS} are accepted.")
    return tags


def _requester(present: Requester, wanted: Requester) -> Requester:
    """Keep what is known of somebody whose address stays: the rest, and the name where no other is given."""
    if wanted.mail.lower() != present.mail.lower():
        return wanted
    return msgspec.structs.replace(present, mail=wanted.mail, name=wanted.name or present.name)


def _assignment(ticket: Ticket, changes: Changes, by: Person, at: int) -> list[AnyEvent]:
    present = ticket.assignee.id if ticket.assignee is not None else None
    wanted = changes.assignee
    if wanted is msgspec.UNSET:
        solves = changes.status == "solved" and ticket.status != "solved"
        return [Assigned(at=at, to=by, by=by)] if solves and present is None else []
    if wanted is None:
        return [Unassigned(at=at, by=by)] if present is not None else []
    return [Assigned(at=at, to=wanted, by=by)] if wanted.id != present else []


def unassign(ticket: Ticket, by: Person | None, now: int) -> list[AnyEvent]:
    """Take a ticket from whoever has it."""
    return [Unassigned(at=_not_before(ticket, now), by=by)] if ticket.assignee is not None else []


def retag(ticket: Ticket, tags: tuple[str, ...], by: Person, now: int) -> list[AnyEvent]:
    """Replace the whole list of tags."""
    if tags == ticket.tags:
        return []
    return [TagsChanged(at=_not_before(ticket, now), tags=tags, by=by)]


def rate(ticket: Ticket, value: Rate, now: int) -> list[AnyEvent]:
    """Record the client's rating; a repeated one counts anew. Spam is not rated: ConflictError."""
    if ticket.status == "spam":
        raise ConflictError(f"Ticket {ticket.id} is spam and cannot be rated; change its status first.")
    return [Rated(at=_not_before(ticket, now), rate=value, by=_client(ticket.requester))]


def trash(ticket: Ticket, by: Person, now: int) -> list[AnyEvent]:
    """Put a ticket into the trash, whatever its status."""
    return [] if ticket.aside is not None else [Trashed(at=_not_before(ticket, now), by=by)]


def restore(ticket: Ticket, by: Person, now: int) -> list[AnyEvent]:
    """Take a ticket out of the trash; where it is in none, nothing happens. What was to be opened meanwhile is opened."""
    if ticket.aside != "trash":
        return []
    events: list[AnyEvent] = [Restored(at=_not_before(ticket, now), by=by)]
    return events + wake(follow(ticket, events), now)


def merge(source: Ticket, messages: Sequence[Messaged], into: Ticket, by: Person, now: int) -> tuple[list[AnyEvent], list[AnyEvent]]:
    """Have a ticket's messages told by another: what follows for the one and for the other. Nothing else of that changes.

    Raises ConflictError where it is the same ticket, where others were merged into it, and for too many messages.
    """
    if source.id == into.id:
        raise ConflictError(f"Ticket {source.id} cannot be merged into itself.")
    if source.absorbed:
        raise ConflictError(f"Other tickets are merged into {source.id}; unmerge them, or merge {into.id} into {source.id}.")
    if len(messages) > MOST_MERGED:
        raise ConflictError(f"Ticket {source.id} has {len(messages):,} messages; at most {MOST_MERGED:,} can be merged.")
    at = max(_not_before(source, now), into.modified_at)
    return (
        [Merged(at=at, into=into.id, by=by)],
        [Absorbed(at=at, ticket=source.id, subject=source.subject, messages=tuple(messages), by=by)],
    )


def split(ticket: Ticket, message: Messaged, subject: str | None, by: Person, now: int) -> list[AnyEvent]:
    """Open another ticket with a message of this one, for the same requester and groups. Raises ConflictError for a private note."""
    if message.private:
        raise ConflictError("A private note opens no ticket.")
    source = message.source or ticket.source
    return [
        Created(at=now, requester=ticket.requester, source=source, subject=subject or ticket.subject, groups=ticket.groups),
        msgspec.structs.replace(message, at=now, source=source),
        SplitFrom(at=now, ticket=ticket.id, by=by),
    ]


def tell_split(ticket: Ticket, message: int, into: str, by: Person, now: int) -> list[AnyEvent]:
    """Tell of a ticket which of its messages, by number, opened another one."""
    return [Split(at=_not_before(ticket, now), message=message, into=into, by=by)]


def unmerge(source: Ticket, into: Ticket, by: Person, now: int) -> tuple[list[AnyEvent], list[AnyEvent]]:
    """Make a merged ticket one of its own again; what was to be opened meanwhile is opened. Raises ConflictError where it is not merged."""
    if source.merged_into is None:
        raise ConflictError(f"Ticket {source.id} is not merged into another.")
    at = max(_not_before(source, now), into.modified_at)
    events: list[AnyEvent] = [Unmerged(at=at, by=by)]
    return events + wake(follow(source, events), now), [Released(at=at, ticket=source.id, by=by)]


def _client(requester: Requester) -> Person:
    return Person(requester.mail, requester.name, "client")


def _not_before(ticket: Ticket, now: int) -> int:
    """Keep a timeline in order when the machine's clock has gone back."""
    return max(now, ticket.modified_at)
