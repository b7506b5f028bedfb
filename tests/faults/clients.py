"""Clients of a server that may go away: each keeps a connection, and tells a server that is not there from one that broke its word."""

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import apsw
import msgspec

from deskline.domain.events import AnyEvent
from deskline.domain.timelines import fold
from deskline.web.v2.wire import show_ticket
from tests.faults.programs import KEY, OWNER, PATIENCE_SECONDS, basic
from tests.storage.builders import OURS, TAGS, WORDS
from tests.storage.wholeness import read_timelines


class BrokenError(Exception):
    """The server took a request, or the connection for it, and did not answer."""


class Client:
    """One connection at a time, kept as long as the server keeps it. Signed in."""

    def __init__(self, host: str, port: int, *, login: str = OWNER, key: str = KEY, headers: Mapping[str, str] | None = None) -> None:
        self.address = (host, port)
        more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items()).encode()
        self._head = b"Host: localhost\r\n" + basic(login, key) + more
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, target: str, form: Mapping[str, Any] | None = None) -> tuple[int, bytes]:
        """Ask and read the whole answer. Raises BrokenError; ConnectionRefusedError where nobody listens."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self.address)
        reader, writer = self._streams
        body = urlencode(form or {}).encode()
        lines = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n" % len(body) if form is not None else b""
        try:
            writer.write(f"{method} {target} HTTP/1.1\r\n".encode() + self._head + lines + b"\r\n" + body)
            head = await reader.readuntil(b"\r\n\r\n")
            answer = await reader.readexactly(_length(head))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            self.close()
            raise BrokenError(f"{method} {target}: {error!r}") from error
        if b"connection: close" in head.lower():
            self.close()
        return int(head.split(b" ", 2)[1]), answer

    async def ask_patiently(self, method: str, target: str, form: Mapping[str, Any] | None = None) -> tuple[int, bytes]:
        """The same, where the server may be restarting: while nobody listens, try again."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    return await self.ask(method, target, form)
                except ConnectionRefusedError:
                    await asyncio.sleep(0.02)

    def close(self) -> None:
        """Leave the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    raise BrokenError(f"an answer without a length: {head!r}")


@dataclass
class Told:
    """What clients were told: how each ticket was shown last, and whatever was no answer or not a good one."""

    tickets: dict[str, bytes] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    answers: int = 0
    goal: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def count(self) -> None:
        """Count an answer."""
        self.answers += 1
        if self.answers == self.goal:
            self.reached.set()

    async def wait(self, more: int) -> None:
        """Wait until so many more answers have come."""
        self.reached = asyncio.Event()
        self.goal = self.answers + more
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.reached.wait()

    def note(self, status: int, body: bytes) -> str:
        """Remember a ticket as it was shown by a good answer. Answers its id, empty where it is none."""
        if status != 200:
            return ""
        ticket_id: str = msgspec.json.decode(body)["id"]
        self.tickets[ticket_id] = body
        return ticket_id

    def missing(self, path: Path) -> list[str]:
        """List what the database at `path` lacks of what clients were told. More may be there: what they never heard of."""
        with closing(apsw.Connection(str(path))) as connection:
            timelines = read_timelines(connection, OURS)
        return [
            f"{ticket_id} never was as it was shown: {shown.decode()}"
            for ticket_id, shown in self.tickets.items()
            if shown not in states(ticket_id, timelines.get(ticket_id, ()))
        ]


def states(ticket_id: str, events: Sequence[AnyEvent]) -> Iterator[bytes]:
    """Show a ticket as it was after each of its events, the last first."""
    for length in range(len(events), 0, -1):
        yield show_ticket(fold(ticket_id, events[:length]), events[:length])


async def writer(client: Client, told: Told, chance: random.Random) -> None:
    """Use a help desk until the server is gone."""
    mine: list[str] = []
    with suppress(BrokenError, ConnectionRefusedError):
        while True:
            await use(client, told, chance, mine)
    client.close()


async def use(client: Client, told: Told, chance: random.Random, mine: list[str]) -> None:
    """Ask one thing of a help desk, mostly writes, and note what was answered. Raises BrokenError, ConnectionRefusedError."""
    ticket_id = chance.choice(mine) if mine else ""
    text = {"message": " ".join(chance.choices(WORDS, k=5))}
    kind = chance.choices(("create", "reply", "tags", "get", "list"), (4, 3, 1, 2, 1))[0] if mine else "create"
    match kind:
        case "create":
            status, body = await client.ask_patiently("POST", "/tickets", text | {"requester[mail]": "ann@client.example"})
        case "reply":
            status, body = await client.ask_patiently("POST", f"/tickets/{ticket_id}/messages", text)
        case "tags":
            status, body = await client.ask_patiently("PUT", f"/tickets/{ticket_id}/tags", {"tag[]": chance.choice(TAGS)})
        case "get":
            status, body = await client.ask_patiently("GET", f"/tickets/{ticket_id}")
        case _:
            status, body = await client.ask_patiently("GET", "/tickets?status=open")
    told.count()
    if status != 200:
        told.complaints.append(f"{kind}: {status} {body[:200]!r}")
    elif kind == "create":
        mine.append(told.note(status, body))
    elif kind != "list":
        told.note(status, body)
