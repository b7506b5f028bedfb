"""All timelines of an account as one, in the order of commits: who reads on behind what they saw misses nothing and sees nothing twice.

An event's number runs on in its account. It is drawn by a transaction that holds the account until its commit (on SQLite the one writer's,
on PostgreSQL the one that holds the account's row), so no number becomes visible behind a higher one.
"""

from typing import Final, NamedTuple

import msgspec

from deskline.domain.events import AnyEvent
from deskline.storage.database import Reader
from deskline.storage.dialects import KEY_BITS
from deskline.storage.queries import queries

_Q = queries("feed")
_decode = msgspec.json.Decoder(AnyEvent).decode
HIGHEST: Final = (1 << KEY_BITS) - 1
BEGINNING: Final = 0
"""The number before all others."""


class Change(NamedTuple):
    """An event of a ticket, under its number in the account."""

    number: int
    ticket_id: str
    event: AnyEvent


async def list_changes(tx: Reader, after: int, limit: int) -> list[Change]:
    """List the events behind a number, in the order of commits, `limit` at most."""
    first, behind = _range(tx)
    rows = await tx.rows(_Q["list_changes"], first + after, behind, limit)
    return [Change(key - first, ticket_id, _decode(event)) for key, ticket_id, event in rows]


async def find_last(tx: Reader) -> int:
    """Find the number of the account's last event, BEGINNING where there is none."""
    first, behind = _range(tx)
    row = await tx.row(_Q["find_last"], first, behind)
    return BEGINNING if row is None else row[0] - first


def _range(tx: Reader) -> tuple[int, int]:
    """Tell the keys around all of an account's."""
    return tx.account_id << KEY_BITS, (tx.account_id + 1) << KEY_BITS
