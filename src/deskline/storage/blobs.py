"""Keep the bytes of attachments in a folder: each in a file of a name made here, on the disk before anybody may name it in the database.

No name, type or path that a client sends comes near the file system, and nothing is unpacked or looked into: bytes lie as they came,
readable to their owner only, never executable. A name that no row of the database holds is an orphan.
"""

import asyncio
import errno
import os
import re
import secrets
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

import msgspec

from deskline.errors import NotFoundError, StorageFullError, TooLargeError
from deskline.storage import files

PIECE_BYTES: Final = 65_536
_ID_BYTES = 16
_ID = re.compile(rf"[0-9a-f]{{{2 * _ID_BYTES}}}\Z")
T = TypeVar("T")


class Blob(msgspec.Struct, frozen=True):
    """Bytes that are kept: the name of their file, how many they are, and their SHA-256 in hexadecimal."""

    id: str
    size: int
    sha256: str


class FolderBlobs:
    """The blobs of all accounts under one folder, each account in a folder of its own.

    `most_at_once` is how many threads touch the disk. What a process leaves that dies in the middle, `remove_unfinished` takes away.
    """

    def __init__(self, folder: Path, *, most_at_once: int = 4) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(most_at_once, "blobs")

    def close(self) -> None:
        """Wait for what the threads are doing."""
        self._threads.shutdown()

    async def save(self, account_id: int, pieces: AsyncIterable[bytes], limit: int) -> Blob:
        """Keep bytes as they come, one piece in memory at a time; they and their name are on the disk afterwards.

        Raises TooLargeError as soon as there are more than `limit`, and whatever the pieces raise; nothing is kept then.
        """
        blob_id = secrets.token_hex(_ID_BYTES)
        target = self._path(account_id, blob_id)
        part = target.with_suffix(".part")
        digest, size = sha256(), 0
        try:
            file = await self._run(lambda: _create(self._folder, part))
            try:
                async for piece in pieces:
                    size += len(piece)
                    if size > limit:
                        raise TooLargeError(f"The file is larger than {limit:,} bytes; send a smaller one.")
                    digest.update(piece)
                    await self._run(lambda piece=piece: file.write(piece))  # type: ignore[misc]
            finally:
                await self._run(lambda: _close(file))
            await self._run(lambda: files.name(part, target))
        except BaseException as error:
            await self._run(lambda: part.unlink(missing_ok=True))
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageFullError(f"The disk of {self._folder} is full; the file was not kept.") from error
            raise
        return Blob(blob_id, size, digest.hexdigest())

    async def read(self, account_id: int, blob_id: str) -> AsyncIterator[bytes]:
        """Give the bytes in pieces. Raises NotFoundError for what this account does not have."""
        file = await self._run(lambda: self._open(account_id, blob_id))
        try:
            while piece := await self._run(lambda: file.read(PIECE_BYTES)):
                yield piece
        finally:
            await self._run(file.close)

    async def remove(self, account_id: int, blob_id: str) -> None:
        """Take bytes away; that they are gone already is no error."""
        if _ID.match(blob_id):
            await self._run(lambda: self._path(account_id, blob_id).unlink(missing_ok=True))

    async def find_old(self, account_id: int, before: float) -> list[str]:
        """Find the names of what was there before an instant; those that no row holds are orphans."""
        return await self._run(lambda: sorted(self._find_old(account_id, before)))

    async def remove_unfinished(self, account_id: int, before: float) -> int:
        """Take away what uploads left that died with their process before an instant, and return how many."""
        return await self._run(lambda: self._remove_unfinished(account_id, before))

    def _find_old(self, account_id: int, before: float) -> Iterator[str]:
        for path in self._account(account_id).glob("??/*"):
            if _ID.match(path.name) and path.stat().st_mtime < before:
                yield path.name

    def _remove_unfinished(self, account_id: int, before: float) -> int:
        old = [path for path in self._account(account_id).glob("??/*.part") if path.stat().st_mtime < before]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _open(self, account_id: int, blob_id: str) -> BinaryIO:
        if not _ID.match(blob_id):
            raise NotFoundError("attachment", blob_id)
        try:
            return self._path(account_id, blob_id).open("rb")
        except FileNotFoundError:
            raise NotFoundError("attachment", blob_id) from None

    def _account(self, account_id: int) -> Path:
        return self._folder / f"{account_id:d}"

    def _path(self, account_id: int, blob_id: str) -> Path:
        return self._account(account_id) / blob_id[:2] / blob_id

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _create(root: Path, part: Path) -> BinaryIO:
    """Make an unfinished file, and the folders above it on the disk too."""
    missing = [folder for folder in (root, part.parent.parent, part.parent) if not folder.is_dir()]
    for folder in missing:
        folder.mkdir(mode=0o700, parents=folder == root, exist_ok=True)
        files.sync(folder.parent)
    return os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")


def _close(file: BinaryIO) -> None:
    """Have all that was written on the disk."""
    with file:
        file.flush()
        os.fsync(file.fileno())
