"""Bring a PostgreSQL database to a newer schema. What is done to it is in `sql/upgrades/`.

Each upgrade is one transaction together with its number, so whatever stops it leaves one schema or the next, and the same command goes
on. It begins by holding the row of the number, so that one upgrades at a time, and by renaming the mark that every write begins with:
that waits for the writes under way, and a server of the older schema that still runs cannot begin another.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import asyncpg

from deskline.errors import DatabaseBusyError, SchemaError
from deskline.storage.postgres_clusters import spread_if_cluster
from deskline.storage.postgres_errors import translated
from deskline.storage.postgres_schema import ABSENT
from deskline.storage.postgres_servers import connect
from deskline.storage.queries import queries
from deskline.storage.upgrades import INSTALLED, Upgrade, newest_of, refuse_newer

if TYPE_CHECKING:
    from deskline.storage.postgres_servers import Connection

Tell = Callable[[str], None]
LONGEST_SECONDS: Final = 86_400.0  # a statement of an upgrade may write a whole table anew
_PLACE: Final = "The database"
_Q = queries("versions")


async def upgrade(dsn: str, tell: Tell, *, upgrades: Sequence[Upgrade] = INSTALLED) -> None:
    """Bring the database to the newest schema, and on a cluster the tables that are new to their places. `tell` is given each step.

    Raises SchemaError for what is no database of ours, of a newer schema, or not ours to change; DatabaseBusyError while another one
    upgrades it or it is used for too long; DatabaseAwayError.
    """
    newest = newest_of(upgrades)
    connection = await connect(dsn)
    try:
        with _explained():
            version = await connection.fetchval(_Q["find_version"].postgres)
            if version is None:
                raise SchemaError(ABSENT)
            refuse_newer(version, _PLACE, newest)
            if version == newest:
                tell(f"{_PLACE} has schema {version}, the newest that this Deskline knows: nothing to do.")
            else:
                tell(f"{_PLACE} has schema {version}; it is upgraded to {newest}.")
            for each in upgrades:
                if each.number > version:
                    version = await _apply(connection, each)
                    tell(f"Schema {version}: done.")
    finally:
        await connection.close()
    spread = await spread_if_cluster(dsn)
    for table, place, is_new in spread.tables if spread is not None else ():
        if is_new:
            tell(f"The table {table} is spread: {place}.")


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what PostgreSQL refuses into a sentence that says what to do."""
    try:
        with translated():
            yield
    except asyncpg.UndefinedTableError as error:
        if "deskline" not in str(error):
            raise
        raise SchemaError(ABSENT) from None
    except asyncpg.InsufficientPrivilegeError as error:
        raise SchemaError(f"The server refuses the upgrade ({error}): run it as the user who owns the tables.") from error


async def _apply(connection: "Connection", upgrade: Upgrade) -> int:
    """Run one upgrade, unless another one has done so meanwhile. Answers the number of the schema."""
    async with connection.transaction():
        try:
            version: int = await connection.fetchval(_Q["hold_version"].postgres)
        except asyncpg.LockNotAvailableError:
            raise DatabaseBusyError("Another upgrade of this database is under way; wait for its end.") from None
        if version >= upgrade.number:
            return version
        try:
            await connection.execute(_Q["rename_mark"].postgres.format(before=version, after=upgrade.number))
            await connection.execute(upgrade.postgres, timeout=LONGEST_SECONDS)
        except asyncpg.LockNotAvailableError:
            raise DatabaseBusyError("The database is in use for too long at a time; stop the servers on it, then try again.") from None
        await connection.execute(_Q["save_version"].postgres, upgrade.number)
    return upgrade.number
