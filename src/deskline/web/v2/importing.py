"""Bring saved tickets into an account, file by file: worker processes read and work out batches while this one writes those before.

Each batch is one transaction, and between two of them other processes get their turn, a server for one. What was written stays when
this is stopped; run again, it passes over what is there. What a saved ticket means is read in `history`.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import msgspec

from deskline.actions.imports import Arrival, Fate, Outcome, arrival, take_in
from deskline.domain.people import EVERYBODY
from deskline.errors import DatabaseBusyError, InvalidError
from deskline.storage.database import Database
from deskline.storage.histories import list_shown_of
from deskline.storage.people import list_groups
from deskline.web.v2.history import decode, read_history
from deskline.web.v2.history_files import Fault, Place, Saved, find_id
from deskline.web.v2.history_forms import find_history
from deskline.web.v2.wire import show_ticket
from deskline.web.v2.workers import seldom_collecting, workers

BATCH_TICKETS = 700  # under 0.1 s of a transaction, which is how long a server's write may wait; more write less of the indexes
BATCH_BYTES = 4 << 20
PAUSE_SECONDS = 0.004  # between two transactions; a server that waits for its turn looks every 2 ms
PATIENCE = 12  # how often a database that others keep busy is tried again, 5 s each
Say = Callable[[Place, str], None]


class Tally:
    """What became of the tickets so far, and how often each thing that did not fit was noted."""

    def __init__(self) -> None:
        self.fates: Counter[Fate] = Counter()
        self.bad = 0
        self.notes: Counter[str] = Counter()

    @property
    def whole(self) -> bool:
        """Whether nothing was left out."""
        return not self.bad and not self.fates["conflict"]


class _Batch(msgspec.Struct):
    """Tickets that are read, worked out and written together."""

    saved: list[Saved] = []
    bytes: int = 0


class _Request(msgspec.Struct, array_like=True):
    """Tickets as they are saved, each with how it is shown here if it is; and the account's names of its groups."""

    tickets: list[tuple[bytes, bytes | None]]
    names: dict[int, str]


class _Prepared(msgspec.Struct, array_like=True):
    """A saved ticket worked out: what is to be taken in, None where it is there unchanged; or why it is bad."""

    arrival: Arrival | None = None
    problem: str = ""
    notes: tuple[str, ...] = ()


_encode = msgspec.msgpack.Encoder().encode
_decode_request = msgspec.msgpack.Decoder(_Request).decode
_decode = msgspec.msgpack.Decoder(list[_Prepared]).decode


async def bring_in(database: Database, account_id: int, items: Iterable[Saved | Fault], say: Say) -> Tally:
    """Bring tickets in, in their order. `say` is told the place and the reason of each that is left out. Raises DatabaseBusyError."""
    tally = Tally()

    def left_out(place: Place, reason: str) -> None:
        tally.bad += 1
        say(place, reason)

    names = await _group_names(database, account_id)
    batches = _batches(items, left_out)
    waiting: deque[tuple[_Batch, asyncio.Future[bytes]]] = deque()
    first = list(filter(None, (next(batches, None), next(batches, None))))
    batches = chain(first, batches)
    # For a single batch no process is worth its start.
    with workers(prepare, alone=len(first) < 2) as (ask, ahead), seldom_collecting():

        async def following() -> tuple[_Batch, list[_Prepared]] | None:
            """Keep the workers busy, and wait for the batch that is first."""
            await asyncio.sleep(0)  # the commit of the batch before goes to its thread now; this goes on while the disk works
            while len(waiting) < ahead and (batch := next(batches, None)) is not None:
                waiting.append((batch, ask(await _request(database, account_id, batch, names))))
            if not waiting:
                return None
            batch, work = waiting.popleft()
            return batch, _decode(await work)

        ready = await following()
        while ready is not None:
            _, ready = await asyncio.gather(_write(database, account_id, *ready, tally, say), following())
    return tally


def _batches(items: Iterable[Saved | Fault], left_out: Say) -> Iterator[_Batch]:
    batch = _Batch()
    for item in items:
        if isinstance(item, Fault):
            left_out(item.place, item.reason)
            continue
        batch.saved.append(item)
        batch.bytes += len(item.raw)
        if len(batch.saved) == BATCH_TICKETS or batch.bytes >= BATCH_BYTES:
            yield batch
            batch = _Batch()
    if batch.saved:
        yield batch


async def _group_names(database: Database, account_id: int) -> dict[int, str]:
    """Look up what the account calls its groups; on tickets, the group that every account has is called as on any ticket."""
    async with database.read(account_id) as tx:
        return {group.id: group.name for group in await list_groups(tx) if group.id != EVERYBODY}


async def _request(database: Database, account_id: int, batch: _Batch, names: dict[int, str]) -> bytes:
    """Put a batch as a worker reads it, each ticket with what is there of it already."""
    ids = [find_id(saved.raw).upper() for saved in batch.saved]
    async with database.read(account_id) as tx:
        present = await list_shown_of(tx, filter(None, ids))
    return _encode(_Request([(saved.raw, present.get(ticket_id)) for saved, ticket_id in zip(batch.saved, ids, strict=True)], names))


def prepare(request: bytes) -> bytes:
    """Work out a batch. Runs in a worker process."""
    batch = _decode_request(request)
    return _encode([_prepared(raw, present, batch.names) for raw, present in batch.tickets])


def _prepared(raw: bytes, present: bytes | None, names: dict[int, str]) -> _Prepared:
    try:
        history = find_history(raw) if present is None else None
        if history is None:
            saved = decode(raw)
            if present is not None:
                here = msgspec.json.decode(present)
                if saved == here:
                    return _Prepared()
                # As they are called on the ticket, or an import would change it once the account has come to know a group's name.
                names = names | {group["id"]: group["name"] for group in here["groups"]}
            history = read_history(saved, names)
        made = arrival(history.ticket, history.events, show_ticket)
    except InvalidError as error:
        return _Prepared(problem=str(error))
    return _Prepared() if made.record.shown == present else _Prepared(made, notes=history.notes)


async def _write(database: Database, account_id: int, batch: _Batch, prepared: list[_Prepared], tally: Tally, say: Say) -> None:
    """Write what a batch has brought, and count and tell what became of it."""
    arrivals = [each.arrival for each in prepared if each.arrival is not None]
    outcomes = iter(await _taken_in(database, account_id, arrivals) if arrivals else ())
    for saved, each in zip(batch.saved, prepared, strict=True):
        if each.problem:
            tally.bad += 1
            say(saved.place, each.problem)
            continue
        outcome = Outcome("unchanged") if each.arrival is None else next(outcomes)
        tally.fates[outcome.fate] += 1
        if outcome.fate == "conflict":
            say(saved.place, outcome.reason)
        elif outcome.fate != "unchanged":
            tally.notes.update(each.notes)


async def _taken_in(database: Database, account_id: int, arrivals: list[Arrival]) -> list[Outcome]:
    for remaining in reversed(range(PATIENCE)):
        try:
            async with database.write(account_id) as tx:
                outcomes = await take_in(tx, arrivals)
        except DatabaseBusyError:
            if not remaining:
                raise
        else:
            await asyncio.sleep(PAUSE_SECONDS)
            return outcomes
    raise AssertionError("the last try has returned or raised")
