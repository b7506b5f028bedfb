"""Totals of lists and the marks in them: remembered at a position of the account, and carried on over what changed since, exactly.

Every ticket that changed is asked two things: did it match then, and does it match now? Both states are folded from its timeline, once
for all lists. So after a change a total costs what changed, and not what matches. Counting is `search`'s work.
"""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

import msgspec

from deskline.domain.events import AnyEvent
from deskline.domain.past import matches
from deskline.domain.searches import TicketFilter, has_phrases
from deskline.domain.timelines import fold, follow
from deskline.storage.changes import Change, State
from deskline.storage.database import Reader, Row
from deskline.storage.depths import Place, Tally, moved, place_of
from deskline.storage.queries import queries

_Q = queries("totals")
_decode = msgspec.json.Decoder(AnyEvent).decode

INLINE_CHANGES: Final = 40  # changed tickets that are folded at once, on the event loop: 2 ms
MOST_CHANGES: Final = 1_000  # beyond, counting anew is quicker
MOST_EVENTS: Final = 5_000


async def carry(tx: Reader, wanted: TicketFilter, now: int, *, most: int = INLINE_CHANGES) -> Tally | None:
    """Tell a remembered tally as it is at the position `now`; None where there is none, or more than `most` tickets changed since."""
    memory = tx.memory
    found = memory.totals.last(tx.account_id, wanted)
    if not await _learn(tx, now, most) or found is None:
        return None
    then, tally = found
    if now != then:
        changes = memory.changes.since(tx.account_id, then, now) if then < now else None
        if changes is None:
            return None
        for change in changes:
            tally = moved(tally, _place(change.before, wanted), _place(change.after, wanted))
        keep(tx, wanted, now, tally)
    return tally


def keep(tx: Reader, wanted: TicketFilter, now: int, tally: Tally) -> None:
    """Remember a tally as it is at the position `now`."""
    tx.memory.totals.save(tx.account_id, wanted, now, tally)


def _place(state: State | None, wanted: TicketFilter) -> Place | None:
    return place_of(state.ticket) if state is not None and is_in(state, wanted) else None


def is_in(state: State, wanted: TicketFilter) -> bool:
    """Say whether a ticket matches a filter in a state."""
    if not matches(state.ticket, state.events, wanted):
        return False
    return not wanted.words or has_phrases(state.findable, wanted.words, sees_notes=wanted.sees_notes)


async def _learn(tx: Reader, now: int, most: int) -> bool:
    """Learn what changed up to a position, and say whether it is known now."""
    changes = tx.memory.changes
    known = changes.end(tx.account_id)
    if known is not None and known >= now:
        return True
    ids: dict[int, str] = {}
    if known is not None and now - known <= MOST_EVENTS:
        ids = dict(await tx.rows(_Q["list_changed"], known, now, MOST_CHANGES + 1))
    if known is None or not ids or len(ids) > MOST_CHANGES:
        changes.begin(tx.account_id, now)
        return True
    if len(ids) > most:
        return False
    found: list[Change] = []
    keys = list(ids)
    for first in range(0, len(keys), INLINE_CHANGES):
        rows = await tx.rows(_Q["list_lives"], msgspec.json.encode(keys[first : first + INLINE_CHANGES]).decode(), now)
        found += [fold_change(key, ids[key], list(life), known) for key, life in groupby(rows, itemgetter(0))]
    changes.add(tx.account_id, known, now, found)
    return True


def fold_change(key: int, ticket_id: str, rows: Sequence[Row], then: int) -> Change:
    """Fold a timeline, rows of `list_lives`, up to the position `then` and up to its end."""
    events = [_decode(event) for _, _, event in rows]
    size = sum(len(event) for _, _, event in rows)
    old = sum(event_key <= then for _, event_key, _ in rows)
    if not old:
        return Change(key, None, State(fold(ticket_id, events), events), size)
    before = fold(ticket_id, events[:old])
    return Change(key, State(before, events[:old]), State(follow(before, events[old:]), events), size)
