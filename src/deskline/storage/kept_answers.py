"""Answers that are kept for requests that may be sent again, each under its route and the request's key. What an answer is made of, and
for how long one is kept, is not known here.
"""

from collections.abc import Sequence
from typing import NamedTuple

from deskline.storage.database import Reader, Row, Writer
from deskline.storage.queries import queries

_Q = queries("kept_answers")


class KeptAnswer(NamedTuple):
    """An answer, and a fingerprint of the request that it was given to."""

    fingerprint: bytes
    answer: bytes


async def find(tx: Reader, route: str, key: str, after: int) -> KeptAnswer | None:
    """Find the answer that was kept under a key after an instant."""
    row = await tx.row(_Q["find_answer"], route, key, after)
    return None if row is None else KeptAnswer(*row)


async def save(tx: Writer, route: str, key: str, kept: KeptAnswer) -> None:
    """Keep an answer from this transaction's instant on, in the place of one that is too old to be found."""
    await tx.run(_Q["save_answer"], route, key, kept.fingerprint, tx.now, kept.answer)


async def list_old(tx: Reader, until: int, limit: int) -> list[Row]:
    """List (route, key, instant) of answers that were kept at an instant or before, the oldest first."""
    return await tx.rows(_Q["list_old"], until, limit)


async def delete_all(tx: Writer, old: Sequence[Row]) -> None:
    """Delete answers that were listed, unless their keys stand for another request by now."""
    await tx.run_many(_Q["delete_answer"], old)
