"""Keep the bytes of attachments in a bucket of an S3-compatible store, as `blobs.FolderBlobs` does in a folder.

A file is taken in whole before the first byte of it is sent on: so its hash is signed and checked by the store, it can be sent again where
the store stumbles, and no slow client holds a connection to the store. Addresses are of the form `endpoint/bucket/account/id`.
"""

import asyncio
import errno
import http.client
import ssl
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, TypeVar
from urllib.parse import urlsplit

import structlog

from deskline.errors import NotFoundError, StorageFullError, UnavailableError
from deskline.storage.blobs import ID, PIECE_BYTES, Blob
from deskline.storage.s3_signatures import EMPTY_SHA256, Credentials, escape_path, sign

SECONDS: Final = 30.0  # for the store to take or give the next bytes
PAUSES_SECONDS: Final = (0.2, 1.0)  # before a request is sent again that the store did not answer, or answered 5xx
TEXT: Final = "Attachments cannot be reached at the moment; please try again in a while."
T = TypeVar("T")
_log = structlog.get_logger("deskline.attachments")


class _Answered(Exception):  # noqa: N818 - what the store said; it never leaves this module
    """The store answered something else than was hoped for."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"{status}: {said}")
        self.status = status


class S3Blobs:
    """The blobs of all accounts in one bucket. `scratch` is a folder on a disk, where files wait that are on their way to the store."""

    def __init__(self, endpoint: str, bucket: str, credentials: Credentials, scratch: Path, *, most_at_once: int = 16) -> None:
        """Take `endpoint` as `https://host` or with a port; `most_at_once` is how many connections to it there are."""
        url = urlsplit(endpoint)
        self._is_tls = url.scheme == "https"
        self._host = url.netloc
        self._bucket = bucket
        self._credentials = credentials
        self._scratch = scratch
        self._tls = ssl.create_default_context() if self._is_tls else None
        self._threads = ThreadPoolExecutor(most_at_once, "s3")

    def close(self) -> None:
        """Wait for what the threads are doing."""
        self._threads.shutdown()

    async def save(self, account_id: int, blob_id: str, pieces: AsyncIterable[bytes]) -> Blob:
        """Keep bytes; the store has said that it has them afterwards. Raises as `Blobs.save`."""
        path = self._path(account_id, blob_id)
        file = await self._run(self._spool)
        digest, size = sha256(), 0
        try:
            async for piece in pieces:
                size += len(piece)
                digest.update(piece)
                await self._run(lambda piece=piece: file.write(piece))  # type: ignore[misc]
            await self._run(lambda: self._put(path, file, size, digest.hexdigest()))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageFullError(f"The disk of {self._scratch} is full; the file was not kept.") from error
            raise
        finally:
            await self._run(file.close)
        return Blob(size, digest.hexdigest())

    async def read(self, account_id: int, blob_id: str) -> AsyncGenerator[bytes, None]:
        """Give the bytes in pieces. Raises NotFoundError, UnavailableError."""
        path = self._path(account_id, blob_id)
        connection, answer = await self._run(lambda: self._get(path, blob_id))
        try:
            while piece := await self._run(lambda: answer.read(PIECE_BYTES)):
                yield piece
        finally:
            await self._run(connection.close)

    async def remove(self, account_id: int, blob_id: str) -> None:
        """Take bytes away. Raises UnavailableError."""
        path = self._path(account_id, blob_id)
        await self._run(lambda: self._delete(path))

    def _spool(self) -> BinaryIO:
        """Make a file without a name: whatever becomes of the process, nothing is left of it."""
        self._scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=self._scratch)

    def _put(self, path: str, file: BinaryIO, size: int, digest: str) -> None:
        def put() -> None:
            file.seek(0)
            connection, answer = self._ask("PUT", path, digest, {"content-length": str(size)}, file)
            connection.close()
            if answer.status != 200:
                raise _Answered(answer.status, _reason(answer))

        self._patiently("PUT", put)

    def _get(self, path: str, blob_id: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        def get() -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
            connection, answer = self._ask("GET", path)
            if answer.status == 200:
                return connection, answer
            connection.close()
            if answer.status == 404:
                raise NotFoundError("attachment", blob_id)
            raise _Answered(answer.status, _reason(answer))

        return self._patiently("GET", get)

    def _delete(self, path: str) -> None:
        def delete() -> None:
            connection, answer = self._ask("DELETE", path)
            connection.close()
            if answer.status not in (200, 204, 404):
                raise _Answered(answer.status, _reason(answer))

        self._patiently("DELETE", delete)

    def _patiently(self, method: str, work: Callable[[], T]) -> T:
        """Ask again where the store stumbled. Raises UnavailableError; what the store said is for the log, whoever asks cannot help it."""
        for pause in (*PAUSES_SECONDS, None):
            try:
                return work()
            except (OSError, http.client.HTTPException, _Answered) as error:
                if isinstance(error, _Answered) and error.status < 500:
                    pause = None  # noqa: PLW2901 - it would say the same again
                if pause is None:
                    reason = str(error) or type(error).__name__
                    _log.error("the store of attachments failed", method=method, store=self._host, reason=reason)
                    raise UnavailableError(TEXT) from error
                time.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _ask(
        self, method: str, path: str, digest: str = EMPTY_SHA256, headers: dict[str, str] | None = None, body: BinaryIO | None = None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """Send a request. What of the answer says how it went is read; of a file, nothing."""
        signed = sign(self._credentials, method, self._host, path, datetime.now(UTC), headers=headers, payload_sha256=digest)
        connection = self._connection()
        try:
            connection.request(method, escape_path(path), body, signed)
            return connection, connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is not None:
            return http.client.HTTPSConnection(self._host, timeout=SECONDS, context=self._tls)
        return http.client.HTTPConnection(self._host, timeout=SECONDS)

    def _path(self, account_id: int, blob_id: str) -> str:
        if not ID.match(blob_id):
            raise NotFoundError("attachment", blob_id)
        return f"/{self._bucket}/{account_id:d}/{blob_id}"

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _reason(answer: http.client.HTTPResponse) -> str:
    return answer.reason[:200]
