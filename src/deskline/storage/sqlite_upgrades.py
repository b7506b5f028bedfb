"""Bring a database file to a newer schema, after a backup. What is done to it is in `sql/upgrades/`.

Who upgrades is alone with the file: no server (the folder's lock), and no other command either (SQLite's own exclusive lock, which
whoever has the file open, if only for reading, stands in the way of). Each upgrade is one transaction together with its number, so a
program that was killed leaves a file of one schema or the next, and the same command goes on.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import apsw

from deskline.errors import DatabaseBusyError, StorageFullError
from deskline.storage import backups, locks, schema
from deskline.storage.sqlite_connection import OFF_LOOP_WAIT_MS, translated
from deskline.storage.upgrades import INSTALLED, Upgrade, newest_of, refuse_newer

Tell = Callable[[str], None]
TIMES_THE_SIZE: Final = 2  # of the database, free on its disk: one for the backup, one for what an upgrade may write anew


def upgrade(
    path: Path,
    tell: Tell,
    *,
    upgrades: Sequence[Upgrade] = INSTALLED,
    progress: backups.Progress = lambda done, pages: None,
    wait_ms: int = OFF_LOOP_WAIT_MS,
) -> None:
    """Bring the database at `path` to the newest schema. `tell` is given each step in a sentence; `progress` is the backup's.

    Raises SchemaError for what is no database or of a newer schema, DatabaseBusyError while anybody has it open, StorageFullError where
    the disk has no room for the backup.
    """
    newest = newest_of(upgrades)
    refuse_newer(schema.find_version(path), str(path), newest)
    with locks.hold(path.parent), _alone_with(path, wait_ms) as connection:
        version = schema.version_of(connection, path)
        refuse_newer(version, str(path), newest)
        if version == newest:
            tell(f"{path} has schema {version}, the newest that this Deskline knows: nothing to do.")
            return
        tell(f"{path} has schema {version}; it is upgraded to {newest}.")
        kept = _back_up(connection, path, version, progress)
        tell(f"It is kept as it was in {kept} ({kept.stat().st_size:,} bytes).")
        for each in upgrades:
            if each.number > version:
                _apply(connection, each)
                tell(f"Schema {each.number}: done.")


@contextmanager
def _alone_with(path: Path, wait_ms: int) -> Iterator[apsw.Connection]:
    """Open a database that nobody else has open, and can open until the end. Raises DatabaseBusyError."""
    with translated(), closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
        connection.set_busy_timeout(wait_ms)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN EXCLUSIVE")  # takes the lock, which the mode then keeps
            connection.execute("COMMIT")
        except (apsw.BusyError, apsw.LockedError) as error:
            raise DatabaseBusyError(f"{path} is open in another process; let that one finish first.") from error
        yield connection


def _back_up(connection: apsw.Connection, path: Path, version: int, progress: backups.Progress) -> Path:
    prefix = f"{path.name}.schema-{version}-"
    for unfinished in path.parent.glob(f"{path.name}.schema-*.part*"):  # of an upgrade that was killed: we are alone
        unfinished.unlink()
    needed = TIMES_THE_SIZE * sum(each.stat().st_size for each in (path, Path(f"{path}-wal")) if each.exists())
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise StorageFullError(
            f"The disk of {path.parent} has no room for a backup and the upgrade: {needed:,} bytes are needed, {free:,} are free. "
            "Nothing was changed; make room, or move the folder to a larger disk."
        )
    target = path.with_name(f"{prefix}{datetime.now(UTC).strftime('%Y%m%dT%H%M%S.%fZ')}")
    backups.copy_of(connection, path, target, progress=progress)
    return target


def _apply(connection: apsw.Connection, upgrade: Upgrade) -> None:
    with connection:
        connection.execute(upgrade.sqlite)
        connection.execute(f"PRAGMA user_version = {upgrade.number:d}")
