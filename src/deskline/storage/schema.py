"""Make a fresh database and recognise one: application id and schema version. The tables themselves are in `sql/schema.*.sql`."""

import os
from pathlib import Path

from deskline.errors import DurabilityLostError, SchemaError
from deskline.storage.queries import script
from deskline.storage.sqlite_connection import OFF_LOOP_WAIT_MS, connect, translated

APPLICATION_ID = 0x4465736B  # "Desk"
VERSION = 1


def create(path: Path) -> None:
    """Make an empty database at `path`, whole or not at all. Raises SchemaError where there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    connection = connect(draft, wait_ms=OFF_LOOP_WAIT_MS)
    try:
        with translated(), connection:
            connection.execute(script("schema.sqlite.sql"))
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
            connection.execute(f"PRAGMA user_version = {VERSION:d}")
        connection.close()
        draft.chmod(0o600)
        os.link(draft, path)  # unlike a renaming, never in the place of another file
    except FileExistsError:
        raise SchemaError(f"There is a database at {path} already; choose another --data folder, or use it as it is.") from None
    finally:
        draft.unlink()


def check(path: Path) -> None:
    """Make sure that `path` holds a database of this program's schema. Raises SchemaError with what to do."""
    if not path.is_file():
        raise SchemaError(f"There is no database at {path}; make one with: deskline init --data {path.parent}")
    try:
        connection = connect(path, reading=True, wait_ms=OFF_LOOP_WAIT_MS)
    except DurabilityLostError as error:
        raise SchemaError(f"{path} is not a database of Deskline, or is damaged: {error.__cause__}.") from error
    try:
        application = connection.pragma("application_id")
        version = connection.pragma("user_version")
    finally:
        connection.close()
    if application != APPLICATION_ID:
        raise SchemaError(f"{path} is a database of another program.")
    if not isinstance(version, int) or version > VERSION:
        raise SchemaError(f"{path} was written by a newer Deskline (schema {version}, this program knows {VERSION}); install that version.")
