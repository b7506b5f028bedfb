"""Rows of lists by words that many tickets have, on SQLite: found among the tickets that come next in the list.

To tell of one ticket whether it has a word that may go on, FTS5 puts the lists of all such words together: 30 ms at a million tickets; to
gather all that have it takes 120. To walk the lists once between the keys of those thousand tickets that come next takes 20.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from deskline.domain.searches import TicketFilter
from deskline.storage.database import Reader
from deskline.storage.depths import Place, Walk
from deskline.storage.dialects import match
from deskline.storage.queries import queries

LOOKED_AT: Final = 40  # tickets, for each of the matches that are wanted or passed over
MOST: Final = 20_000  # tickets that are looked at
_ENDS: Final = {True: Place(1 << 62, ""), False: Place(-1 << 62, "")}
_Q = queries("search")
_decode = msgspec.json.Decoder(list[int]).decode


async def find_next(tx: Reader, wanted: TicketFilter, walk: Walk, size: int) -> list[tuple[Place, bytes]] | None:
    """List rows by words alone, as `search.list_rows` does; None where too few of the tickets that come next have the words."""
    most = LOOKED_AT * (walk.skipped + size)
    if most > MOST:
        return None
    rows = await tx.rows(_Q["list_down" if walk.down else "list_up"], *(walk.start or _ENDS[walk.down]), most)
    following = {key: Place(said_at, ticket_id) for key, said_at, ticket_id in rows}
    if not following:
        return None
    words = match(wanted.words, sees_notes=wanted.sees_notes)
    ((found,),) = await tx.rows(_Q["find_words"], words, _json(list(following)), min(following), max(following))
    having = set(_decode(found))
    keys = [key for key, place in following.items() if key in having and (walk.included or place != walk.start)]
    keys = keys[walk.skipped : walk.skipped + size]
    if len(keys) < size:
        return None
    shown = await tx.rows(_Q["list_shown"], _json(keys))
    return [(following[key], each) for key, (each,) in zip(keys, shown, strict=True)]


def _json(keys: Sequence[int]) -> str:
    return msgspec.json.encode(keys).decode()
