"""Facts summed in one walk, each put into its interval on the way: PostgreSQL finds the interval by halving.

One walk for each interval, as on SQLite, has PostgreSQL gather the tickets of groups and tags again and again, and it cannot plan the
whole as a join (measured at a million tickets, an agent, a group and a tag over three years by day: 0.8 to 1.5 s).
"""

from collections.abc import Sequence
from typing import Final

from deskline.domain.rollups import Interval
from deskline.domain.sums import SUMS
from deskline.storage.database import Reader
from deskline.storage.facts import numbers_of
from deskline.storage.queries import queries

_Q = queries("buckets")
PLACES: Final = 4  # the parameters of the statement before those of filters
_DENSE: Final = 2


def is_dense(intervals: Sequence[Interval]) -> bool:
    """Tell whether intervals fill most of the time from the first to the last, so that a walk of all of it reads little else."""
    if len(intervals) < 2:
        return False
    covered = sum(end - start for start, end in intervals)
    return _DENSE * covered >= max(end for _, end in intervals) - min(start for start, _ in intervals)


async def sum_in_buckets(
    tx: Reader, walks: Sequence[Sequence[str]], intervals: Sequence[Interval], condition: str, values: Sequence[object]
) -> list[tuple[int, ...]]:
    """Sum facts in each interval, in the order given; no two overlap. `walks` are names of sums, together those of the same facts.

    `condition` are the lines of filters, `values` those of their parameters, as reports put them together.
    """
    borders = sorted({instant for interval in intervals for instant in interval})
    number_of = {start: number for number, (start, _) in enumerate(intervals)}
    columns: list[list[int]] = []
    for names in walks:
        first = SUMS[names[0]]
        statement = _Q["sum_in_buckets"].on(tx.engine)
        statement = statement.format(
            instant="until" if first.at_end else "at",
            sums=", ".join(_spell(tx, name) for name in names),
            kinds=", ".join(map(str, numbers_of(first))),
            condition=condition,
        )
        sums = [[0] * len(intervals) for _ in names]
        for bucket, *found in await tx.rows(statement, borders, borders[0], borders[-1], *values):
            number = number_of.get(borders[bucket - 1])
            if number is not None:  # else it is between two intervals
                for column, amount in zip(sums, found, strict=True):
                    column[number] = amount
        columns += sums
    return list(zip(*columns, strict=True))


def _spell(tx: Reader, name: str) -> str:
    added = SUMS[name].added
    return _Q["count"].on(tx.engine) if added is None else _Q["added"].on(tx.engine).format(added=added)
