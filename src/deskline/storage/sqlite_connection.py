"""Open SQLite connections the one way Deskline uses them, and translate SQLite's errors into ours. No transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from deskline.errors import DatabaseBusyError, DesklineError, DurabilityLostError, QueryTooLongError, StorageFullError

# FULL makes every commit wait for the disk; WAL lets readers go on meanwhile.
_PRAGMAS = (
    # Of new files; one that is there keeps its own. A ticket as the API shows it is 2.4 kB, and of pages of 4 kB a quarter is left empty:
    # 30,000 tickets took 235 MB, with these 223, with 16 kB 215. A new ticket's CPU is the same with each; the log grows with them.
    "PRAGMA page_size = 8192",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA journal_size_limit = 67108864",
    # In pages, 16 MiB: what one transaction changes may stay in memory beyond the cache, so that a long one (an import) does not write
    # pages out before its end and read them back. Freed with the commit. (Measured: with a cache of 2 MiB a tenth of an import's CPU.)
    "PRAGMA cache_spill = 2048",
)
OFF_LOOP_WAIT_MS = 5_000
# Of each connection. The system's own cache holds the file, and what another connection commits voids a reader's: with 16 MiB instead of
# 2, reads of 5,000 tickets, sums, words and writes took the same CPU, and a count that walks an index of 6 MiB a fifth less.
CACHE_KIB = 2_048
TOO_LONG = "The query ran longer than its budget and was stopped; narrow the range or the filters."


def connect(path: Path, *, reading: bool = False, wait_ms: int = 0, cache_kib: int = CACHE_KIB, vfs: str | None = None) -> apsw.Connection:
    """Open the database file. `wait_ms` is how long a lock is waited for; on the event loop that must be 0."""
    flags = apsw.SQLITE_OPEN_READWRITE | (0 if reading else apsw.SQLITE_OPEN_CREATE)
    with translated():
        connection = apsw.Connection(str(path), flags=flags, vfs=vfs, statementcachesize=200)
        connection.set_busy_timeout(max(wait_ms, 1_000))
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        connection.execute(f"PRAGMA cache_size = -{cache_kib:d}")
        if reading:
            connection.execute("PRAGMA query_only = ON")
        connection.set_busy_timeout(wait_ms)
    return connection


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of SQLite that mean something to a caller into ours; programming errors pass."""
    try:
        yield
    except apsw.Error as error:
        ours = translate(error)
        if ours is None:
            raise
        raise ours from error


def translate(error: apsw.Error) -> DesklineError | None:
    """Find our error for one of SQLite's, None where it can only be a mistake in the program."""
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return DatabaseBusyError("Another process is writing to the database; try again in a moment.")
    if isinstance(error, apsw.FullError):
        return StorageFullError("The disk is full: nothing was changed. Reading goes on; free some space to write again.")
    if isinstance(error, apsw.InterruptError):
        return QueryTooLongError(TOO_LONG)
    if getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_SHMSIZE:
        return StorageFullError("The disk is full: it has no room for what readers and writers of the database share; free some space.")
    if isinstance(error, apsw.IOError | apsw.CorruptError | apsw.CantOpenError | apsw.NotADBError):
        return DurabilityLostError(f"The database file cannot be read or written reliably: {error}")
    return None
