"""The ASGI application: finds the route, applies the rules of the transport, signs in, runs the handler, answers whatever came of it.

What a route does is in its handler; nothing here knows tickets, SQL or the HTTP server underneath.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, TypeAlias

import structlog

from deskline.errors import OutcomeUnknownError, OutdatedError, RefusedError, UnavailableError
from deskline.web.metrics import Metrics
from deskline.web.overload import Pulse
from deskline.web.patience import Patience
from deskline.web.request_ids import HEADER as REQUEST_ID
from deskline.web.requests import BodyLimits, Message, Receive, Request, Send
from deskline.web.responses import Answer, Final, Header, error_answer, finish, head_of_stream, unchanged
from deskline.web.routes import Route, Routes
from deskline.web.streams import BrokenOffError, Stream
from deskline.web.transport import Transport
from deskline.web.watches import Watches
from deskline.web.writes import ConditionalWrites, is_conditional

UNMATCHED = "(none)"
_log = structlog.get_logger("deskline.web")


Streamed: TypeAlias = tuple[int, list[Header], Stream]
# Finds out who sends a request, which knows its route and with it the scope. Raises SignInError, and ForbiddenError without the scope.
Authenticate: TypeAlias = Callable[[Request], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much the application takes: requests at once, seconds that one may have waited, the size and pace of bodies.

    `piece_seconds` is how long a client may take to make room for the next piece of a streamed answer.
    """

    in_flight: int = 1_000
    wait_seconds: float = 0.2
    piece_seconds: float = 30.0
    body: BodyLimits = field(default_factory=BodyLimits)


class Application:
    """An ASGI application over a table of routes. `begun` counts all requests, `in_flight` those without an answer."""

    def __init__(
        self,
        routes: Iterable[Route],
        authenticate: Authenticate,
        *,
        services: Any = None,
        transport: Transport | None = None,
        bounds: Bounds | None = None,
        log_access: bool = False,
        metrics: Metrics | None = None,
        watches: Watches | None = None,
    ) -> None:
        """Take the routes, who signs in, and what handlers find at `request.services`."""
        self.metrics = metrics or Metrics()
        self.begun = 0
        self.is_stopping = False
        self._routes = Routes(routes)
        self._authenticate = authenticate
        self._services = services
        self._transport = transport or Transport()
        self._bounds = bounds or Bounds()
        self._pulse = Pulse(self._bounds.wait_seconds)
        self._patience = Patience()
        self._conditional = ConditionalWrites()
        self._log_access = log_access
        self._watches = watches

    @property
    def in_flight(self) -> int:
        """How many requests are being worked on."""
        return self.metrics.in_flight

    def start(self) -> None:
        """Begin to watch the running loop, so that overload is noticed."""
        self._pulse.start()

    def begin_stop(self) -> None:
        """Ask every client from now on to leave its connection after the answer."""
        self.is_stopping = True
        self._pulse.stop()
        if self._watches is not None:
            self._watches.stop()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise RuntimeError(f"{scope['type']} is not spoken here")
        started = perf_counter()
        metrics = self.metrics
        self.begun += 1
        metrics.in_flight += 1
        request = Request(scope, receive, self._bounds.body, self._services, self._patience)
        try:
            status, headers, body = await self._answer(request, started)
            headers += ((REQUEST_ID, request.request_id.encode()), *request.limit)
            if request.route is not None and request.route.deprecated is not None:
                headers += request.route.deprecated.headers
            await send({"type": "http.response.start", "status": status, "headers": headers})
            if isinstance(body, Stream):
                size = await self._stream(request, body, send)
            else:
                await send({"type": "http.response.body", "body": body})
                size = len(body)
        finally:
            metrics.in_flight -= 1
        seconds = perf_counter() - started
        path = request.route.path if request.route else UNMATCHED
        metrics.count(path, request.method, status, seconds)
        if self._log_access:
            _log_line(request, status, size, seconds)
        if request.body_is_pending and b"expect" not in request.headers:
            await request.discard()

    async def _stream(self, request: Request, stream: Stream, send: Send) -> int:
        """Send a streamed answer; where it breaks off, the server must hear of it to close the connection."""
        try:
            return await stream.send(request, send, self._patience, self._bounds.piece_seconds)
        except BrokenOffError as error:
            _log.warning("a streamed answer was broken off", request_id=request.request_id, path=_shown_path(request), reason=str(error))
            raise

    async def _answer(self, request: Request, started: float) -> "Final | Streamed":
        try:
            answer = await self._handled(request, started)
            if isinstance(answer, Stream):
                return await self._begun(request, answer)
            return finish(request, answer, close=self.is_stopping)
        except Exception as error:  # noqa: BLE001  # the edge: whatever happened, the client gets an answer
            if isinstance(error, OutcomeUnknownError):  # the database's doing, not a mistake in the program: no traceback
                _log.error("a write may or may not have been done", request_id=request.request_id, reason=str(error.__cause__ or error))
            elif isinstance(error, OutdatedError):
                _log.error("this server is to be replaced", reason=str(error))
            elif not isinstance(error, RefusedError | UnavailableError):
                _log.exception("a request failed", request_id=request.request_id, method=request.method, path=_shown_path(request))
            return finish(request, error_answer(error, request.request_id), close=self.is_stopping)

    async def _begun(self, request: Request, stream: Stream) -> "Final | Streamed":
        """Have the first piece made: until then all may still be refused."""
        known = None if stream.tag is None else unchanged(request, stream, stream.tag, close=self.is_stopping)
        if known is not None:
            await stream.close()
            return known
        await stream.begin()
        headers = head_of_stream(stream, size=stream.size, tag=stream.tag, close=self.is_stopping)
        if request.method != "HEAD":
            return stream.status, headers, stream
        await stream.close()
        return stream.status, headers, b""

    async def _handled(self, request: Request, started: float) -> Answer:
        """Route, then transport, then credentials: an unknown path is a 404 even for a stranger, as in the original."""
        route, request.route_values = self._routes.match(request.method, request.path)
        request.route = route
        self._transport.check(request, public=route.public, from_pages=route.from_pages)
        if not route.public:
            if self.metrics.in_flight > self._bounds.in_flight or self._pulse.is_late(started):
                raise UnavailableError("The server has more work than it can do; please try again in a moment.")
            if route.has_own_sign_in:
                return await route.handler(request)
            request.principal = await self._authenticate(request)
            if is_conditional(request):
                return await self._conditional.answer(request)
        return await route.handler(request)


def _shown_path(request: Request) -> str:
    return request.path[:200].decode("latin-1").encode("unicode_escape").decode()


def _log_line(request: Request, status: int, size: int, seconds: float) -> None:
    """Log a request, without its query: that may hold addresses of people."""
    _log.info(
        "request",
        method=request.method,
        path=_shown_path(request),
        status=status,
        bytes=size,
        ms=round(seconds * 1_000, 2),
        peer=request.peer,
        request_id=request.request_id,
    )
