"""When a call is sent again, and after how long. Nothing here waits.

Reading does the same twice as once and so does PUT; POST and DELETE carry an Idempotency-Key. What has none is not repeated.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import random
from typing import Final

AGAIN: Final = frozenset({429, 502, 503, 504})
LONGEST_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Retries:
    """How often a call is repeated, and how long is waited before the first repetition; twice as long before each next one."""

    times: int = 3
    seconds: float = 0.5
    chance: Callable[[], float] = random

    def wait(self, repetition: int, status: int | None, headers: Mapping[str, str]) -> float | None:
        """Tell how long to wait before a repetition, counted from 0; None where there is none. `status` is None where no answer came.

        What the server asks for in `Retry-After` is kept to; where it is more than half a minute, the caller is told instead. A 409 is
        repeated only where the server says when: it means that the same request is being worked on.
        """
        asked = _seconds(headers.get("retry-after"))
        if repetition >= self.times or not (status is None or status in AGAIN or (status == 409 and asked is not None)):
            return None
        if asked is not None:
            return asked if asked <= LONGEST_SECONDS else None
        doubled: float = self.seconds * 2**repetition
        return min(LONGEST_SECONDS, doubled * (0.5 + self.chance()))


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.strip().isdigit() else None
