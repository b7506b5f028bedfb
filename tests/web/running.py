"""The small application as a running program, and bytes exchanged with it. What is asked of it is the tests' matter."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.serving import PATIENCE_SECONDS, Answer, exchange

ROOT = Path(__file__).parents[2]
SIGNED_IN = "Authorization: Basic am9objprZXk="


@dataclass
class Small:
    """A running small server."""

    url: str
    process: "subprocess.Popen[str]"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    def connect(self) -> socket.socket:
        """Open a connection; nothing on it takes longer than the tests' patience."""
        return socket.create_connection(self.address, timeout=PATIENCE_SECONDS)

    def ask(self, method: str, target: str, *headers: str, body: bytes | None = None) -> Answer:
        """Send one signed-in request on a connection of its own."""
        with self.connect() as connection:
            answer = exchange(connection, a_head(method, target, *headers, body=body), method)
        assert answer is not None
        return answer

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)


def a_head(method: str, target: str, *headers: str, body: bytes | None = None) -> bytes:
    """A signed-in request as bytes."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", SIGNED_IN, *headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def read_to_end(connection: socket.socket) -> bytes:
    """Read until the server closes."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


@contextmanager
def small_server(**options: Any) -> Iterator[Small]:
    """Run the small application with some options; whatever a test leaves running is killed."""
    process = subprocess.Popen([sys.executable, "-m", "tests.web.small", json.dumps(options)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url, "the server did not start"
        yield Small(url, process)
    finally:
        process.kill()
        process.communicate()
