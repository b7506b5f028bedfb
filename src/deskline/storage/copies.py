"""Copy a database into an empty one, and compare the two. Which engines they are does not matter: the tables and keys are the same.

Rows are read in the order of their keys, account by account and table by table, a page at a time, and written a page a transaction. So
the last key in the target is the place where a copy goes on that was stopped. The search index is not copied: each engine's is made of
the tickets' texts. Who writes is in `sqlite_copies` and `postgres_copies`.
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import closing
from functools import cache
from itertools import zip_longest
from typing import Any, Final, Protocol

import apsw
import msgspec

from deskline.domain.people import Account
from deskline.domain.searches import Findable, findable
from deskline.domain.timelines import fold
from deskline.errors import DataError
from deskline.storage import checks, tickets
from deskline.storage.database import Database, Reader, Row
from deskline.storage.dialects import KEY_BITS
from deskline.storage.queries import Engine, queries, script

ACCOUNT: Final = "account_id"
TICKETS: Final = "ticket"
FIRST_PAGE, LARGEST_PAGE = 100, 5_000  # rows
PAGE_BYTES: Final = 4_194_304  # about; the next page is as long as this one suggests
_ROW_BYTES: Final = 64  # of a row without its texts
_Q = queries("copies")

Key = tuple[Any, ...]
Progress = Callable[[int], None]


class Table(msgspec.Struct, frozen=True):
    """A table that is copied. `keys` order an account's rows; `is_numbered` where on SQLite they are one number of the account's range."""

    name: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    is_numbered: bool

    def key_of(self, row: Row) -> Key:
        """Tell the key of a row."""
        return tuple(row[self.columns.index(key)] for key in self.keys)


class Target(Protocol):
    """A database that a copy goes into."""

    @property
    def database(self) -> Database:
        """What it is read by."""

    async def add(self, account_id: int, table: Table, rows: Sequence[Row], found_by: Sequence[tuple[int, Findable]]) -> None:
        """Write rows, and what tickets are found by, (key, text), in one transaction."""

    async def settle(self) -> None:
        """Prepare for being read, once all rows are there."""

    async def finish(self) -> None:
        """Take the mark away: the database is whole from here on."""


@cache
def tables() -> tuple[Table, ...]:
    """List the tables that are copied: those of a new database on SQLite, which has the fewest of its own."""
    with closing(apsw.Connection(":memory:")) as connection:
        connection.execute(script("schema.sqlite.sql"))
        names = [str(name) for (name,) in connection.execute(_Q["list_tables"].sqlite)]
        return tuple(_table(name, connection.execute(_Q["list_columns"].sqlite, (name,)).fetchall()) for name in names)


def _table(name: str, columns: Sequence[Row]) -> Table:
    keys = [column for column, place in sorted(columns, key=lambda column: column[1]) if place]
    behind = tuple(key for key in keys if key != ACCOUNT)
    is_numbered = ACCOUNT not in keys and behind[0].endswith("_key")
    return Table(name, tuple(column for column, _ in columns), behind or (ACCOUNT,), is_numbered)


async def count_rows(database: Database, account_id: int) -> int:
    """Count an account's rows in all tables."""
    async with database.analyse(account_id) as tx:
        counts = [await tx.row(spelled(tx.engine, "count_rows", table)) for table in tables()]
    return sum(row[0] for row in counts if row is not None)


async def positions(database: Database, accounts: Sequence[Account]) -> Mapping[int, int]:
    """Tell the position of each account, which moves with every change of a ticket."""
    found = {}
    for account in accounts:
        async with database.read(account.id) as tx:
            found[account.id] = await tickets.position(tx)
    return found


async def copy_account(source: Database, target: Target, account_id: int, progress: Progress) -> None:
    """Copy the rows of an account that the target does not have yet. `progress` is told how many rows, those that were there too.

    Raises DataError for a timeline that cannot be read, DatabaseAwayError, StorageFullError.
    """
    progress(await count_rows(target.database, account_id))
    for table in tables():
        after = await _find_last(target.database, account_id, table)
        async for page in pages(source, account_id, table, after):
            found_by = await _findable(source, account_id, table, page) if table.name == TICKETS else []
            await target.add(account_id, table, page, found_by)
            progress(len(page))


async def differences(source: Database, copy: Database, account_id: int, progress: Progress) -> list[str]:
    """Compare all rows of an account; tells of each table where it differs first. `progress` is told how many rows were compared."""
    found = []
    for table in tables():
        theirs = pages(copy, account_id, table)
        async for page in pages(source, account_id, table):
            there: list[Row] = await anext(theirs, [])
            if there != page:
                found.append(f"account {account_id}, table {table.name}: {_first_difference(table, page, there)}")
                break
            progress(len(page))
        else:
            if there := await anext(theirs, []):
                found.append(f"account {account_id}, table {table.name}: {_first_difference(table, [], there)}")
        await theirs.aclose()
    return found


def _first_difference(table: Table, page: Sequence[Row], there: Sequence[Row]) -> str:
    one, other = next((one, other) for one, other in zip_longest(page, there) if one != other)
    in_source, in_copy = (None if row is None else table.key_of(row) for row in (one, other))
    if in_source == in_copy:
        return f"the row {_spelled(in_source)} is not the same"
    if in_copy is None or (in_source is not None and in_source < in_copy):
        return f"the row {_spelled(in_source)} is in the source only"
    return f"the row {_spelled(in_copy)} is in the copy only"


def _spelled(key: Key | None) -> str:
    return ", ".join(value.hex() if isinstance(value, bytes) else str(value) for value in key or ())


async def pages(database: Database, account_id: int, table: Table, after: Key | None = None) -> AsyncGenerator[list[Row], None]:
    """Read the rows of an account in the order of their keys. The same rows come in the same pages on any engine."""
    limit = FIRST_PAGE
    while True:
        async with database.read(account_id) as tx:
            text, values = _page_statement(tx, table, after)
            page = await tx.rows(text, limit, *values)
        if page:
            yield page
        if len(page) < limit:
            return
        after = table.key_of(page[-1])
        limit = max(1, min(LARGEST_PAGE, 4 * limit, limit * PAGE_BYTES // _weigh(page)))


def _page_statement(tx: Reader, table: Table, after: Key | None) -> tuple[str, Key]:
    if table.is_numbered and tx.engine == "sqlite":
        return spelled(tx.engine, "list_numbered", table), after or (tx.account_id << KEY_BITS,)
    if after is None:
        return spelled(tx.engine, "list_first", table), ()
    return spelled(tx.engine, "list_next", table), after


def spelled(engine: Engine, name: str, table: Table) -> str:
    """Put the names of a table into a statement."""
    return (
        _Q[name]
        .on(engine)
        .format(
            table=table.name,
            columns=", ".join(table.columns),
            keys=", ".join(table.keys),
            backwards=", ".join(f"{key} DESC" for key in table.keys),
            after=", ".join(f"${number}" for number in range(3, 3 + len(table.keys))),
        )
    )


def _weigh(page: Sequence[Row]) -> int:
    return sum(_ROW_BYTES + sum(len(value) for value in row if isinstance(value, bytes | str)) for row in page)


async def _find_last(database: Database, account_id: int, table: Table) -> Key | None:
    """Find the last key that is there."""
    async with database.read(account_id) as tx:
        numbered = table.is_numbered and tx.engine == "sqlite"
        return await tx.row(spelled(tx.engine, "find_last_numbered" if numbered else "find_last", table))


async def _findable(source: Database, account_id: int, table: Table, page: Sequence[Row]) -> list[tuple[int, Findable]]:
    """Put together what tickets are found by, from their timelines."""
    ids = {row[table.columns.index("ticket_key")]: row[table.columns.index("ticket_id")] for row in page}
    async with source.read(account_id) as tx:
        timelines = await checks.list_timelines(tx, list(ids))
    return [(key, _found_by(ticket_id, timelines[key])) for key, ticket_id in ids.items()]


def _found_by(ticket_id: str, timeline: Sequence[checks.StoredEvent]) -> Findable:
    try:
        events = [checks.decode_event(event) for event in timeline]
        return findable(fold(ticket_id, events), events)
    except (DataError, TypeError) as error:  # how a fold refuses events that no ticket can have in this order
        raise DataError(f"The timeline of ticket {ticket_id} cannot be read ({error}); try deskline check on the source.") from error
