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
from deskline.storage.database import Reader, Writer
from deskline.storage.facts import number, numbers_of
from deskline.storage.queries import queries

COLUMNS: Final = (
    *("created", "chat_window", "mail", "chat"),
    *("responded", "responded_seconds", "solved", "solved_seconds"),
    *("bad", "good"),
)
_COUNTED: Final[Mapping[int, tuple[int, ...]]] = {1: (0, 1), 2: (0, 2), 3: (0, 3), 4: (0,), 5: (4,), 6: (6,), 7: (8,), 8: (9,)}
"""The columns, by place in COLUMNS, that a fact of each kind is counted in; the seconds of one that has some are in the next."""

_RATED: Final = numbers_of("rated")
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
        kind, slot = number(fact), fact.at // SLOTS[0]
        places = [(scope, ANYBODY, slot) for scope in everywhere]
        if fact.agent is not None:
            agent = agent_part(fact.agent)
            places += [(scope, agent, slot) for scope in (everywhere if kind in _RATED else (EVERYTHING,))]
        for place in places:
            cell = cells.get(place)
            if cell is None:
                cell = cells[place] = [0] * len(COLUMNS)
            for column in _COUNTED[kind]:
                cell[column] += times
            if fact.seconds is not None:
                cell[_COUNTED[kind][0] + 1] += times * fact.seconds


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
