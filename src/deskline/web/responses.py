"""Answers: their JSON, the one table from errors to statuses, and the headers and the JSONP every answer gets at the end.

What an answer says is the handlers' business; how it is sent is the server's.
"""

import re
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from deskline.errors import (
    ConflictError,
    DesklineError,
    DurabilityLostError,
    ForbiddenError,
    InFlightError,
    InvalidError,
    InvalidTokenError,
    MethodError,
    NotFoundError,
    OutcomeUnknownError,
    ReusedKeyError,
    ScopeError,
    SignInError,
    StaleError,
    StorageFullError,
    TooLargeError,
    TooManyError,
    TooSlowError,
    UnavailableError,
    UnsupportedVersionError,
)
from deskline.web.etags import entity_tag, is_known
from deskline.web.nesting import read_pairs
from deskline.web.params import Params
from deskline.web.requests import Request

JSON = b"application/json; charset=utf-8"
JAVASCRIPT = b"text/javascript; charset=utf-8"
TEXT = b"text/plain; charset=utf-8"
CALLBACK_LIMIT = 128
SIGN_IN_TEXT = "You have no rights to access this data. Check your API Key and/or username"
UNEXPECTED_TEXT = "Something went wrong on the server. Whoever runs it finds the reason in the log under {}."

Header: TypeAlias = tuple[bytes, bytes]
Final: TypeAlias = tuple[int, list[Header], bytes]
_encode = msgspec.json.Encoder().encode
_NOT_IN_CALLBACKS = re.compile(r"[^\[\]A-Za-z0-9_$.]")
_NOT_IN_HEADERS = re.compile(rb"[\0-\x08\x0a-\x1f\x7f]")
_CLOSE: Header = (b"connection", b"close")
# Every status an error has, most special class first: the table is the documentation.
_STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (InvalidError, 400),
    (UnsupportedVersionError, 400),
    (SignInError, 401),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (MethodError, 405),
    (TooSlowError, 408),
    (ConflictError, 409),
    (StaleError, 412),
    (TooLargeError, 413),
    (ReusedKeyError, 422),
    (TooManyError, 429),
    (UnavailableError, 503),
    (OutcomeUnknownError, 503),
    (DurabilityLostError, 503),
    (StorageFullError, 507),
)
_NOSNIFF: Header = (b"x-content-type-options", b"nosniff")
_SERVER: Header = (b"server", b"Deskline")
# An answer holds what one principal may see, and the next may see something else: nobody keeps it for others, and whoever keeps it for
# himself asks (with the ETag) before he uses it again. Answers that are no representation of anything are not kept at all.
_REVALIDATE: Header = (b"cache-control", b"private, no-cache")
_NO_STORE: Header = (b"cache-control", b"no-store")


class Answer:
    """What a handler returns: a status, a body and its type; further headers are rare. `is_secret`: nobody may keep it."""

    __slots__ = ("body", "content_type", "headers", "is_secret", "status")

    def __init__(self, body: bytes, status: int = 200, *, content_type: bytes = JSON, headers: Sequence[Header] = ()) -> None:
        """Take a body as it goes out; a JSON body is compact."""
        self.status = status
        self.body = body
        self.content_type = content_type
        self.headers = headers
        self.is_secret = False


def json_answer(value: object, status: int = 200) -> Answer:
    """Answer with a value as compact JSON. Floats are shown as they are: whoever wants `2` for `2.0` hands over an int."""
    return Answer(_encode(value), status)


def error_answer(error: Exception, request_id: str = "") -> Answer:
    """Answer with an error: its status from the one table, its text in the shape that every client library can read.

    400 is `{"errors":[…],"message":"<first>"}`, all else `{"error":"<text>","message":"<text>"}`. An error that is not in the table
    is the server's own fault and says nothing but `request_id`.
    """
    status = status_of(error)
    if status == 400:
        problems = error.problems if isinstance(error, InvalidError) else (str(error),)
        return json_answer({"errors": problems, "message": problems[0] if problems else "The request is wrong."}, 400)
    text = SIGN_IN_TEXT if status == 401 else UNEXPECTED_TEXT.format(request_id) if status == 500 else str(error)
    answer = json_answer({"error": text, "message": text}, status)
    answer.headers = _headers_of(error)
    return answer


def status_of(error: Exception) -> int:
    """Return the HTTP status of an error; 500 for what nobody expected."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)


def _headers_of(error: Exception) -> Sequence[Header]:
    match error:
        case InvalidTokenError():  # RFC 6750, 3.1
            return ((b"www-authenticate", b'Bearer realm="Deskline", error="invalid_token"'),)
        case SignInError():
            return ((b"www-authenticate", b'Basic realm="Deskline"'),)
        case ScopeError():  # RFC 6750, 3 and 3.1
            wanted = f', scope="{error.scope}"' if error.scope else ""
            return ((b"www-authenticate", f'Bearer realm="Deskline", error="insufficient_scope"{wanted}'.encode()),)
        case MethodError():
            return ((b"allow", ", ".join(error.allowed).encode()),)
        case TooSlowError() | TooLargeError():
            return (_CLOSE,)
        case UnavailableError() | InFlightError() | TooManyError():
            return ((b"retry-after", b"%d" % error.retry_after_seconds),)
        case DurabilityLostError():
            return ((b"retry-after", b"10"),)
        case _:
            return ()


def finish(request: Request, answer: Answer, *, close: bool = False) -> Final:
    """Make an answer ready to be sent: JSONP, ETag and 304, HEAD, and the headers that all answers have.

    `close` asks the client not to use the connection again. Raises ValueError where a handler's header holds a control character.
    """
    body, content_type, status = answer.body, answer.content_type, answer.status
    is_read = request.method in {"GET", "HEAD"}
    if is_read and content_type == JSON and b"callback" in request.raw_query:
        status, body, content_type = _with_callback(request, answer)
    if is_read and status == 200 and not answer.is_secret:
        # A strong tag can be a condition of a change. The others are weak, as the original's are.
        has_state = request.route is not None and request.route.state is not None and content_type == JSON
        tag = entity_tag(body) if has_state else b"W/" + entity_tag(body)
        if _knows(request, tag):
            return _unchanged(tag, answer.headers, close=close)
        caching = [_REVALIDATE, (b"etag", tag)]
    else:
        caching = [_NO_STORE]
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), _NOSNIFF, _SERVER, *caching]
    if answer.headers:
        headers += _checked(answer.headers)
    if close:
        headers.append(_CLOSE)
    return status, headers, (b"" if request.method == "HEAD" else body)


def head_of_stream(answer: Answer, *, size: int | None = None, tag: bytes | None = None, close: bool = False) -> list[Header]:
    """Make the headers of an answer that is sent in pieces. Raises ValueError as `finish`."""
    headers = [(b"content-type", answer.content_type), _NOSNIFF, _SERVER]
    headers += [_NO_STORE] if tag is None else [_REVALIDATE, (b"etag", tag)]
    if size is not None:
        headers.append((b"content-length", b"%d" % size))
    return [*headers, *_checked(answer.headers), *([_CLOSE] if close else [])]


def unchanged(request: Request, answer: Answer, tag: bytes, *, close: bool = False) -> Final | None:
    """Answer 304 to who has what is asked for already, by its ETag; None for who has not."""
    return _unchanged(tag, answer.headers, close=close) if _knows(request, tag) else None


def _knows(request: Request, tag: bytes) -> bool:
    known = request.headers.get(b"if-none-match")
    return known is not None and is_known(tag, known)


def _unchanged(tag: bytes, headers: Sequence[Header], *, close: bool) -> Final:
    return 304, [_NOSNIFF, _SERVER, _REVALIDATE, (b"etag", tag), *_checked(headers), *([_CLOSE] if close else [])], b""


def _with_callback(request: Request, answer: Answer) -> tuple[int, bytes, bytes]:
    """Wrap an answer for `callback=`, as Express's `res.jsonp` does: status kept, name filtered, the first of several.

    Only where the request has an Authorization header: the right must come from whoever wrote the request, not from a cookie that a
    browser adds to it.
    """
    callback = _callback_name(request)
    if not callback or b"authorization" not in request.headers:
        return answer.status, answer.body, answer.content_type
    if len(callback) > CALLBACK_LIMIT:
        wrong = InvalidError(f"callback: {len(callback)} characters; accepted: at most {CALLBACK_LIMIT} of letters, digits and _ $ . [ ]")
        refusal = error_answer(wrong)
        return refusal.status, refusal.body, JSON
    name = callback.encode()
    # JSON may hold these two, which end a line in JavaScript before ES2019.
    json = answer.body.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    # The comment keeps a browser from taking the body for a Flash file; the test makes an unknown name harmless.
    return answer.status, b"/**/ typeof %s === 'function' && %s(%s);" % (name, name, json), JAVASCRIPT


def _callback_name(request: Request) -> str:
    try:
        names = Params(read_pairs(request.raw_query)).texts("callback")
    except DesklineError:
        return ""  # the handler has refused the query already, or does not care for it
    return _NOT_IN_CALLBACKS.sub("", names[0]) if names else ""


def _checked(headers: Sequence[Header]) -> Sequence[Header]:
    for name, value in headers:
        if _NOT_IN_HEADERS.search(name) or _NOT_IN_HEADERS.search(value):
            raise ValueError(f"a control character in the header {name!r}: {value!r}")
    return headers
