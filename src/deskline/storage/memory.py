"""What was derived from an account's timeline and is remembered while the timeline stands still: totals and pages of lists. No SQL.

Every change appends to the account's timeline, so what was derived at a position (the key of its last event) is exact as long as the
position stands, also when another process writes.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from deskline.domain.searches import Page

PAGE_BYTES = 262_144
Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """A bounded memory of `(account, key) → (position, value)`; the oldest are forgotten beyond the capacity."""

    __slots__ = ("_capacity", "_found")

    def __init__(self, capacity: int) -> None:
        self._found: OrderedDict[tuple[int, Hashable], tuple[int, Value]] = OrderedDict()
        self._capacity = capacity

    def find(self, account_id: int, key: Hashable, position: int) -> Value | None:
        """Return what was derived at this position, None where there is nothing."""
        found = self._found.get((account_id, key))
        if found is None or found[0] != position:
            return None
        return found[1]

    def save(self, account_id: int, key: Hashable, position: int, value: Value) -> None:
        """Remember what was derived at a position."""
        self._found[account_id, key] = (position, value)
        self._found.move_to_end((account_id, key))
        if len(self._found) > self._capacity:
            self._found.popitem(last=False)


class Memory:
    """What one open database remembers: totals, which are small, and pages, which are not (about 40 kB each, none above `PAGE_BYTES`)."""

    __slots__ = ("pages", "totals")

    def __init__(self) -> None:
        self.totals: Remembered[int] = Remembered(1_000)
        self.pages: Remembered[Page] = Remembered(100)
