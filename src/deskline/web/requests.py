"""One request: its line, headers and parameters, and its body read within bounds of size and time.

Who sent it and which route it takes is filled in by the server; nothing here decides about either.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from deskline.errors import InvalidError, TooLargeError, TooSlowError
from deskline.web.nesting import read_json, read_pairs
from deskline.web.params import Params, shown
from deskline.web.patience import Patience
from deskline.web.request_ids import name_request

if TYPE_CHECKING:
    from deskline.web.routes import Route

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
DISCARD_BYTES = 16_000_000
DISCARD_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What a body may be: at most `size` bytes, all of it in `seconds`, and after `grace_seconds` at `bytes_per_second` or faster."""

    size: int = 1_000_000
    seconds: float = 10.0
    grace_seconds: float = 3.0
    bytes_per_second: int = 1_000

    def due_seconds(self, size: int) -> float:
        """Return how long after the start more must have come, when `size` bytes are there."""
        return min(self.seconds, self.grace_seconds + size / self.bytes_per_second)


class Request:
    """A request as the ASGI server hands it over. `headers` are by lower-case name; of a repeated one, the last."""

    __slots__ = (
        "_body",
        "_limits",
        "_patience",
        "_query",
        "_receive",
        "_request_id",
        "body_is_pending",
        "headers",
        "limit",
        "method",
        "path",
        "peer",
        "principal",
        "raw_query",
        "route",
        "route_values",
        "scheme",
        "services",
    )

    def __init__(
        self, scope: Message, receive: Receive, limits: BodyLimits, services: Any = None, patience: Patience | None = None
    ) -> None:
        """Take what ASGI gives. `path` is the raw one: still percent-encoded, without the query."""
        self.method: str = scope["method"]
        self.path: bytes = scope["raw_path"]
        self.raw_query: bytes = scope["query_string"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.scheme: str = scope["scheme"]
        client = scope["client"]
        self.peer: str = client[0] if client else ""
        self.services = services
        self.route: Route | None = None
        self.route_values: dict[str, str] = {}
        self.principal: Any = None
        self.limit: tuple[tuple[bytes, bytes], ...] = ()
        self.body_is_pending = b"content-length" in self.headers or b"transfer-encoding" in self.headers
        self._receive = receive
        self._limits = limits
        self._patience = patience or Patience()
        self._query: Params | None = None
        self._body: bytes | None = None
        self._request_id = ""

    @property
    def request_id(self) -> str:
        """A name for this request in the log and in the answer to whoever has to ask about it."""
        if not self._request_id:
            self._request_id = name_request(self.headers)
        return self._request_id

    @property
    def host(self) -> str:
        """The name, and the port, by which whoever asks knows this server. A forged one reaches nobody but its sender."""
        host = self.headers.get(b"host", b"").decode("latin-1")
        return host if _HOST.fullmatch(host) else "localhost"

    @property
    def query(self) -> Params:
        """The parameters of the query. Raises InvalidError and TooLargeError for a query that cannot be read."""
        if self._query is None:
            self._query = Params(read_pairs(self.raw_query), json_texts=True)
        return self._query

    async def form(self) -> Params:
        """Read the parameters of the body: JSON or a form, as its content type says, else as it looks.

        What begins like JSON is JSON even where the type says form, as `curl -d '{…}'` sends it: taken for a form it would
        have no parameters at all, and to change something to nothing is not what its sender wanted.
        """
        kind = self.headers.get(b"content-type", b"").lower()
        if kind.startswith(b"multipart/"):
            raise InvalidError("Content-Type: multipart is not read here; accepted: application/json, application/x-www-form-urlencoded")
        raw = await self.body()
        if b"json" in kind or raw.lstrip()[:1] in {b"{", b"[", b'"'}:
            return Params(read_json(raw))
        return Params(read_pairs(raw))

    async def body(self) -> bytes:
        """Read the whole body, once. Raises as `pieces`."""
        if self._body is None:
            self._body = b"".join([piece async for piece in self.pieces(self._limits)]) if self.body_is_pending else b""
        return self._body

    def narrow(self, size: int) -> None:
        """Take a body of no more than so many bytes, if it was not read yet."""
        self._limits = replace(self._limits, size=min(size, self._limits.size))

    async def pieces(self, limits: BodyLimits) -> AsyncGenerator[bytes, None]:
        """Read the body as it comes, once, within bounds of size and time.

        Raises TooLargeError (without reading, where the length says so), TooSlowError, and InvalidError where it is encoded or breaks off.
        """
        encoding = self.headers.get(b"content-encoding", b"identity").decode("latin-1")
        if encoding.lower() != "identity":
            raise InvalidError(f"Content-Encoding: {shown(encoding)} is not read here; accepted: a body that is not encoded")
        length = int(self.headers.get(b"content-length", b"-1"))
        if length > limits.size:
            raise _too_large(limits)
        started = asyncio.get_running_loop().time()
        size = 0
        while self.body_is_pending and size != length:
            chunk = await self._chunk_in_time(limits, started, size)
            size += len(chunk)
            if size > limits.size:
                raise _too_large(limits)
            yield chunk
        self.body_is_pending = False

    async def discard(self) -> None:
        """Read and drop what is left of the body, up to 16 MB and 2 seconds.

        A client that writes all of its body before it reads would otherwise see a broken connection instead of its answer: a socket
        closed with unread data in it resets, and the reset overtakes the answer.
        """
        size = 0
        try:
            async with asyncio.timeout(DISCARD_SECONDS):
                while self.body_is_pending and size < DISCARD_BYTES:
                    size += len(await self._chunk())
        except (TimeoutError, InvalidError):
            self.body_is_pending = False

    async def wait_left(self) -> None:
        """Wait until the client has gone away."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _chunk_in_time(self, limits: BodyLimits, started: float, size: int) -> bytes:
        try:
            return await self._patience.wait(self._chunk(), started + limits.due_seconds(size))
        except TimeoutError:
            self.body_is_pending = False  # it is given up, also by `discard`
            raise TooSlowError(
                f"The body did not come in time; accepted: all of it in {limits.seconds:g} seconds, "
                f"at {limits.bytes_per_second:,} bytes a second or more."
            ) from None

    async def _chunk(self) -> bytes:
        message = await self._receive()
        if message["type"] != "http.request":
            self.body_is_pending = False
            raise InvalidError("body: it broke off; accepted: as many bytes as Content-Length says, or complete chunks")
        self.body_is_pending = message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk


def _too_large(limits: BodyLimits) -> TooLargeError:
    return TooLargeError(f"The body is too large; accepted: at most {limits.size:,} bytes.")
