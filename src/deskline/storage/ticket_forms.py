"""The public forms of accounts in the database. An account without a row has none."""

import msgspec

from deskline.domain.ticket_forms import TicketForm
from deskline.storage.database import Reader, Writer
from deskline.storage.queries import queries

_Q = queries("ticket_forms")
_decode = msgspec.json.Decoder(tuple[str, ...]).decode


async def find(tx: Reader) -> TicketForm | None:
    """Find the account's form, None where it has none."""
    row = await tx.row(_Q["find"])
    return None if row is None else TicketForm(origins=_decode(row[0]), without_origin=bool(row[1]), per_minute=row[2])


async def save(tx: Writer, form: TicketForm) -> None:
    """Save the account's form, in the place of any that it had."""
    await tx.run(_Q["save"], msgspec.json.encode(form.origins).decode(), int(form.without_origin), form.per_minute)


async def delete(tx: Writer) -> bool:
    """Delete the account's form; False where it had none."""
    return await tx.run(_Q["delete"]) > 0
