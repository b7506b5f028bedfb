"""The job that removes files which no message has named: all that are old, their bytes too, and no other."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from deskline.actions import attachments as actions
from deskline.domain.attachments import File
from deskline.domain.jobs import UPLOADS, Job
from deskline.domain.people import Principal
from deskline.errors import TooManyError, UnavailableError
from deskline.jobs import uploads
from deskline.jobs.kinds import Step
from deskline.storage import attachments as stored
from deskline.storage import jobs
from deskline.storage.blobs import FolderBlobs
from deskline.storage.database import Database
from tests.storage.builders import OURS, THEIRS

pytestmark = pytest.mark.anyio
JANE = "jane@co.com"


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[FolderBlobs]:
    kept = FolderBlobs(tmp_path / "attachments")
    yield kept
    kept.close()


def by(account_id: int) -> Principal:
    return Principal(account_id, JANE, "Jane", "normal", "UTC", "key")


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def send(database: Database, blobs: FolderBlobs, account_id: int, content: bytes = b"x") -> File:
    return await actions.upload(database, blobs, by(account_id), "a.txt", "text/plain", pieces(content))


async def age(database: Database, account_id: int, file: File) -> None:
    """Have a file wait since yesterday."""
    async with database.write(account_id) as tx:
        await tx.run("UPDATE attachment SET expires_at = 1 WHERE account_id = $1 AND attachment_id = $2 AND expires_at > 0", file.id)


def files(folder: Path) -> set[str]:
    return {path.name for path in (folder / "attachments").rglob("*") if path.is_file()}


async def run(database: Database, blobs: FolderBlobs) -> list[Step]:
    job, steps = Job(account_id=OURS, id=UPLOADS, kind=UPLOADS), list[Step]()
    while not steps or not steps[-1].is_over:
        steps.append(await uploads.Removing(blobs).work(database, msgspec.structs.replace(job, place=steps[-1].place if steps else "")))
        write = steps[-1].write
        if write is not None:
            async with database.write(OURS) as tx:
                await write(tx)
    return steps


async def rows(database: Database, account_id: int) -> set[str]:
    async with database.read(account_id) as tx:
        return {row[0] for row in await tx.rows("SELECT attachment_id FROM attachment WHERE account_id = $1")}


async def test_what_no_message_named_in_a_day_is_removed(database: Database, blobs: FolderBlobs, tmp_path: Path) -> None:
    old, named, young = [await send(database, blobs, OURS) for _ in range(3)]
    theirs = await send(database, blobs, THEIRS)
    async with database.write(OURS) as tx:
        await actions.attach(tx, (named.id,), by(OURS), "desk.example.com")
    for account_id, file in ((OURS, old), (OURS, named), (THEIRS, theirs)):
        await age(database, account_id, file)
    (step,) = await run(database, blobs)
    assert (step.is_over, step.result) == (True, '{"removed":1}')
    assert files(tmp_path) == {named.id, young.id, theirs.id}
    assert await rows(database, OURS) == {named.id, young.id}
    assert await rows(database, THEIRS) == {theirs.id}
    (step,) = await run(database, blobs)
    assert (step.result, step.write) == ('{"removed":0}', None)


async def test_it_goes_piece_by_piece(database: Database, blobs: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PIECE", 2)
    for _ in range(5):
        await age(database, OURS, await send(database, blobs, OURS))
    steps = await run(database, blobs)
    assert [(step.place, step.result) for step in steps] == [('{"removed":2}', ""), ('{"removed":4}', ""), ("", '{"removed":5}')]
    assert files(tmp_path) == await rows(database, OURS) == set()


async def test_bytes_that_cannot_be_removed_now_are_removed_later(
    database: Database, blobs: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And meanwhile no message can name the file."""

    async def away(*_: object) -> None:
        raise UnavailableError("not now")

    file = await send(database, blobs, OURS)
    await age(database, OURS, file)
    with monkeypatch.context() as patch:
        patch.setattr(blobs, "remove", away)
        with pytest.raises(UnavailableError):
            await run(database, blobs)
    assert await rows(database, OURS) == {file.id}
    async with database.write(OURS) as tx:
        assert not await stored.attach(tx, file.id, JANE)
    await run(database, blobs)
    assert files(tmp_path) == await rows(database, OURS) == set()


async def test_an_upload_that_breaks_off_leaves_what_the_job_removes(database: Database, blobs: FolderBlobs, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await actions.upload(database, blobs, by(OURS), "a.txt", "text/plain", broken())
    assert files(tmp_path) == set()
    assert len(await rows(database, OURS)) == 1
    async with database.read(OURS) as tx:
        job = await jobs.find(tx, UPLOADS)
    assert job is not None
    assert job.state == "waiting"
    await run(database, blobs)
    assert await rows(database, OURS) == set()


async def test_only_so_many_may_wait(database: Database, blobs: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_WAITING", 2)
    first, _ = await send(database, blobs, OURS), await send(database, blobs, OURS)
    with pytest.raises(TooManyError, match="2 files of this account wait for a message"):
        await send(database, blobs, OURS)
    assert len(files(tmp_path)) == 2
    async with database.write(OURS) as tx:
        await actions.attach(tx, (first.id,), by(OURS), "desk.example.com")
    await send(database, blobs, OURS)
