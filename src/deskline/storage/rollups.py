"""The rows of roll-ups: which cells a ticket's facts are summed in, kept in the transaction that changes the facts.

A cell is (scope, agent, slot) and has a sum for each thing that a report counts. Every fact counts in each scope of its ticket; of the
agents credited there are sums over everything, and of ratings in each scope too, which is what the ranking asks for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from operator import add
from typing import Any, Final

from deskline.domain.facts import Fact
from deskline.domain.rollups import ANYBODY, EVERYTHING, SLOTS, agent_part, scopes
from deskline.domain.sums import SUMS, Added
from deskline.storage.database import Reader, Writer
from deskline.storage.facts import IN_SUMS, number, numbers_of
from deskline.storage.queries import queries

COLUMNS: Final = tuple(SUMS)
_Amount = tuple[int, Added | None, bool]
_AMOUNTS: Final[Mapping[int, tuple[_Amount, ...]]] = {
    kind: tuple((COLUMNS.index(name), SUMS[name].added, SUMS[name].at_end) for name in names) for kind, names in IN_SUMS.items()
}
"""What a fact of each kind adds: (the column's place in COLUMNS, the field added or None for one, whether when it ends)."""

_RATED: Final = frozenset({*numbers_of(SUMS["bad"]), *numbers_of(SUMS["good"])})
_TIMES: Final = (1, *(length // shorter for shorter, length in pairwise(SLOTS)))
"""How many slots of the level before are one of each level."""
_Q = queries("rollups")

Cells = dict[tuple[str, str, int], list[int]]
"""How much more there is in each column, by (scope, agent, slot of the shortest level)."""


CellRow = tuple[Any, ...]
"""A row: scope, agent, level, slot, and the sums of COLUMNS."""


def put(cells: Cells, facts: Iterable[Fact], groups: Iterable[int], tags: Iterable[str], times: int = 1) -> None:
    """Put a ticket's facts into cells; with -1 for `times`, take them out."""
    everywhere = scopes(groups, tags)
    for fact in facts:
        kind = number(fact)
        places = [(scope, ANYBODY) for scope in everywhere]
        if fact.agent is not None:
            agent = agent_part(fact.agent)
            places += [(scope, agent) for scope in (everywhere if kind in _RATED else (EVERYTHING,))]
        for column, added, at_end in _AMOUNTS[kind]:
            at = fact.until if at_end else fact.at
            if at is None:
                continue
            slot = at // SLOTS[0]
            amount = times if added is None else times * (getattr(fact, added) or 0)
            for scope, agent in places:
                cell = cells.get((scope, agent, slot))
                if cell is None:
                    cell = cells[scope, agent, slot] = [0] * len(COLUMNS)
                cell[column] += amount


def rows_of(cells: Cells) -> Iterator[CellRow]:
    """Write cells as rows, of every level: scope, agent, level, slot, COLUMNS. Where nothing changes there is none."""
    for level, times in enumerate(_TIMES):
        cells = cells if times == 1 else together([cells], times)
        for (scope, agent, slot), sums in cells.items():
            if any(sums):
                yield scope, agent, level, slot, *sums


def together(changes: Iterable[Cells], times: int = 1) -> Cells:
    """Add cells up, in slots that are so many times as long."""
    cells: Cells = {}
    for change in changes:
        for (scope, agent, slot), sums in change.items():
            place = scope, agent, slot // times
            before = cells.get(place)
            cells[place] = sums if before is None else list(map(add, before, sums))
    return cells


async def add_cells(tx: Writer, changes: Sequence[Cells]) -> None:
    """Add to the sums what some changes put into cells and took out of them."""
    # In the order of the key: neighbours are written one after the other.
    await tx.run_many(_Q["add_cell"], sorted(rows_of(changes[0] if len(changes) == 1 else together(changes))))


async def list_cells(tx: Reader, after: CellRow | None, limit: int) -> list[CellRow]:
    """List the account's rows in the order of their key, those that follow the row `after` (None for the first)."""
    return await tx.rows(_Q["list_cells"], *(("", "", -1, 0) if after is None else after[:4]), limit)


async def delete_cells(tx: Writer, scopes: Iterable[str]) -> None:
    """Delete the rows of some scopes."""
    for scope in scopes:
        await tx.run(_Q["delete_cells"], scope)
