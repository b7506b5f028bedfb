"""One change of many tickets: each by itself, some in a transaction. How many and in how many transactions is the caller's to bound."""

from collections.abc import Sequence

import msgspec

from deskline.actions import tickets as actions
from deskline.domain import tickets as decide
from deskline.domain.events import Person
from deskline.domain.tickets import Changes
from deskline.errors import RefusedError
from deskline.storage import people as stored_people
from deskline.storage import tickets as stored
from deskline.storage.database import Writer


class Outcome(msgspec.Struct, frozen=True):
    """What became of one ticket: whether it is otherwise now, or why it is not."""

    id: str
    changed: bool = False
    error: Exception | None = None


async def change(tx: Writer, ids: Sequence[str], changes: Changes, by: Person) -> list[Outcome]:
    """Change some tickets alike, in their order. One that cannot be changed holds up no other."""
    await stored_people.add_tags(tx, changes.added_tags, by.id)
    return [await _change_one(tx, ticket_id, changes, by) for ticket_id in ids]


async def _change_one(tx: Writer, ticket_id: str, changes: Changes, by: Person) -> Outcome:
    try:
        life = await stored.get_life(tx, ticket_id)
        events = decide.change(life.ticket, changes, by, tx.now)
    except RefusedError as error:  # decided before anything of this ticket is written
        return Outcome(ticket_id, error=error)
    await actions.append(tx, life, events)
    return Outcome(ticket_id, changed=bool(events))
