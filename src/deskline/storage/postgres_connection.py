"""Open pools of PostgreSQL connections the one way Deskline uses them, and translate PostgreSQL's errors into ours. No transactions."""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import asyncpg

from deskline.errors import (
    CollisionError,
    DatabaseAwayError,
    DatabaseBusyError,
    DesklineError,
    QueryTooLongError,
    StoppingError,
    StorageFullError,
)

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = PoolConnectionProxy[asyncpg.Record]

WAIT_SECONDS: Final = 5.0  # how long a connection, a turn or a lock is waited for before a request is told to try again
COMMAND_SECONDS: Final = 30.0  # beyond this a server that says nothing counts as away
TOO_LONG: Final = "The query ran longer than its budget and was stopped; narrow the range or the filters."
AWAY: Final = "The database cannot be reached; try again in a moment."
STOPPING: Final = "The server is stopping; try again in a moment."
BUSY: Final = "The database is busy; try again in a moment."
# Compiling a statement costs more than ours take; a commit waits for the disk, whatever the server's default is.
_SETTINGS: Final = {
    "application_name": "deskline",
    "jit": "off",
    "TimeZone": "UTC",
    "synchronous_commit": "on",
    "lock_timeout": f"{WAIT_SECONDS:g}s",
    "idle_in_transaction_session_timeout": "60s",
}
# The last is what the driver says of a connection that the server has ended, until it has heard of that.
FAILURES: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, asyncpg.InternalClientError)
_TABLE = re.compile(r"^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)")
_NUMBERED = re.compile(r"\$(\d+)")


async def open_pool(dsn: str, most: int) -> "Pool":
    """Open a pool of at most so many connections. Raises DatabaseAwayError."""
    with translated():
        return await asyncpg.create_pool(
            dsn,
            min_size=0,
            max_size=most,
            max_queries=10_000_000,
            timeout=WAIT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            statement_cache_size=500,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=0,
            server_settings=_SETTINGS,
            reset=_leave_as_it_is,
        )


async def _leave_as_it_is(connection: object) -> None:
    """Take a connection back without asking the server to reset it, which would be a round trip: nothing of ours outlives a transaction."""


@asynccontextmanager
async def borrowed(pool: "Pool") -> "AsyncIterator[Connection]":
    """Take a connection for one statement or transaction. Raises DatabaseAwayError, DatabaseBusyError, StoppingError."""
    try:
        with translated():
            connection = await pool.acquire(timeout=WAIT_SECONDS)
    except DatabaseAwayError as error:
        if pool.is_closing():
            raise StoppingError(STOPPING) from error
        if isinstance(error.__cause__, TimeoutError):
            raise DatabaseBusyError(BUSY) from error
        raise
    try:
        yield connection
    except DatabaseAwayError:
        throw_away(connection)
        raise
    finally:
        await pool.release(connection)


async def roll_back(connection: "Connection") -> None:
    """End a transaction that was not committed; a connection that cannot do that is thrown away."""
    try:
        if not connection.is_closed() and connection.is_in_transaction():
            await connection.execute("ROLLBACK")
    except FAILURES:
        throw_away(connection)


def throw_away(connection: "Connection") -> None:
    """Cut a connection off, whatever state it is in: nobody else is to find out. The pool makes another."""
    with suppress(asyncpg.InterfaceError):  # it is lost already, and the pool knows
        connection.terminate()


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of PostgreSQL and its driver that mean something to a caller into ours; programming errors pass."""
    try:
        yield
    except FAILURES as error:
        ours = translate(error)
        if ours is None:
            raise
        raise ours from error


def translate(error: Exception) -> DesklineError | None:
    """Find our error for one of PostgreSQL's or its driver's, None where it can only be a mistake in the program."""
    if isinstance(error, asyncpg.PostgresError):
        return _by_state(str(error.sqlstate))
    if isinstance(error, OSError | asyncpg.InternalClientError):  # TimeoutError is an OSError
        return DatabaseAwayError(AWAY)
    if isinstance(error, asyncpg.InterfaceError) and not isinstance(error, ValueError):  # a connection or pool that is closed
        return DatabaseAwayError(AWAY)
    return None


def _by_state(state: str) -> DesklineError | None:
    match state:
        case "40001" | "40P01" | "23505":
            return CollisionError("Two writes met; nothing was changed. Try again.")
        case "55P03" | "53200" | "53300":
            return DatabaseBusyError(BUSY)
        case "53100":
            return StorageFullError("The database's disk is full: nothing was changed. Reading goes on; free some space to write again.")
        case "57014":
            return QueryTooLongError(TOO_LONG)
        # 25006: a stand-by, which only reads; 57P0x: starting, stopping, crashed; 25P03: a transaction that slept too long.
        case "25006" | "25P03" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05":
            return DatabaseAwayError(AWAY)
    return DatabaseAwayError(AWAY) if state.startswith("08") else None


def table_of(statement: str) -> str:
    """Name the table that a statement changes."""
    found = _TABLE.match(statement)
    assert found is not None, statement
    return found[1]


@lru_cache(500)
def combined(statements: Sequence[str]) -> str:
    """Put statements into one, which is one round trip. Each changes a table of its own; parameters but $1 are numbered on."""
    pieces: list[str] = []
    used = 0
    for statement in statements:

        def numbered_on(found: re.Match[str], by: int = used) -> str:
            return "$1" if found[1] == "1" else f"${int(found[1]) + by}"

        pieces.append(_NUMBERED.sub(numbered_on, statement))
        used += max(int(number) for number in _NUMBERED.findall(statement)) - 1
    *before, last = pieces
    named = ", ".join(f"part_{number} AS ({piece})" for number, piece in enumerate(before))
    return f"WITH {named} {last}" if before else last
