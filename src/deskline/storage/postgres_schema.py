"""Make Deskline's tables in a PostgreSQL database and recognise them. The tables themselves are in `sql/schema.postgres.sql`."""

import asyncpg

from deskline.errors import SchemaError
from deskline.storage.database import SERVER
from deskline.storage.postgres import PostgresDatabase
from deskline.storage.postgres_errors import translated
from deskline.storage.postgres_servers import connect
from deskline.storage.queries import queries, script

VERSION = 1
_Q = queries("versions")


async def create(dsn: str) -> None:
    """Make the tables in an empty database, all or none. Raises SchemaError where they are already, DatabaseAwayError."""
    connection = await connect(dsn)
    try:
        with translated():
            async with connection.transaction():
                await connection.execute(script("schema.postgres.sql"))
                await connection.execute(_Q["add_version"].postgres, VERSION)
    except asyncpg.DuplicateTableError:
        raise SchemaError("There is a Deskline in this database already; name another database, or use it as it is.") from None
    finally:
        await connection.close()


async def check(database: PostgresDatabase) -> None:
    """Make sure that a database holds this program's schema. Raises SchemaError with what to do."""
    try:
        async with database.read(SERVER) as tx:
            row = await tx.row(_Q["find_version"])
    except asyncpg.UndefinedTableError:
        row = None
    if row is None:
        raise SchemaError("There is no Deskline in this database; make one with: deskline init --database …")
    if row[0] > VERSION:
        raise SchemaError(
            f"The database was made by a newer Deskline (schema {row[0]}, this program knows {VERSION}); install that version."
        )
