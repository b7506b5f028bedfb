"""The backlog over time: how many tickets were open, and how many pending, at the end of each row of a report.

Pure: what entered and left goes in, what was there comes out. A ticket that is spam now never was in it.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Final

from deskline.domain.reports import Backlog, Layout, Report

BACKLOG: Final = Report(
    "backlog", Backlog, ("entered_open", "left_open", "entered_pending", "left_pending"), by_agent=True, of_instants=True
)
BEGINNING: Final = -(86_400_000 << 20)
"""Before anything: the start of a day of UTC, in milliseconds."""


def row_ends(layout: Layout, now: int) -> list[int | None]:
    """Tell for each row behind which instant nothing counts any more: its end, for a row that is not over what is behind `now`.

    None for a row that has not begun. A row that the zone skipped ends with the one before.
    """
    starts: dict[int, int] = {}
    overs: dict[int, int] = {}
    for row, start, over in layout.spans:
        starts.setdefault(row, start)
        overs[row] = over
    ends: list[int | None] = []
    for row in range(len(layout.rows)):
        if row not in starts:
            ends.append(ends[-1] if ends else layout.spans[0][1] if layout.spans else None)
        elif starts[row] > now:
            ends.append(None)
        else:
            ends.append(min(overs[row], now + 1))
    return ends


def spans_between(ends: Sequence[int | None]) -> list[tuple[int, int]]:
    """List the intervals between the ends of rows, from the beginning on; each is after the one before."""
    borders = [BEGINNING, *sorted({end for end in ends if end is not None})]
    return list(pairwise(borders))


def balances(ends: Sequence[int | None], sums: Iterable[Sequence[int]]) -> list[Backlog]:
    """Tell what was there at the end of each row, of what entered and left in each of `spans_between`."""
    changes = [(entered - left, waited - done) for entered, left, waited, done in sums]
    totals = list(accumulate(changes, lambda before, more: (before[0] + more[0], before[1] + more[1])))
    at = dict(zip((end for _, end in spans_between(ends)), totals, strict=True))
    return [Backlog(None, None) if end is None else Backlog(*at[end]) for end in ends]
