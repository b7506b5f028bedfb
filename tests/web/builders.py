"""Requests for tests of the edge, without a server. What a test cares about it says; the rest is ordinary."""

from collections.abc import Sequence

from deskline.web.requests import BodyLimits, Message, Request

SIGNED_IN = (b"authorization", b"Basic am9objprZXk=")


def a_scope(
    method: str = "GET",
    path: bytes = b"/tickets",
    *,
    query: bytes = b"",
    headers: Sequence[tuple[bytes, bytes]] = (),
    scheme: str = "http",
    peer: str = "127.0.0.1",
) -> Message:
    """A request as an ASGI server describes it."""
    return {
        "type": "http",
        "method": method,
        "raw_path": path,
        "query_string": query,
        "headers": list(headers),
        "scheme": scheme,
        "client": (peer, "50000"),
    }


class Sent:
    """What a client sends as a body, in chunks; after the last one the connection is gone."""

    def __init__(self, *chunks: bytes, complete: bool = True) -> None:
        self.messages: list[Message] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        if complete:
            self.messages.append({"type": "http.request", "body": b"", "more_body": False})
        self.messages.append({"type": "http.disconnect"})

    async def __call__(self) -> Message:
        return self.messages.pop(0)


def a_request(
    method: str = "GET",
    path: bytes = b"/tickets",
    *,
    query: bytes = b"",
    headers: Sequence[tuple[bytes, bytes]] = (),
    scheme: str = "http",
    peer: str = "127.0.0.1",
    sent: Sent | None = None,
    limits: BodyLimits | None = None,
) -> Request:
    """A request as a handler gets it."""
    scope = a_scope(method, path, query=query, headers=headers, scheme=scheme, peer=peer)
    return Request(scope, sent or Sent(), limits or BodyLimits())
