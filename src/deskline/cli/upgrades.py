"""The command that brings a database to this program's schema. The work is done in `storage.sqlite_upgrades` and `postgres_upgrades`."""

import asyncio
from typing import TYPE_CHECKING

import typer

from deskline.cli.options import ConfigOption, DatabaseOption, DataOption, settings_of
from deskline.cli.terminal import progress

if TYPE_CHECKING:
    from deskline.config import Settings


def upgrade(data: DataOption = None, database: DatabaseOption = None, config: ConfigOption = None) -> None:
    """Bring the database of an older Deskline to the schema of this one; where it has that already, nothing is done.

    The server must not run. Afterwards, where an upgrade asks for it, everything that follows from timelines is worked out anew, some
    thousand tickets a second. A database file is copied first, into its folder; the copy's name is printed. A PostgreSQL database is not:
    make a backup of it before. Stopped at any moment, the same command goes on.

    \b
    Examples:
      deskline upgrade --data ./data
      deskline upgrade --database postgresql://deskline@db.example.com/deskline
    """
    settings = settings_of(data, config, database)
    if settings.database is not None:
        from deskline.storage import postgres_upgrades

        asyncio.run(postgres_upgrades.upgrade(settings.database, typer.echo))
        asyncio.run(_rebuild(settings))
    else:
        from deskline.storage import locks, sqlite_upgrades

        with progress("Copying") as tell:
            sqlite_upgrades.upgrade(settings.database_path, typer.echo, progress=tell)
        with locks.hold(settings.database_path.parent):
            asyncio.run(_rebuild(settings))


async def _rebuild(settings: "Settings") -> None:
    """Do what SQL cannot: have everything that an upgrade left empty worked out anew from the timelines."""
    from deskline.actions.rebuilds import rebuild
    from deskline.app import open_database

    database = await open_database(settings, unfinished=True)
    try:
        with progress("Working out") as tell:
            await rebuild(database, typer.echo, tell)
    finally:
        await database.close()
