"""The ids of new tickets: five letters and digits as the original's, which no ticket of the account has yet.

Three letters are those of a run of tickets that follow one another, two are drawn by chance. So new ids share a page of the index:
drawn all by chance each would fall on a page of its own, which is read, logged and written back for this one ticket, and the larger
the history the rarer it is in the cache (measured on 100,000 tickets: 1.1 of the 3.4 pages logged for a new ticket).
"""

import secrets
from collections.abc import Iterator

import msgspec

from deskline.storage.database import Writer
from deskline.storage.queries import queries

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
RUN = 128  # tickets; a tenth of the 1,296 endings of a run, so that few are drawn twice
RUNS = 36**3
STEP = 28_657  # has no divisor in common with RUNS: one run after the other, each of them comes once, and neighbours look unlike
TRIES = (2, 2, 2, 2, 2, 2, 5, 5, 6, 7, 10)  # letters by chance: five of five, then longer ids, only where free ones are rare
_Q = queries("tickets")


async def draw_ids(tx: Writer, count: int, number: int) -> list[str]:
    """Draw ids for new tickets that are written in this transaction; `number` is the running number of the first."""
    start = _spell(number // RUN * STEP % RUNS, 3)
    free: dict[str, None] = {}
    for letters in TRIES:
        drawn = dict.fromkeys(_draw(start if letters == 2 else "", letters, count - len(free)))
        taken = {ticket_id for (ticket_id,) in await tx.rows(_Q["list_taken"], msgspec.json.encode(list(drawn)).decode())}
        free |= {ticket_id: None for ticket_id in drawn if ticket_id not in taken}
        if len(free) == count:
            return list(free)
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
