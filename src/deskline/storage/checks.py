"""Read what is stored, as it is stored, to have it compared with the timelines. Nothing is worked out or judged here."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from deskline.domain.events import AnyEvent
from deskline.domain.searches import Findable
from deskline.errors import DataError
from deskline.storage.database import Reader, Row
from deskline.storage.dialects import KEY_BITS
from deskline.storage.queries import Engine, queries

Noun = Literal["groups", "tags", "values", "facts"]
NOUNS: tuple[Noun, ...] = ("groups", "tags", "values", "facts")
COLUMNS = (
    "created_at",
    "modified_at",
    "last_activity_at",
    "last_message_at",
    "status",
    "source",
    "source_id",
    "assignee",
    "requester",
    "tag_count",
    "events",
    "shown",
)
ASIDE_COLUMNS = ("aside", "created_at", "modified_at", "shown")
_SET_HIGHEST = bytes(each | 128 for each in range(256))
_Q = queries("checks")
_events: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


class StoredTicket(NamedTuple):
    """A ticket's row: `state` are the values of COLUMNS."""

    key: int
    id: str
    state: tuple[Any, ...]


class StoredEvent(NamedTuple):
    """A row of a timeline."""

    seq: int
    at: int
    silent: int
    event: bytes


def decode_event(stored: StoredEvent) -> AnyEvent:
    """Read an event. Raises DataError for bytes that are none."""
    try:
        return _events.decode(stored.event)
    except msgspec.DecodeError as error:
        raise DataError(f"event {stored.seq} cannot be read: {error}") from error


async def list_damages(tx: Reader) -> list[str]:
    """List what the engine finds wrong with the file itself; `tx` is one of the server."""
    return [damage for (damage,) in await tx.rows(_Q["list_damages"]) if damage != "ok"]


async def list_lost_accounts(tx: Reader) -> list[int]:
    """List accounts that rows belong to and that are not there; `tx` is one of the server."""
    return [account_id for (account_id,) in await tx.rows(_Q["list_lost_accounts"])]


async def count_tickets(tx: Reader) -> int:
    """Count the account's tickets."""
    row = await tx.row(_Q["count_tickets"])
    return 0 if row is None else int(row[0])


async def list_rows(tx: Reader, after: int, limit: int) -> list[StoredTicket]:
    """List rows of tickets by key, those that follow the key `after` (0 for the first)."""
    rows = await tx.rows(_Q["list_rows"], max(after, tx.account_id << KEY_BITS), limit)
    return [StoredTicket(row[0], row[1], row[2:]) for row in rows]


async def list_aside(tx: Reader, after: int, limit: int) -> list[StoredTicket]:
    """List rows of tickets that are set aside, as `list_rows`; their state are the values of ASIDE_COLUMNS."""
    rows = await tx.rows(_Q["list_aside"], max(after, tx.account_id << KEY_BITS), limit)
    return [StoredTicket(row[0], row[1], row[2:]) for row in rows]


async def list_next(tx: Reader, after: int, limit: int) -> tuple[list[StoredTicket], list[StoredTicket], int | None]:
    """List rows behind a key, `limit` at most of either kind: tickets among the others, tickets set aside, and the key that they reach to.

    The key is None where there is nothing more.
    """
    both = await list_rows(tx, after, limit), await list_aside(tx, after, limit)
    last = min((rows[-1].key for rows in both if len(rows) == limit), default=max((rows[-1].key for rows in both if rows), default=None))
    rows, aside = ([row for row in rows if last is not None and row.key <= last] for rows in both)
    return rows, aside, last


async def list_timelines(tx: Reader, keys: Sequence[int]) -> dict[int, list[StoredEvent]]:
    """List the timelines of some tickets, by key."""
    timelines: dict[int, list[StoredEvent]] = {key: [] for key in keys}
    for key, *event in await tx.rows(_Q["list_timelines"], _json(keys)):
        timelines[key].append(StoredEvent(*event))
    return timelines


async def list_ids(tx: Reader, keys: Sequence[int]) -> dict[int, str]:
    """List the ids of those of some tickets that are there, by key."""
    return dict(await tx.rows(_Q["list_ids"], _json(keys)))


async def find_derived(tx: Reader, noun: Noun, wanted: Sequence[Row]) -> set[Row]:
    """Find the rows that stand under the keys of the wanted ones.

    Those of groups, tags and values of custom fields are (value, key, id, last message), those of facts as `facts.fact_row` writes them.
    """
    return set(await tx.rows(_Q[f"find_{noun}"], _json(wanted)))


async def count_derived(tx: Reader, noun: Noun) -> dict[Any, int]:
    """Count the rows by group, tag, value of a custom field, or kind of fact."""
    return dict(await tx.rows(_Q[f"count_{noun}"]))


async def list_derived(tx: Reader, noun: Noun, value: object, offset: int, limit: int) -> list[Row]:
    """List the rows of one group, tag, value of a custom field, or kind of fact."""
    return await tx.rows(_Q[f"list_{noun}"], value, offset, limit)


async def list_words(tx: Reader, after: int, until: int) -> list[tuple[int, str, Row | None]]:
    """List what the search index has of the tickets with keys after `after` up to `until`: (key, id, as `words_row` writes it)."""
    rows = await tx.rows(_Q["list_words"], max(after, tx.account_id << KEY_BITS), until)
    return [(key, ticket_id, None if stored[0] is None else tuple(stored)) for key, ticket_id, *stored in rows]


def words_row(engine: Engine, found_by: Findable) -> Row:
    """Write what an engine has of a ticket's words: PostgreSQL the words, SQLite only how many there are."""
    if engine == "postgres":
        return found_by.words, found_by.notes
    return (b"".join(_varint(len(words.split())) for words in (found_by.words, found_by.notes)),)


def _varint(number: int) -> bytes:
    """Write a number as SQLite's index does: seven bits a byte, all but the last with the highest bit set."""
    return (_varint(number >> 7).translate(_SET_HIGHEST) if number > 127 else b"") + bytes([number & 127])


async def list_strays(tx: Reader) -> list[tuple[str, str]]:
    """List rows that belong to nothing that is there, at most some thousands: (what they are, the ticket they name)."""
    words = [(f"words of key {key}", "") for (key,) in await tx.rows(_Q["list_stray_words"])]
    return [(noun, ticket_id) for noun, ticket_id in await tx.rows(_Q["list_strays"])] + words


async def list_unknown_tags(tx: Reader) -> list[tuple[str, str]]:
    """List tags that tickets carry and the account does not know, at most some thousands: (tag, ticket)."""
    return [(tag, ticket_id) for tag, ticket_id in await tx.rows(_Q["list_unknown_tags"])]


def _json(values: Sequence[object]) -> str:
    return msgspec.json.encode(values).decode()
