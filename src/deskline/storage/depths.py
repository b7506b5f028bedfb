"""Where in a list is what: places in its order, and marks, places of which it is known how many matches stand above. No SQL.

A page is walked to from the nearest mark, from above or from below. Marks are carried over changes like the total itself: a ticket that
leaves or comes moves those below it by one.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from deskline.domain.timelines import Ticket

MOST_MARKS: Final = 32  # of one list; at a million tickets each page is then within 16,000 rows of one: a millisecond


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
    """How to come to some rows: from a place (None: the end of the list; itself `included`), up or down, past so many."""

    start: Place | None
    included: bool
    down: bool
    skipped: int


def place_of(ticket: Ticket) -> Place:
    """Tell where a ticket stands."""
    return Place(ticket.last_message_at, ticket.id)


def plan(tally: Tally, above: int, size: int) -> Walk:
    """Find the shortest walk to the `size` rows with so many `above` them; marks before ends, which may be far from the first match."""
    below = above + size
    walks = [Walk(None, False, True, above), Walk(None, False, False, tally.total - below)]
    walks += [Walk(mark.place, True, True, above - mark.above) for mark in tally.marks if mark.above <= above]
    walks += [Walk(mark.place, False, False, mark.above - below) for mark in tally.marks if mark.above >= below]
    return min(walks, key=lambda walk: (walk.skipped, walk.start is None))


def marked(tally: Tally, marks: Iterable[Mark]) -> Tally:
    """Add marks; of too many, those nearest to others go."""
    kept = sorted({mark.above: mark for mark in (*tally.marks, *marks)}.values())
    while len(kept) > MOST_MARKS:
        gaps = [after.above - before.above for before, after in zip(kept, kept[2:], strict=False)]
        del kept[gaps.index(min(gaps)) + 1]
    return Tally(tally.total, tuple(kept))


def moved(tally: Tally, gone: Place | None, come: Place | None) -> Tally:
    """Tell the tally after a ticket has left a place or come to one, or both."""
    if gone == come:
        return tally
    marks = tuple(Mark(mark.above - _is_above(gone, mark) + _is_above(come, mark), mark.place) for mark in tally.marks)
    return Tally(tally.total - (gone is not None) + (come is not None), marks)


def _is_above(place: Place | None, mark: Mark) -> bool:
    return place is not None and place > mark.place
