"""A schema of its own in an empty PostgreSQL database, for tables that are thrown away. What is in them is not known here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

import asyncpg

from deskline.errors import ConflictError
from deskline.storage import postgres_schema
from deskline.storage.postgres_errors import translated
from deskline.storage.postgres_servers import connect
from deskline.storage.queries import queries

if TYPE_CHECKING:
    from deskline.storage.postgres_servers import Connection

NAME: Final = "deskline_bench"
_Q = queries("scratch")


class Server(NamedTuple):
    """The server: its version, and its first process, whose children do the work, where that is on this machine."""

    version: str
    pid: int | None


def address_of(dsn: str) -> str:
    """Say how to reach the schema: the database's address, whose sessions look nowhere else."""
    address, _, query = dsn.partition("?")
    parameters = dict(parse_qsl(query))
    parameters["options"] = f"{parameters.get('options', '')} -c search_path={NAME}".strip()
    return f"{address}?{urlencode(parameters, quote_via=quote)}"


async def make(dsn: str) -> Server:
    """Make the schema in a database that holds nothing. Raises ConflictError where it does; SchemaError, DatabaseAwayError."""
    async with _connected(dsn) as connection:
        postgres_schema.refuse_older_server(connection.get_server_version().major)
        with translated():
            async with connection.transaction():
                await _refuse_occupied(connection)
                try:
                    await connection.execute(_Q["make_schema"].postgres)
                except asyncpg.DuplicateSchemaError:
                    raise _left() from None
            version, pid, is_here = await connection.fetchrow(_Q["find_server"].postgres) or ("", 0, False)
            return Server(version, _server_of(pid) if is_here else None)


def _server_of(pid: int) -> int | None:
    """Find the process that has started ours; None where it is not seen, as from another container."""
    try:
        name, _, fields = Path(f"/proc/{pid}/stat").read_text("utf-8").partition("(")[2].rpartition(")")
    except OSError:
        return None
    return int(fields.split()[1]) if name == "postgres" else None


async def _refuse_occupied(connection: "Connection") -> None:
    occupant = await connection.fetchval(_Q["find_occupant"].postgres)
    if occupant is not None and occupant.startswith(f"{NAME}."):
        raise _left()
    if occupant is not None:
        raise ConflictError(
            f"The database is not empty: it holds {occupant}, and stays as it is. Make one that holds nothing: CREATE DATABASE"
        )
    if await connection.fetchval(_Q["find_cluster"].postgres) is not None:
        raise ConflictError("The database is a Citus cluster's, which is not measured; name one of a single server.")


def _left() -> ConflictError:
    return ConflictError(
        f"The schema {NAME} is there: another measurement runs, or one was killed. If none runs, remove it: DROP SCHEMA {NAME} CASCADE"
    )


async def size_bytes(dsn: str) -> int:
    """Measure the disk that the schema's tables take, indexes included."""
    async with _connected(dsn) as connection:
        with translated():
            return int(await connection.fetchval(_Q["size_of_schema"].postgres))


async def drop(dsn: str) -> None:
    """Remove the schema with all that is in it, whoever is at work in it."""
    async with _connected(dsn) as connection:
        with translated():
            await connection.execute(_Q["end_sessions"].postgres)
            await connection.execute(_Q["drop_schema"].postgres)


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator["Connection"]:
    connection = await connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()
