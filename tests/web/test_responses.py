import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskline.errors import (
    ConflictError,
    DatabaseBusyError,
    DataError,
    DesklineError,
    DurabilityLostError,
    ForbiddenError,
    InvalidError,
    MethodError,
    NotFoundError,
    NotYetError,
    OutcomeUnknownError,
    QueryTooLongError,
    SignInError,
    StoppingError,
    StorageFullError,
    TooLargeError,
    TooSlowError,
    UnsupportedVersionError,
)
from deskline.web.responses import TEXT, Answer, error_answer, finish, json_answer
from tests.web.builders import SIGNED_IN, a_request


def test_a_plain_answer_goes_out_whole() -> None:
    answer = json_answer({"pages": 1, "total": 1, "tickets": [{"id": "5FUED", "subject": "Ó\u2028"}]})
    assert finish(a_request(), answer) == (
        200,
        [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", b"66"),
            (b"x-content-type-options", b"nosniff"),
            (b"server", b"Deskline"),
            (b"cache-control", b"private, no-cache"),
            (b"etag", b'W/"42-QeTlGttDtn5QRspc/LMc3A1VuBw"'),
        ],
        '{"pages":1,"total":1,"tickets":[{"id":"5FUED","subject":"Ó\u2028"}]}'.encode(),
    )


def test_an_answer_to_a_write_is_not_kept() -> None:
    assert finish(a_request("POST"), json_answer({"id": "5FUED"})) == (
        200,
        [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", b"14"),
            (b"x-content-type-options", b"nosniff"),
            (b"server", b"Deskline"),
            (b"cache-control", b"no-store"),
        ],
        b'{"id":"5FUED"}',
    )


def test_a_head_has_the_headers_of_its_get_and_no_body() -> None:
    answer = json_answer({"id": "5FUED"})
    status, headers, body = finish(a_request("HEAD"), answer)
    assert (status, headers) == finish(a_request(), answer)[:2]
    assert body == b""


@pytest.mark.parametrize("known", [b"%s", b'"x", %s', b"%s,W/%s", b"*", b" * ", b'"a,b", %s'])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_the_client_has_is_not_sent_again(method: str, known: bytes) -> None:
    tag = dict(finish(a_request(), json_answer({"id": "5FUED"}))[1])[b"etag"]
    request = a_request(method, headers=[(b"if-none-match", known.replace(b"%s", tag))])
    assert finish(request, json_answer({"id": "5FUED"})) == (
        304,
        [(b"x-content-type-options", b"nosniff"), (b"server", b"Deskline"), (b"cache-control", b"private, no-cache"), (b"etag", tag)],
        b"",
    )


@pytest.mark.parametrize("known", [b"", b'W/"e-x"', b"garbage", b'"', b","])
def test_what_the_client_has_not_is_sent(known: bytes) -> None:
    request = a_request(headers=[(b"if-none-match", known)])
    assert finish(request, json_answer({"id": "5FUED"}))[0] == 200


def test_only_a_good_read_has_a_tag() -> None:
    request = a_request(headers=[(b"if-none-match", b"*")])
    assert finish(request, error_answer(NotFoundError("ticket")))[0] == 404
    assert finish(a_request("PUT", headers=[(b"if-none-match", b"*")]), json_answer({}))[0] == 200


def doubled(text: str) -> str:
    return f'{{"error":"{text}","message":"{text}"}}'


@pytest.mark.parametrize(
    ("error", "status", "body", "headers"),
    [
        (
            InvalidError(["page: 'x'; accepted: 1", "status: 'y'; accepted: open"]),
            400,
            '{"errors":["page: \'x\'; accepted: 1","status: \'y\'; accepted: open"],"message":"page: \'x\'; accepted: 1"}',
            [],
        ),
        (InvalidError([]), 400, '{"errors":[],"message":"The request is wrong."}', []),
        (
            UnsupportedVersionError("X-API-Version: 1; accepted: 2"),
            400,
            '{"errors":["X-API-Version: 1; accepted: 2"],"message":"X-API-Version: 1; accepted: 2"}',
            [],
        ),
        (
            SignInError("revoked"),
            401,
            doubled("You have no rights to access this data. Check your API Key and/or username"),
            [(b"www-authenticate", b'Basic realm="Deskline"')],
        ),
        (ForbiddenError("No."), 403, doubled("No."), []),
        (NotFoundError("ticket"), 404, doubled("There is no such ticket here."), []),
        (
            MethodError("DELETE", ("GET", "HEAD")),
            405,
            doubled("DELETE is not offered here; accepted: GET, HEAD."),
            [(b"allow", b"GET, HEAD")],
        ),
        (TooSlowError("Slow."), 408, doubled("Slow."), [(b"connection", b"close")]),
        (ConflictError("Closed."), 409, doubled("Closed."), []),
        (TooLargeError("Big."), 413, doubled("Big."), [(b"connection", b"close")]),
        (DatabaseBusyError("Busy."), 503, doubled("Busy."), [(b"retry-after", b"1")]),
        (QueryTooLongError("Long."), 503, doubled("Long."), [(b"retry-after", b"1")]),
        (StoppingError("Bye."), 503, doubled("Bye."), [(b"retry-after", b"1")]),
        (OutcomeUnknownError("Who knows?"), 503, doubled("Who knows?"), []),
        (DurabilityLostError("Lost."), 503, doubled("Lost."), [(b"retry-after", b"10")]),
        (StorageFullError("Full."), 507, doubled("Full."), []),
        (
            DataError("row 5 of john@x.com"),
            500,
            doubled("Something went wrong on the server. Whoever runs it finds the reason in the log under 0123."),
            [],
        ),
        (
            KeyError("secret"),
            500,
            doubled("Something went wrong on the server. Whoever runs it finds the reason in the log under 0123."),
            [],
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_each_error_has_its_status_and_its_shape(error: Exception, status: int, body: str, headers: list[tuple[bytes, bytes]]) -> None:
    answer = error_answer(error, "0123")
    assert (answer.status, answer.body.decode(), list(answer.headers)) == (status, body, headers)


def test_every_error_of_the_tree_is_answered_with_an_object_of_texts() -> None:
    kinds = [DesklineError]
    for kind in kinds:
        kinds.extend(each for each in kind.__subclasses__() if each.__module__ == DesklineError.__module__)  # others are private
    made: dict[type[DesklineError], tuple[Any, ...]] = {MethodError: ("GET", ("PUT",)), NotYetError: ("ticket", "5FUED")}
    for kind in kinds:
        error = kind(*made.get(kind, ("why",)))
        shown = json.loads(error_answer(error).body)
        assert isinstance(shown["message"], str)
        assert isinstance(shown.get("error", ""), str)


@pytest.mark.parametrize(
    ("query", "content_type", "body"),
    [
        (b"callback=f", b"text/javascript", b'/**/ typeof f === \'function\' && f({"a":"\\u2028\\u2029"});'),
        (b"?callback=f", b"text/javascript", b'/**/ typeof f === \'function\' && f({"a":"\\u2028\\u2029"});'),
        (b"a=1?callback=f", b"text/javascript", b'/**/ typeof f === \'function\' && f({"a":"\\u2028\\u2029"});'),
        (b"callback=a&callback=b", b"text/javascript", b'/**/ typeof a === \'function\' && a({"a":"\\u2028\\u2029"});'),
        (b"callback[]=a&callback[]=b", b"text/javascript", b'/**/ typeof a === \'function\' && a({"a":"\\u2028\\u2029"});'),
        (
            b"callback=a.b[0];alert(1)",
            b"text/javascript",
            b'/**/ typeof a.b[0]alert1 === \'function\' && a.b[0]alert1({"a":"\\u2028\\u2029"});',
        ),
        (b"callback=", b"application/json", '{"a":"\u2028\u2029"}'.encode()),
        (b"callback=%3B()", b"application/json", '{"a":"\u2028\u2029"}'.encode()),
        (b"callback[x]=f", b"application/json", '{"a":"\u2028\u2029"}'.encode()),
        (b"callback=f&x=%ff", b"application/json", '{"a":"\u2028\u2029"}'.encode()),
        (b"nocallback=f", b"application/json", '{"a":"\u2028\u2029"}'.encode()),
    ],
)
def test_a_callback_wraps_as_express_does(query: bytes, content_type: bytes, body: bytes) -> None:
    status, headers, sent = finish(a_request(query=query, headers=[SIGNED_IN]), json_answer({"a": "\u2028\u2029"}))
    assert (status, sent) == (200, body)
    assert dict(headers)[b"content-type"] == content_type + b"; charset=utf-8"
    assert dict(headers)[b"content-length"] == b"%d" % len(body)
    assert dict(headers)[b"x-content-type-options"] == b"nosniff"


def test_an_error_under_a_callback_keeps_its_status() -> None:
    status, headers, body = finish(a_request(query=b"callback=f", headers=[SIGNED_IN]), error_answer(InvalidError("bad")))
    assert status == 400
    assert dict(headers)[b"content-type"] == b"text/javascript; charset=utf-8"
    assert body == b'/**/ typeof f === \'function\' && f({"errors":["bad"],"message":"bad"});'


def test_a_callback_needs_an_authorization_header() -> None:
    for headers in ([], [(b"cookie", b"session=1")]):
        assert finish(a_request(query=b"callback=f", headers=headers), json_answer({}))[2] == b"{}"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_callback_on_a_write_is_ignored(method: str) -> None:
    assert finish(a_request(method, query=b"callback=f", headers=[SIGNED_IN]), json_answer({}))[2] == b"{}"


def test_only_json_is_wrapped() -> None:
    assert finish(a_request(query=b"callback=f", headers=[SIGNED_IN]), Answer(b"text", content_type=TEXT))[2] == b"text"


def test_a_callback_has_at_most_128_characters() -> None:
    longest = b"f" * 128
    assert finish(a_request(query=b"callback=" + longest, headers=[SIGNED_IN]), json_answer({}))[2].startswith(b"/**/ typeof fff")
    status, headers, body = finish(a_request(query=b"callback=f" + longest, headers=[SIGNED_IN]), json_answer({}))
    problem = "callback: 129 characters; accepted: at most 128 of letters, digits and _ $ . [ ]"
    assert status == 400
    assert dict(headers)[b"content-type"] == b"application/json; charset=utf-8"
    assert json.loads(body) == {"errors": [problem], "message": problem}


ATTACKS = (
    "alert(document.cookie)//",
    "<script>alert(1)</script>",
    "f\r\nSet-Cookie: a=b",
    "f;/*",
    "*/alert(1)/*",
    "CWS\x07\x0e",  # a Flash file
    "\u2028alert`1`",
    "+ADw-script+AD4-",
    "f'-alert-'",
    "${alert}",
    "constructor.constructor('alert')()",
    "f%00",
    "\ufefff",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_callback_says_more_than_a_name(attack: str) -> None:
    query = b"callback=" + "".join(f"%{byte:02x}" for byte in attack.encode()).encode()
    check_wrapped(*finish(a_request(query=query, headers=[SIGNED_IN]), json_answer({"subject": "</script>"})))


@given(st.binary(max_size=40))
def test_no_bytes_in_a_callback_say_more_than_a_name(raw: bytes) -> None:
    query = b"callback=" + "".join(f"%{byte:02x}" for byte in raw).encode()
    check_wrapped(*finish(a_request(query=query, headers=[SIGNED_IN]), json_answer({"subject": "</script>"})))


def check_wrapped(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    assert status == 200
    assert dict(headers)[b"x-content-type-options"] == b"nosniff"
    wrapped = rb"/\*\*/ typeof ([][A-Za-z0-9_$.]{1,128}) === 'function' && \1\(\{\"subject\":\"</script>\"\}\);"
    assert re.fullmatch(wrapped, body) or body == b'{"subject":"</script>"}'


@pytest.mark.parametrize(
    ("name", "value"), [(b"x-a", b"a\r\nb: c"), (b"x-a", b"a\nb"), (b"x\r\n", b"a"), (b"x-a", b"\0"), (b"x-a", b"\x7f")]
)
def test_no_control_character_reaches_a_header(name: bytes, value: bytes) -> None:
    with pytest.raises(ValueError, match="a control character in the header"):
        finish(a_request(), Answer(b"{}", headers=[(name, value)]))


def test_a_client_is_asked_to_leave() -> None:
    assert finish(a_request(), json_answer({}), close=True)[1][-1] == (b"connection", b"close")
    assert finish(a_request(headers=[(b"if-none-match", b"*")]), json_answer({}), close=True)[1][-1] == (b"connection", b"close")


def test_no_answer_speaks_of_other_sites() -> None:
    for answer in (json_answer({}), error_answer(SignInError("x")), error_answer(ForbiddenError("x"))):
        for method in ("GET", "OPTIONS", "POST"):
            headers = finish(a_request(method, headers=[(b"origin", b"https://evil.example")]), answer)[1]
            assert not [name for name, _ in headers if name.startswith(b"access-control")]
