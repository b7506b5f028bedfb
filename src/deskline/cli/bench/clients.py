"""Whoever asks: an account's credentials, requests as their bytes, and answers read one at a time where they are looked at as a whole."""

import base64
import http.client
import time
from typing import Any, Final, Self
from urllib.parse import urlencode

import msgspec

from deskline.cli.bench.load import Ask, LoadError

KEPT_SECONDS: Final = 1.0  # a server lets go of a connection that has been idle for long


class Client:
    """A connection that is kept, to a server on this machine."""

    def __init__(self, port: int, login: str, key: str) -> None:
        """Connect when something is asked for the first time."""
        credentials = base64.b64encode(f"{login}:{key}".encode()).decode()
        self.headers = {"Authorization": f"Basic {credentials}", "X-API-Version": "2", "Content-Type": "application/json"}
        self._used_at = 0.0
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def get(self, path: str, **parameters: object) -> Any:
        """GET something and read its JSON. Raises LoadError where the answer is not 200."""
        target = f"{path}?{urlencode(parameters)}" if parameters else path
        if time.monotonic() - self._used_at > KEPT_SECONDS:
            self._connection.close()  # the next request opens it again
        self._connection.request("GET", target, headers=self.headers)
        answer = self._connection.getresponse()
        body = answer.read()
        self._used_at = time.monotonic()
        if answer.status != 200:
            raise LoadError(f"GET {target}: {answer.status} {body[:200].decode(errors='replace')}")
        return msgspec.json.decode(body)

    def ask(self, target: str, expected: bytes, body: dict[str, object] | None = None, kind: int = 0) -> Ask:
        """Make a request as its bytes: a GET, or with a body a POST of JSON."""
        content = b"" if body is None else msgspec.json.encode(body)
        headers = {"Host": "127.0.0.1", **self.headers, **({"Content-Length": str(len(content))} if content else {})}
        lines = [f"{'POST' if content else 'GET'} {target} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items())]
        return Ask("\r\n".join([*lines, "", ""]).encode() + content, expected, kind)
