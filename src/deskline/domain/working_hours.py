"""Working hours: when an account, or a group of it, works, and how much of a stretch of time that is.

The one rule is that of `calendar`: an instant is worked if the local wall clock shows a time that is. So an hour that the clocks repeat
counts twice, and one that they skip not at all. Pure; whose hours count for a ticket is said by `Calendars`.
"""

from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from deskline.domain.calendar import DAY, cut, local_seconds
from deskline.domain.facts import Fact, Measured, seconds_between

MINUTES_OF_DAY: Final = 1_440
EVERY_MINUTE: Final = ((0, MINUTES_OF_DAY),)
MOST_A_DAY: Final = 12
MOST_HOLIDAYS: Final = 1_000
FIRST_HOLIDAY: Final = date(1970, 1, 1)
LAST_HOLIDAY: Final = date(2199, 12, 31)
ACCOUNT_ITSELF: Final = -1  # in place of a group: the hours of the account

Times = tuple[tuple[int, int], ...]
"""When work is done on a day: stretches of minutes since its midnight, from the first to before the second (at most 1440), ascending."""

# Hours are worked out a block at a time, the first time they are asked for. After the last holiday there can be they repeat themselves
# with the calendar, after 400 years: so an instant in the year 9999 costs no more than one in 2600.
_BLOCK: Final = 365 * DAY
_REPEATS_FROM: Final = local_seconds(date(2200, 1, 1))
_CYCLE: Final = 146_097 * DAY
_THURSDAY: Final = 3  # 1970-01-01, counted from Monday


class Holiday(msgspec.Struct, frozen=True, order=True):
    """A day that is unlike its weekday: nobody works, or at other times."""

    day: date
    times: Times = ()


class WorkingHours(msgspec.Struct, frozen=True):
    """When work is done: an IANA zone, the times of each weekday from Monday on, and holidays in the order of their days."""

    zone: str
    week: tuple[Times, Times, Times, Times, Times, Times, Times]
    holidays: tuple[Holiday, ...] = ()


class Calendars:
    """The hours of an account's groups, and under ACCOUNT_ITSELF its own. Where there are none, every second counts."""

    __slots__ = ("_measures", "by_group")

    def __init__(self, by_group: Mapping[int, WorkingHours] = MappingProxyType({})) -> None:
        self.by_group = by_group
        self._measures: dict[int, Measured] = {}

    def of(self, groups: Iterable[int]) -> WorkingHours | None:
        """Choose the hours that count for a ticket: of its groups that have some the one with the lowest number, else the account's."""
        return self.by_group.get(self._whose(groups))

    def _whose(self, groups: Iterable[int]) -> int:
        return min((group for group in groups if group in self.by_group), default=ACCOUNT_ITSELF)

    def measure(self, groups: Iterable[int]) -> Measured:
        """Choose the measure of working time for a ticket of some groups, as `measure` gives it."""
        whose = self._whose(groups)
        measured = self._measures.get(whose)
        if measured is None:
            hours = self.by_group.get(whose)
            measured = self._measures[whose] = seconds_between if hours is None else measure(hours)
        return measured

    def worked(self, at: int, seconds: int, groups: Iterable[int]) -> int:
        """Measure the working time of what took so many seconds until an instant (milliseconds UTC)."""
        return self.measure(groups)((at // 1000 - seconds) * 1000, at)

    def timed(self, facts: tuple[Fact, ...], groups: Collection[int]) -> tuple[Fact, ...]:
        """Measure the working time of a ticket's facts, as they were told where nobody knew of hours."""
        return tuple([self.timed_fact(fact, groups) for fact in facts]) if self.by_group else facts

    def timed_fact(self, fact: Fact, groups: Iterable[int]) -> Fact:
        """Measure the working time of a fact anew, if it has any."""
        if fact.worked_seconds is None or fact.seconds is None:
            return fact
        return msgspec.structs.replace(fact, worked_seconds=self.worked(fact.at, fact.seconds, groups))


def working_seconds(hours: WorkingHours | None, start: int, end: int) -> int:
    """Measure the whole seconds between two instants (milliseconds UTC) that are worked; all of them where there are no hours.

    Both are read in whole seconds, as everybody sees them on the wire.
    """
    return seconds_between(start, end) if hours is None else measure(hours)(start, end)


def excluded(hours: WorkingHours | None, start: int, end: int) -> list[tuple[int, int]]:
    """List the stretches between two instants (milliseconds UTC) that are not worked, clipped to them.

    What is left is `working_seconds`, where each stretch is read in whole seconds too.
    """
    if hours is None or start >= end:
        return []
    return _spans(hours).gaps(start, end)


def measure(hours: WorkingHours) -> Measured:
    """Prepare the measure of some hours: what `working_seconds` answers, in 1 µs."""
    return _spans(hours).seconds


@lru_cache(maxsize=512)
def _spans(hours: WorkingHours) -> "_Spans":
    return _Spans(hours)


class _Known:
    """What is known of some blocks in a row, from `begin` to before `end`, seconds UTC.

    `edges` are the starts and ends of the worked spans in turn, `sums` how much is worked before each, from an instant that is the same
    for all of them and means nothing.
    """

    __slots__ = ("begin", "edges", "end", "sums")

    def __init__(self, begin: int, end: int, edges: "array[int]", sums: "array[int]") -> None:
        self.begin = begin
        self.end = end
        self.edges = edges
        self.sums = sums

    def before(self, second: int) -> int:
        """Tell how much is worked before a second."""
        number = bisect_right(self.edges, second)
        if not number:
            return self.sums[0] if self.sums else 0
        return self.sums[number - 1] + (second - self.edges[number - 1] if number & 1 else 0)


class _Spans:
    """The worked spans of some hours, as far as anybody asked.

    Threads may ask at the same time: what is known is only ever replaced as a whole, and each answer is of one such whole.
    """

    __slots__ = ("_known", "_times", "_week", "_zone")

    def __init__(self, hours: WorkingHours) -> None:
        self._zone = ZoneInfo(hours.zone)
        self._week = hours.week
        self._times = {local_seconds(holiday.day) // DAY: holiday.times for holiday in hours.holidays}
        self._known = _Known(0, 0, array("q"), array("q"))

    def seconds(self, start: int, end: int) -> int:
        """Measure the worked seconds between two instants in milliseconds; below zero where the second is the earlier one."""
        first, last = start // 1000, end // 1000
        known = self._known
        if not (known.begin <= first < known.end and known.begin <= last < known.end):
            if max(first, last) >= _REPEATS_FROM + _CYCLE:
                return self._seconds_far_ahead(first, last)
            known = self._learn(min(first, last), max(first, last))
        edges, sums = known.edges, known.sums
        if not edges:
            return 0
        # `before` of both, written out: it is asked for with each answer and each solve.
        low, high = bisect_right(edges, first), bisect_right(edges, last)
        begun = sums[low - 1] + (first - edges[low - 1] if low & 1 else 0) if low else sums[0]
        done = sums[high - 1] + (last - edges[high - 1] if high & 1 else 0) if high else sums[0]
        return done - begun

    def _seconds_far_ahead(self, first: int, last: int) -> int:
        """Measure where an end is so late that the calendar repeats itself."""
        known = self._learn(min(first, last, _REPEATS_FROM), _REPEATS_FROM + _CYCLE)
        of_cycle = known.before(_REPEATS_FROM + _CYCLE) - known.before(_REPEATS_FROM)

        def before(second: int) -> int:
            times, after = divmod(max(second - _REPEATS_FROM, 0), _CYCLE)
            return known.before(min(second, _REPEATS_FROM) + after) + times * of_cycle

        return before(last) - before(first)

    def gaps(self, start: int, end: int) -> list[tuple[int, int]]:
        """List what is not worked between two instants in milliseconds, the first before the second."""
        first, last = start // 1000, end // 1000
        if last < _REPEATS_FROM + _CYCLE:
            known = self._learn(first, last)
            low = bisect_right(known.edges, first)
            edges = list(known.edges[low : bisect_right(known.edges, last)])
            is_worked = bool(low & 1)
        else:  # nothing is kept of what is so far ahead
            spans = self._work_out(first, last + 1)
            is_worked = bool(spans) and spans[0][0] == first
            edges = [edge for span in spans for edge in span if first < edge <= last]
        borders = [*(() if is_worked else (start,)), *(edge * 1000 for edge in edges), end]
        return [(begin, until) for begin, until in zip(borders[::2], borders[1::2], strict=False) if begin < until]

    def _learn(self, first: int, last: int) -> _Known:
        """Make sure that all from a second to another is known, in whole blocks."""
        known = self._known
        begin, end = first // _BLOCK * _BLOCK, (last // _BLOCK + 1) * _BLOCK
        if known.begin == known.end:
            known = _Known(begin, begin, array("q"), array("q"))
        if known.begin > begin:
            known = self._precede(begin, known)
        if known.end < end:
            known = self._follow(known, end)
        self._known = known
        return known

    def _follow(self, known: _Known, end: int) -> _Known:
        edges, sums = known.edges[:], known.sums[:]
        for start, until in self._work_out(known.end, end):
            if edges and edges[-1] == start:  # work goes on across the border of a block
                edges[-1] = until
                sums[-1] += until - start
            else:
                before = sums[-1] if sums else 0
                edges.extend((start, until))
                sums.extend((before, before + until - start))
        return _Known(known.begin, end, edges, sums)

    def _precede(self, begin: int, known: _Known) -> _Known:
        earlier = self._follow(_Known(begin, begin, array("q"), array("q")), known.begin)
        shift = (known.sums[0] if known.sums else 0) - (earlier.sums[-1] if earlier.sums else 0)
        edges, sums = earlier.edges, array("q", (total + shift for total in earlier.sums))
        later = known.edges, known.sums
        if edges and known.edges and edges[-1] == known.edges[0]:
            edges, sums, later = edges[:-1], sums[:-1], (known.edges[1:], known.sums[1:])
        return _Known(begin, known.end, edges + later[0], sums + later[1])

    def _work_out(self, begin: int, end: int) -> list[tuple[int, int]]:
        """Find the worked spans from a second to before another, clipped to them."""
        borders: list[int] = []
        for day in range(begin // DAY - 2, end // DAY + 3):
            for start, until in self._times.get(day, self._week[(day + _THURSDAY) % 7]):
                since = day * DAY + start * 60
                if borders and borders[-1] == since:
                    borders.pop()
                else:
                    borders.append(since)
                borders.append(day * DAY + until * 60)
        spans: list[tuple[int, int]] = []
        for number, start, until in cut(borders, self._zone) if borders else ():
            first, last = max(start // 1000, begin), min(until // 1000, end)
            if number & 1 or first >= last:
                continue  # what lies between two stretches of work; or outside
            if spans and spans[-1][1] == first:
                spans[-1] = (spans[-1][0], last)
            else:
                spans.append((first, last))
        return spans
