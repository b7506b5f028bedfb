"""Answers that are sent while they are made: whole, in bounded memory, visibly broken off where they fail, given up with their client."""

import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from tests.serving import PATIENCE_SECONDS
from tests.web.running import Small, a_head, read_to_end, small_server

PIECE = 65_536
END = b"\r\n0\r\n\r\n"
BUFFERED = 400  # pieces: what the system's buffers may hold of one connection, 26 MB, and far from all


@pytest.fixture(scope="module")
def server() -> Iterator[Small]:
    with small_server(piece_seconds=1.0) as running:
        yield running


def until(true: Callable[[], bool]) -> bool:
    """Whether something becomes true in time."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def made(server: Small) -> tuple[int, int]:
    """How many streams are open, and how many pieces were made."""
    counted = server.ask("GET", "/made").json
    return counted["open"], counted["pieces"]


def asked(server: Small, target: str, method: str = "GET") -> socket.socket:
    """A connection on which a stream was asked for."""
    connection = server.connect()
    connection.sendall(a_head(method, target))
    return connection


def read_until_broken(connection: socket.socket) -> bytes:
    """Everything up to the connection's end, however that comes."""
    received = b""
    try:
        while more := connection.recv(1 << 20):
            received += more
    except ConnectionResetError:
        pass
    return received


def test_a_stream_is_sent_whole_and_the_connection_goes_on(server: Small) -> None:
    with closing(asked(server, "/stream?count=300")) as connection:
        connection.sendall(a_head("GET", "/tickets", "Connection: close"))
        head, _, rest = read_to_end(connection).partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    assert lines[0].endswith(b" 200 ok")
    assert {b"content-type: text/csv; charset=utf-8", b"transfer-encoding: chunked", b"x-what: pieces", b"cache-control: no-store"} <= set(
        lines
    )
    assert [line for line in lines if line.startswith((b"etag", b"content-length"))] == []
    body, _, next_answer = rest.partition(END)
    assert all(b"%08d" % number * 8_192 in body for number in (0, 1, 150, 299))
    assert 300 * PIECE <= len(body) < 301 * PIECE
    assert next_answer.startswith(b"HTTP/1.1 200")


def test_a_stream_without_pieces_is_empty(server: Small) -> None:
    answer = server.ask("GET", "/stream?count=0", "Connection: close")
    assert (answer.status, answer.body) == (200, b"")


def test_a_head_sends_none_of_it(server: Small) -> None:
    with closing(asked(server, "/stream?count=300", "HEAD")) as connection:
        connection.sendall(a_head("HEAD", "/tickets", "Connection: close"))
        answers = read_to_end(connection).split(b"\r\n\r\n")
    assert [answer.split(b"\r\n")[0] for answer in answers] == [b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK", b""]
    assert made(server)[0] == 0


def test_what_fails_before_the_first_piece_is_an_error_like_any_other(server: Small) -> None:
    answer = server.ask("GET", "/stream?count=3&fails=0")
    assert (answer.status, answer.json["error"]) == (409, "It cannot be made.")
    assert made(server)[0] == 0


def test_what_fails_later_is_seen_to_be_broken_off(server: Small) -> None:
    with closing(asked(server, "/stream?count=5&fails=3")) as connection:
        received = read_until_broken(connection)
    assert received.startswith(b"HTTP/1.1 200")
    assert not received.endswith(END)
    assert len(received) < 4 * PIECE
    assert made(server)[0] == 0


def test_a_client_that_goes_away_is_worked_for_no_longer(server: Small) -> None:
    before = made(server)[1]
    connection = asked(server, "/stream?count=1000000")
    assert connection.recv(100).startswith(b"HTTP/1.1 200")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, as of a machine that is switched off
    connection.close()
    assert until(lambda: made(server)[0] == 0)
    assert made(server)[1] - before < 100_000  # some are made and dropped until the server hears of it


def test_a_client_that_reads_nothing_is_given_up_and_little_is_kept_for_it(server: Small) -> None:
    before = made(server)[1]
    with closing(asked(server, "/stream?count=1000000")) as connection:
        assert until(lambda: made(server)[1] > before)
        assert until(lambda: made(server)[0] == 0)
        assert made(server)[1] - before < BUFFERED
        assert not read_until_broken(connection).endswith(END)


def test_a_slow_client_is_served_to_the_end(server: Small) -> None:
    """Slower than a piece a second it may not be; this one is not, and takes longer than that in all."""
    with closing(asked(server, "/stream?count=8&wait=200")) as connection:
        connection.sendall(a_head("GET", "/tickets", "Connection: close"))
        assert END in read_to_end(connection)


def test_a_server_that_stops_sends_what_it_has_begun() -> None:
    with small_server() as running, closing(asked(running, "/stream?count=20&wait=50")) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        running.process.send_signal(signal.SIGTERM)
        assert read_until_broken(connection).endswith(END)
        assert running.process.wait(PATIENCE_SECONDS) == 0
