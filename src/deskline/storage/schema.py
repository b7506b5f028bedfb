"""Make a fresh database and recognise one: application id and schema version. The tables themselves are in `sql/schema.*.sql`."""

import os
from contextlib import closing
from pathlib import Path

import apsw

from deskline.errors import DurabilityLostError, SchemaError
from deskline.storage.queries import queries, script
from deskline.storage.sqlite_connection import OFF_LOOP_WAIT_MS, connect, translated
from deskline.storage.upgrades import NEWEST, refuse_other, refuse_unfinished

APPLICATION_ID = 0x4465736B  # "Desk"
_Q = queries("rebuilds")


def create(path: Path) -> None:
    """Make an empty database at `path`, whole or not at all. Raises SchemaError where there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    connection = connect(draft, wait_ms=OFF_LOOP_WAIT_MS)
    try:
        with translated(), connection:
            connection.execute(script("schema.sqlite.sql"))
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
            connection.execute(f"PRAGMA user_version = {NEWEST:d}")
        connection.close()
        draft.chmod(0o600)
        os.link(draft, path)  # unlike a renaming, never in the place of another file
    except FileExistsError:
        raise SchemaError(f"There is a database at {path} already; choose another --data folder, or use it as it is.") from None
    finally:
        draft.unlink()


def check(path: Path, newest: int = NEWEST, *, unfinished: bool = False) -> None:
    """Make sure that `path` holds a database of this program's schema. Raises SchemaError with what to do.

    One that an upgrade has not worked out anew to the end is refused too, unless that is what it is opened for (`unfinished`).
    """
    option = f"--data {path.parent}"
    refuse_other(find_version(path), str(path), option, newest)
    if not unfinished:
        with translated(), closing(connect(path, reading=True, wait_ms=OFF_LOOP_WAIT_MS)) as connection:
            refuse_unfinished(len(connection.execute(_Q["list_unfinished"].sqlite).fetchall()), str(path), option)


def find_version(path: Path) -> int:
    """Find which schema the database at `path` has. Raises SchemaError where there is none, or somebody else's."""
    if not path.is_file():
        raise SchemaError(f"There is no database at {path}; make one with: deskline init --data {path.parent}")
    try:
        connection = connect(path, reading=True, wait_ms=OFF_LOOP_WAIT_MS)
    except DurabilityLostError as error:
        raise SchemaError(f"{path} is not a database of Deskline, or is damaged: {error.__cause__}.") from error
    with translated(), closing(connection):
        return version_of(connection, path)


def version_of(connection: apsw.Connection, path: Path) -> int:
    """Tell which schema an open database has. Raises SchemaError where it is of another program."""
    if connection.pragma("application_id") != APPLICATION_ID:
        raise SchemaError(f"{path} is a database of another program.")
    version = connection.pragma("user_version")
    assert isinstance(version, int)
    return version
