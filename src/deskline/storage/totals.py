"""Totals of lists: remembered at a position of the account, and carried on over what changed since, exactly.

Every ticket that changed is asked two things: did it match then, and does it match now? Both states are folded from its timeline, once
for all lists. So after a change a total costs what changed, and not what matches. Counting is `search`'s work.
"""

from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

import msgspec

from deskline.domain.events import AnyEvent
from deskline.domain.past import matches
from deskline.domain.searches import TicketFilter
from deskline.domain.timelines import fold, follow
from deskline.storage.changes import Change, State
from deskline.storage.database import Reader, Row
from deskline.storage.queries import queries

_Q = queries("totals")
_decode = msgspec.json.Decoder(AnyEvent).decode

INLINE_CHANGES: Final = 40  # changed tickets that are folded at once, on the event loop: 2 ms
MOST_CHANGES: Final = 1_000  # beyond, counting anew is quicker
MOST_EVENTS: Final = 5_000


async def carry(
    tx: Reader, wanted: TicketFilter, now: int, count_new: Callable[[int], Awaitable[int]], *, most: int = INLINE_CHANGES
) -> int | None:
    """Tell a remembered total as it is at the position `now`; None where there is none, or more than `most` tickets changed since.

    What words a ticket was found by is not asked of its past: such a total is carried on where only new tickets came since, which
    `count_new` counts behind a key.
    """
    memory = tx.memory
    found = memory.totals.last(tx.account_id, wanted)
    if not await _learn(tx, now, most) or found is None:
        return None
    then, total = found
    if now != then:
        changes = memory.changes.since(tx.account_id, then, now) if then < now else None
        if changes is None:
            return None
        if wanted.words:
            changed = list(changes)
            if any(change.before is not None for change in changed):
                return None
            total += await count_new(min(change.key for change in changed) - 1) if changed else 0
        else:
            total += sum(_matches(change.after, wanted) - _matches(change.before, wanted) for change in changes)
        keep(tx, wanted, now, total)
    return total


def keep(tx: Reader, wanted: TicketFilter, now: int, total: int) -> None:
    """Remember a total as it is at the position `now`."""
    tx.memory.totals.save(tx.account_id, wanted, now, total)


def _matches(state: State | None, wanted: TicketFilter) -> bool:
    return state is not None and matches(state.ticket, state.events, wanted)


async def _learn(tx: Reader, now: int, most: int) -> bool:
    """Learn what changed up to a position, and say whether it is known now."""
    changes = tx.memory.changes
    known = changes.end(tx.account_id)
    if known is not None and known >= now:
        return True
    keys = [] if known is None or now - known > MOST_EVENTS else await _list_changed(tx, known, now, MOST_CHANGES + 1)
    if known is None or not keys or len(keys) > MOST_CHANGES:
        changes.begin(tx.account_id, now)
        return True
    if len(keys) > most:
        return False
    found: list[Change] = []
    for first in range(0, len(keys), INLINE_CHANGES):
        rows = await tx.rows(_Q["list_lives"], msgspec.json.encode(keys[first : first + INLINE_CHANGES]).decode(), now)
        found += [_change(key, list(life), known) for key, life in groupby(rows, itemgetter(0))]
    changes.add(tx.account_id, known, now, found)
    return True


async def _list_changed(tx: Reader, then: int, now: int, most: int) -> Sequence[int]:
    return [key for (key,) in await tx.rows(_Q["list_changed"], then, now, most)]


def _change(key: int, rows: Sequence[Row], then: int) -> Change:
    events = [_decode(event) for _, _, event in rows]
    size = sum(len(event) for _, _, event in rows)
    old = sum(event_key <= then for _, event_key, _ in rows)
    if not old:
        return Change(key, None, State(fold("", events), events), size)
    before = fold("", events[:old])
    return Change(key, State(before, events[:old]), State(follow(before, events[old:]), events), size)
