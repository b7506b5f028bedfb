"""How durations are spread: the median and the 90th percentile, exactly, of all of them and not of a sketch."""

from collections.abc import Sequence

import msgspec

from deskline.domain.reports import Layout, hours


class Spread(msgspec.Struct, frozen=True, gc=False):
    """The median and the 90th percentile of some durations, in hours rounded as means are; None of none."""

    median_hours: int | float | None = None
    p90_hours: int | float | None = None


def spread(seconds: Sequence[int]) -> Spread:
    """Tell how durations in whole seconds are spread.

    The median is the one in the middle, or the mean of the two in the middle. The 90th percentile is the smallest one that at least nine
    of ten are not above (nearest rank), so it is one that was measured.
    """
    if not seconds:
        return Spread()
    ordered, count = sorted(seconds), len(seconds)
    middle = ordered[(count - 1) // 2] + ordered[count // 2]
    return Spread(hours(middle, 2), hours(ordered[-(-9 * count // 10) - 1], 1))


def spreads(layout: Layout, found: Sequence[Sequence[int] | str | None]) -> list[Spread]:
    """Tell how the durations of each row are spread; each span's are numbers, or a text, in seconds with blanks between."""
    rows: list[list[int]] = [[] for _ in layout.rows]
    for (row, _, _), seconds in zip(layout.spans, found, strict=True):
        rows[row] += map(int, seconds.split()) if isinstance(seconds, str) else seconds or ()
    return [spread(seconds) for seconds in rows]
