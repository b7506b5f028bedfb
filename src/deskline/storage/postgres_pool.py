"""Connections to PostgreSQL, lent out one by one. No transactions and no statements.

The driver's own pool wraps every connection it lends, asks the server to reset it, and takes it back in a task of its own. Measured in
turns on a busy machine, a point read cost 83 to 99 µs on a connection, 221 to 251 through that pool, 94 to 108 through this one.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from deskline.errors import DatabaseAwayError, DatabaseBusyError, StoppingError
from deskline.storage.postgres_errors import AWAY, BUSY, FAILURES, STOPPING, translated
from deskline.storage.postgres_servers import LOCK_SECONDS, Servers, left

if TYPE_CHECKING:
    from deskline.storage.postgres_servers import Connection

WAIT_SECONDS = LOCK_SECONDS  # how long a connection is waited for before a request is told to try again


class Pool:
    """At most so many connections. Who waits gets them in turn; else the last that came back goes first, so that few are in use."""

    def __init__(self, servers: Servers, most: int) -> None:
        self._servers = servers
        self._most = most
        self._idle: list[Connection] = []
        self._lent: dict[Connection, float] = {}  # since when
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._count = 0  # that are there, or being made
        self._all_back = asyncio.Event()
        self._closing = False
        servers.tell(self)

    async def acquire(self, seconds: float = WAIT_SECONDS) -> "Connection":
        """Take a connection, waiting so long at most. Raises DatabaseAwayError, DatabaseBusyError, StoppingError."""
        if self._closing:
            raise StoppingError(STOPPING)
        self._servers.refuse_if_away()
        connection = await self._any(seconds)
        self._lent[connection] = time.monotonic()
        return connection

    async def _any(self, seconds: float) -> "Connection":
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._count -= 1
        if self._count < self._most:
            self._count += 1
            return await self._connect()
        return await self._wait(seconds) or await self._connect()

    def release(self, connection: "Connection") -> None:
        """Take a connection back. One that is closed, in a transaction still, or to a server that is not wanted makes room for another."""
        self._lent.pop(connection, None)
        if self._closing or connection.is_closed() or connection.is_in_transaction():
            connection.terminate()
            for idle in self._idle:  # if the server has ended one, it has probably ended these
                idle.terminate()
            self._make_room()
        elif not self._servers.is_wanted(connection):
            connection.terminate()
            self._servers.suspect()
            self._make_room()
        elif (waiter := self._next_waiter()) is not None:
            waiter.set_result(connection)
        else:
            self._idle.append(connection)

    def drop_idle(self) -> None:
        """End the connections that nobody has, and tell whoever waits for one that the database is away, if it is."""
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.terminate()
            self._make_room()
        if self._servers.away is not None:
            while (waiter := self._next_waiter()) is not None:
                waiter.set_exception(DatabaseAwayError(AWAY))

    def drop_lent(self) -> None:
        """End the connections that somebody has; who has one learns of it from the statement it waits for, or from the next."""
        for connection in [*self._lent]:
            connection.terminate()

    def longest(self) -> float:
        """Tell how many seconds ago that connection was lent which has been so for longest; 0 where none is."""
        return time.monotonic() - min(self._lent.values()) if self._lent else 0.0

    async def close(self) -> None:
        """Lend no more, wait for those that are lent, and end them all."""
        self._closing = True
        while (waiter := self._next_waiter()) is not None:
            waiter.set_exception(StoppingError(STOPPING))
        idle, self._idle = self._idle, []
        await asyncio.gather(*map(left, idle))  # together, since a server that has vanished is waited for
        self._count -= len(idle)
        if self._count:
            await self._all_back.wait()

    async def _connect(self) -> "Connection":
        try:
            return await self._servers.connect()
        except BaseException:
            self._make_room()
            raise

    async def _wait(self, seconds: float) -> "Connection | None":
        """Wait for a connection that comes back; None for room to make one."""
        mine: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        try:
            async with asyncio.timeout(seconds):
                return await mine
        except (TimeoutError, asyncio.CancelledError) as error:
            if mine.done() and not mine.cancelled() and mine.exception() is None:  # it came just now
                self._give_back(mine.result())
            if isinstance(error, TimeoutError):
                raise DatabaseBusyError(BUSY) from None
            raise

    def _give_back(self, connection: "Connection | None") -> None:
        if connection is None:
            self._make_room()
        else:
            self.release(connection)

    def _make_room(self) -> None:
        """Let the next who waits make a connection in the place of one that is gone."""
        waiter = self._next_waiter()
        if waiter is not None:
            waiter.set_result(None)
            return
        self._count -= 1
        if self._closing and not self._count:
            self._all_back.set()

    def _next_waiter(self) -> "asyncio.Future[Connection | None] | None":
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():  # else it gave up
                return waiter
        return None


class LostWhileIdleError(DatabaseAwayError):
    """A connection was lost before anything was done on it: another one may be tried, and only that one says whether the server is away."""


@asynccontextmanager
async def borrowed(pool: Pool) -> "AsyncIterator[Connection]":
    """Take a connection for one statement that reads. Raises LostWhileIdleError."""
    connection = await pool.acquire()
    try:
        with translated():
            yield connection
    except DatabaseAwayError as error:
        connection.terminate()  # whatever state it is in, nobody else is to find out
        if isinstance(error.__cause__, TimeoutError):
            raise
        raise LostWhileIdleError(AWAY) from error
    finally:
        pool.release(connection)


@asynccontextmanager
async def begun(pool: Pool, begin: str, seconds: float = WAIT_SECONDS) -> "AsyncIterator[Connection]":
    """Take a connection and begin a transaction on it; what is not committed at the end is rolled back."""
    try:
        connection = await _begin(pool, begin, seconds)
    except LostWhileIdleError:
        connection = await _begin(pool, begin, seconds)
    try:
        yield connection
    finally:
        await _roll_back(connection)
        pool.release(connection)


async def _begin(pool: Pool, begin: str, seconds: float) -> "Connection":
    connection = await pool.acquire(seconds)
    try:
        with translated():
            await connection.execute(begin)
    except BaseException as error:
        if isinstance(error, DatabaseBusyError):
            await _roll_back(connection)
        else:
            connection.terminate()  # whether the transaction has begun is not known
        pool.release(connection)
        if isinstance(error, DatabaseAwayError):
            raise LostWhileIdleError(AWAY) from error
        raise
    return connection


async def _roll_back(connection: "Connection") -> None:
    try:
        if not connection.is_closed() and connection.is_in_transaction():
            await connection.execute("ROLLBACK")
    except FAILURES:
        connection.terminate()
