"""Attachments in a bucket: what is said to be kept is there, and a store that fails costs nothing but the request."""

import http.server
import os
import re
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from deskline.errors import NotFoundError, UnavailableError
from deskline.storage import s3
from deskline.storage.s3 import S3Blobs
from deskline.storage.s3_signatures import Credentials
from tests.storage.stores import BUCKET, KEY, SECRET, Store, a_store

pytestmark = pytest.mark.anyio
ID = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with a_store(tmp_path_factory.mktemp("store") / "root") as running:
        yield running


@contextmanager
def blobs_in(endpoint: str, scratch: Path, *, bucket: str = BUCKET, secret: str = SECRET) -> Iterator[S3Blobs]:
    kept = S3Blobs(endpoint, bucket, Credentials(KEY, secret), scratch / "scratch")
    yield kept
    kept.close()


@pytest.fixture
def blobs(store: Store, tmp_path: Path) -> Iterator[S3Blobs]:
    with blobs_in(store.endpoint, tmp_path) as kept:
        yield kept


async def pieces(*parts: bytes, then: BaseException | None = None) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if then is not None:
        raise then


async def whole(blobs: S3Blobs, account_id: int, blob_id: str = ID) -> bytes:
    return b"".join([piece async for piece in blobs.read(account_id, blob_id)])


async def test_bytes_come_back_as_they_were(blobs: S3Blobs, store: Store) -> None:
    content = os.urandom(300_000)
    saved = await blobs.save(1, ID, pieces(content[:100_000], b"", content[100_000:]))
    assert (saved.size, saved.sha256) == (len(content), sha256(content).hexdigest())
    assert store.held()[f"1/{ID}"] == content, "as soon as it is said to be kept"
    assert await whole(blobs, 1) == content
    await blobs.remove(1, ID)
    assert f"1/{ID}" not in store.held()
    await blobs.remove(1, ID)
    with pytest.raises(NotFoundError):
        await whole(blobs, 1)


async def test_an_empty_file_is_a_file_and_another_account_does_not_have_it(blobs: S3Blobs) -> None:
    assert (await blobs.save(2, ID, pieces())).size == 0
    assert await whole(blobs, 2) == b""
    with pytest.raises(NotFoundError):
        await whole(blobs, 3)


@pytest.mark.parametrize("name", ["", "../1", "a" * 31, "A" * 32, "0" * 32 + "\n", "?list-type=2" + "0" * 20])
async def test_a_name_that_is_no_id_is_never_asked_for(blobs: S3Blobs, name: str) -> None:
    for work in (blobs.save(1, name, pieces(b"1")), blobs.remove(1, name), whole(blobs, 1, name)):
        with pytest.raises(NotFoundError):
            await work


async def test_a_client_that_breaks_off_leaves_nothing_anywhere(blobs: S3Blobs, store: Store, tmp_path: Path) -> None:
    with pytest.raises(ConnectionError):
        await blobs.save(4, ID, pieces(b"half", then=ConnectionError()))
    assert f"4/{ID}" not in store.held()
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize("wrong", [{"secret": "another"}, {"bucket": "nowhere"}], ids=lambda wrong: next(iter(wrong)))
async def test_a_store_that_says_no_is_for_the_log(store: Store, tmp_path: Path, wrong: dict[str, str]) -> None:
    """Whoever asks is told to try later, and nothing of the store."""
    refused = pytest.raises(UnavailableError, match=re.escape(s3.TEXT))
    with blobs_in(store.endpoint, tmp_path, **wrong) as blobs, capture_logs() as logs, refused:
        await blobs.save(5, ID, pieces(b"1"))
    (line,) = logs
    assert (line["event"], line["method"]) == ("the store of attachments failed", "PUT")
    assert line["reason"][:2] == "40"
    assert SECRET not in str(logs)


class Stumbling(http.server.BaseHTTPRequestHandler):
    """A store that answers 503 as often as it was told, and then takes what comes; or breaks connections off."""

    left = 0
    breaks = False
    taken: list[bytes]

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        assert self.headers["x-amz-content-sha256"] == sha256(body).hexdigest()
        if type(self).left:
            type(self).left -= 1
            if self.breaks:
                self.close_connection = True
                return
            self.send_response(503)
        else:
            self.taken.append(body)
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def stumbling(times: int, *, breaks: bool) -> Iterator[tuple[str, list[bytes]]]:
    taken: list[bytes] = []
    handler = type("Handler", (Stumbling,), {"left": times, "breaks": breaks, "taken": taken})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", taken
        server.shutdown()


@pytest.mark.parametrize("breaks", [False, True], ids=["503", "broken off"])
async def test_a_store_that_stumbles_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breaks: bool) -> None:
    monkeypatch.setattr(s3, "PAUSES_SECONDS", (0.01, 0.02))
    with stumbling(2, breaks=breaks) as (endpoint, taken), blobs_in(endpoint, tmp_path) as blobs:
        await blobs.save(1, ID, pieces(b"all ", b"of it"))
    assert taken == [b"all of it"]
    with stumbling(3, breaks=breaks) as (endpoint, taken), blobs_in(endpoint, tmp_path) as blobs, pytest.raises(UnavailableError):
        await blobs.save(1, ID, pieces(b"all ", b"of it"))
    assert taken == []


async def test_a_store_that_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "PAUSES_SECONDS", (0.01, 0.02))
    with stumbling(0, breaks=False) as (endpoint, _):
        pass
    with blobs_in(endpoint, tmp_path) as blobs:
        for work in (blobs.save(1, ID, pieces(b"1")), blobs.remove(1, ID), whole(blobs, 1)):
            with pytest.raises(UnavailableError):
                await work
