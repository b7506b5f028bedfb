"""The folder of attachments: what is saved is whole, of one account, and named by nobody outside."""

import asyncio
import errno
import os
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path
from stat import S_IMODE

import pytest

from deskline.errors import NotFoundError, StorageFullError
from deskline.storage.blobs import FolderBlobs

pytestmark = pytest.mark.anyio


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[FolderBlobs]:
    kept = FolderBlobs(tmp_path / "attachments")
    yield kept
    kept.close()


async def pieces(*parts: bytes, then: BaseException | None = None) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if then is not None:
        raise then


ID = "0123456789abcdef" * 2
OTHER = "fedcba9876543210" * 2


async def whole(blobs: FolderBlobs, account_id: int, blob_id: str) -> bytes:
    return b"".join([piece async for piece in blobs.read(account_id, blob_id)])


def kept_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_bytes_come_back_as_they_were(blobs: FolderBlobs) -> None:
    content = bytes(range(256)) * 1_000
    saved = await blobs.save(1, ID, pieces(content[:100_000], b"", content[100_000:]))
    assert (saved.size, saved.sha256) == (len(content), sha256(content).hexdigest())
    assert await whole(blobs, 1, ID) == content


async def test_an_empty_file_is_a_file(blobs: FolderBlobs) -> None:
    saved = await blobs.save(1, ID, pieces())
    assert (saved.size, await whole(blobs, 1, ID)) == (0, b"")


async def test_another_account_does_not_have_it(blobs: FolderBlobs) -> None:
    await blobs.save(1, ID, pieces(b"secret"))
    with pytest.raises(NotFoundError):
        await whole(blobs, 2, ID)
    await blobs.remove(2, ID)
    assert await whole(blobs, 1, ID) == b"secret"


@pytest.mark.parametrize("name", ["", "..", "../1", "/etc/passwd", "a" * 31, "A" * 32, "0" * 32 + "\n", "00/" + "0" * 29, "\0" * 32])
async def test_a_name_that_is_no_id_touches_no_file(blobs: FolderBlobs, name: str) -> None:
    with pytest.raises(NotFoundError):
        await blobs.remove(1, name)
    with pytest.raises(NotFoundError):
        await blobs.save(1, name, pieces(b"1"))
    with pytest.raises(NotFoundError):
        await whole(blobs, 1, name)


async def test_a_client_that_breaks_off_leaves_nothing(blobs: FolderBlobs, tmp_path: Path) -> None:
    with pytest.raises(ConnectionError):
        await blobs.save(1, ID, pieces(b"half", then=ConnectionError()))
    assert kept_files(tmp_path) == []


async def test_an_upload_that_is_cancelled_leaves_nothing(blobs: FolderBlobs, tmp_path: Path) -> None:
    with pytest.raises(asyncio.CancelledError):
        await blobs.save(1, ID, pieces(b"half", then=asyncio.CancelledError()))
    assert kept_files(tmp_path) == []


async def test_a_task_that_is_cancelled_leaves_nothing(blobs: FolderBlobs, tmp_path: Path) -> None:
    has_begun = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield b"half"
        has_begun.set()
        await asyncio.Event().wait()

    task = asyncio.ensure_future(blobs.save(1, ID, stalled()))
    await has_begun.wait()
    assert len(kept_files(tmp_path)) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert kept_files(tmp_path) == []


async def test_a_full_disk_is_told_and_leaves_nothing(blobs: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    await blobs.save(1, ID, pieces(b"1"))
    before = kept_files(tmp_path)
    monkeypatch.setattr("deskline.storage.blobs.os.fsync", full)
    with pytest.raises(StorageFullError):
        await blobs.save(1, OTHER, pieces(b"2"))
    assert kept_files(tmp_path) == before


async def test_only_the_owner_may_read_it_and_nobody_run_it(blobs: FolderBlobs, tmp_path: Path) -> None:
    await blobs.save(1, ID, pieces(b"#!/bin/sh\n"))
    assert [S_IMODE(path.stat().st_mode) for path in kept_files(tmp_path)] == [0o600]


async def test_the_bytes_then_the_name_are_on_the_disk(blobs: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    real_fsync = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        real_fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    await blobs.save(1, ID, pieces(b"1"))
    (file,) = kept_files(tmp_path)
    assert synced[-2:] == [file.stat().st_ino, file.parent.stat().st_ino]
    above = [folder.stat().st_ino for folder in (tmp_path, tmp_path / "attachments", tmp_path / "attachments" / "1")]
    assert synced[:-2] == above, "the folders that were made, too"


async def test_memory_does_not_grow_with_the_file(blobs: FolderBlobs) -> None:
    tracemalloc.start()
    try:
        await blobs.save(1, ID, pieces(*[bytes(65_536)] * 320))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


async def test_what_is_removed_is_gone_also_what_was_never_finished(blobs: FolderBlobs, tmp_path: Path) -> None:
    await blobs.save(1, ID, pieces(b"1"))
    await blobs.save(1, OTHER, pieces(b"2"))
    (tmp_path / "attachments" / "1" / ID[:2] / f"{ID}.part").write_bytes(b"half")
    for _ in range(2):
        await blobs.remove(1, ID)
        assert [path.name for path in kept_files(tmp_path)] == [OTHER]
    with pytest.raises(NotFoundError):
        await whole(blobs, 1, ID)
