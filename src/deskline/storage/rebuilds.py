"""How far an upgrade has come that has everything derived worked out anew: kept with each account, until it is done there."""

from deskline.storage.database import Reader, Writer
from deskline.storage.dialects import KEY_BITS
from deskline.storage.queries import queries

_Q = queries("rebuilds")


async def list_unfinished(tx: Reader) -> list[int]:
    """List the accounts that are not done; `tx` is one of the server."""
    return [account_id for (account_id,) in await tx.rows(_Q["list_unfinished"])]


async def find_place(tx: Reader) -> int | None:
    """Find the key of the last ticket of the account that is done; None where all are."""
    row = await tx.row(_Q["find_place"])
    return None if row is None or row[0] is None else max(row[0], tx.account_id << KEY_BITS)


async def save_place(tx: Writer, key: int | None) -> None:
    """Save how far it has come; None: all tickets of the account are done."""
    await tx.run(_Q["save_place"], key)
