import asyncio
import contextlib
import http.client
import logging
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deskline.errors import SettingsError
from deskline.web.certificates import self_signed
from deskline.web.listening import count_waiting, drop_new_connections, listen, refuse_new_connections
from deskline.web.serving import Serving, serve
from tests import rounds
from tests.serving import PATIENCE_SECONDS, exchange
from tests.web.running import SIGNED_IN, Small, a_head, read_to_end, small_server
from tests.web.small import application

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs filters on sockets")


class Load:
    """Clients that ask one request after the other, and what became of them. Who is not let in asks again; who is dropped has failed."""

    def __init__(self, port: int, clients: int, *, keep: bool) -> None:
        self.answered = 0
        self.failures: list[Exception] = []
        self._port = port
        self._keep = keep
        self._wanted = 0
        self._changed = threading.Condition()
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(clients)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, answers: int) -> None:
        """Wait until so many further requests have been answered."""
        with self._changed:
            goal = self.answered + answers
            assert self._changed.wait_for(lambda: self.answered >= goal or self.failures, PATIENCE_SECONDS)

    def _work(self) -> None:
        connection: http.client.HTTPConnection | None = None
        while not self._ends.is_set() and not self.failures:
            connection = connection or self._let_in()
            if connection is None:
                continue
            try:
                connection.request("GET", "/tickets", headers=dict([SIGNED_IN.split(": ")]))
                answer = connection.getresponse()
                assert (answer.status, len(answer.read())) == (200, 49)
            except (OSError, http.client.HTTPException, AssertionError) as failure:
                with self._changed:
                    self.failures.append(failure)
                    self._changed.notify_all()
                return
            with self._changed:
                self.answered += 1
                self._changed.notify_all()
            if not self._keep or answer.getheader("connection") == "close":
                connection.close()
                connection = None

    def _let_in(self) -> http.client.HTTPConnection | None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        try:
            connection.connect()
        except ConnectionRefusedError:
            return None
        return connection


@linux
@pytest.mark.parametrize("keep", [True, False], ids=["connections kept", "a connection for each"])
def test_a_stop_under_load_loses_no_request(keep: bool) -> None:
    with small_server() as server, Load(server.address[1], 16, keep=keep) as load:
        load.wait_for(rounds.times(quick=500, long=10_000))
        assert server.stop() == 0
    assert load.failures == []


@linux
@pytest.mark.parametrize("keep", [True, False], ids=["connections kept", "a connection for each"])
def test_restarts_under_load_lose_no_request(keep: bool) -> None:
    with small_server() as first, Load(first.address[1], 8, keep=keep) as load:
        load.wait_for(100)
        assert first.stop() == 0
        for _ in range(rounds.times(quick=2, long=20)):
            with small_server(port=first.address[1]) as server:
                load.wait_for(rounds.times(quick=100, long=1_000))
                assert server.stop() == 0
    assert load.failures == []


def begin(server: Small, raw: bytes, is_there: Callable[[], bool]) -> socket.socket:
    connection = server.connect()
    connection.sendall(raw)
    while not is_there():
        pass
    return connection


def count_in_flight(server: Small) -> int:
    lines = server.ask("GET", "/metrics").body.decode().splitlines()
    return int(float(next(line.split()[1] for line in lines if line.startswith("deskline_requests_in_flight ")))) - 1


def test_what_is_in_flight_is_finished_and_nothing_else_is_waited_for() -> None:
    with small_server(linger_seconds=0.2) as server, server.connect() as idle, server.connect() as half, server.connect() as other:
        half.sendall(b"GET /tic")
        busy = begin(server, a_head("GET", "/wait?ms=700"), lambda: count_in_flight(server) == 1)
        body = begin(server, a_head("PUT", "/size", "Content-Length: 4") + b"ab", lambda: count_in_flight(server) == 2)
        server.process.terminate()
        while (heard := exchange(other, a_head("GET", "/tickets"), "GET")) is not None and heard.header("connection") != "close":
            pass  # until the signal has been heard: what is answered before need not close
        body.sendall(b"cd")
        for connection, answer in ((body, b'{"bytes":4}'), (busy, b'{"waited":true}')):
            with connection:
                got = read_to_end(connection)
                assert got.startswith(b"HTTP/1.1 200 OK")
                assert b"connection: close" in got
                assert got.endswith(answer)
        assert server.process.wait(PATIENCE_SECONDS) == 0
        assert read_to_end(idle) == b""
        assert read_to_end(half) == b""


def test_a_second_signal_ends_at_once() -> None:
    waiting = a_head("GET", "/wait?ms=60000")
    with small_server() as server, server.connect() as other, begin(server, waiting, lambda: count_in_flight(server) == 1):
        server.process.terminate()
        while (answer := exchange(other, a_head("GET", "/tickets"), "GET")) is not None and answer.header("connection") != "close":
            pass  # until the first signal has been heard
        assert answer is not None
        assert server.stop() == 1


def test_the_grace_has_an_end() -> None:
    with small_server(grace_seconds=0.3) as server, begin(server, a_head("GET", "/wait?ms=60000"), lambda: count_in_flight(server) == 1):
        started = time.monotonic()
        assert server.stop() == 1
        assert time.monotonic() - started < 10


def test_it_serves_inside_a_program_and_leaves_its_log_alone(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    urls: list[str] = []

    async def run() -> bool:
        stop = asyncio.Event()

        def ready(url: str) -> None:
            urls.append(url)
            stop.set()

        return await serve(application({}), Serving(), ready=ready, stop=stop)

    handlers = [*logging.getLogger().handlers, *logging.getLogger("_granian").handlers]
    assert asyncio.run(run())
    assert urls[0].startswith("http://127.0.0.1:")
    assert [*logging.getLogger().handlers, *logging.getLogger("_granian").handlers] == handlers
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("host", "url"), [("localhost", "http://127.0.0.1:"), ("::1", "http://[::1]:"), ("0.0.0.0", "http://localhost:")])
def test_it_listens_where_it_is_told(host: str, url: str) -> None:
    with small_server(host=host) as server:
        assert server.url.startswith(url)
        assert server.ask("GET", "/tickets").status == 200
        assert server.stop() == 0


def test_a_port_is_taken_once() -> None:
    with contextlib.closing(listen("127.0.0.1", 0, 5)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(SettingsError, match=f"port: cannot listen on 127.0.0.1:{port}: .* accepted: a free port"):
            listen("127.0.0.1", port, 5)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    with pytest.raises(SettingsError, match=f"host: .{host}. is no address of this machine; accepted: "):
        listen(host, 0, 5)


@linux
@pytest.mark.parametrize("let_nobody_in", [drop_new_connections, refuse_new_connections])
def test_the_queue_is_emptied_while_nobody_enters_it(let_nobody_in: Callable[[socket.socket], None]) -> None:
    with contextlib.closing(listen("127.0.0.1", 0, 5)) as listener, contextlib.ExitStack() as clients:
        address = listener.getsockname()
        for client in range(3):
            clients.enter_context(socket.create_connection(address)).sendall(b"%d" % client)
        assert count_waiting(listener) == 3
        let_nobody_in(listener)
        with pytest.raises((TimeoutError, ConnectionRefusedError)):
            socket.create_connection(address, timeout=0.1)
        got = []
        for _ in range(3):
            accepted, _ = listener.accept()
            accepted.settimeout(PATIENCE_SECONDS)
            got.append(clients.enter_context(accepted).recv(9))
        assert sorted(got) == [b"0", b"1", b"2"]
        assert count_waiting(listener) == 0


def test_tls_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    with small_server(self_signed=str(tmp_path)) as server:
        assert server.url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=tmp_path / "self-signed.crt")
        trusting.verify_flags |= ssl.VERIFY_X509_STRICT
        for name in ("localhost", "127.0.0.1", "::1"):
            with server.connect() as plain, trusting.wrap_socket(plain, server_hostname=name) as connection:
                answer = exchange(connection, a_head("GET", "/tickets"), "GET")
                assert answer is not None
                assert answer.status == 200
                assert connection.version() == "TLSv1.3"
        with server.connect() as plain, pytest.raises(ssl.SSLCertVerificationError):
            trusting.wrap_socket(plain, server_hostname="evil.example")
        with server.connect() as plain, pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")
        with server.connect() as plain:
            plain.sendall(a_head("GET", "/tickets"))
            assert b"HTTP/" not in read_to_end(plain)
        assert server.stop() == 0


@pytest.mark.parametrize(("most", "works"), [(ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_1, False)], ids=["1.2", "1.1"])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_tls_begins_at_1_2(tmp_path: Path, most: ssl.TLSVersion, works: bool) -> None:
    with small_server(self_signed=str(tmp_path)) as server, server.connect() as plain:
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname = False
        old.verify_mode = ssl.CERT_NONE
        old.set_ciphers("DEFAULT:@SECLEVEL=0")
        old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        old.maximum_version = most
        if works:
            with old.wrap_socket(plain) as connection:
                assert connection.version() == "TLSv1.2"
        else:
            with pytest.raises(ssl.SSLError, match="ALERT"):
                old.wrap_socket(plain)


def test_a_certificate_is_kept_while_it_is_good(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "desk.example")
    first = certificate.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    assert self_signed(tmp_path, "desk.example")[0].read_bytes() == first
    assert self_signed(tmp_path, "0.0.0.0")[0].read_bytes() == first  # nobody's name needs no new one
    assert self_signed(tmp_path, "other.example")[0].read_bytes() != first


@pytest.mark.parametrize("broken", ["self-signed.crt", "self-signed.key"])
def test_a_certificate_that_is_broken_is_made_again(tmp_path: Path, broken: str) -> None:
    certificate, key = self_signed(tmp_path, "localhost")
    (tmp_path / broken).write_text("nonsense")
    self_signed(tmp_path, "localhost")
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)


def test_a_key_of_another_certificate_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    certificate, key = self_signed(tmp_path / "a", "localhost")
    key.write_bytes(self_signed(tmp_path / "b", "localhost")[1].read_bytes())
    self_signed(tmp_path / "a", "localhost")
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)


def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    async def run(certificate: Path, key: Path) -> None:
        await serve(application({}), Serving(certificate=certificate, key=key), ready=print)

    good, _ = self_signed(tmp_path, "localhost")
    for certificate, key in ((tmp_path / "none.crt", tmp_path / "none.key"), (good, good)):
        with pytest.raises(SettingsError, match="tls: the certificate or its key cannot be used"):
            asyncio.run(run(certificate, key))
