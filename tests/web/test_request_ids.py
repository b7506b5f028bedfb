"""Every answer says the name of its request, which is the client's own where it sent a usable one, and the log's."""

import re
from collections.abc import Iterator

import pytest

from tests.serving import Answer, exchange
from tests.web.running import Small, small_server

OURS = re.compile("[0-9a-f]{16}")


@pytest.fixture(scope="module")
def server() -> Iterator[Small]:
    with small_server() as running:
        yield running


def test_it_works(server: Small) -> None:
    names = [server.ask("GET", "/tickets").header("x-request-id") or "" for _ in range(3)]
    assert len(set(names)) == 3
    assert all(OURS.fullmatch(name) for name in names)


@pytest.mark.parametrize("name", ["7", "8e03978e-40d5-43dd-bc93-6894a57f9324", "a.b_c~d+e/f=:@-", "x" * 128])
def test_the_clients_own_name_is_taken(server: Small, name: str) -> None:
    assert server.ask("GET", "/tickets", f"X-Request-ID: {name}").header("x-request-id") == name


@pytest.mark.parametrize("name", ["", "x" * 129, "a b", 'a"b', "a;b", "a\tb", "é", "<a>", "%0a", "a,b"])
def test_a_name_that_is_none_gets_another(server: Small, name: str) -> None:
    assert OURS.fullmatch(server.ask("GET", "/tickets", f"X-Request-Id: {name}").header("x-request-id") or "")


def asked(server: Small, head: str) -> Answer:
    with server.connect() as connection:
        answer = exchange(connection, f"{head}\r\nHost: localhost\r\nX-Request-Id: mine\r\n\r\n".encode(), head.partition(" ")[0])
    assert answer is not None
    return answer


def test_refusals_probes_and_streams_have_it_too(server: Small) -> None:
    etag = server.ask("GET", "/tickets").header("etag")
    answers = [
        asked(server, "GET /tickets HTTP/1.1"),
        asked(server, "GET /nowhere HTTP/1.1"),
        asked(server, "DELETE /tickets HTTP/1.1"),
        asked(server, "GET /healthz HTTP/1.1"),
        server.ask("GET", "/conflict", "X-Request-Id: mine"),
        server.ask("GET", "/stream?count=1", "X-Request-Id: mine"),
        server.ask("HEAD", "/tickets", "X-Request-Id: mine"),
        server.ask("GET", "/tickets", "X-Request-Id: mine", f"If-None-Match: {etag}"),
        server.ask("PUT", "/size", "X-Request-Id: mine", body=b"x" * 2_000_000),
    ]
    assert [answer.status for answer in answers] == [401, 404, 405, 200, 409, 200, 200, 304, 413]
    assert {answer.header("x-request-id") for answer in answers} == {"mine"}


def test_a_failure_is_told_under_it(server: Small) -> None:
    answer = server.ask("GET", "/fail", "X-Request-Id: mine")
    assert (answer.status, answer.header("x-request-id")) == (500, "mine")
    assert answer.json["error"] == "Something went wrong on the server. Whoever runs it finds the reason in the log under mine."
