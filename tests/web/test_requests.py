import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from deskline.errors import InvalidError, TooLargeError, TooSlowError
from deskline.web.params import Params
from deskline.web.requests import BodyLimits, Message, Request
from tests.web.builders import Sent, a_request, a_scope

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    return asyncio.run(work)


def length_of(*chunks: bytes) -> tuple[bytes, bytes]:
    return b"content-length", b"%d" % sum(len(chunk) for chunk in chunks)


def test_a_request_tells_what_it_is() -> None:
    request = a_request("GET", b"/tickets/a%2Fb", query=b"page=2", headers=[(b"x-a", b"1"), (b"x-a", b"2")], peer="192.0.2.9")
    assert (request.method, request.path, request.raw_query, request.peer) == ("GET", b"/tickets/a%2Fb", b"page=2", "192.0.2.9")
    assert request.headers == {b"x-a": b"2"}
    assert request.query.whole("page", 1, 9) == 2
    assert request.query is request.query
    assert request.request_id == request.request_id
    assert request.request_id != a_request().request_id


def test_a_body_comes_in_chunks() -> None:
    request = a_request("PUT", headers=[(b"transfer-encoding", b"chunked")], sent=Sent(b"ab", b"", b"c"))
    assert run(request.body()) == b"abc"
    assert run(request.body()) == b"abc"
    assert not request.body_is_pending


def test_a_body_is_complete_when_its_length_is_reached() -> None:
    request = a_request("PUT", headers=[length_of(b"abc")], sent=Sent(b"abc", complete=False))
    assert run(request.body()) == b"abc"
    assert not request.body_is_pending


@pytest.mark.parametrize("headers", [[], [(b"content-type", b"application/json")], [(b"content-length", b"0")]])
def test_no_body_is_not_waited_for(headers: list[tuple[bytes, bytes]]) -> None:
    async def never() -> Message:
        raise AssertionError("nothing is to be read")

    request = Request(a_scope("PUT", headers=headers), never, BodyLimits())
    assert run(request.body()) == b""
    params = run(request.form())
    assert params.texts("tag") == []


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    request = a_request("PUT", headers=[(b"content-length", b"11")], limits=BodyLimits(size=10))
    with pytest.raises(TooLargeError, match="The body is too large; accepted: at most 10 bytes"):
        run(request.body())
    assert request.body_is_pending


def test_a_body_that_becomes_too_large_is_not_read_on() -> None:
    sent = Sent(*[b"x" * 6] * 100)
    request = a_request("PUT", headers=[(b"transfer-encoding", b"chunked")], sent=sent, limits=BodyLimits(size=10))
    with pytest.raises(TooLargeError):
        run(request.body())
    assert len(sent.messages) == 100
    assert request.body_is_pending


def test_a_body_that_breaks_off_is_refused() -> None:
    request = a_request("PUT", headers=[(b"content-length", b"10")], sent=Sent(b"abc", complete=False))
    with pytest.raises(InvalidError, match="body: it broke off; accepted: "):
        run(request.body())
    assert not request.body_is_pending


def test_a_body_that_does_not_come_is_given_up() -> None:
    async def nothing_comes() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    limits = BodyLimits(seconds=0.02)
    request = Request(a_scope("PUT", headers=[(b"content-length", b"10")]), nothing_comes, limits)
    with pytest.raises(TooSlowError, match=r"accepted: all of it in 0\.02 seconds, at 1,000 bytes a second or more"):
        run(request.body())
    assert not request.body_is_pending


def test_the_pace_is_asked_for_after_the_grace() -> None:
    limits = BodyLimits(seconds=10, grace_seconds=3, bytes_per_second=1_000)
    assert limits.due_seconds(0) == 3
    assert limits.due_seconds(2_000) == 5
    assert limits.due_seconds(1_000_000) == 10


def test_what_is_left_of_a_body_is_dropped() -> None:
    request = a_request("PUT", headers=[(b"content-length", b"100")], sent=Sent(*[b"x" * 10] * 10))
    run(request.discard())
    assert not request.body_is_pending
    gone = a_request("PUT", headers=[(b"content-length", b"100")], sent=Sent(b"x", complete=False))
    run(gone.discard())
    assert not gone.body_is_pending


FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"


def form(body: bytes, content_type: bytes | None, *more: tuple[bytes, bytes]) -> Params:
    headers = [length_of(body), *more]
    if content_type is not None:
        headers.append((b"content-type", content_type))
    return run(a_request("PUT", headers=headers, sent=Sent(body)).form())


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"tag[]=a&tag[]=b", FORM),
        (b"tag[]=a&tag[]=b", FORM + b"; charset=utf-8"),
        (b"tag[]=a&tag[]=b", None),
        (b"tag[]=a&tag[]=b", b"text/plain"),
        (b'{"tag":["a","b"]}', JSON),
        (b'{"tag":["a","b"]}', b"Application/JSON; charset=UTF-8"),
        (b'{"tag":["a","b"]}', b"application/vnd.api+json"),
        (b'\n {"tag":["a","b"]}', None),
        (b'{"tag":["a","b"]}', b"text/plain"),
        (b'{"tag":["a","b"]}', FORM),
    ],
)
def test_a_body_is_read_as_what_it_is(body: bytes, content_type: bytes | None) -> None:
    assert form(body, content_type).texts("tag") == ["a", "b"]


@pytest.mark.parametrize(
    ("body", "content_type", "problem"),
    [
        (b"tag[]=a", JSON, "body: not valid JSON"),
        (b'["a"]', None, "body: the JSON is not an object"),
        (b'["a"]', FORM, "body: the JSON is not an object"),
        (b'"a"', FORM, "body: the JSON is not an object"),
        (b'{"tag":', FORM, "body: not valid JSON"),
        (
            b"--x\r\nContent-Disposition",
            b"multipart/form-data; boundary=x",
            "Content-Type: multipart is not read here; accepted: application/json",
        ),
    ],
)
def test_a_body_that_is_neither_is_refused(body: bytes, content_type: bytes | None, problem: str) -> None:
    with pytest.raises(InvalidError, match=problem):
        form(body, content_type)


def test_a_compressed_body_is_refused() -> None:
    with pytest.raises(InvalidError, match="Content-Encoding: 'gzip' is not read here; accepted: a body that is not encoded"):
        form(b"\x1f\x8b", JSON, (b"content-encoding", b"gzip"))
    assert form(b"tag=a", FORM, (b"content-encoding", b"Identity")).texts("tag") == ["a"]
