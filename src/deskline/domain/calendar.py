"""The exact local calendar: which instants are a local hour, a day, a month, in any zone and across any clock change.

Nothing here knows what is counted, and nothing here reads a clock. The one rule everything follows from: an instant belongs to the
slot that its local wall clock shows, so a slot that the clocks repeat may be several spans of time, and one they skip is none.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import count
from typing import NamedTuple
from zoneinfo import ZoneInfo

HOUR = 3_600
DAY = 86_400
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Span = tuple[int, int, int]
"""A slot's number and a stretch of time in it: from the first instant to before the second, milliseconds UTC."""

_DAY_NUMBERS = tuple(f"{number:02}" for number in range(1, 32))
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_SECOND = timedelta(seconds=1)
_NOTHING = timedelta(0)

# Clock changes are looked for in blocks of days from 1970 on, by comparing the offset every few days: since 1969 no zone has
# changed its clocks twice within six days (the closest pair is seven days in Recife, 2000; a test looks at every zone).
_STEP = 3 * DAY
_BLOCK = 63 * _STEP
# The calendar repeats itself after 400 years, 773 blocks exactly, and after 2103 (block 257) zones have yearly rules only. So later
# cycles are read from the first one: a range to the year 9999 costs no more than one to 2503.
_CYCLE = 773
_RULES_ONLY = 257


class Stretch(NamedTuple):
    """A time in which a zone's clocks were left alone: from `start` to before `end`, seconds UTC; local time is UTC + `offset` seconds."""

    start: int
    end: int
    offset: int


def local_seconds(day: date) -> int:
    """Count the seconds that a wall clock shows since 1970-01-01 00:00 when the day begins."""
    return (day.toordinal() - _EPOCH_ORDINAL) * DAY


def local_day(at: int, zone: ZoneInfo) -> date:
    """Tell the local date of an instant (milliseconds UTC); the first or the last date there is, where it lies beyond them."""
    second = at // 1000
    ordinal = (second + _stretch_at(second, zone).offset) // DAY + _EPOCH_ORDINAL
    return date.fromordinal(min(max(ordinal, 1), date.max.toordinal()))


def day_start(day: date, zone: ZoneInfo) -> int:
    """Find the first instant (milliseconds UTC) whose local date is the day; of a day that the zone skipped, the next one's."""
    midnight = local_seconds(day)
    around = stretches(midnight - 2 * DAY, midnight + 2 * DAY, zone)
    return next(max(s.start, midnight - s.offset) for s in around if midnight - s.offset < s.end) * 1000


def day_end(day: date, zone: ZoneInfo) -> int:
    """Find the instant (milliseconds UTC) that follows the day's last one.

    It is the next day's start, or later: where clocks go back across midnight, the next day begins before the old one is over.
    """
    midnight = local_seconds(day) + DAY
    around = stretches(midnight - 2 * DAY, midnight + 2 * DAY, zone)
    return next(min(s.end, midnight - s.offset) for s in reversed(around) if s.start + s.offset < midnight) * 1000


def instants_of(local: int, zone: ZoneInfo) -> list[int]:
    """List the instants (seconds UTC) at which the zone's clocks showed `local`, counted as `local_seconds` does: none, one or two."""
    around = stretches(local - 2 * DAY, local + 2 * DAY, zone)
    return [local - part.offset for part in around if part.start + part.offset <= local < part.end + part.offset]


def day_names(first: date, last: date) -> list[str]:
    """Name the days of a range as ISO 8601 writes them. A month at a time: three years in 0.1 ms, a date at a time in 0.3."""
    names: list[str] = []
    for begin, end in months(first, last):
        month = begin.isoformat()[:-2]
        names += [month + number for number in _DAY_NUMBERS[begin.day - 1 : end.day]]
    return names


def months(first: date, last: date, together: int = 1) -> list[tuple[date, date]]:
    """List the months of a range as their first and last days, clipped to the range; or so many months together: 3, 12."""
    later = range(first.year * 12 + first.month, last.year * 12 + last.month)
    return _parts([first, *(date(month // 12, month % 12 + 1, 1) for month in later if month % 12 % together == 0)], last)


def weeks(first: date, last: date) -> list[tuple[date, date]]:
    """List the weeks of a range, which begin on Mondays, as their first and last days, clipped to the range."""
    mondays = range(first.toordinal() + 7 - first.weekday(), last.toordinal() + 1, 7)
    return _parts([first, *map(date.fromordinal, mondays)], last)


def _parts(begins: list[date], last: date) -> list[tuple[date, date]]:
    return list(zip(begins, [*(begin - timedelta(days=1) for begin in begins[1:]), last], strict=True))


def whole(first: date, last: date, zone: ZoneInfo) -> list[Span]:
    """Find all instants whose local date is in the range, as one slot with the number 0: nearly always one span, cheap for any range."""
    begin, end = day_start(first, zone), day_end(last, zone)
    midnights = local_seconds(first), local_seconds(last) + DAY
    outside = cut([midnights[0] - DAY, midnights[0]], zone) + cut([midnights[1], midnights[1] + DAY], zone)
    # Where clocks went back across one of the two midnights, an hour of the day outside lies between the ends.
    holes = [edge for _, start, until in outside if begin < until and start < end for edge in (start, until)]
    edges = [begin, *holes, end]
    return [(0, start, until) for start, until in zip(edges[::2], edges[1::2], strict=True) if start < until]


def parts_of(first: date, last: date, zone: ZoneInfo) -> list[Span]:
    """Part the range where clocks were changed: as a slot's number each part has its offset from UTC, in seconds."""
    spans = whole(first, last, zone)
    parts = (part for _, start, end in spans for part in stretches(start // 1000, end // 1000, zone))
    return [(part.offset, part.start * 1000, part.end * 1000) for part in parts]


def cut(borders: Sequence[int], zone: ZoneInfo) -> list[Span]:
    """Find the instants of local slots.

    `borders` are ascending seconds as `local_seconds` counts them: slot i is from border i to before border i + 1. The spans ascend in
    time and never overlap; touching spans of one slot are one. Years 1970 to 9999.
    """
    spans: list[Span] = []
    for stretch in stretches(borders[0] - DAY, borders[-1] + DAY, zone):
        pieces = _cut_stretch(borders, stretch)
        if spans and pieces and spans[-1][0] == pieces[0][0] and spans[-1][2] == pieces[0][1]:
            number, start, _ = spans.pop()
            pieces[0] = (number, start, pieces[0][2])
        spans += pieces
    return spans


def _cut_stretch(borders: Sequence[int], stretch: Stretch) -> list[Span]:
    first = max(stretch.start + stretch.offset, borders[0])
    end = min(stretch.end + stretch.offset, borders[-1])
    if first >= end:
        return []
    slot = bisect_right(borders, first) - 1
    edges = [first, *borders[slot + 1 : bisect_left(borders, end)], end]
    instants = [(edge - stretch.offset) * 1000 for edge in edges]
    return list(zip(count(slot), instants, instants[1:], strict=False))


def stretches(start: int, end: int, zone: ZoneInfo) -> list[Stretch]:
    """Part the time from `start` to before `end` (seconds UTC) at the zone's clock changes."""
    found: list[Stretch] = []
    for block in range(start // _BLOCK, (end - 1) // _BLOCK + 1):
        for part in _stretches_of_block(zone, block):
            if found and found[-1].offset == part.offset:
                found[-1] = found[-1]._replace(end=part.end)
            else:
                found.append(part)
    inside = (part for part in found if part.start < end and start < part.end)
    return [Stretch(max(part.start, start), min(part.end, end), part.offset) for part in inside]


def _stretch_at(second: int, zone: ZoneInfo) -> Stretch:
    return stretches(second, second + 1, zone)[0]


def _stretches_of_block(zone: ZoneInfo, block: int) -> Sequence[Stretch]:
    if block < _RULES_ONLY + _CYCLE:
        return _observed(zone, block)
    in_first_cycle = _RULES_ONLY + (block - _RULES_ONLY) % _CYCLE
    later = (block - in_first_cycle) * _BLOCK
    return [Stretch(start + later, end + later, offset) for start, end, offset in _observed(zone, in_first_cycle)]


@lru_cache(maxsize=4096)
def _observed(zone: ZoneInfo, block: int) -> tuple[Stretch, ...]:
    """Part a block of days at its clock changes, found by looking at the clocks every few days."""
    begin, end = block * _BLOCK, (block + 1) * _BLOCK
    starts, offsets = [begin], [_offset(begin, zone)]
    for at in range(begin + _STEP, end + 1, _STEP):
        offset = _offset(at, zone)
        if offset != offsets[-1]:
            starts.append(_change_between(at - _STEP, at, zone))
            offsets.append(offset)
    parts = zip(starts, [*starts[1:], end], offsets, strict=True)
    return tuple(Stretch(*part) for part in parts if part[0] < end)


def _change_between(before: int, after: int, zone: ZoneInfo) -> int:
    """Find the second of the one clock change that lies after `before` and not after `after`."""
    old = _offset(before, zone)
    seconds = range(before, after)
    return before + bisect_left(seconds, True, key=lambda second: _offset(second, zone) != old)


def _offset(second: int, zone: ZoneInfo) -> int:
    """Tell how many seconds local time is ahead of UTC."""
    ahead = datetime.fromtimestamp(second, zone).utcoffset() or _NOTHING  # None is for the type checker: every zone has an offset
    return ahead // _SECOND
