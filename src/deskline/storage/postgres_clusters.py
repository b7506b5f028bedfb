"""Spread Deskline's tables over a Citus cluster, and recognise tables that are. Which tables there are is in `sql/schema.postgres.sql`.

A table whose primary key begins with `account_id` is distributed by it, all of them alike, so that an account is on one machine; any
other is kept whole on every machine.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import asyncpg

from deskline.errors import DesklineError, SchemaError
from deskline.storage.postgres_errors import translate, translated
from deskline.storage.postgres_servers import connect
from deskline.storage.queries import queries, script

if TYPE_CHECKING:
    from deskline.storage.database import Row
    from deskline.storage.postgres_servers import Connection

Place = Literal["by account", "everywhere"]
FIRST: Final = "account"  # the table that the others are beside
OLDEST: Final = (11, 2)  # earlier ones begin every transaction on a machine as READ COMMITTED, so that a snapshot is none
SPREADING_SECONDS: Final = 3_600.0  # a table with rows is copied while it is spread
_Q = queries("clusters")
LIST_SPREAD: Final = _Q["list_spread"]
COUNT_MACHINES: Final = _Q["count_machines"]
_TABLE = re.compile(r"^CREATE TABLE (\w+) \((.*?)^\);", re.MULTILINE | re.DOTALL)
_KEYED_BY_ACCOUNT = re.compile(r"^\s*account_id\s[^,\n]*PRIMARY KEY|PRIMARY KEY \(account_id\b", re.MULTILINE)


class Spread(NamedTuple):
    """What was found and done: on how many machines rows are kept, and of each table its place and whether that is new."""

    machines: int
    tables: tuple[tuple[str, Place, bool], ...]


def places(schema: str | None = None) -> Mapping[str, Place]:
    """Tell where the rows of each table go, in the order in which the tables are spread."""
    tables = dict(_TABLE.findall(script("schema.postgres.sql") if schema is None else schema))
    found: dict[str, Place] = {
        name: "by account" if _KEYED_BY_ACCOUNT.search(columns) else "everywhere" for name, columns in tables.items()
    }
    return {FIRST: found.pop(FIRST), **found}


def statements() -> list[str]:
    """List what is sent to a coordinator whose tables are made and not spread yet."""
    return [_Q["make_extension"].postgres, _Q["keep_one_copy"].postgres, *(_statement(*place) for place in places().items())]


def _statement(table: str, place: Place) -> str:
    name = "keep_whole" if place == "everywhere" else "spread_first" if table == FIRST else "spread_beside"
    return _Q[name].postgres.format(table=table, first=FIRST)


async def make_cluster(dsn: str) -> Spread:
    """Spread the tables that are not spread yet over the machines that the server knows, table by table; the extension is made if need be.

    Whatever stops it, the next time goes on behind the last table. Raises SchemaError, DatabaseAwayError.
    """
    connection = await connect(dsn)
    try:
        await _make_extension(connection)
        return await _spread(connection)
    finally:
        await connection.close()


async def spread_if_cluster(dsn: str) -> Spread | None:
    """Spread the tables where the database has the extension; None where it has not."""
    connection = await connect(dsn)
    try:
        with translated():
            found = await connection.fetchrow(_Q["find_version"].postgres)
        return None if found is None else await _spread(connection)
    finally:
        await connection.close()


async def _make_extension(connection: "Connection") -> None:
    try:
        await connection.execute(_Q["make_extension"].postgres)
    except asyncpg.InsufficientPrivilegeError:
        raise SchemaError("Only a superuser may make the extension; let one run in this database: CREATE EXTENSION citus") from None
    except asyncpg.PostgresError as error:
        raise translate(error) or SchemaError(f"Citus cannot be used on this server: {error}.") from error


async def _spread(connection: "Connection") -> Spread:
    with translated():
        refuse_older(str((await connection.fetch(_Q["find_version"].postgres))[0][0]))
        known = {row[0] for row in await connection.fetch(LIST_SPREAD.postgres)}
        await connection.execute(_Q["keep_one_copy"].postgres)
    for table, place in places().items():
        if table not in known:
            await _spread_table(connection, table, place)
    with translated():
        machines = await connection.fetch(COUNT_MACHINES.postgres)
    return Spread(int(machines[0][0]), tuple((table, place, table not in known) for table, place in places().items()))


async def _spread_table(connection: "Connection", table: str, place: Place) -> None:
    statement = _statement(table, place)
    try:
        await connection.execute(statement, timeout=SPREADING_SECONDS)
    except asyncpg.PostgresError as error:
        ours: DesklineError = translate(error) or SchemaError(
            f"The table {table} could not be spread: {error}. The statement was: {statement}"
        )
        raise ours from error


def refuse_older(version: str) -> None:
    """Make sure that this version of the extension will do. Raises SchemaError."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if numbers < OLDEST:
        raise SchemaError(f"Citus {OLDEST[0]}.{OLDEST[1]} or newer is needed; the extension of this database is {version}.")


def refuse_misplaced(rows: "Sequence[Row]") -> None:
    """Make sure that all tables are where they belong, of what LIST_SPREAD tells. Raises SchemaError."""
    spread = {table: (method, beside) for table, method, beside in rows}
    if unspread := [table for table in places() if table not in spread]:
        raise SchemaError(
            f"This database is a cluster's, and not all tables are spread over it ({', '.join(unspread)}); finish that with: "
            "deskline schema --citus"
        )
    _, group = spread[FIRST]
    wrong = [
        table for table, place in places().items() if (spread[table] != ("h", group) if place == "by account" else spread[table][0] != "n")
    ]
    if wrong:
        raise SchemaError(
            f"Tables are spread otherwise than this program needs ({', '.join(wrong)}): all of an account must be on one machine. "
            "Bring them together with Citus' own update_distributed_table_colocation, or make another database."
        )
