"""What was derived from an account's timeline and is remembered while the timeline stands still: totals and pages of lists. No SQL.

Every change appends to the account's timeline, so what was derived at a position (the key of its last event) is exact as long as the
position stands, also when another process writes.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Final, Generic, NamedTuple, TypeVar

from deskline.domain.searches import Page
from deskline.domain.working_hours import Calendars
from deskline.storage.changes import Changes
from deskline.storage.depths import Tally

TOTALS: Final = 1_000
HOURS: Final = 200  # accounts; a few kilobytes each
PAGE_BYTES: Final = 4_194_304  # of all pages together: about a hundred of 40 kB, a few of very long tickets
ENTRY_BYTES: Final = 1_000  # the filter that it is found by, and what holds them together
LARGEST_PAGE_BYTES: Final = 262_144
SETS_BYTES: Final = 16_777_216  # 130 sets of a million tickets
PAST_BYTES: Final = 4_194_304  # twenty lists of some hundred tickets that changed since, or one of 10,000
Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """A bounded memory of `(account, key) → (position, value)`: the oldest are forgotten when all together weigh more than `capacity`.

    What alone weighs more than `largest` is not remembered at all.
    """

    __slots__ = ("_capacity", "_found", "_largest", "_weigh", "_weight")

    def __init__(self, capacity: int, *, largest: int = 1, weigh: Callable[[Value], int] = lambda _: 1) -> None:
        self._found: OrderedDict[tuple[int, Hashable], tuple[int, Value]] = OrderedDict()
        self._capacity, self._largest, self._weigh = capacity, largest, weigh
        self._weight = 0

    def find(self, account_id: int, key: Hashable, position: int) -> Value | None:
        """Return what was derived at this position, None where there is nothing."""
        found = self.last(account_id, key)
        return found[1] if found is not None and found[0] == position else None

    def last(self, account_id: int, key: Hashable) -> tuple[int, Value] | None:
        """Return what was derived last and its position, which may have gone on since."""
        return self._found.get((account_id, key))

    def save(self, account_id: int, key: Hashable, position: int, value: Value) -> None:
        """Remember what was derived at a position, in the place of what was derived before."""
        before = self._found.pop((account_id, key), None)
        if before is not None:
            self._weight -= self._weigh(before[1])
        weight = self._weigh(value)
        if weight > self._largest:
            return
        self._found[account_id, key] = (position, value)
        self._weight += weight
        while self._weight > self._capacity:
            _, (_, oldest) = self._found.popitem(last=False)
            self._weight -= self._weigh(oldest)


class Was(NamedTuple):
    """The place that a ticket had in the order of lists."""

    last_message_at: int
    ticket_id: str
    ticket_key: int


class Past(NamedTuple):
    """A list as of an instant: which tickets changed since (key and id), where those of them were that matched, how many match in all."""

    changed: Mapping[int, str]
    were: tuple[Was, ...]
    total: int


class Memory:
    """What one open database remembers: totals, small and counted; pages, changes, sets and pasts, which are weighed; last keys."""

    __slots__ = ("changes", "hours", "numbers", "pages", "pasts", "sets", "totals")

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}  # what runs of new ids go by, so it need not be exact
        self.totals: Remembered[Tally] = Remembered(TOTALS)
        self.changes = Changes()
        self.sets: Remembered[int] = Remembered(SETS_BYTES, largest=SETS_BYTES, weigh=_weigh_set)
        self.hours: Remembered[Calendars] = Remembered(HOURS)  # by their revision
        self.pages: Remembered[Page] = Remembered(PAGE_BYTES, largest=LARGEST_PAGE_BYTES, weigh=_weigh)
        self.pasts: Remembered[Past] = Remembered(PAST_BYTES, largest=PAST_BYTES, weigh=_weigh_past)


def _weigh(page: Page) -> int:
    return ENTRY_BYTES + sum(map(len, page.tickets))


def _weigh_set(bits: int) -> int:
    return ENTRY_BYTES + bits.bit_length() // 8


def _weigh_past(past: Past) -> int:
    return ENTRY_BYTES + 200 * (len(past.changed) + len(past.were))
