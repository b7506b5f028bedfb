"""Keep the bytes of attachments in a folder: each in a file of a name made here, on the disk before anybody may read it.

No name, type or path that a client sends comes near the file system, and nothing is unpacked or looked into: bytes lie as they came,
readable to their owner only, never executable. Which bytes are kept and whose they are is a matter of the database.
"""

import asyncio
import errno
import os
import re
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, Protocol, TypeVar

import msgspec

from deskline.errors import NotFoundError, StorageFullError
from deskline.storage import files

PIECE_BYTES: Final = 65_536
ID: Final = re.compile(r"[0-9a-f]{32}\Z")
T = TypeVar("T")


class Blob(msgspec.Struct, frozen=True):
    """Bytes that are kept: how many they are, and their SHA-256 in hexadecimal."""

    size: int
    sha256: str


class Blobs(Protocol):
    """Where the bytes of all accounts are kept, under ids of 32 hexadecimal digits that the caller makes, each for one blob ever."""

    async def save(self, account_id: int, blob_id: str, pieces: AsyncIterable[bytes]) -> Blob:
        """Keep bytes as they come, one piece in memory at a time; they are durable afterwards.

        Raises StorageFullError, UnavailableError, and whatever the pieces raise; nothing is kept then, or what `remove` takes away.
        """
        ...

    def read(self, account_id: int, blob_id: str) -> AsyncGenerator[bytes, None]:
        """Give the bytes in pieces. Raises NotFoundError for what this account does not have, UnavailableError."""
        ...

    async def remove(self, account_id: int, blob_id: str) -> None:
        """Take bytes away, and what an upload left that died; that there are none is no error. Raises UnavailableError."""
        ...

    def close(self) -> None:
        """Wait for what is being done."""
        ...


class FolderBlobs:
    """The blobs of all accounts under one folder, each account in one of its own. `most_at_once` is how many threads touch the disk."""

    def __init__(self, folder: Path, *, most_at_once: int = 4) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(most_at_once, "blobs")

    def close(self) -> None:
        """Wait for what the threads are doing."""
        self._threads.shutdown()

    async def save(self, account_id: int, blob_id: str, pieces: AsyncIterable[bytes]) -> Blob:
        """Keep bytes: they and their name are on the disk afterwards. Raises as `Blobs.save`."""
        target = self._path(account_id, blob_id)
        part = _part(target)
        digest, size = sha256(), 0
        try:
            file = await self._run(lambda: _create(self._folder, part))
            try:
                async for piece in pieces:
                    size += len(piece)
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
        return Blob(size, digest.hexdigest())

    async def read(self, account_id: int, blob_id: str) -> AsyncGenerator[bytes, None]:
        """Give the bytes in pieces. Raises NotFoundError."""
        file = await self._run(lambda: self._open(account_id, blob_id))
        try:
            while piece := await self._run(lambda: file.read(PIECE_BYTES)):
                yield piece
        finally:
            await self._run(file.close)

    async def remove(self, account_id: int, blob_id: str) -> None:
        """Take bytes away, also unfinished ones."""
        target = self._path(account_id, blob_id)
        for path in (target, _part(target)):
            await self._run(lambda path=path: path.unlink(missing_ok=True))  # type: ignore[misc]

    def _open(self, account_id: int, blob_id: str) -> BinaryIO:
        try:
            return self._path(account_id, blob_id).open("rb")
        except FileNotFoundError:
            raise NotFoundError("attachment", blob_id) from None

    def _path(self, account_id: int, blob_id: str) -> Path:
        if not ID.match(blob_id):
            raise NotFoundError("attachment", blob_id)
        return self._folder / f"{account_id:d}" / blob_id[:2] / blob_id

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _part(target: Path) -> Path:
    return target.with_suffix(".part")


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
