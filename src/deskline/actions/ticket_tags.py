"""What people do to single tags of a ticket: each verb is the work of one transaction. Nothing here commits, and no rule is here."""

from deskline.domain import tickets as decide
from deskline.domain.events import Person
from deskline.domain.tickets import Changes
from deskline.storage import people as stored_people
from deskline.storage import tickets as stored
from deskline.storage.database import Writer


async def add(tx: Writer, ticket_id: str, tag: str, by: Person) -> bytes:
    """Add a tag to a ticket; one that the account did not know is known from now on. Raises NotFoundError, ConflictError."""
    shown = await _change(tx, ticket_id, Changes(added_tags=(tag,)), by)
    await stored_people.add_tags(tx, (tag,), by.id)
    return shown


async def remove(tx: Writer, ticket_id: str, tag: str, by: Person) -> bytes:
    """Remove a tag from a ticket. Raises NotFoundError."""
    return await _change(tx, ticket_id, Changes(removed_tags=(tag,)), by)


async def _change(tx: Writer, ticket_id: str, changes: Changes, by: Person) -> bytes:
    """Append what follows; where nothing changes, nothing is written."""
    life = await stored.get_life(tx, ticket_id)
    events = decide.change(life.ticket, changes, by, tx.now)
    return await stored.append(tx, life, events) if events else tx.show(life.ticket, life.events)
