"""A database file that a copy goes into. What is copied, and in which order, is in `copies`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import apsw

from deskline.domain.searches import Findable
from deskline.errors import ConflictError
from deskline.storage import schema
from deskline.storage.copies import Table
from deskline.storage.database import Row, Show
from deskline.storage.queries import queries
from deskline.storage.sqlite import SqliteDatabase
from deskline.storage.sqlite_connection import OFF_LOOP_WAIT_MS, connect, translated
from deskline.storage.upgrades import COPYING, NEWEST, refuse_marked, refuse_other

_Q = queries("copies")
_PEOPLE = queries("people")


class SqliteTarget:
    """A file with the mark in it."""

    def __init__(self, database: SqliteDatabase, connection: apsw.Connection) -> None:
        self.database = database
        self._connection = connection

    async def add(self, account_id: int, table: Table, rows: Sequence[Row], found_by: Sequence[tuple[int, Findable]]) -> None:
        """Write rows, and what tickets are found by, in one transaction."""
        values = ", ".join(["?"] * len(table.columns))
        statement = _Q["add_row"].sqlite.format(table=table.name, columns=", ".join(table.columns), values=values)
        with translated(), self._connection:
            self._connection.executemany(statement, rows)
            self._connection.executemany(_Q["add_words"].sqlite, [(key, each.words, each.notes) for key, each in found_by])

    async def settle(self) -> None:
        """There is nothing to prepare."""

    async def finish(self) -> None:
        """Take the mark away."""
        with translated(), self._connection:
            self._connection.execute(_Q["drop_mark"].sqlite)
            self._connection.execute(f"PRAGMA user_version = {NEWEST:d}")


@asynccontextmanager
async def opened(path: Path, source: str, *, show: Show, budget_seconds: float) -> AsyncIterator[SqliteTarget]:
    """Open a file for a copy, and mark it; makes it where there is none. Who calls holds the folder's lock.

    Raises ConflictError where there are accounts in it or a copy of another source, SchemaError for a file of another schema.
    """
    with translated(), closing(_connected(path)) as connection:
        version = schema.version_of(connection, path)
        if version == COPYING:
            refuse_marked(str(connection.execute(_Q["find_mark"].sqlite).get), source, str(path))
        else:
            refuse_other(version, str(path), f"--data {path.parent}")
            _mark(connection, path, source)
        database = SqliteDatabase(path, show=show, budget_seconds=budget_seconds)
        try:
            yield SqliteTarget(database, connection)
        finally:
            await database.close()


def _connected(path: Path) -> apsw.Connection:
    if path.exists():
        schema.find_version(path)  # refuses what is no database of ours, before anything is done to it
    else:
        schema.create(path)
    return connect(path, wait_ms=OFF_LOOP_WAIT_MS)


def _mark(connection: apsw.Connection, path: Path, source: str) -> None:
    with connection:
        connection.execute(f"PRAGMA user_version = {COPYING:d}")  # writes, so nobody else does from here on
        if connection.execute(_PEOPLE["list_accounts"].sqlite).fetchone() is not None:
            raise ConflictError(f"There are accounts in {path} already; a copy goes into an empty database only.")
        connection.execute(_Q["make_mark"].sqlite)
        connection.execute(_Q["add_mark"].sqlite, (source,))
