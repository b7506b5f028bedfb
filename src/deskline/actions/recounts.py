"""Recount the roll-ups of an account from its timelines, in little memory: their sums, and for each a mark that every cell goes into.

A mark is the sum of all cells, each times a number that belongs to its slot and column alone. Where two marks are the same, so are the
cells; what differs is told by series, which is a scope, an agent and a level.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from deskline.domain.rollups import group_scope
from deskline.storage import rollups as stored
from deskline.storage import working_hours
from deskline.storage.database import Reader
from deskline.storage.rollups import COLUMNS, Cells
from deskline.storage.tickets import Record

AT_A_TIME: Final = 5_000
Series = tuple[str, str, int]
_LEVELS: Final = ("a quarter of an hour", "an hour", "a day")
_WIDTH: Final = len(COLUMNS)


Totals = dict[Series, list[int]]
"""What each series adds up to: a number for each column, then the mark."""


def _add(totals: Totals, rows: Iterable[stored.CellRow]) -> None:
    for scope, agent, level, slot, *values in rows:
        total = totals.get((scope, agent, level))
        if total is None:
            total = totals[scope, agent, level] = [0] * (_WIDTH + 1)
        for column, value in enumerate(values):
            if value:
                total[column] += value
                total[_WIDTH] += value * hash((slot, column))


def _told(here: list[int], there: list[int]) -> tuple[str, str]:
    """Tell two totals apart: by the columns that differ, else by where they are."""
    columns = [number for number in range(_WIDTH) if here[number] != there[number]]
    if not columns:
        return "the same sums in other slots", "each in its own"
    told = (", ".join(f"{COLUMNS[number]} {total[number]}" for number in columns) for total in (here, there))
    return next(told), next(told)


class Recount:
    """What roll-ups must be, worked out a batch of tickets at a time."""

    def __init__(self) -> None:
        self._expected: Totals = {}

    def add(self, records: Iterable[Record]) -> None:
        """Take tickets in."""
        _add(self._expected, stored.rows_of(cells_of(records)))

    async def differences(self, tx: Reader) -> list[tuple[Series, str, str]]:
        """List what is stored otherwise: the series, what is stored, what is expected."""
        found: Totals = {}
        last: stored.CellRow | None = None
        while rows := await stored.list_cells(tx, last, AT_A_TIME):
            _add(found, rows)
            last = rows[-1]
        none = [0] * (_WIDTH + 1)
        pairs = ((place, found.get(place, none), self._expected.get(place, none)) for place in sorted(found.keys() | self._expected.keys()))
        return [(place, *_told(here, there)) for place, here, there in pairs if here != there]


def cells_of(records: Iterable[Record]) -> Cells:
    """Work out what some tickets put into cells."""
    cells: Cells = {}
    for made in records:
        stored.put(cells, made.facts, made.groups, made.tags)
    return cells


async def timed(tx: Reader, keyed: Sequence[tuple[int, Record]]) -> list[Record]:
    """Measure the working time of some tickets as it must be stored."""
    found = await (await working_hours.find(tx)).as_stored(tx, [(key, made.groups, made.facts) for key, made in keyed])
    return [msgspec.structs.replace(made, facts=facts) for (_, made), facts in zip(keyed, found, strict=True)]


def name_of(series: Series) -> str:
    """Name a series to people."""
    scope, agent, level = series
    words = f"roll-up by {_LEVELS[level]}" if level < len(_LEVELS) else f"roll-up of level {level}"
    if scope:
        words += f", {'group' if scope.startswith(group_scope(0)[:2]) else 'tag'} {scope[2:]}"
    return f"{words}, agent {agent[2:]}" if agent else words
