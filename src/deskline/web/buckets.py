"""Token buckets: how much of something somebody may do, exactly, in bounded memory. Who that is, and what it is, is not known here.

They are of this process: each of several has its own.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from time import monotonic_ns
from typing import Final, NamedTuple

MOST_REMEMBERED: Final = 10_000  # buckets; of more, the one that was left alone for longest is forgotten, and full again
_SECOND: Final = 1_000_000_000


class Level(NamedTuple):
    """How a bucket stands: tokens that are left, seconds until it is full, and seconds until a token is there (0: there is one)."""

    left: int
    full_seconds: int
    next_seconds: int


class Buckets:
    """A bucket for everybody, of `size` tokens that come back evenly, all of them in `window_seconds`.

    A bucket is one whole number: when it will be full, in nanoseconds times `size`, so that a token is a whole number too and nothing is
    ever rounded. Who has none was not here before, or not for long enough to have a full one.
    """

    def __init__(self, size: int, window_seconds: int, clock: Callable[[], int] = monotonic_ns) -> None:
        """Take a clock of nanoseconds that never goes back."""
        self.size = size
        self.window_seconds = window_seconds
        self._clock = clock
        self._token = window_seconds * _SECOND
        self._whole = self._token * size
        self._full_at: OrderedDict[Hashable, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, who: Hashable) -> tuple[bool, Level]:
        """Take a token, if there is one; tell whether there was, and how the bucket stands now."""
        now = self._clock() * self.size
        full_at = max(self._full_at.get(who, now), now) + self._token
        if full_at - now > self._whole:
            return False, self._level(full_at - self._token - now)
        self._full_at[who] = full_at
        self._full_at.move_to_end(who)
        if len(self._full_at) > MOST_REMEMBERED:
            self._full_at.popitem(last=False)
        return True, self._level(full_at - now)

    def give_back(self, who: Hashable) -> None:
        """Put back a token that was taken."""
        full_at = self._full_at.get(who)
        if full_at is not None:
            self._full_at[who] = full_at - self._token

    def _level(self, missing: int) -> Level:
        left = (self._whole - missing) // self._token
        seconds = self.size * _SECOND
        return Level(left, -(-missing // seconds), 0 if left else -(-(missing + self._token - self._whole) // seconds))
