"""Chance that repeats itself: a seed deals the same hand on every machine, in every version of Python. Knows nothing of tickets."""

import math
import random
from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """A stream of random values. `draw` answers a float from 0 to before 1; everything else is made of it.

    Only `random.Random.random` is used, since its values are promised never to change; it is also by far the fastest.
    """

    __slots__ = ("draw",)

    def __init__(self, seed: str) -> None:
        self.draw = random.Random(seed).random  # noqa: S311 -- samples must repeat, they guard nothing

    def happens(self, share: float) -> bool:
        """Decide something that happens in a share (0 to 1) of all cases."""
        return self.draw() < share

    def pick(self, values: Sequence[T]) -> T:
        """Choose one of some values, each alike."""
        return values[int(self.draw() * len(values))]

    def between(self, low: int, high: int) -> int:
        """Choose a whole number from `low` to before `high`."""
        return low + int(self.draw() * (high - low))

    def wait(self, mean: float) -> int:
        """Choose how long something takes that may happen at any moment: exponential, in the unit of its mean."""
        return int(-mean * math.log(1.0 - self.draw()))


def weighted(shares: Iterable[tuple[T, float]], slots: int = 256) -> tuple[T, ...]:
    """Lay values out for `pick`, each about as often as its share says, and at least once."""
    pairs = list(shares)
    total = sum(share for _, share in pairs)
    return tuple(value for value, share in pairs for _ in range(max(1, round(slots * share / total))))
