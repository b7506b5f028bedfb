"""Exact totals, remembered: how many tickets match a filter, valid while the account's last event is the same. No SQL."""

from collections import OrderedDict
from collections.abc import Hashable


class Totals:
    """A bounded memory of `(account, filter) → (position, total)`.

    Every change appends to the account's timeline, so a total counted at a position is exact as long as the position stands, also
    when another process writes.
    """

    def __init__(self, capacity: int = 10_000) -> None:
        self._found: OrderedDict[tuple[int, Hashable], tuple[int, int]] = OrderedDict()
        self._capacity = capacity

    def find(self, account_id: int, key: Hashable, position: int) -> int | None:
        """Return the total counted at this position, None where there is none."""
        found = self._found.get((account_id, key))
        if found is None or found[0] != position:
            return None
        return found[1]

    def save(self, account_id: int, key: Hashable, position: int, total: int) -> None:
        """Remember a total; the oldest are forgotten beyond the capacity."""
        self._found[account_id, key] = (position, total)
        self._found.move_to_end((account_id, key))
        if len(self._found) > self._capacity:
            self._found.popitem(last=False)
