"""PostgreSQL's errors, and its driver's, translated into ours. Nothing is done about them here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

from deskline.errors import (
    CollisionError,
    DatabaseAwayError,
    DatabaseBusyError,
    DesklineError,
    OutdatedError,
    QueryTooLongError,
    StorageFullError,
)
from deskline.storage.upgrades import NEWEST

TOO_LONG: Final = "The query ran longer than its budget and was stopped; narrow the range or the filters."
AWAY: Final = "The database cannot be reached; try again in a moment."
BUSY: Final = "The database is busy; try again in a moment."
OUTDATED: Final = "The database has been upgraded by a newer Deskline, and this server is to be replaced by one of that version; try again."
STOPPING: Final = "The server is stopping; try again in a moment."
# How a coordinator of a cluster says that a machine is away where it gives no state of its own (most often it is 08006, as it should be).
LOST_MACHINE: Final = ("failure on connection marked as essential", "could not commit transaction", "connection to the remote node")
# The last is what the driver says of a connection that the server has ended, until it has heard of that.
FAILURES: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, asyncpg.InternalClientError)


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
    if isinstance(error, asyncpg.UndefinedColumnError) and f"schema_{NEWEST}" in "".join(error.args):  # what every write begins with
        return OutdatedError(OUTDATED)
    if isinstance(error, asyncpg.InternalServerError) and str(error).startswith(LOST_MACHINE):
        return DatabaseAwayError(AWAY)
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
