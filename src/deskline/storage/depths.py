"""Where in a list is what: places in its order, and marks, places of which it is known how many matches stand above. No SQL.

A page is walked to from the nearest mark, from above or from below. Marks are carried over changes like the total itself: a ticket that
leaves or comes moves those below it by one.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from deskline.domain.timelines import Ticket

MOST_MARKS: Final = 32  # of one list; at a million tickets each page is then within 16,000 rows of one: a millisecond


WIDE: Final = 86_400_000  # milliseconds between two rows, where a walk may be long


class Place(NamedTuple):
    """A place in the order of lists, whether or not a ticket is there. Greater is newer."""

    said_at: int
    id: str


class Mark(NamedTuple):
    """A place, and how many matches are greater."""

    above: int
    place: Place


class Tally(NamedTuple):
    """How many tickets match, and the marks in their list, from its greatest match down."""

    total: int
    marks: tuple[Mark, ...] = ()


class Walk(NamedTuple):
    """How to come to some rows: from a place (None: the end of the list; itself `included`), up or down, past so many.

    All are before the place `end`, or at it on the way up: what need not be met to come to them is beyond.
    """

    start: Place | None
    included: bool
    down: bool
    skipped: int
    end: Place | None = None


def place_of(ticket: Ticket) -> Place:
    """Tell where a ticket stands."""
    return Place(ticket.last_message_at, ticket.id)


def plan(tally: Tally, above: int, size: int) -> list[tuple[Walk, int]]:
    """Find the shortest walks to the `size` rows with so many `above` them, and how many rows each is to bring, from the greatest down.

    A mark among the rows parts them: what is beside it may be far away, as is a ticket that was moved to the top from the list's other
    matches, and a walk that is told how many there are ends at the last of them.
    """
    cuts = {mark.above: mark.place for mark in tally.marks if above < mark.above < above + size}
    walks: list[tuple[Walk, int]] = []
    for first, last in pairwise((above, *sorted(cuts), above + size)):
        walk = _walk(tally, first, last - first)
        walks.append((walk._replace(end=cuts.get(last if walk.down else first)), last - first))
    return walks


def _walk(tally: Tally, above: int, size: int) -> Walk:
    """Find the shortest walk. Of several: down from a mark, where a row was; down from the top, where what moves goes; then up."""
    below = above + size
    down = [Walk(mark.place, True, True, above - mark.above) for mark in tally.marks if mark.above <= above]
    up = [Walk(mark.place, False, False, mark.above - below) for mark in tally.marks if mark.above >= below]
    walks = (*down, Walk(None, False, True, above), *up, Walk(None, False, False, tally.total - below))
    return min(walks, key=lambda walk: walk.skipped)


def marked(tally: Tally, marks: Iterable[Mark], *, apart: int = 1) -> Tally:
    """Add marks that are so far `apart` from all others; of too many, those nearest to others go."""
    kept = list(tally.marks)
    kept += [mark for mark in marks if all(abs(mark.above - other.above) >= apart for other in kept)]
    kept.sort()
    while len(kept) > MOST_MARKS:
        gaps = [after.above - before.above for before, after in zip(kept, kept[2:], strict=False)]
        del kept[gaps.index(min(gaps)) + 1]
    return Tally(tally.total, tuple(kept))


def mark_gap(above: int, places: Sequence[Place]) -> list[Mark]:
    """Mark the row after a wide gap among those of a page, `above` of them being greater.

    So what was moved to the top is told from the list's other matches also by a server that has not seen it move.
    """
    gaps = [after.said_at - before.said_at for before, after in pairwise(sorted(places))]
    if not gaps or max(gaps) < max(WIDE, sum(gaps) // 2):
        return []
    after = len(gaps) - gaps.index(max(gaps))
    return [Mark(above + after, sorted(places, reverse=True)[after])]


def moved(tally: Tally, gone: Place | None, come: Place | None) -> Tally:
    """Tell the tally after a ticket has left a place or come to one, or both."""
    if gone == come:
        return tally
    marks = tuple(Mark(mark.above - _is_above(gone, mark) + _is_above(come, mark), mark.place) for mark in tally.marks)
    return Tally(tally.total - (gone is not None) + (come is not None), marks)


def _is_above(place: Place | None, mark: Mark) -> bool:
    return place is not None and place > mark.place
