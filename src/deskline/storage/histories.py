"""Tickets by the thousand, for import and export: which of some are here, and all of them in turn. Adding them is `tickets`' work."""

from collections.abc import AsyncIterator, Iterable

import msgspec

from deskline.domain.events import AnyEvent
from deskline.storage.database import Reader
from deskline.storage.dialects import KEY_BITS
from deskline.storage.queries import queries
from deskline.storage.tickets import Record

_Q = queries("histories")
_decode = msgspec.json.Decoder(AnyEvent).decode
AT_ONCE = 200  # tickets read in one go: some hundreds of kilobytes


async def list_shown_of(tx: Reader, ids: Iterable[str]) -> dict[str, bytes]:
    """List those of some tickets that are here, as the API shows them, by id."""
    rows = await tx.rows(_Q["list_shown_of"], msgspec.json.encode(list(ids)).decode())
    return dict(rows)


async def each_shown(tx: Reader) -> AsyncIterator[bytes]:
    """Give every ticket of the account as the API shows it, in the order in which they came."""
    key = tx.account_id << KEY_BITS
    while rows := await tx.rows(_Q["list_shown_after"], key, AT_ONCE):
        for _, shown in rows:
            yield shown
        key = rows[-1][0]


def timeline_of(made: Record) -> tuple[AnyEvent, ...]:
    """Read the events that a record holds; the whole timeline, where it was made of one."""
    return tuple(_decode(event) for *_, event in made.events)
