"""Rows of lists by words that many tickets have, on SQLite: found among the tickets that come next in the list by all else that is asked.

To tell of one ticket whether it has whole words, FTS5 finds its place in the list of each: 0.15 ms. Where a word may go on, it puts the
lists of all such words together: 30 ms at a million tickets, and 120 to gather all that have it; to walk the lists once between the keys
of the tickets that come next takes 20, if none of them is old. A set that is remembered tells at once.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from deskline.domain.searches import TicketFilter
from deskline.storage.conditions import compose
from deskline.storage.database import Reader
from deskline.storage.depths import Place, Walk
from deskline.storage.dialects import DIALECTS, match
from deskline.storage.queries import queries
from deskline.storage.sets import NUMBER, carry_set
from deskline.storage.tickets import position

LOOKED_AT: Final = 40  # tickets, for each of the matches that are wanted or passed over
FIRST_LOOKED_AT: Final = 4  # at first: common words are in most
MOST: Final = 20_000  # tickets that are looked at
MOST_SOUGHT: Final = 400  # of which the words are sought one by one: 60 ms at the most
LEAST_SOUGHT: Final = 8  # at a time: a statement costs as much as a few
_Q = queries("search")
_decode = msgspec.json.Decoder(list[int]).decode


async def find_next(tx: Reader, wanted: TicketFilter, walk: Walk, size: int) -> list[tuple[Place, bytes]] | None:
    """List rows as `search.list_rows` does; None where too few of the tickets that come next have the words."""
    words, others = _apart(wanted)
    octets = await _find_octets(tx, words)
    for looked_at in (FIRST_LOOKED_AT, LOOKED_AT):
        most = looked_at * (walk.skipped + size)
        if most > MOST:
            return None
        following = await _list_others(tx, others, walk, most)
        keys = await _having_words(tx, words, list(following), octets, walk.skipped + size, alone=others == TicketFilter())
        if keys is None:
            return None
        if len(keys) >= walk.skipped + size:
            shown = await tx.rows(_Q["list_shown"], _json(keys := keys[walk.skipped : walk.skipped + size]))
            return [(following[key], each) for key, (each,) in zip(keys, shown, strict=True)]
    return None


async def count_few(tx: Reader, wanted: TicketFilter) -> int | None:
    """Count the tickets that match where few match all that is asked but words; None where it is SQL's to count."""
    if DIALECTS[tx.engine].words_of_one is not None:
        return None
    words, others = _apart(wanted)
    following = await _list_others(tx, others, Walk(None, False, True, 0), MOST_SOUGHT + 1)
    if len(following) > MOST_SOUGHT:
        return None
    having = await _having_words(tx, words, list(following), await _find_octets(tx, words), MOST_SOUGHT, alone=False)
    return None if having is None else len(having)


def is_of_few(wanted: TicketFilter) -> bool:
    """Whether something is asked that few tickets have, so that all of them can be looked at."""
    return wanted.requester is not None or wanted.source_id is not None


def _apart(wanted: TicketFilter) -> tuple[TicketFilter, TicketFilter]:
    """Take a filter apart: words, and all else."""
    words = TicketFilter(words=wanted.words, sees_notes=wanted.sees_notes)
    return words, msgspec.structs.replace(wanted, words=(), sees_notes=TicketFilter().sees_notes)


async def _find_octets(tx: Reader, words: TicketFilter) -> bytes | None:
    """Find the set of the tickets that have the words, a bit for each ticket of the account; None where it is not remembered."""
    bits = carry_set(tx, words, await position(tx))
    return None if bits is None else bits.to_bytes(bits.bit_length() // 8 + 1, "little")


async def _list_others(tx: Reader, others: TicketFilter, walk: Walk, most: int) -> dict[int, Place]:
    """List what comes next by all that is asked but words: keys and places, in the order of the walk."""
    where = compose(others, tx.account_id, tx.engine, walking=True)
    source, walked = where.narrowed, where.walked
    order = where.begin(walk)
    if walk.end is not None:
        where.add(f"({walked}.last_message_at, {walked}.ticket_id) {'>' if walk.down else '<='} ({{}}, {{}})", *walk.end)
    rows = await tx.rows(
        f"SELECT {walked}.ticket_key, {walked}.last_message_at, {walked}.ticket_id"
        f" FROM {source} WHERE {' AND '.join(where.lines)} ORDER BY {order} LIMIT {most:d}",
        *where.values,
    )
    return {key: Place(said_at, ticket_id) for key, said_at, ticket_id in rows}


async def _having_words(
    tx: Reader, words: TicketFilter, keys: Sequence[int], octets: bytes | None, size: int, *, alone: bool
) -> list[int] | None:
    """Tell which tickets have the words, at least the first `size` of them, in the order of `keys`; None where that would take long."""
    if octets is not None:
        return [key for key in keys if (number := key & NUMBER) >> 3 < len(octets) and octets[number >> 3] >> (number & 7) & 1]
    if not keys:
        return []
    found_by = match(words.words, sees_notes=words.sees_notes)
    if len(keys) <= MOST_SOUGHT and not any(phrase.is_open for phrase in words.words):
        return await _seek(tx, found_by, keys, size)
    if not alone:
        return None
    ((found,),) = await tx.rows(_Q["find_words"], found_by, _json(keys), min(keys), max(keys))
    having = set(_decode(found))
    return [key for key in keys if key in having]


async def _seek(tx: Reader, found_by: str, keys: Sequence[int], size: int) -> list[int]:
    """Seek the words ticket by ticket, of few more than are missing at a time, until `size` are found."""
    having: list[int] = []
    sought = 0
    while sought < len(keys) and len(having) < size:
        some = keys[sought : sought + max(LEAST_SOUGHT, size - len(having))]
        found = {key for (key,) in await tx.rows(_Q["seek_words"], found_by, _json(some))}
        having += [key for key in some if key in found]
        sought += len(some)
    return having


def _json(keys: Sequence[int]) -> str:
    return msgspec.json.encode(keys).decode()
