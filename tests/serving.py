"""The real server as a program of its own, and answers read off its socket. What is asked of it is the tests' matter."""

import base64
import contextlib
import http.client
import json
import re
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

KEPT_SECONDS = 2  # a server lets go of a connection that has been idle for long
PATIENCE_SECONDS = 30  # a server that does not start or stop fails the test instead of hanging it


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers by lower-case name in their order, the whole body."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of a name."""
        return next((value for each, value in self.headers if each == name), None)

    @property
    def json(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)


@dataclass
class Server:
    """A server that runs: where it listens, its data folder, and the file that its log goes to."""

    url: str
    data: Path
    log: Path
    process: subprocess.Popen[str]
    is_killed: bool = False  # by its test
    _connection: http.client.HTTPConnection | None = None
    _asked_at: float = 0.0

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    def connect(self) -> socket.socket:
        """Open a connection, for tests that write their own bytes."""
        return socket.create_connection(self.address, timeout=PATIENCE_SECONDS)

    def ask(self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request over a connection that is kept while requests follow one another, and read the answer."""
        now = time.monotonic()
        if self._connection is None or now > self._asked_at + KEPT_SECONDS:
            if self._connection is not None:
                self._connection.close()
            self._connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE_SECONDS)
        self._asked_at = now
        connection = self._connection
        connection.request(method, target, body, dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, [(name.lower(), value) for name, value in answer.getheaders()], answer.read())


def basic(login: str, key: str) -> dict[str, str]:
    """The header that signs a request in."""
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{key}".encode()).decode()}


@contextmanager
def serving(data: Path, **settings: str) -> Iterator[Server]:
    """Serve a data folder on a free port of loopback, with settings as flags.

    At the end the server must stop in order, with code 0, unless the test has killed it.
    """
    log = data / "server.log"
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in {"data": str(data), "port": "0", **settings}.items()]
    command = [sys.executable, "-W", "error", "-m", "deskline", "serve", *flags]
    with log.open("ab") as stderr:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)
    try:
        server = Server(_announced(process, log), data, log, process)
        yield server
        if server._connection is not None:
            server._connection.close()
        if not server.is_killed:
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_SECONDS) == 0, log.read_text()
    finally:
        process.kill()
        process.communicate()


def _announced(process: subprocess.Popen[str], log: Path) -> str:
    """Wait for the URL that the server prints when it listens."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        ready = selector.select(PATIENCE_SECONDS)
    line = process.stdout.readline() if ready else ""
    url = re.search(r"https?://\S+", line)
    assert url is not None, f"the server did not start: {line}\n{log.read_text()}"
    return url[0]


def exchange(connection: socket.socket, raw: bytes, method: str) -> Answer | None:
    """Send bytes as they are and read one answer; None where the server broke the connection off without one."""
    # A server that has said no closes while we still write; what it said is there to be read all the same.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(raw)
    answer = http.client.HTTPResponse(connection, method=method)
    try:
        answer.begin()
        body = answer.read()
    except (http.client.RemoteDisconnected, ConnectionResetError):
        return None
    finally:
        answer.close()
    return Answer(answer.status, [(name.lower(), value) for name, value in answer.getheaders()], body)
