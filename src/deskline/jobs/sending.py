"""Sends a message over HTTP to a place that nobody here vouches for. What the message is, and what follows, is not known here.

The name is resolved once, every address is checked, and the connection goes to one that was checked: what a name server says a moment
later changes nothing. TLS is verified against the name. No redirect is followed, and of the answer only the head is read.
"""

import asyncio
import email.utils
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final
from urllib.parse import SplitResult, urlsplit
from weakref import WeakValueDictionary

import deskline
from deskline.domain.addresses import Network, may_send_to
from deskline.domain.webhooks import SECOND, Outcome

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
SECONDS: Final = 15.0  # for all of an attempt; the original gave receivers 10, the standard advises 15 to 30
MOST_THREADS: Final = 64  # that ask for the addresses of names
MOST_OF_A_NAME: Final = 2  # of them, at a time
MOST_HEAD: Final = 16_384  # bytes of an answer's head
MOST_INTERIM: Final = 5  # answers 1xx before the answer
MOST_ADDRESSES: Final = 3  # of a name that are tried
CONNECT_SECONDS: Final = 5.0  # for one of them
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\r?\n", re.ASCII)


class _Failure(Exception):  # noqa: N818 - a reason that is kept as data; it never leaves this module
    """Why there is no answer: one of no_address, address_refused, not_connected, tls, timeout, not_http."""


class Sender:
    """Sends messages. `allowed` are the inside networks that may be sent to, `resolve` finds a name's addresses."""

    def __init__(self, allowed: Sequence[Network], *, resolve: Resolve | None = None, seconds: float = SECONDS) -> None:
        self._allowed = allowed
        # Threads of its own: a name server that hangs must not hold up whatever else is done in threads. One name is asked for by few
        # of them, as a thread that hangs cannot be ended, so that names which hang leave threads for all others.
        self._threads = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="names")
        self._asking: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()  # those that are used
        self._resolve = resolve or self._ask
        self._seconds = seconds
        self._tls: ssl.SSLContext | None = None

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def post(self, url: str, headers: Mapping[str, str], content: bytes, *, now: int) -> Outcome:
        """Send a message once and tell how it went; never raises for what the other side does."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(urlsplit(url), headers, content, now)
        except TimeoutError:
            return Outcome(failure="timeout")
        except _Failure as failure:
            return Outcome(failure=str(failure))
        except (OSError, EOFError):  # the connection broke after it was made
            return Outcome(failure="not_http")

    async def _post(self, url: SplitResult, headers: Mapping[str, str], content: bytes, now: int) -> Outcome:
        host = str(url.hostname)
        is_tls = url.scheme == "https"
        port = url.port or (443 if is_tls else 80)
        reader, writer = await self._connect(host, port, is_tls=is_tls)
        try:
            writer.write(_head(url, headers, len(content)) + content)
            await writer.drain()
            return await _read_answer(reader, now)
        finally:
            writer.transport.abort()  # whatever the answer's body is, nobody reads it

    async def _connect(self, host: str, port: int, *, is_tls: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            found = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise _Failure("no_address") from error
        if not found:
            raise _Failure("no_address")
        if not all(may_send_to(address, self._allowed) for address in found):
            raise _Failure("address_refused")
        last: Exception | None = None
        for address in found[:MOST_ADDRESSES]:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await asyncio.open_connection(
                        address, port, limit=MOST_HEAD, ssl=self._context() if is_tls else None, server_hostname=host if is_tls else None
                    )
            except ssl.SSLError as error:
                raise _Failure("tls") from error
            except (OSError, TimeoutError) as error:
                last = error
        raise _Failure("timeout" if isinstance(last, TimeoutError) else "not_connected") from last

    async def _ask(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        places = self._asking.get(host)
        if places is None:
            places = self._asking[host] = asyncio.Semaphore(MOST_OF_A_NAME)
        await places.acquire()
        asked = self._threads.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)

        def give_back(_: object) -> None:
            with suppress(RuntimeError):  # the loop is closed by now
                loop.call_soon_threadsafe(places.release)

        asked.add_done_callback(give_back)  # when the thread is done, not when nobody waits for it any more
        found = await asyncio.wrap_future(asked)
        return list(dict.fromkeys(str(each[4][0]) for each in found))

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        return self._tls


def _head(url: SplitResult, headers: Mapping[str, str], size: int) -> bytes:
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = {
        "host": url.netloc,
        "user-agent": f"Deskline/{deskline.__version__}",
        "accept": "*/*",
        "connection": "close",
        "content-length": str(size),
        **headers,
    }
    return "".join([f"POST {target} HTTP/1.1\r\n", *(f"{name}: {value}\r\n" for name, value in lines.items()), "\r\n"]).encode("ascii")


async def _read_answer(reader: asyncio.StreamReader, now: int) -> Outcome:
    for _ in range(MOST_INTERIM + 1):
        status, head = await _read_head(reader)
        if status >= 200:
            return Outcome(status, "" if status <= 299 else "status", _retry_after(head, now))
    raise _Failure("not_http")


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Read the head of an answer and what its status is."""
    lines: list[bytes] = []
    size = 0
    while not lines or lines[-1] not in (b"\r\n", b"\n"):
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            raise _Failure("not_http") from error
        size += len(line)
        if size > MOST_HEAD:
            raise _Failure("not_http")
        lines.append(line)
    found = _STATUS.fullmatch(lines[0])
    if found is None:
        raise _Failure("not_http")
    return int(found[1]), b"".join(lines[1:])


def _retry_after(head: bytes, now: int) -> int | None:
    """Read for how many milliseconds the receiver wants to be left alone: Retry-After, in seconds or as a date; None where it is none."""
    for line in head.decode("latin-1").splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "retry-after":
            text = value.strip()
            if text.isascii() and text.isdigit() and len(text) < 12:
                return int(text) * SECOND
            try:
                return max(0, round(email.utils.parsedate_to_datetime(text).timestamp() * SECOND) - now)
            except ValueError:
                return None
    return None
