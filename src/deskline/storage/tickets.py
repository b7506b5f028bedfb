"""Tickets and their timelines in the database: find, add, append. What events follow from a request is decided in the domain."""

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any, Final

import msgspec

from deskline.domain.custom_fields import entries
from deskline.domain.events import SILENT, AnyEvent, Aside, RequesterChanged
from deskline.domain.facts import Fact, facts
from deskline.domain.searches import CHANGES_WORDS, PAGE_SIZE, Findable, Page, findable
from deskline.domain.timelines import Ticket, fold, follow
from deskline.domain.working_hours import Calendars
from deskline.errors import NotFoundError
from deskline.storage import working_hours
from deskline.storage.database import Reader, Show, Writer
from deskline.storage.dialects import KEY_BITS
from deskline.storage.facts import KEY_WIDTH, fact_row
from deskline.storage.queries import queries
from deskline.storage.rollups import Cells, add_cells, put
from deskline.storage.ticket_ids import Place, draw_ids, find_place

_Q = queries("tickets")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(AnyEvent).decode
_SILENCE: Final = {kind: 2 if kind is RequesterChanged else 1 for kind in SILENT}
"""The column `silent` of the events that are: those that hand a ticket to another requester are told apart, to be found as they were."""


class Life(msgspec.Struct, frozen=True):
    """A ticket of the database: its row's key, its timeline, the state that it leads to."""

    key: int
    ticket: Ticket
    events: tuple[AnyEvent, ...]


class Record(msgspec.Struct, frozen=True, array_like=True):
    """Everything that is stored of a ticket, worked out but without the keys that only the database can give.

    `state` are the columns of its row from created_at on, `events` are (seq, at, silent, event). One that is set `aside` has another row,
    and no groups, tags, values and facts. `values` are those of custom fields that lists are narrowed by.
    """

    id: str
    state: tuple[Any, ...]
    events: tuple[tuple[int, int, int, bytes], ...]
    groups: tuple[int, ...]
    tags: tuple[str, ...]
    facts: tuple[Fact, ...]
    last_message_at: int
    findable: Findable
    shown: bytes
    aside: Aside | None = None
    values: tuple[str, ...] = ()


class Opening:
    """A ticket that is being added: written when its transaction reads or is left; then it has an `id`, and is `shown` as the API does."""

    __slots__ = ("events", "id", "shown")

    def __init__(self, events: Sequence[AnyEvent]) -> None:
        self.events = events
        self.id = ""
        self.shown = b""


def record(ticket: Ticket, events: Sequence[AnyEvent], show: Show, *, known: int = 0) -> Record:
    """Work out what to store of a ticket. `events` is the whole timeline, of which the first `known` are stored already. Pure."""
    shown = show(ticket, events)
    return Record(
        id=ticket.id,
        state=_state(ticket, shown),
        events=tuple([(seq, e.at, _SILENCE.get(type(e), 0), _encode(e)) for seq, e in enumerate(events[known:], known)]),
        groups=_groups(ticket),
        tags=_tags(ticket),
        facts=facts(ticket, events),
        last_message_at=ticket.last_message_at,
        findable=findable(ticket, events),
        shown=shown,
        aside=ticket.aside,
        values=_values(ticket),
    )


def _groups(ticket: Ticket) -> tuple[int, ...]:
    return tuple({group.id: None for group in ticket.groups}) if ticket.aside is None else ()


def _tags(ticket: Ticket) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ticket.tags)) if ticket.aside is None else ()


def _values(ticket: Ticket) -> tuple[str, ...]:
    return entries(ticket.custom_fields) if ticket.custom_fields and ticket.aside is None else ()


def _state(ticket: Ticket, shown: bytes) -> tuple[Any, ...]:
    return (
        ticket.created_at,
        ticket.modified_at,
        ticket.last_activity_at,
        ticket.last_message_at,
        ticket.status,
        ticket.source.type,
        ticket.source.id or None,
        ticket.assignee.id if ticket.assignee is not None else None,
        ticket.requester.mail.lower(),
        len(set(ticket.tags)),
        ticket.events,
        shown,
    )


async def find_shown(tx: Reader, ticket_id: str) -> bytes | None:
    """Find a ticket as the API answers it, by its id or by that in upper case: paths ignore case, and only imported ids may be lower."""
    row = await tx.row(_Q["find_shown"], ticket_id)
    if row is None and ticket_id != (upper := ticket_id.upper()):
        row = await tx.row(_Q["find_shown"], upper)
    if row is None:
        row = await tx.row(_Q["find_aside_shown"], ticket_id.upper())
    return None if row is None else row[0]


async def exists(tx: Reader, ticket_id: str) -> bool:
    """Tell whether the account has a ticket of this id."""
    return await tx.row(_Q["find_key"], ticket_id) is not None


async def find_life(tx: Reader, ticket_id: str) -> Life | None:
    """Find a ticket with its whole timeline."""
    rows = await tx.rows(_Q["list_life"], ticket_id)
    if not rows:
        return None
    events = tuple(_decode(event) for _, event in rows)
    return Life(rows[0][0], fold(ticket_id, events), events)


async def get_life_aside(tx: Reader, ticket_id: str) -> Life:
    """Get a ticket that is set aside, as `get_life`; one that is not, too. Raises NotFoundError."""
    ticket_id = ticket_id.upper() if await tx.row(_Q["find_aside_shown"], ticket_id) is None else ticket_id
    rows = await tx.rows(_Q["list_aside_life"], ticket_id)
    if not rows:
        return await get_life(tx, ticket_id)
    events = tuple(_decode(event) for _, event in rows)
    return Life(rows[0][0], fold(ticket_id, events), events)


async def find_trash(tx: Reader, *, page: int) -> Page:
    """Find one page (from 1) of the trash, what was put there last first."""
    row = await tx.row(_Q["count_trash"])
    rows = await tx.rows(_Q["list_trash"], PAGE_SIZE, (page - 1) * PAGE_SIZE)
    return Page(tuple([bytes(shown) for (shown,) in rows]), 0 if row is None else row[0])


async def get_life(tx: Reader, ticket_id: str) -> Life:
    """Get a ticket with its whole timeline, by its id or by that in upper case. Raises NotFoundError."""
    life = await find_life(tx, ticket_id) or await find_life(tx, ticket_id.upper())
    if life is None:
        raise NotFoundError("ticket", ticket_id)
    return life


async def position(tx: Reader) -> int:
    """Tell the account's position: the key of its last event, which grows with every change of a ticket."""
    row = await tx.row(_Q["last_event_key"])
    return tx.account_id << KEY_BITS if row is None else row[0]


def open_ticket(tx: Writer, events: Sequence[AnyEvent]) -> Opening:
    """Have a ticket added with its first events, in one go with those that others open at the same time."""
    opening = Opening(events)
    tx.defer(_add_openings, opening)
    return opening


async def _add_openings(tx: Writer, openings: Sequence[Opening]) -> None:
    ids, place = await draw_ids(tx, len(openings))
    records = [record(fold(ticket_id, each.events), each.events, tx.show) for ticket_id, each in zip(ids, openings, strict=True)]
    await add_records(tx, records, place)
    for opening, made in zip(openings, records, strict=True):
        opening.id, opening.shown = made.id, made.shown


async def add_records(tx: Writer, records: Sequence[Record], place: Place | None = None) -> None:
    """Add tickets, all of whose ids are new, at a place that was just found."""
    place = place or await find_place(tx, ())
    if place.hours_revision:
        records = timed(records, (await working_hours.find(tx)).calendars)
    keyed = tuple(enumerate(records, place.ticket_key + 1))
    await tx.run_many(_Q["add_ticket"], [(key, made.id, *made.state) for key, made in keyed if made.aside is None])
    if any(made.aside is not None for made in records):  # only an import brings some
        await tx.run_many(_Q["save_aside"], [aside_row(key, made) for key, made in keyed if made.aside is not None])
    await _add_events(tx, place.event_key, keyed)
    await tx.run_many(_Q["save_group"], [(g, key, made.id, made.last_message_at) for key, made in keyed for g in made.groups])
    await tx.run_many(_Q["save_tag"], [(t, key, made.id, made.last_message_at) for key, made in keyed for t in made.tags])
    if any(made.values for made in records):
        rows = [(v, key, made.id, made.last_message_at) for key, made in keyed for v in made.values]
        await tx.run_many(_Q["save_value"], rows)
    await tx.run_many(_Q["add_fact"], [fact_row(key, fact) for key, made in keyed for fact in made.facts])
    cells: Cells = {}
    for made in records:
        put(cells, made.facts, made.groups, made.tags)
    await add_cells(tx, (cells,))
    for key, made in keyed:
        tx.index(key, made.findable, new=True)


def timed(records: Sequence[Record], calendars: Calendars) -> Sequence[Record]:
    """Measure the working time of tickets that were worked out where nobody knows the account's hours."""
    if not calendars.by_group:
        return records
    return [msgspec.structs.replace(made, facts=calendars.timed(made.facts, made.groups)) for made in records]


async def append(tx: Writer, life: Life, events: Sequence[AnyEvent]) -> bytes:
    """Append events to a ticket's timeline; everything derived moves with it. Answers the ticket as the API shows it."""
    key, before = life.key, life.ticket
    place = await find_place(tx, ())
    hours = await working_hours.find(tx) if place.hours_revision else working_hours.NONE
    (counted,) = await hours.as_stored(tx, ((key, [group.id for group in before.groups], facts(before, life.events)),))
    ticket = follow(before, events)
    (made,) = timed((record(ticket, (*life.events, *events), tx.show, known=len(life.events)),), hours.calendars)
    await _add_events(tx, place.event_key, ((key, made),))
    await _save_row(tx, key, before, made)
    moved = made.last_message_at != before.last_message_at
    await _replace(tx, "group", key, made, set(_groups(before)), made.groups, moved)
    await _replace(tx, "tag", key, made, set(_tags(before)), made.tags, moved)
    await _replace(tx, "value", key, made, set(_values(before)), made.values, moved)
    await _move_facts(tx, key, counted, made.facts)
    _move_cells(tx, before, counted, made)
    if any(type(event) in CHANGES_WORDS for event in events):
        tx.index(key, made.findable, new=False)
    return made.shown


async def _save_row(tx: Writer, key: int, before: Ticket, made: Record) -> None:
    """Save a ticket's row: beside the others where it is set aside, so that no list has to leave it out."""
    if made.aside is None and before.aside is None:
        await tx.run_many(_Q["save_ticket"], [(key, made.id, *made.state)])
        return
    if before.aside is None:
        await tx.run_many(_Q["delete_ticket"], [(key,)])
    elif made.aside is None:
        await tx.run_many(_Q["delete_aside"], [(key,)])
        await tx.run_many(_Q["add_ticket"], [(key, made.id, *made.state)])
        return
    await tx.run_many(_Q["save_aside"], [aside_row(key, made)])


def aside_row(key: int, made: Record) -> tuple[Any, ...]:
    """Write the row of a ticket that is set aside."""
    created_at, modified_at, *_, shown = made.state
    return key, made.id, made.aside, created_at, modified_at, shown


async def _add_events(tx: Writer, last_key: int, keyed: Iterable[tuple[int, Record]]) -> None:
    event_keys = count(last_key + 1)
    await tx.run_many(_Q["add_event"], [(next(event_keys), key, *event) for key, made in keyed for event in made.events])


async def _replace(tx: Writer, noun: str, key: int, made: Record, before: set[Any], now: tuple[Any, ...], moved: bool) -> None:
    """Make a ticket's rows of groups, tags or values what they are now; all carry the order of lists, so a message moves them."""
    gone = before.difference(now)
    if gone:
        await tx.run_many(_Q[f"delete_{noun}"], [(value, key) for value in gone])
    saved = now if moved else [value for value in now if value not in before]
    if saved:
        await tx.run_many(_Q[f"save_{noun}"], [(value, key, made.id, made.last_message_at) for value in saved])


async def _move_facts(tx: Writer, key: int, before: tuple[Fact, ...], now: tuple[Fact, ...]) -> None:
    gone = [fact for fact in before if fact not in now]
    new = [fact for fact in now if fact not in before]
    if gone:
        await tx.run_many(_Q["delete_fact"], [fact_row(key, fact)[:KEY_WIDTH] for fact in gone])
    if new:
        await tx.run_many(_Q["add_fact"], [fact_row(key, fact) for fact in new])


def _move_cells(tx: Writer, before: Ticket, counted: tuple[Fact, ...], made: Record) -> None:
    """Have the roll-ups moved by what is counted otherwise now, together with what others move at the same time."""
    groups, tags = set(_groups(before)), set(_tags(before))
    gone, new = counted, made.facts
    if groups == set(made.groups) and tags == set(made.tags):
        gone, new = tuple([fact for fact in gone if fact not in made.facts]), tuple([fact for fact in new if fact not in counted])
    if gone or new:
        cells: Cells = {}
        put(cells, gone, groups, tags, times=-1)
        put(cells, new, made.groups, made.tags)
        tx.defer(add_cells, cells)
