"""Roll-ups: facts summed in slots of UTC, so that what a report costs follows its rows. Which sums are kept, and which a span is made of.

Slots come in three lengths. A span of time is whole slots of the longest that fit, shorter ones before and behind them, and at its ends,
where a border lies within the shortest, the facts themselves: a sum is exact whatever the zone.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from deskline.domain.reports import ReportFilter

Interval = tuple[int, int]
SLOTS: Final = (900_000, 3_600_000, 86_400_000)
"""The length of a slot of each level in milliseconds: a quarter of an hour, an hour, a day. Each is a multiple of the one before."""

WEEK: Final = 168
"""Hours."""

_THURSDAY: Final = 72  # hours from a Monday to 1970-01-01
EVERYTHING: Final = ""
ANYBODY: Final = ""


def scopes(groups: Iterable[int], tags: Iterable[str]) -> tuple[str, ...]:
    """List the scopes that a ticket counts in: everything, each of its groups, each of its tags."""
    return (EVERYTHING, *map(group_scope, groups), *map(tag_scope, tags))


def group_scope(group: int) -> str:
    """Name the scope of a group."""
    return f"g:{group}"


def tag_scope(tag: str) -> str:
    """Name the scope of a tag."""
    return f"t:{tag}"


def agent_part(agent: str) -> str:
    """Name an agent credited, whose login may be any text, the empty one too."""
    return f"a:{agent}"


def places_of(wanted: ReportFilter) -> tuple[tuple[str, str], ...] | None:
    """Name the scopes and agents whose sums, added up, answer a filter; None where no sums are kept for it, and the facts must be asked.

    A fact is credited to one agent, so those of several add up. A ticket may have several groups and tags, so theirs do not.
    """
    match wanted.agents, wanted.groups, wanted.tags:
        case (), (), ():
            return ((EVERYTHING, ANYBODY),)
        case agents, (), ():
            return tuple((EVERYTHING, agent_part(agent)) for agent in dict.fromkeys(agents))
        case (), (group,), ():
            return ((group_scope(group), ANYBODY),)
        case (), (), (tag,):
            return ((tag_scope(tag), ANYBODY),)
    return None


def week_slots(part: tuple[int, int, int]) -> tuple[int, int, int, int] | None:
    """Say where the hours of the week are in a time (offset in seconds, start, end in milliseconds UTC) in which clocks were left alone.

    (level, first slot, the slot behind the last, what is to be added to a slot, so that those of an hour of the week follow each other from
    Monday 0:00 on); None where an hour of these clocks is not made of whole slots.
    """
    offset, start, end = part
    for level in (1, 0):
        length = SLOTS[level]
        if not (start % length or end % length or offset * 1000 % length):
            return level, start // length, end // length, offset * 1000 // length + _THURSDAY * (SLOTS[1] // length)
    return None


class Pieces(msgspec.Struct, frozen=True):
    """What some intervals are made of. Each piece has the number of its interval in `whose`, at the same place.

    `slots` are, for each level, (first slot, the slot behind the last); `rest` are the ends that no slot fits in, in milliseconds.
    """

    slots: tuple[list[Interval], ...]
    whose: tuple[list[int], ...]
    rest: list[Interval]
    whose_rest: list[int]

    @property
    def levels(self) -> list[tuple[int, list[Interval], list[int]]]:
        """The levels that have pieces: (level, their slots, whose they are)."""
        return [(level, slots, self.whose[level]) for level, slots in enumerate(self.slots) if slots]


def pieces(intervals: Sequence[Interval]) -> Pieces:
    """Take intervals (milliseconds UTC, the end excluded) apart into slots, the longest that fit."""
    found = Pieces(tuple([] for _ in SLOTS), tuple([] for _ in SLOTS), [], [])
    for number, (start, end) in enumerate(intervals):
        _take_apart(found, number, start, end, len(SLOTS) - 1)
    return found


def _take_apart(found: Pieces, number: int, start: int, end: int, level: int) -> None:
    """Take what is left of an interval apart: nothing longer than the slots of `level` fits in it."""
    if start >= end:
        return
    if level < 0:
        found.rest.append((start, end))
        found.whose_rest.append(number)
        return
    length = SLOTS[level]
    first, behind = -(-start // length), end // length
    if first >= behind:
        _take_apart(found, number, start, end, level - 1)
        return
    found.slots[level].append((first, behind))
    found.whose[level].append(number)
    if start < first * length:
        _take_apart(found, number, start, first * length, level - 1)
    if behind * length < end:
        _take_apart(found, number, behind * length, end, level - 1)
