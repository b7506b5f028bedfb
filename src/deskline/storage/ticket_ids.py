"""The ids of new tickets: letters and digits drawn by chance, as the original's, which no ticket of the account has yet."""

import secrets

import msgspec

from deskline.storage.database import Writer
from deskline.storage.queries import queries

ID_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ID_LENGTHS = (5, 5, 5, 5, 6, 7, 10)  # five as the original's; longer ones only when an account has so many that free ones are rare
_Q = queries("tickets")


async def draw_ids(tx: Writer, count: int) -> list[str]:
    """Draw ids for new tickets that are written in this transaction."""
    free: dict[str, None] = {}
    for length in ID_LENGTHS:
        drawn = dict.fromkeys(_spell(secrets.randbelow(len(ID_ALPHABET) ** length), length) for _ in range(count - len(free)))
        taken = {ticket_id for (ticket_id,) in await tx.rows(_Q["list_taken"], msgspec.json.encode(list(drawn)).decode())}
        free |= {ticket_id: None for ticket_id in drawn if ticket_id not in taken}
        if len(free) == count:
            return list(free)
    raise RuntimeError(f"no {count} free ticket ids were found in {len(ID_LENGTHS)} tries")


def _spell(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, letter = divmod(number, len(ID_ALPHABET))
        letters.append(ID_ALPHABET[letter])
    return "".join(letters)
