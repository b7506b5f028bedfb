"""What is known of attachments, in the database. Their bytes are in `blobs`."""

from deskline.domain.attachments import File
from deskline.storage.blobs import Blob
from deskline.storage.database import Reader, Writer
from deskline.storage.queries import queries

_Q = queries("attachments")


async def reserve(tx: Writer, file_id: str, name: str, content_type: str, by: str, expires_at: int) -> None:
    """Note a file whose bytes are to come, and until when it waits for a message."""
    await tx.run(_Q["reserve"], file_id, name, content_type, tx.now, by, expires_at)


async def finish(tx: Writer, file_id: str, blob: Blob, picture: tuple[int, int] | None) -> bool:
    """Note that a file is whole; False where it has waited too long."""
    width, height = picture or (None, None)
    return await tx.run(_Q["finish"], file_id, blob.size, blob.sha256, width, height, tx.now) > 0


async def find(tx: Reader, file_id: str, by: str) -> File | None:
    """Find a file that is whole; one that waits for a message only for who sent it."""
    row = await tx.row(_Q["find"], file_id, by)
    if row is None:
        return None
    found_id, name, content_type, size, sha256, width, height = row
    return File(id=found_id, name=name, content_type=content_type, size=size, sha256=sha256, width=width, height=height)


async def attach(tx: Writer, file_id: str, by: str) -> bool:
    """Keep a file from now on, as a message names it; False where there is none of this sender that waits for one."""
    return await tx.run(_Q["attach"], file_id, by, tx.now) > 0


async def drop(tx: Writer, file_id: str, by: str) -> bool:
    """Have a file that waits for a message wait no more; False where there is none of this sender."""
    return await tx.run(_Q["drop"], file_id, by) > 0


async def count_waiting(tx: Reader) -> int:
    """Count the account's files that no message has named."""
    row = await tx.row(_Q["count_waiting"])
    assert row is not None
    count: int = row[0]
    return count


async def list_expired(tx: Reader, now: int, limit: int) -> list[str]:
    """List files that have waited too long, the oldest first."""
    return [row[0] for row in await tx.rows(_Q["list_expired"], now, limit)]


async def condemn(tx: Writer, file_ids: list[str]) -> list[str]:
    """Make sure that no message can name files that have waited too long; answers those which nobody has named meanwhile."""
    return [file_id for file_id in file_ids if await tx.run(_Q["condemn"], file_id, tx.now) > 0]


async def forget(tx: Writer, file_ids: list[str]) -> None:
    """Forget files that were condemned and whose bytes are gone."""
    for file_id in file_ids:
        await tx.run(_Q["forget"], file_id, tx.now)
