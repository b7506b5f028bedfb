"""Runs an application on Granian's embedded server, in the running event loop, from the first connection to a quiet end.

What is served is the application's business; this knows sockets, TLS, signals and the order of stopping.
"""

import asyncio
import logging
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import structlog
from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

from deskline.errors import SettingsError
from deskline.web.listening import count_waiting, drop_new_connections, listen
from deskline.web.requests import Message, Receive, Send
from deskline.web.streams import BrokenOffError

_FILES_KEPT_BACK = 256  # for the database, the log and whatever else is opened
_TICK_SECONDS = 0.02
_log = structlog.get_logger("deskline.web")


class Served(Protocol):
    """What can be run here: an ASGI application that can be started and told that the end is near."""

    @property
    def begun(self) -> int:
        """How many requests have begun so far."""

    @property
    def in_flight(self) -> int:
        """How many of them have no answer yet."""

    def start(self) -> None:
        """Prepare for requests, in the running loop."""

    def begin_stop(self) -> None:
        """Ask clients from now on to leave their connections."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""


@dataclass(frozen=True, slots=True)
class Serving:
    """Where and how to serve.

    `header_seconds` bounds the head of a request and just as well a connection that waits for its next one. `connections` are held at
    once; further ones wait in the kernel, up to `backlog`. `quiet_seconds` is how long nothing must happen before idle connections are
    closed at the end, `grace_seconds` what all of stopping may take.
    """

    host: str = "127.0.0.1"
    port: int = 0
    certificate: Path | None = None
    key: Path | None = None
    header_seconds: float = 15.0
    header_bytes: int = 65_536
    connections: int = 4_096
    backlog: int = 1_024
    quiet_seconds: float = 0.1
    leave_seconds: float = 2.0
    linger_seconds: float = 3.0
    grace_seconds: float = 30.0


# Sets the first event when it is time to stop, and the second when there is haste, for as long as it is entered.
Orders: TypeAlias = Callable[[asyncio.Event, asyncio.Event], AbstractContextManager[None]]


async def serve(
    application: Served,
    serving: Serving,
    *,
    ready: Callable[[str], None],
    stop: asyncio.Event | None = None,
    listener: socket.socket | None = None,
    orders: Orders | None = None,
) -> bool:
    """Serve until SIGTERM, SIGINT or `stop`; return whether every request that had begun was answered.

    `ready` gets the URL as soon as connections are accepted. A second signal ends at once. A `listener` may be given, to be shared with
    other processes, and `orders` in the place of signals. Raises SettingsError where the address or the certificate cannot be used.
    """
    stop, hurry = stop or asyncio.Event(), asyncio.Event()
    listener = listener or listen(serving.host, serving.port, serving.backlog)
    with closing(listener), (orders or _signals)(stop, hurry):
        server = _server(application, serving, listener)
        running: asyncio.Task[None] = asyncio.create_task(server.serve())
        running.add_done_callback(lambda _: stop.set())
        try:
            await server.started
            application.start()
            ready(url_of(serving, listener))
            await stop.wait()
            if running.done():
                running.result()
                raise RuntimeError("the HTTP server ended by itself")
            await _within(serving.grace_seconds, hurry, _stop(application, serving, server, listener, running))
        finally:
            server.kill()
            await _cancel(running)
    if application.in_flight:
        _log.warning("stopped without having answered every request", unanswered=application.in_flight)
    return application.in_flight == 0


async def _stop(application: Served, serving: Serving, server: "_Embedded", listener: socket.socket, running: "asyncio.Task[None]") -> None:
    """Stop so that no request is lost.

    Told to stop, Granian closes idle connections at once, also one whose next request is on its way, and its listening socket with all
    that waits in it. So first: no new connections, and every answer asks its client to leave. Only when that has come to rest Granian
    is told. What still holds it back then, without a request of ours, is half a head of a request: it is not waited for.
    """
    application.begin_stop()
    drop_new_connections(listener)
    await _rest(application, serving, listener)
    server.stop()  # type: ignore[no-untyped-call]
    listener.close()
    silent_seconds = 0.0
    while not running.done() and silent_seconds < serving.linger_seconds:
        await asyncio.sleep(_TICK_SECONDS)
        silent_seconds = 0.0 if application.in_flight else silent_seconds + _TICK_SECONDS


async def _rest(application: Served, serving: Serving, listener: socket.socket) -> None:
    """Wait until nothing has happened for `quiet_seconds`, or for `leave_seconds` at most."""
    now = asyncio.get_running_loop().time
    begun, since = -1, now()
    end = since + serving.leave_seconds
    while now() < end and (begun < 0 or now() - since < serving.quiet_seconds):
        if application.begun != begun or application.in_flight or count_waiting(listener):
            begun, since = application.begun, now()
        await asyncio.sleep(_TICK_SECONDS)


async def _within(seconds: float, hurry: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do some work until its end, for so many seconds or until haste is asked for, whatever is first."""
    tasks = (asyncio.create_task(work), asyncio.create_task(hurry.wait()))
    await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    await _cancel(*tasks)
    if not tasks[0].cancelled():
        tasks[0].result()


async def _cancel(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


class _Embedded(Server):
    """Granian's server on a socket of ours.

    Two methods of Granian's are replaced. Its own socket is made with SO_REUSEPORT, in the worker, and does not tell which port 0 became.
    And it does not tell when it has started.
    """

    def __init__(self, listener: socket.socket, backlog: int, **settings: Any) -> None:
        self._listener = listener
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        super().__init__(backlog=backlog, **settings)

    def _init_shared_socket(self) -> None:
        # A duplicate: Granian closes the number it gets, and the socket itself must outlive that (see `_stop`).
        file = socket.dup(self._listener.fileno())
        bound = (file, False, self.backlog) if sys.platform == "linux" else (file, False)
        self._shd = SocketHolder(*bound)  # type: ignore[assignment]  # Granian does not say that it may be set

    def _spawn_workers(self, *arguments: Any) -> None:
        super()._spawn_workers(*arguments)  # type: ignore[no-untyped-call]
        # The worker is a task that starts its threads in its first step; what is queued behind that step comes after it.
        asyncio.get_running_loop().call_soon(self._tell)

    def kill(self) -> None:
        """Drop what is left, without Granian's surprise at it."""
        for worker in self.wrks:
            worker.kill()  # type: ignore[no-untyped-call]

    def _tell(self) -> None:
        if self.wrks[0].is_alive():  # type: ignore[no-untyped-call]
            self.started.set_result(None)
        else:
            self.started.set_exception(SettingsError("the server could not be started; the log says why"))


def _server(application: Served, serving: Serving, listener: socket.socket) -> _Embedded:
    logging.getLogger("_granian").addFilter(_is_news)
    try:
        return _Embedded(
            listener,
            serving.backlog,
            target=application,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            websockets=False,
            backpressure=_connections(serving),
            http1_settings=HTTP1Settings(header_read_timeout=int(serving.header_seconds * 1_000), max_buffer_size=serving.header_bytes),
            # Only the level is set: as a whole, Granian's configuration of the log closes every handler that the process has.
            log_level=LogLevels.warning,
            log_dictconfig={"incremental": True, "formatters": {}, "handlers": {}, "loggers": {}},
            ssl_cert=serving.certificate,
            ssl_key=serving.key,
            ssl_protocol_min=SSLProtocols.tls12,
        )
    except OSError as error:  # ssl.SSLError is one
        accepted = "two PEM files that belong together"
        raise SettingsError(f"tls: the certificate or its key cannot be used ({error}); accepted: {accepted}") from None


def _is_news(record: logging.LogRecord) -> bool:
    """Keep lines out of the log that are no news to whoever runs Deskline: how we use Granian is our decision and our tests' subject.

    That a streamed answer broke off was logged with its reason, and that its client has gone is its own matter.
    """
    broken_off = record.exc_info is not None and isinstance(record.exc_info[1], BrokenOffError)
    return not broken_off and record.msg != "Embedded server is experimental!"


def _connections(serving: Serving) -> int:
    """How many connections there may be at once: each is an open file, and more of them than files would make Granian spin."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = serving.connections + _FILES_KEPT_BACK
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(soft - _FILES_KEPT_BACK, 1)
    return serving.connections


def url_of(serving: Serving, listener: socket.socket) -> str:
    """Spell where a listening socket is reached."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104  # compared, not bound
        host = "localhost"
    return f"{'https' if serving.certificate else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


@contextmanager
def _signals(stop: asyncio.Event, hurry: asyncio.Event) -> Iterator[None]:
    """Let the first SIGTERM or SIGINT ask for the end and the second for haste. Signals are the main thread's alone."""

    def ask() -> None:
        (hurry if stop.is_set() else stop).set()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
