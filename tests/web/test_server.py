import asyncio
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from deskline.web.overload import BEAT_SECONDS, Pulse
from tests.serving import exchange
from tests.web.running import Small, a_head, read_to_end, small_server

PAGE = '{"id":"5FUED","text":"line\u2028end","names":["Ó"]}'.encode()


@pytest.fixture(scope="module")
def server() -> Iterator[Small]:
    options = {"header_seconds": 1.0, "body": {"seconds": 2.0, "grace_seconds": 0.3, "bytes_per_second": 1_000}, "in_flight": 2}
    with small_server(**options) as running:
        yield running


def test_it_works(server: Small) -> None:
    answer = server.ask("GET", "/v2/Tickets/")
    assert (answer.status, answer.body) == (200, PAGE)
    assert [pair for pair in answer.headers if pair[0] not in {"date", "x-request-id"}] == [
        ("content-type", "application/json; charset=utf-8"),
        ("content-length", "49"),
        ("x-content-type-options", "nosniff"),
        ("server", "Deskline"),
        ("cache-control", "private, no-cache"),
        ("etag", 'W/"31-QesdyKyFp6F/uJ5bgZz78h82Txk"'),
    ]


def test_a_form_is_answered(server: Small) -> None:
    answer = server.ask("POST", "/tickets", "Content-Type: application/x-www-form-urlencoded", body=b"message=h+i&tag[]=a")
    assert answer.json == {"message": "h i", "tags": ["a"], "by": "john"}


def test_a_head_has_the_length_of_its_get(server: Small) -> None:
    with server.connect() as connection:
        connection.sendall(a_head("HEAD", "/tickets", "Connection: close"))
        head, _, body = read_to_end(connection).partition(b"\r\n\r\n")
    assert b"content-length: 49" in head
    assert body == b""


def test_what_the_client_has_is_not_sent_again(server: Small) -> None:
    tag = server.ask("GET", "/tickets").header("etag")
    answer = server.ask("GET", "/tickets", f'If-None-Match: "old", {tag}')
    assert (answer.status, answer.body, answer.header("etag")) == (304, b"", tag)


def test_a_stranger_is_asked_to_sign_in(server: Small) -> None:
    with server.connect() as connection:
        answer = exchange(connection, b"GET /tickets HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET")
    assert answer is not None
    assert (answer.status, answer.header("www-authenticate")) == (401, 'Basic realm="Deskline"')
    assert answer.json["error"] == "You have no rights to access this data. Check your API Key and/or username"


def test_an_unknown_path_is_not_found_even_by_a_stranger(server: Small) -> None:
    for headers in (b"", b"Authorization: Basic eDp5\r\n"):
        with server.connect() as connection:
            answer = exchange(connection, b"DELETE /nothing HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n", "DELETE")
        assert answer is not None
        assert (answer.status, answer.json["error"]) == (404, "There is no such path here.")


def test_another_method_hears_which_are_offered(server: Small) -> None:
    answer = server.ask("DELETE", "/tickets")
    assert (answer.status, answer.header("allow")) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize("header", ["Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"])
def test_pages_of_other_sites_are_refused(server: Small, header: str) -> None:
    answer = server.ask("GET", "/tickets?callback=f", header)
    assert answer.status == 403
    assert b"page of another site" in answer.body
    assert not [name for name, _ in answer.headers if name.startswith("access-control")]


def test_a_page_of_this_site_is_heard(server: Small) -> None:
    assert server.ask("GET", "/tickets", "Origin: http://localhost").status == 200


def test_a_client_without_https_hears_how_to_switch_it_on(server: Small) -> None:
    answer = server.ask("GET", "/tickets", "X-Forwarded-Proto: http")
    assert answer.status == 403
    assert "--tls self-signed" in answer.json["error"]
    assert server.ask("GET", "/healthz", "X-Forwarded-Proto: http").status == 200


def test_version_1_is_refused(server: Small) -> None:
    answer = server.ask("GET", "/tickets", "X-Api-Version: 1")
    assert (answer.status, answer.json["errors"]) == (400, ["X-API-Version: version 1 of the API is not offered here; accepted: 2"])
    assert server.ask("GET", "/tickets", "x-api-version: {}").status == 200


def test_a_fault_of_the_server_tells_nothing_of_it(server: Small) -> None:
    for target in ("/fail", "/fail?callback=f"):
        answer = server.ask("GET", target)
        assert answer.status == 500
        assert b"Something went wrong on the server." in answer.body
        assert b"secret" not in answer.body


def test_no_line_break_reaches_a_header(server: Small) -> None:
    answer = server.ask("GET", "/inject?value=a%0d%0aSet-Cookie:%20b")
    assert answer.status == 500
    assert answer.header("set-cookie") is None
    assert server.ask("GET", "/inject?value=good").header("x-value") == "good"


@pytest.mark.parametrize(
    "callback",
    [
        "alert(1)//",
        "%3Cscript%3E",
        "f%0d%0aSet-Cookie:%20a",
        "CWS%07%0e",
        "*/alert(1)/*",
        "a.b[0];alert(1)",
        "f%00",
        "%ff",
        "f&callback=g",
        "",
    ],
)
def test_no_callback_says_more_than_a_name(server: Small, callback: str) -> None:
    answer = server.ask("GET", f"/tickets?callback={callback}")
    assert answer.status == 200
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("set-cookie") is None
    if answer.header("content-type") == "text/javascript; charset=utf-8":
        name = answer.body[len(b"/**/ typeof ") :].partition(b" ")[0].decode()
        assert set(name) <= set("[]$_.") | {c for c in name if c.isascii() and c.isalnum()}
        assert answer.body == b"/**/ typeof %s === 'function' && %s(%s);" % (
            name.encode(),
            name.encode(),
            PAGE.replace("\u2028".encode(), b"\\u2028"),
        )
    else:
        assert answer.body == PAGE


def test_a_cookie_opens_no_callback(server: Small) -> None:
    with server.connect() as connection:
        answer = exchange(connection, b"GET /tickets?callback=f HTTP/1.1\r\nHost: localhost\r\nCookie: session=1\r\n\r\n", "GET")
    assert answer is not None
    assert (answer.status, answer.header("content-type")) == (401, "application/json; charset=utf-8")


@pytest.mark.parametrize("start", [b"", b"G", b"GET /tickets HTTP/1.1\r\nHost: localhost\r\nX: "])
def test_a_head_that_does_not_come_is_cut_off(server: Small, start: bytes) -> None:
    with server.connect() as connection:
        connection.sendall(start)
        assert read_to_end(connection) == b""


def test_a_head_that_trickles_is_cut_off(server: Small) -> None:
    with server.connect() as connection:
        connection.settimeout(0.05)
        sent = 0
        while True:
            try:
                assert connection.recv(1) == b""
                break
            except TimeoutError:
                connection.sendall(b"X" if sent else b"GET /tickets HTTP/1.1\r\nX: ")
                sent += 1
            except ConnectionError:
                break
        assert 5 < sent < 100


def test_a_body_that_stalls_is_cut_off(server: Small) -> None:
    with server.connect() as connection:
        connection.sendall(a_head("PUT", "/size", "Content-Length: 10") + b"abc")
        head, _, body = read_to_end(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"connection: close" in head
    assert json.loads(body)["error"].startswith("The body did not come in time; accepted: all of it in 2 seconds")


def test_a_body_that_trickles_is_cut_off_before_its_time_is_up(server: Small) -> None:
    with server.connect() as connection:
        connection.sendall(a_head("PUT", "/size", "Content-Length: 1000000"))
        connection.settimeout(0.05)
        sent, answer = 0, b""
        while not answer:
            try:
                answer = connection.recv(65_536)
            except TimeoutError:
                connection.sendall(b"x")
                sent += 1
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert sent < 30


@pytest.mark.parametrize("size", [1_000_001, 10_000_000])
def test_a_client_that_writes_all_of_a_large_body_reads_why_it_was_refused(server: Small, size: int) -> None:
    answer = server.ask("PUT", "/size", body=b"x" * size)
    assert (answer.status, answer.header("connection")) == (413, "close")
    assert answer.json["error"] == "The body is too large; accepted: at most 1,000,000 bytes."


def test_a_large_body_in_chunks_is_refused(server: Small) -> None:
    chunks = (b"10000\r\n" + b"x" * 65_536 + b"\r\n") * 100
    with server.connect() as connection:
        answer = exchange(connection, a_head("PUT", "/size", "Transfer-Encoding: chunked") + chunks + b"0\r\n\r\n", "PUT")
    assert answer is not None
    assert answer.status == 413


def test_the_largest_body_is_read(server: Small) -> None:
    assert server.ask("PUT", "/size", body=b"x" * 1_000_000).json == {"bytes": 1_000_000}


def test_chunks_are_read(server: Small) -> None:
    with server.connect() as connection:
        raw = a_head("PUT", "/size", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        answer = exchange(connection, raw, "PUT")
    assert answer is not None
    assert answer.json == {"bytes": 5}


def test_chunks_that_are_none_are_refused(server: Small) -> None:
    with server.connect() as connection:
        answer = exchange(connection, a_head("PUT", "/size", "Transfer-Encoding: chunked") + b"ZZ\r\nabc\r\n", "PUT")
    assert answer is not None
    assert (answer.status, answer.json["errors"][0][:18]) == (400, "body: it broke off")


def test_a_client_that_expects_to_be_told_is_told_to_go_on(server: Small) -> None:
    with server.connect() as connection:
        connection.sendall(a_head("PUT", "/size", "Expect: 100-continue", "Content-Length: 3"))
        assert connection.recv(99) == b"HTTP/1.1 100 Continue\r\n\r\n"
        answer = exchange(connection, b"abc", "PUT")
    assert answer is not None
    assert answer.json == {"bytes": 3}


def test_a_client_that_expects_to_be_told_is_told_to_spare_itself(server: Small) -> None:
    with server.connect() as connection:
        connection.sendall(a_head("PUT", "/size", "Expect: 100-continue", "Content-Length: 3000000"))
        answer = read_to_end(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer


def test_a_refused_request_with_a_small_body_keeps_its_connection(server: Small) -> None:
    with server.connect() as connection:
        raw = b"PUT /size HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"
        first = exchange(connection, raw, "PUT")
        second = exchange(connection, a_head("GET", "/tickets"), "GET")
    assert first is not None
    assert second is not None
    assert (first.status, second.status) == (401, 200)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (a_head("GET", "/tickets", "X: " + "a" * 1_000_000), b"431"),
        (a_head("GET", "/tickets", *(f"X{n}: a" for n in range(200))), b"431"),
        (a_head("GET", "/tickets?" + "a" * 100_000), b"414"),
        (a_head("GET", "/tickets", "Content-Length: x"), b"400"),
        (a_head("GET", "/a b"), b"400"),
        (b"\x16\x03\x01\x02\x00", b"400"),
    ],
    ids=["1 MB of headers", "200 headers", "a long address", "a length that is none", "a blank", "TLS"],
)
def test_a_head_beyond_its_bounds_is_refused(server: Small, head: bytes, status: bytes) -> None:
    with server.connect() as connection:
        try:
            connection.sendall(head)
            answer = read_to_end(connection)
        except ConnectionError:
            answer = b""  # the refusal was overtaken by the reset; that the connection is gone is what counts
    assert answer[:12] in {b"HTTP/1.1 " + status, b""}


def test_requests_in_a_row_are_answered_in_their_order(server: Small) -> None:
    with server.connect() as connection:
        connection.sendall(a_head("GET", "/conflict") + a_head("GET", "/tickets") + a_head("HEAD", "/nothing", "Connection: close"))
        answer = read_to_end(connection)
    assert [line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/") or line.endswith(b"}HTTP/1.1 200 OK")]
    assert answer.index(b"409 Conflict") < answer.index(b"200 OK") < answer.index(b"404 Not Found")


def test_http_1_0_is_spoken(server: Small) -> None:
    with server.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        answer = read_to_end(connection)
    assert answer.startswith(b"HTTP/1.0 200 OK\r\n")
    assert answer.endswith(b'{"ok":true}')


def test_five_hundred_slow_sockets_change_nothing(server: Small) -> None:
    slow = [server.connect() for _ in range(500)]
    try:
        for connection in slow:
            connection.sendall(b"GET /tickets HTTP/1.1\r\nX: ")
        assert {server.ask("GET", "/tickets").status for _ in range(50)} == {200}
    finally:
        for connection in slow:
            connection.close()


def in_flight(server: Small) -> int:
    lines = server.ask("GET", "/metrics").body.decode().splitlines()
    return int(float(next(line.split()[1] for line in lines if line.startswith("deskline_requests_in_flight "))))


def test_more_requests_at_once_than_allowed_are_asked_to_come_again(server: Small) -> None:
    with server.connect() as one, server.connect() as another:
        for connection in (one, another):
            connection.sendall(a_head("GET", "/wait?ms=60000"))
        while in_flight(server) < 3:  # the two, and the question itself
            pass
        answer = server.ask("GET", "/tickets")
        assert (answer.status, answer.header("retry-after")) == (503, "1")
        assert server.ask("GET", "/healthz").status == 200


def test_requests_are_counted_by_their_route() -> None:
    with small_server() as server:
        for target in ("/tickets/5FUED", "/tickets/ABCDE?page=2", "/nothing/at/all"):
            server.ask("GET", target)
        server.ask("BREW", "/tickets")
        metrics = server.ask("GET", "/metrics")
    lines = metrics.body.decode().splitlines()
    assert metrics.header("content-type") == "text/plain; version=0.0.4; charset=utf-8"
    assert 'deskline_requests_total{method="GET",path="/tickets/{ticket_id}",status="200"} 2.0' in lines
    assert 'deskline_requests_total{method="GET",path="(none)",status="404"} 1.0' in lines
    assert 'deskline_requests_total{method="other",path="(none)",status="405"} 1.0' in lines
    assert 'deskline_request_seconds_count{path="/tickets/{ticket_id}"} 2.0' in lines


def test_a_queue_that_has_waited_too_long_is_refused() -> None:
    with small_server(wait_seconds=0.1) as server:
        connections = [server.connect() for _ in range(150)]
        answers: list[bytes] = []

        def read(connection: socket.socket) -> None:
            with connection:
                answers.append(connection.recv(4_096)[:12])

        readers = [threading.Thread(target=read, args=(connection,)) for connection in connections]
        for connection in connections:  # together a second and a half of work, there at once
            connection.sendall(a_head("GET", "/work?us=10000"))
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
    assert set(answers) == {b"HTTP/1.1 200", b"HTTP/1.1 503"}


def test_one_long_turn_of_the_loop_is_no_overload() -> None:
    async def try_it() -> list[bool]:
        pulse = Pulse(0.2)
        pulse.start()
        now = pulse._last + BEAT_SECONDS + 0.3
        late = [pulse.is_late(now) for _ in range(40)]
        pulse.stop()
        return [*late, pulse.is_late(now)]

    assert asyncio.run(try_it()) == [False] * 32 + [True] * 8 + [False]
