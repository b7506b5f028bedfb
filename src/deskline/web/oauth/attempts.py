"""How often somebody may be wrong: failed sign-ins are counted by name and by address, in the memory of this process."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MOST_NAMES: Final = 10_000


class Attempts:
    """Failures of the last while. Whoever has had `most` of them waits until `seconds` after the first."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the bound. The least recent names are forgotten where there are too many."""
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wait_seconds(self, name: str) -> int:
        """Tell how many seconds somebody has to wait; 0 for nobody who failed too often."""
        since, count = self._failures.get(name, (0.0, 0))
        left = since + self._seconds - self._clock()
        return 0 if count < self._most or left <= 0 else int(left) + 1

    def fail(self, name: str) -> None:
        """Count a failure."""
        now = self._clock()
        since, count = self._failures.get(name, (now, 0))
        self._failures[name] = (since, count + 1) if since + self._seconds > now else (now, 1)
        self._failures.move_to_end(name)
        if len(self._failures) > MOST_NAMES:
            self._failures.popitem(last=False)
