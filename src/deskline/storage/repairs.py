"""Write derived rows anew, as a check found that they must be. Timelines are never written here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from deskline.storage.checks import Noun
from deskline.storage.database import Row, Writer
from deskline.storage.facts import KEY_WIDTH
from deskline.storage.queries import queries
from deskline.storage.tickets import Record, aside_row

_Q = queries("tickets")
_SAVE: Final[Mapping[Noun, str]] = {"groups": "save_group", "tags": "save_tag", "values": "save_value", "facts": "add_fact"}
_DELETE: Final[Mapping[Noun, tuple[str, int]]] = {
    "groups": ("delete_group", 2),
    "tags": ("delete_tag", 2),
    "values": ("delete_value", 2),
    "facts": ("delete_fact", KEY_WIDTH),
}


async def save_rows(tx: Writer, keyed: Iterable[tuple[int, Record]]) -> None:
    """Save the rows of tickets, each under its key."""
    keyed = list(keyed)
    await tx.run_many(_Q["save_ticket"], [(key, made.id, *made.state) for key, made in keyed if made.aside is None])
    await tx.run_many(_Q["save_aside"], [aside_row(key, made) for key, made in keyed if made.aside is not None])


async def add_derived(tx: Writer, noun: Noun, rows: Sequence[Row]) -> None:
    """Add rows of groups, tags, values or facts, as `checks.find_derived` finds them; none is there under the key of another."""
    await tx.run_many(_Q[_SAVE[noun]], rows)


async def delete_derived(tx: Writer, noun: Noun, rows: Sequence[Row]) -> None:
    """Delete rows of groups, tags, values or facts."""
    statement, width = _DELETE[noun]
    await tx.run_many(_Q[statement], [row[:width] for row in rows])
