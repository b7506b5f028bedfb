"""Files that no message has named in time are removed: their bytes, then what is known of them."""

from typing import Final

import msgspec

from deskline.actions.attachments import remove_expired
from deskline.domain.jobs import Job
from deskline.jobs.kinds import Step
from deskline.storage import attachments
from deskline.storage.blobs import Blobs
from deskline.storage.clocks import wall_clock
from deskline.storage.database import Database, Writer

PIECE: Final = 50  # files of a step


class Result(msgspec.Struct, frozen=True):
    """How many files a run has removed so far."""

    removed: int = 0


class Removing:
    """Removes files from where their bytes are kept."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def work(self, database: Database, job: Job) -> Step:
        """Remove the next piece of an account's files. A process that dies in between leaves rows, by which the rest is found again."""
        removed = msgspec.json.decode(job.place, type=Result).removed if job.place else 0
        gone = await remove_expired(database, self._blobs, job.account_id, wall_clock(), PIECE)

        async def forget(tx: Writer) -> None:
            await attachments.forget(tx, gone)

        come = msgspec.json.encode(Result(removed + len(gone))).decode()
        is_over = len(gone) < PIECE
        return Step("" if is_over else come, is_over=is_over, result=come if is_over else "", write=forget if gone else None)
