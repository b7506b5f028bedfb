"""Make Deskline's tables in a PostgreSQL database and recognise them. The tables themselves are in `sql/schema.postgres.sql`."""

from typing import Final

import asyncpg

from deskline.errors import ConflictError, SchemaError
from deskline.storage import postgres_clusters, rebuilds, versions
from deskline.storage.database import SERVER
from deskline.storage.postgres import PostgresDatabase
from deskline.storage.postgres_errors import translated
from deskline.storage.postgres_servers import connect
from deskline.storage.queries import queries, script
from deskline.storage.upgrades import NEWEST, refuse_other, refuse_unfinished

OLDEST_SERVER: Final = 14
ABSENT: Final = "There is no Deskline in this database; make one with: deskline init --database …"
_Q = queries("versions")


async def create(dsn: str) -> None:
    """Make the tables in an empty database, all or none. Raises ConflictError where they are already, SchemaError, DatabaseAwayError."""
    connection = await connect(dsn)
    try:
        refuse_older_server(connection.get_server_version().major)
        with translated():
            async with connection.transaction():
                await connection.execute(script("schema.postgres.sql"))
                await connection.execute(_Q["add_version"].postgres, NEWEST)
    except asyncpg.DuplicateTableError:
        raise ConflictError("There is a Deskline in this database already; name another database, or use it as it is.") from None
    finally:
        await connection.close()


def script_of_all() -> str:
    """Write what `create` runs as one script, for whoever prefers to run it by hand."""
    add_version = _Q["add_version"].postgres.replace("$1", str(NEWEST))
    return f"BEGIN;\n\n{script('schema.postgres.sql')}\n{add_version};\n\nCOMMIT;\n"


def refuse_older_server(version: int) -> None:
    """Make sure that this version of the server will do. Raises SchemaError."""
    if version < OLDEST_SERVER:
        raise SchemaError(f"PostgreSQL {OLDEST_SERVER} or newer is needed; this server is version {version}.")


async def check(database: PostgresDatabase, *, unfinished: bool = False) -> None:
    """Make sure that a database holds this program's schema. Raises SchemaError with what to do.

    One that an upgrade has not worked out anew to the end is refused too, unless that is what it is opened for (`unfinished`).
    """
    async with database.read(SERVER) as tx:
        server = await tx.row(_Q["find_server_version"])
        refuse_older_server(server[0] if server else 0)
        try:
            version = await versions.find(tx)
        except asyncpg.UndefinedTableError:
            version = None
        if version is None:
            raise SchemaError(ABSENT)
        refuse_other(version, "The database", "--database …")
        if not unfinished:
            refuse_unfinished(len(await rebuilds.list_unfinished(tx)), "the database", "--database …")
        if database.is_cluster:
            postgres_clusters.refuse_misplaced(await tx.rows(postgres_clusters.LIST_SPREAD))
