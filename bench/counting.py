"""What lists must hold, counted in SQL that knows nothing of how Deskline asks: each condition once, as a set of tickets.

At a million tickets some conditions take seconds, and each is asked for on both engines, alone and beside others. A set is an integer
whose bits are the keys of tickets.
"""

import functools
import operator
from pathlib import Path

from bench.filters import Condition
from bench.samples import Folder, looking, value


def count(folder: Folder, conditions: tuple[Condition, ...]) -> int:
    """Count the tickets for which all conditions hold."""
    with looking(folder) as connection:
        last = value(connection, "SELECT max(event_key) FROM ticket_event")
    first, *others = (_keys(folder.path, last, condition) for condition in conditions)
    return functools.reduce(operator.and_, others, first).bit_count()


@functools.lru_cache(maxsize=300)
def _keys(path: Path, last: int, condition: Condition) -> int:
    """Find the tickets for which a condition holds, as long as `last` is the last thing that has happened."""
    with looking(Folder(path, "")) as connection:
        lowest, highest = connection.execute("SELECT min(ticket_key), max(ticket_key) FROM ticket").fetchone() or (0, 0)
        bits = bytearray((highest - lowest) // 8 + 1)
        for (key,) in connection.execute(f"SELECT ticket_key FROM ticket WHERE {condition.text}", condition.values):
            place = key - lowest
            bits[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(bits, "little")
