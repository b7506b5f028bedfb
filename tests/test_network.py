import os
import random
import socket
import subprocess
import sys

import pytest

ELSEWHERE = "192.0.2.1"  # an address that documentation is free to use


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=5) as client:
        accepted, _ = server.accept()
        with accepted:
            client.sendall(b"hello")
            assert accepted.recv(5) == b"hello"


def test_a_connection_elsewhere_is_refused() -> None:
    with socket.socket() as client, pytest.raises(RuntimeError, match=ELSEWHERE):
        client.connect((ELSEWHERE, 80))


def test_a_connection_elsewhere_by_ipv6_is_refused() -> None:
    with socket.socket(socket.AF_INET6) as client, pytest.raises(RuntimeError, match="loopback only"):
        client.connect_ex(("2001:db8::1", 80))


def test_a_datagram_elsewhere_is_refused() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client, pytest.raises(RuntimeError, match="loopback only"):
        client.sendto(b"hello", (ELSEWHERE, 53))


def test_a_name_is_not_looked_up() -> None:
    with pytest.raises(RuntimeError, match=r"example\.com"):
        socket.getaddrinfo("example.com", 80)


def test_localhost_is_looked_up() -> None:
    assert socket.getaddrinfo("localhost", 80)


def test_the_network_of_a_child_program_is_closed() -> None:
    child = subprocess.run(
        [sys.executable, "-c", "import socket; socket.getaddrinfo('example.com', 80)"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert child.returncode == 1
    assert "NetworkClosedError" in child.stderr


def test_chance_is_repeated_by_its_seed(chance: random.Random, request: pytest.FixtureRequest) -> None:
    again = random.Random(f"{os.environ['DESKLINE_TEST_SEED']} {request.node.nodeid}")
    assert [chance.random() for _ in range(3)] == [again.random() for _ in range(3)]
