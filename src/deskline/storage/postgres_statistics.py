"""Statistics for a database that is new. The server gathers them by itself, but only once a minute.

Of a table without statistics the planner believes that a few rows are in it, and takes any index that begins with the account; and a
prepared statement keeps its plan until there are statistics. Measured: 30,000 tickets that were brought into a new database at once took
76 s, most of it in looking an id up among all tickets of the account.
"""

import asyncio
from contextlib import suppress
from typing import Final

from deskline.errors import DesklineError
from deskline.storage.postgres_pool import Pool, borrowed
from deskline.storage.queries import queries

FIRST: Final = 200  # rows written until statistics are gathered; each next time is after so many times more
TIMES_MORE: Final = 4
LONGEST_SECONDS: Final = 600.0
LAST: Final = 1_000_000  # by now the server has done it
_Q = queries("transactions")


class Statistics:
    """Counts what this process writes into a new database, and has the server look at it now and then."""

    def __init__(self, pool: Pool) -> None:
        self.is_needed = False
        self._pool = pool
        self._written = 0
        self._next = FIRST
        self._gathering: asyncio.Task[None] | None = None

    def count(self, rows: int) -> None:
        """Count rows that are committed."""
        self._written += rows
        if self.is_needed and self._written >= self._next and (self._gathering is None or self._gathering.done()):
            while self._next <= self._written:
                self._next *= TIMES_MORE
            self.is_needed = self._next <= LAST
            self._gathering = asyncio.get_running_loop().create_task(self._gather())

    async def close(self) -> None:
        """Leave off what is under way."""
        if self._gathering is not None:
            self._gathering.cancel()
            await asyncio.wait([self._gathering])

    async def _gather(self) -> None:
        with suppress(DesklineError):  # it is only help: the next time will do, or the server itself
            async with borrowed(self._pool) as connection:
                await connection.execute(_Q["gather_statistics"].postgres, timeout=LONGEST_SECONDS)
