"""A receiver of webhooks on loopback, that answers as it is told, and keeps what it got."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

import msgspec

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
PATIENCE_SECONDS = 20


def answer(status: int, *lines: str) -> bytes:
    """Spell an answer."""
    return "\r\n".join([f"HTTP/1.1 {status} Said", *lines, "Content-Length: 0", "", ""]).encode()


class Got(NamedTuple):
    """A message that came."""

    target: str
    headers: dict[str, str]
    content: bytes

    @property
    def name(self) -> str:
        return self.headers["webhook-id"]

    def json(self) -> dict[str, object]:
        return msgspec.json.decode(self.content, type=dict[str, object])


class Receiver:
    """What came, in order, and what is answered: bytes, or None for nothing until the other side leaves."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answers: Callable[[Got], bytes | None] = lambda _: OK
        self.most_at_once = 0
        self.drips = False
        self._here = 0
        self._came = asyncio.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?a=1"

    async def until(self, count: int) -> list[Got]:
        """Wait until so many messages came."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.got) < count:
                self._came.clear()
                await self._came.wait()
        return self.got

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one message."""
        self._here += 1
        self.most_at_once = max(self.most_at_once, self._here)
        try:
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            got = Got(first.split(" ")[1], headers, await reader.readexactly(int(headers["content-length"])))
            self.got.append(got)
            self._came.set()
            said = self.answers(got)
            if said is None:
                await reader.read()  # the other side leaves
            elif self.drips:
                for byte in said:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(0.05)
            else:
                writer.write(said)
                await writer.drain()
        except (OSError, EOFError):
            pass  # it left in the middle
        finally:
            self._here -= 1
            writer.transport.abort()


@asynccontextmanager
async def receiving(port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Listen on loopback as long as the block lasts."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", port, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
