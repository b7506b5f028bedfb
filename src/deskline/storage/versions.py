"""Look which schema the database beneath a running program has: a newer program may have upgraded it. What it means is in `upgrades`."""

from deskline.errors import OutdatedError, SchemaError
from deskline.storage.database import Reader
from deskline.storage.queries import queries
from deskline.storage.upgrades import refuse_other

_Q = queries("versions")


async def find(tx: Reader) -> int | None:
    """Find the number of the schema; `tx` is one of the server. None where nothing is said of it."""
    row = await tx.row(_Q["find_version"])
    return None if row is None else int(row[0])


async def confirm(tx: Reader) -> None:
    """Make sure that the schema still is this program's; `tx` is one of the server. Raises OutdatedError."""
    try:
        refuse_other(await find(tx) or 0, "The database", "…")
    except SchemaError as error:
        raise OutdatedError(str(error)) from error
