"""Requests that may be sent again: one with an Idempotency-Key is done once, and its answer is given to each repetition.

The key and the answer are stored in the transaction of what the request changes, so there is no moment in which one is there without the
other. Nothing here runs a handler or knows what it does.
"""

import re
from hashlib import sha256
from typing import Final

import msgspec

from deskline.domain.kept_answers import KEPT_MS, check_repetition
from deskline.errors import InvalidError
from deskline.storage import kept_answers as stored
from deskline.storage.database import Writer
from deskline.storage.kept_answers import KeptAnswer
from deskline.web.requests import Request
from deskline.web.responses import Answer, Header
from deskline.web.streams import Stream

HEADER: Final = b"idempotency-key"
LONGEST_KEY: Final = 255
# A string as the IETF's draft wants it (RFC 9651, 3.3.3), or what most clients send: the same without quotes.
_QUOTED: Final = re.compile(rb'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_BARE: Final = re.compile(rb"[!#-+\--:<-\[\]-~]*")
_ESCAPED: Final = re.compile(rb'\\(["\\])')
_KEY_TEXT: Final = f"Idempotency-Key: is not readable; accepted: 1 to {LONGEST_KEY} characters of ASCII, best a new UUID for each request"
_NOT_KEPT_TEXT: Final = "Idempotency-Key: is not offered here, since the answer holds a secret that is kept nowhere; leave it out"

_FILE_TEXT: Final = (
    "Idempotency-Key: is not offered here, and not needed: a file does nothing until a message names it, so send it again; leave it out"
)


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """An answer as it is kept."""

    status: int
    content_type: bytes
    headers: tuple[Header, ...]
    body: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Kept).decode


class Repetition:
    """A request with a key, as often as it is sent: where its answer is kept, and how its repetitions are known from other requests."""

    def __init__(self, account_id: int, route: str, key: str, fingerprint: bytes) -> None:
        self.place = (account_id, route, key)
        self._fingerprint = fingerprint

    async def find_answer(self, tx: Writer) -> Answer | None:
        """Find the answer that was given before. Raises ReusedKeyError."""
        _, route, key = self.place
        kept = await stored.find(tx, route, key, tx.now - KEPT_MS)
        if kept is None:
            return None
        check_repetition(kept.fingerprint, self._fingerprint)
        answer = _decode(kept.answer)
        return Answer(answer.body, answer.status, content_type=answer.content_type, headers=answer.headers)

    async def keep(self, tx: Writer, answer: Answer) -> None:
        """Keep an answer together with what it tells of."""
        if isinstance(answer, Stream):
            raise TypeError("a streamed answer cannot be kept")
        _, route, key = self.place
        kept = _Kept(answer.status, answer.content_type, tuple(answer.headers), answer.body)
        await stored.save(tx, route, key, KeptAnswer(self._fingerprint, _encode(kept)))


async def read_repetition(request: Request) -> Repetition | None:
    """Read a request's key, and the rest of it; None where it has none. Raises InvalidError, and what reading a body raises."""
    value = request.headers.get(HEADER)
    if value is None:
        return None
    assert request.route is not None
    if request.route.answers_secret:
        raise InvalidError(_NOT_KEPT_TEXT)
    if request.route.takes_file:
        raise InvalidError(_FILE_TEXT)
    by, route = request.principal, f"{request.route.method} {request.route.path}"
    return Repetition(by.account_id, route, read_key(value), await _fingerprint(request))


def read_key(value: bytes) -> str:
    """Read a key, with or without the quotes. Raises InvalidError."""
    quoted = _QUOTED.fullmatch(value)
    key = _ESCAPED.sub(rb"\1", quoted[1]) if quoted else value if _BARE.fullmatch(value) else b""
    if not 0 < len(key) <= LONGEST_KEY:
        raise InvalidError(_KEY_TEXT)
    return key.decode("ascii")


async def _fingerprint(request: Request) -> bytes:
    """Hash who asks for what: the login, what stands in the path and the query, the bytes of the body."""
    parts = (
        request.principal.login.encode(),
        repr(sorted(request.route_values.items())).encode("utf-8", "backslashreplace"),
        request.raw_query,
        await request.body(),
    )
    return sha256(b"".join([b"%d:%b" % (len(part), part) for part in parts])).digest()
