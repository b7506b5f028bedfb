"""When to say no to new work because too much of it is there. How that is said is in `responses.py`."""

import asyncio
from time import perf_counter

BEAT_SECONDS = 0.05


class Pulse:
    """Knows how long the event loop's queue is.

    Requests wait for the loop where no counter sees them: the server puts them into the loop's queue, and one turn of the loop works
    through all of it. A heartbeat is in the same queue, so the time since its last beat is how long the turn has been going on, and a
    request that is begun so late in it has waited as long. Refusing it then keeps those that are admitted fast, and the queue short.
    """

    __slots__ = ("_begun", "_handle", "_last", "_limit_seconds")

    def __init__(self, limit_seconds: float) -> None:
        """Take how long a request may have waited before it is begun."""
        self._limit_seconds = BEAT_SECONDS + limit_seconds
        self._begun = 0
        self._last = 0.0
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to beat in the running loop."""
        self._begun = 0
        self._last = perf_counter()
        self._handle = asyncio.get_running_loop().call_later(BEAT_SECONDS, self.start)

    def stop(self) -> None:
        """Beat no more, and take all work from now on."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def is_late(self, now: float) -> bool:
        """Say whether a request that begins at `now` (perf_counter) has waited too long.

        One long turn alone is not overload: a laptop may have slept. It takes a queue as well, of more requests than a turn would
        ever hold without one.
        """
        self._begun += 1
        return self._handle is not None and self._begun > 32 and now - self._last > self._limit_seconds
