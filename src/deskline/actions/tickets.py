"""What people do to tickets: each verb is the work of one transaction. Nothing here commits, and no rule of a ticket's life is here."""

from deskline.actions import follow_ups, snoozes
from deskline.domain import tickets as decide
from deskline.domain.events import (
    AnyEvent,
    Messaged,
    Person,
    Rate,
    Restored,
    Snoozed,
    Status,
    StatusChanged,
    TicketGroup,
    Unassigned,
    Unmerged,
)
from deskline.domain.people import EVERYBODY, Group
from deskline.domain.tickets import Changes, NewMessage, NewTicket
from deskline.errors import InvalidError
from deskline.storage import people as stored_people
from deskline.storage import tickets as stored
from deskline.storage.database import Writer
from deskline.storage.tickets import Life, Opening

GENERAL = "General"  # what tickets call the group that /groups calls "All operators"


async def create(tx: Writer, new: NewTicket, by: Person) -> Opening:
    """Open a ticket under a new id, which it has, and can be shown, when the transaction was left."""
    return stored.open_ticket(tx, decide.create(new, by, tx.now))


async def reply(tx: Writer, ticket_id: str, message: NewMessage, by: Person) -> bytes:
    """Add a message to a ticket. Raises NotFoundError."""
    life = await stored.get_life(tx, ticket_id)
    return await append(tx, life, decide.reply(life.ticket, message, by, tx.now))


async def change(tx: Writer, ticket_id: str, changes: Changes, by: Person) -> bytes:
    """Change what was asked of a ticket; tags put on are known from now on. Raises NotFoundError, ConflictError."""
    life = await stored.get_life(tx, ticket_id)
    events = decide.change(life.ticket, changes, by, tx.now)
    await stored_people.add_tags(tx, changes.added_tags, by.id)
    return await append(tx, life, events)


async def retag(tx: Writer, ticket_id: str, tags: tuple[str, ...], by: Person) -> bytes:
    """Replace a ticket's tags; tags that the account did not know are known from now on. Raises NotFoundError."""
    life = await stored.get_life(tx, ticket_id)
    await stored_people.add_tags(tx, tags, by.id)
    return await append(tx, life, decide.retag(life.ticket, tags, by, tx.now))


async def rate(tx: Writer, ticket_id: str, value: Rate) -> bytes:
    """Record the requester's rating. Raises NotFoundError, ConflictError."""
    life = await stored.get_life(tx, ticket_id)
    return await append(tx, life, decide.rate(life.ticket, value, tx.now))


async def unassign(tx: Writer, ticket_id: str, by: Person | None) -> bytes:
    """Take a ticket from whoever has it: the agent was deleted, by whom is told. Raises NotFoundError."""
    life = await stored.get_life(tx, ticket_id)
    return await append(tx, life, decide.unassign(life.ticket, by, tx.now))


async def trash(tx: Writer, ticket_id: str, by: Person) -> bytes:
    """Put a ticket into the trash. Raises NotFoundError, also where it is there already."""
    life = await stored.get_life(tx, ticket_id)
    return await append(tx, life, decide.trash(life.ticket, by, tx.now))


async def restore(tx: Writer, ticket_id: str, by: Person) -> bytes:
    """Take a ticket out of the trash; one that is in none stays as it is. Raises NotFoundError.

    An assignee who is no agent any more, as he or she was deleted meanwhile, is none.
    """
    life = await stored.get_life_aside(tx, ticket_id)
    return await _return(tx, life, decide.restore(life.ticket, by, tx.now), by)


async def merge(tx: Writer, ticket_id: str, into: str, by: Person) -> bytes:
    """Have a ticket's messages told by another, which is answered. Raises NotFoundError for either of them, ConflictError."""
    life, other = await stored.get_life(tx, ticket_id), await stored.get_life(tx, into)
    messages = [event for event in life.events if isinstance(event, Messaged)]
    gone, told = decide.merge(life.ticket, messages, other.ticket, by, tx.now)
    await append(tx, life, gone)
    return await append(tx, other, told)


async def split(tx: Writer, ticket_id: str, number: int, subject: str | None, by: Person) -> bytes:
    """Open another ticket, which is answered, with a message of one, by its number from 1.

    Raises NotFoundError, InvalidError where there is no such message, ConflictError.
    """
    life = await stored.get_life(tx, ticket_id)
    messages = [event for event in life.events if isinstance(event, Messaged)]
    if number > len(messages):
        raise InvalidError(f"message: there is no message {number}; accepted: a number from 1 to {len(messages)}")
    opening = stored.open_ticket(tx, decide.split(life.ticket, messages[number - 1], subject, by, tx.now))
    await stored.position(tx)  # whatever is read has it written, and drawn an id
    await append(tx, life, decide.tell_split(life.ticket, number, opening.id, by, tx.now))
    return opening.shown


async def unmerge(tx: Writer, ticket_id: str, by: Person) -> bytes:
    """Make a merged ticket one of its own again, which is answered; the other may be in the trash. Raises NotFoundError, ConflictError."""
    life = await stored.get_life_aside(tx, ticket_id)
    other = await stored.get_life_aside(tx, life.ticket.merged_into or life.ticket.id)
    back, released = decide.unmerge(life.ticket, other.ticket, by, tx.now)
    await append(tx, other, released)
    return await _return(tx, life, back, by)


async def _return(tx: Writer, life: Life, events: list[AnyEvent], by: Person) -> bytes:
    """Have a ticket among the others again. An assignee who was deleted meanwhile is none."""
    assignee = life.ticket.assignee
    if events and assignee is not None and await stored_people.find_agent(tx, assignee.id) is None:
        events.append(Unassigned(at=events[-1].at, by=by))
    return await append(tx, life, events)


async def find_assignee(tx: Writer, login: str, field: str) -> Person:
    """Find the agent that a request names in `field`. Raises InvalidError."""
    agent = await stored_people.find_agent(tx.committed, login) or await stored_people.find_agent(tx, login)
    if agent is None:
        raise InvalidError(f"{field}: there is no agent {login!r} in this account; accepted: a login that GET /agents lists")
    return agent.person


async def ticket_groups(tx: Writer, ids: tuple[int, ...], *, may_make: bool) -> tuple[TicketGroup, ...]:
    """Find the groups that a request names, everybody's where it names none.

    One that the account does not know is made, if who names it may make groups: integrations name the groups that they had in the
    original. Raises InvalidError otherwise.
    """
    if not ids:
        return (TicketGroup(EVERYBODY, GENERAL, inherited=True),)
    return tuple([await _ticket_group(tx, group_id, may_make=may_make) for group_id in ids])


async def _ticket_group(tx: Writer, group_id: int, *, may_make: bool) -> TicketGroup:
    if group_id == EVERYBODY:
        return TicketGroup(EVERYBODY, GENERAL)
    group = await stored_people.find_group(tx.committed, group_id) or await stored_people.find_group(tx, group_id)
    if group is None and not may_make:
        raise InvalidError(
            f"group: there is no group {group_id} in this account; accepted: an id that GET /groups lists (an owner or an administrator "
            "makes a group by naming it)"
        )
    if group is None:
        group = Group(group_id, f"Group {group_id}")
        await stored_people.add_group(tx, group)
    return TicketGroup(group.id, group.name)


async def append(tx: Writer, life: Life, events: list[AnyEvent]) -> bytes:
    """Append what was decided; where nothing changes, nothing is written."""
    if events:
        await _schedule(tx, life, events)
        return await stored.append(tx, life, events)
    return tx.show(life.ticket, life.events)


async def _schedule(tx: Writer, life: Life, events: list[AnyEvent]) -> None:
    """Have what is to happen to the ticket by itself, after what happens now, done when its time has come."""
    for event in events:
        if type(event) is Snoozed:
            await snoozes.schedule(tx, life.ticket, event.until)
            return
    if any(_waits(event, life.ticket.status) for event in events):
        await follow_ups.schedule(tx, life.ticket)


def _waits(event: AnyEvent, status: Status) -> bool:
    """Say whether a ticket is pending from an event on, or again."""
    kind = type(event)
    return (kind is StatusChanged and event.current == "pending") or (kind in (Restored, Unmerged) and status == "pending")  # type: ignore[union-attr]
