"""A PostgreSQL database that a copy goes into. What is copied, and in which order, is in `copies`.

Rows go by binary COPY; on a cluster each finds its machine by its account.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Final

import asyncpg

from deskline.domain.searches import Findable
from deskline.errors import CollisionError, ConflictError, DatabaseBusyError, DataError, SchemaError
from deskline.storage import postgres_clusters, postgres_schema
from deskline.storage.copies import Table
from deskline.storage.database import Row, Show
from deskline.storage.postgres import PostgresDatabase, open_postgres
from deskline.storage.postgres_commit import commit
from deskline.storage.postgres_errors import translated
from deskline.storage.postgres_servers import connect
from deskline.storage.queries import queries
from deskline.storage.upgrades import COPYING, NEWEST, refuse_marked, refuse_other

if TYPE_CHECKING:
    from deskline.storage.postgres_servers import Connection

PAGE_SECONDS: Final = 300.0  # what writing a page may take
STATISTICS_SECONDS: Final = 86_400.0
_PLACE: Final = "The database"
_ANOTHER: Final = "Another copy goes into this database at the same time; wait for its end."
_Q = queries("copies")
_PEOPLE = queries("people")
_VERSIONS = queries("versions")
_TRANSACTIONS = queries("transactions")


class PostgresTarget:
    """A database with the mark in it."""

    def __init__(self, database: PostgresDatabase, connection: "Connection", holder: "Connection") -> None:
        self.database = database
        self._connection = connection
        self._holder = holder  # in a transaction, which has the mark

    async def add(self, account_id: int, table: Table, rows: Sequence[Row], found_by: Sequence[tuple[int, Findable]]) -> None:
        """Write rows, and what tickets are found by, in one transaction."""
        words = [(account_id, key, each.words, each.notes) for key, each in found_by]
        with _explained(table):
            async with self._connection.transaction():
                await self._connection.copy_records_to_table(table.name, records=rows, columns=table.columns, timeout=PAGE_SECONDS)
                if words:
                    columns = ("account_id", "ticket_key", "words", "notes")
                    await self._connection.copy_records_to_table("search", records=words, columns=columns, timeout=PAGE_SECONDS)

    async def settle(self) -> None:
        """Have the server know what is in the tables: without that it plans as if they were empty."""
        if not self.database.is_cluster:  # whose machines look after their own
            with translated():
                await self._connection.execute(_TRANSACTIONS["gather_statistics"].postgres, timeout=STATISTICS_SECONDS)

    async def finish(self) -> None:
        """Take the mark away."""
        with translated():
            await self._holder.execute(_Q["drop_mark"].postgres)
            await _set_version(self._holder, COPYING, NEWEST)
            await commit(self._holder)


@asynccontextmanager
async def opened(dsn: str, source: str, *, show: Show, budget_seconds: float) -> AsyncIterator[PostgresTarget]:
    """Open a database for a copy, and mark it; makes the tables where there are none.

    Raises ConflictError where there are accounts in it or a copy of another source, SchemaError for a database of another schema.
    """
    with suppress(ConflictError):  # the tables are there
        await postgres_schema.create(dsn)
    async with AsyncExitStack() as leaving:
        connection = await connect(dsn)
        leaving.push_async_callback(connection.close)
        holder = await connect(dsn)
        leaving.push_async_callback(holder.close)
        await _take(connection, source)
        await _hold(holder)
        await postgres_clusters.spread_if_cluster(dsn)
        database = await open_postgres(dsn, show=show, budget_seconds=budget_seconds)
        leaving.push_async_callback(database.close)
        yield PostgresTarget(database, connection, holder)


async def _take(connection: "Connection", source: str) -> None:
    with translated():
        version = await connection.fetchval(_VERSIONS["find_version"].postgres)
        if version is None:
            raise SchemaError(postgres_schema.ABSENT)
        if version == COPYING:
            refuse_marked(str(await connection.fetchval(_Q["find_mark"].postgres)), source, _PLACE)
        else:
            refuse_other(version, _PLACE, "--database …")
            async with connection.transaction():
                await _set_version(connection, NEWEST, COPYING)  # from here on nobody can add an account
                if await connection.fetchval(_PEOPLE["list_accounts"].postgres) is not None:
                    raise ConflictError("There are accounts in this database already; a copy goes into an empty database only.")
                await connection.execute(_Q["make_mark"].postgres)
                await connection.execute(_Q["add_mark"].postgres, source)


async def _hold(holder: "Connection") -> None:
    """Begin a transaction that has the mark for itself. Raises DatabaseBusyError while another one has it."""
    with translated():
        try:
            await holder.execute("BEGIN")
            await holder.execute(_Q["hold_mark"].postgres)
        except asyncpg.LockNotAvailableError as error:
            raise DatabaseBusyError(_ANOTHER) from error


async def _set_version(connection: "Connection", before: int, after: int) -> None:
    await connection.execute(_VERSIONS["rename_mark"].postgres.format(before=before, after=after))
    await connection.execute(_VERSIONS["save_version"].postgres, after)


@contextmanager
def _explained(table: Table) -> Iterator[None]:
    """Turn what PostgreSQL has against a row into a sentence."""
    try:
        with translated():
            yield
    except CollisionError as error:
        raise DatabaseBusyError(_ANOTHER) from error
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
        raise DataError(f"PostgreSQL refuses a row of the table {table.name}: {error}; try deskline check on the source.") from error
