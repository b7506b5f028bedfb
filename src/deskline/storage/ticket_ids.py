"""The ids of new tickets: five letters and digits as the original's, which no ticket of the account has yet.

Three letters are those of a run of tickets that follow one another, two are drawn by chance. So new ids share a page of the index:
drawn all by chance each would fall on a page of its own, which is read, logged and written back for this one ticket, and the larger
the history the rarer it is in the cache (measured on 100,000 tickets: 1.1 of the 3.4 pages logged for a new ticket).
"""

import secrets
from collections.abc import Iterable, Iterator

import msgspec

from deskline.storage.database import Writer
from deskline.storage.dialects import KEY_BITS
from deskline.storage.queries import queries

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
RUN = 128  # tickets; a tenth of the 1,296 endings of a run, so that few are drawn twice
RUNS = 36**3
STEP = 28_657  # has no divisor in common with RUNS: one run after the other, each of them comes once, and neighbours look unlike
TRIES = (2, 2, 2, 2, 2, 2, 5, 5, 6, 7, 10)  # letters by chance: five of five, then longer ids, only where free ones are rare
_Q = queries("tickets")


class Place(msgspec.Struct, frozen=True):
    """Where the next ticket of an account goes: the last keys of a ticket and of an event, and which of some ids are taken.

    `hours_revision` is that of the account's working hours, 0 where it never had any: with it nobody has to ask once more.
    """

    ticket_key: int
    event_key: int
    taken: frozenset[str]
    hours_revision: int


async def find_place(tx: Writer, ids: Iterable[str]) -> Place:
    """Find the place of new tickets, and those of their ids that are taken. It holds until the next ticket is added."""
    row = await tx.row(_Q["find_place"], msgspec.json.encode(list(ids)).decode())
    assert row is not None
    none_yet = tx.account_id << KEY_BITS
    return Place(row[0] or none_yet, row[1] or none_yet, msgspec.json.decode(row[2], type=frozenset[str]), row[3] or 0)


async def draw_ids(tx: Writer, count: int) -> tuple[list[str], Place]:
    """Draw ids for new tickets that are written in this transaction, and find their place, with one look where nothing is taken.

    The run is that of the last ticket known here: where none is yet, or another process added some, an earlier one until the first look.
    """
    numbers = tx.memory.numbers
    start = _spell((numbers.get(tx.account_id, tx.account_id << KEY_BITS) + 1) // RUN * STEP % RUNS, 3)
    free: dict[str, None] = {}
    for letters in TRIES:
        drawn = dict.fromkeys(_draw(start if letters == 2 else "", letters, count - len(free)))
        place = await find_place(tx, drawn)
        numbers[tx.account_id] = place.ticket_key + count
        free |= {ticket_id: None for ticket_id in drawn if ticket_id not in place.taken}
        if len(free) == count:
            return list(free), place
    raise RuntimeError(f"no {count} free ticket ids were found in {len(TRIES)} tries")


def _draw(start: str, letters: int, count: int) -> Iterator[str]:
    for _ in range(count):
        yield start + _spell(secrets.randbelow(len(LETTERS) ** letters), letters)


def _spell(number: int, length: int) -> str:
    spelled = ""
    for _ in range(length):
        number, letter = divmod(number, len(LETTERS))
        spelled = LETTERS[letter] + spelled
    return spelled
