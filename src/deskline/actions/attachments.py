"""Files beside messages: sent, then named by a message, which keeps them; those that none names in time are removed.

Bytes never travel inside a transaction: a slow client must not hold up a writer. The file's row is there before its bytes, and the bytes
go before the row, so that nothing is left anywhere that no row tells of.
"""

import secrets
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import suppress

from deskline.domain.attachments import HEAD_BYTES, MOST_WAITING, WAITING_MS, File, beside, safe_name, size_of_picture
from deskline.domain.events import Attachment
from deskline.domain.jobs import UPLOADS, Job
from deskline.domain.people import Principal
from deskline.errors import ConflictError, DesklineError, InvalidError, NotFoundError, TooManyError
from deskline.storage import attachments as stored
from deskline.storage import jobs
from deskline.storage.blobs import Blobs
from deskline.storage.database import Database, Reader, Writer
from deskline.storage.repeats import written


async def upload(database: Database, blobs: Blobs, by: Principal, name: str, content_type: str, pieces: AsyncIterable[bytes]) -> File:
    """Keep a file that waits for a message for a day, and is its sender's alone until then.

    Raises TooManyError where too many wait already, StorageFullError, ConflictError, and whatever the pieces raise; nothing is kept then.
    """
    file_id, name = secrets.token_hex(16), safe_name(name)

    async def reserve(tx: Writer) -> None:
        if await stored.count_waiting(tx) >= MOST_WAITING:
            raise TooManyError(
                f"{MOST_WAITING:,} files of this account wait for a message, as many as may; name them in messages, or delete them: "
                "each is removed a day after it was sent.",
                retry_after_seconds=3_600,
            )
        await stored.reserve(tx, file_id, name, content_type, by.login, tx.now + WAITING_MS)
        await jobs.add(tx, Job(account_id=tx.account_id, id=UPLOADS, kind=UPLOADS, due_at=tx.now + WAITING_MS))

    await written(database, by.account_id, reserve)
    head = bytearray()
    try:
        blob = await blobs.save(by.account_id, file_id, _watched(pieces, head))
    except BaseException:
        with suppress(DesklineError):  # then it is removed in a day, as any that no message names
            await written(database, by.account_id, lambda tx: _drop(tx, file_id, by))
        raise
    picture = size_of_picture(bytes(head)) if content_type.startswith("image/") else None

    async def finish(tx: Writer) -> File:
        if not await stored.finish(tx, file_id, blob, picture):
            raise ConflictError("This file took longer to arrive than files are kept without a message; send it again.")
        width, height = picture or (None, None)
        return File(id=file_id, name=name, content_type=content_type, size=blob.size, sha256=blob.sha256, width=width, height=height)

    return await written(database, by.account_id, finish)


async def attach(tx: Writer, file_ids: tuple[str, ...], by: Principal, host: str) -> tuple[Attachment, ...]:
    """Keep the files that a message names, as they will stand beside it; each is named once. Raises InvalidError."""
    found: list[Attachment] = []
    for place, file_id in enumerate(file_ids):
        file = await stored.find(tx, file_id, by.login) if await stored.attach(tx, file_id, by.login) else None
        if file is None:
            raise InvalidError(
                f"attachments[{place}]: there is no file {file_id[:40]!r} of {by.login} that waits for a message; accepted: an id that "
                "POST /attachments answered in the last 24 hours and no message has named"
            )
        found.append(beside(file, host))
    return tuple(found)


async def get(tx: Reader, file_id: str, by: Principal) -> File:
    """Get a file that a message has named, or one's own that waits. Raises NotFoundError."""
    file = await stored.find(tx, file_id, by.login)
    if file is None:
        raise NotFoundError("attachment", file_id)
    return file


async def drop(tx: Writer, file_id: str, by: Principal) -> None:
    """Have one's own file, which no message has named, removed soon. Raises NotFoundError."""
    if not await _drop(tx, file_id, by):
        raise NotFoundError("attachment", file_id)


async def remove_expired(database: Database, blobs: Blobs, account_id: int, now: int, limit: int) -> list[str]:
    """Remove the bytes of some files that have waited too long; answers their ids, which can be forgotten then. Raises UnavailableError."""
    async with database.read(account_id) as tx:
        expired = await stored.list_expired(tx, now, limit)
    condemned = await written(database, account_id, lambda tx: stored.condemn(tx, expired)) if expired else []
    for file_id in condemned:
        await blobs.remove(account_id, file_id)
    return condemned


async def _drop(tx: Writer, file_id: str, by: Principal) -> bool:
    is_dropped = await stored.drop(tx, file_id, by.login)
    await jobs.request(tx, UPLOADS)
    return is_dropped


async def _watched(pieces: AsyncIterable[bytes], head: bytearray) -> AsyncGenerator[bytes, None]:
    """Hand on pieces, and keep the beginning of them."""
    async for piece in pieces:
        if len(head) < HEAD_BYTES:
            head += piece[: HEAD_BYTES - len(head)]
        yield piece
