"""Webhooks of real servers: what is told arrives whatever is killed, and in time, and a server that stops waits for no receiver."""

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import done
from tests.clusters import Cluster
from tests.faults.journals import HEADERS, WHO
from tests.serving import Server, serving

LEASE = "2"
PATIENCE_SECONDS = 40.0
SETTINGS = {"lease_seconds": LEASE, "webhook_networks": "127.0.0.0/8"}
TICKETS = 30


class Receiver:
    """What came, with when; each is answered 200, or left waiting as long as `hangs` is set."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, float]] = []
        self.hangs = threading.Event()
        self.changed = threading.Condition()
        self.url = ""

    def take(self, name: str, ticket_id: str) -> None:
        with self.changed:
            self.got.append((name, ticket_id, time.monotonic()))
            self.changed.notify_all()

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until what came is as it should be."""
        with self.changed:
            assert self.changed.wait_for(is_so, PATIENCE_SECONDS), f"{len(self.got)} came"

    def tickets(self) -> set[str]:
        return {ticket_id for _, ticket_id, _ in self.got}


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on loopback, in threads of its own."""
    receiver = Receiver()
    ends = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            hangs = receiver.hangs.is_set()
            receiver.take(self.headers["webhook-id"], json.loads(content)["data"]["ticket"]["id"])
            if hangs:
                ends.wait(PATIENCE_SECONDS)
                return
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64  # of 5, connections would wait a second for their second try

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A sender that was killed is no error of ours."""

    with Quiet(("127.0.0.1", 0), Handler) as listening:
        receiver.url = f"http://127.0.0.1:{listening.server_port}/"
        thread = threading.Thread(target=listening.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield receiver
        finally:
            ends.set()
            listening.shutdown()
            thread.join()


def a_ticket(server: Server) -> tuple[str, float]:
    """Make a ticket over the API. Answers its id, and when that was acknowledged."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE_SECONDS)
    try:
        body = json.dumps({"message": "hello", "requester": {"mail": "mary@client.example", "name": "Mary"}})
        connection.request("POST", "/tickets", body, HEADERS)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        assert answer.status == 200, said
        return str(said["id"]), time.monotonic()
    finally:
        connection.close()


def test_it_goes_out_within_a_second(tmp_path: Path) -> None:
    done("init", "--data", tmp_path, *WHO)
    with receiving() as receiver, serving(tmp_path, **SETTINGS) as server:
        done("webhook", "add", "--data", tmp_path, "--url", receiver.url, "--event", "ticket_created")
        made = dict(a_ticket(server) for _ in range(TICKETS))
        receiver.until(lambda: receiver.tickets() == set(made))
        late = sorted(at - made[ticket_id] for _, ticket_id, at in receiver.got)
        print(f"R9: told after {late[len(late) // 2] * 1000:.0f} ms (median), {late[-1] * 1000:.0f} ms (slowest) of {TICKETS}")
        assert late[len(late) // 2] < 1.0
        assert len(receiver.got) == TICKETS


def test_one_that_is_killed_in_mid_delivery_tells_it_again_when_it_is_back(tmp_path: Path) -> None:
    done("init", "--data", tmp_path, *WHO)
    with receiving() as receiver:
        done("webhook", "add", "--data", tmp_path, "--url", receiver.url, "--event", "ticket_created")
        receiver.hangs.set()
        with serving(tmp_path, **SETTINGS) as server:
            ticket_id, _ = a_ticket(server)
            receiver.until(lambda: len(receiver.got) == 1)
            server.is_killed = True
            server.process.kill()
            server.process.wait()
        receiver.hangs.clear()
        with serving(tmp_path, **SETTINGS):
            receiver.until(lambda: len(receiver.got) == 2)
        (first, of, _), (second, again, _) = receiver.got
        assert (first, of) == (second, again)
        assert of == ticket_id


def test_a_server_that_stops_waits_for_no_receiver_and_leaves_nothing_untold(tmp_path: Path) -> None:
    done("init", "--data", tmp_path, *WHO)
    with receiving() as receiver:
        done("webhook", "add", "--data", tmp_path, "--url", receiver.url, "--event", "ticket_created")
        receiver.hangs.set()
        with serving(tmp_path, **SETTINGS) as server:
            a_ticket(server)
            receiver.until(lambda: len(receiver.got) == 1)
            began = time.monotonic()
        assert time.monotonic() - began < 10
        receiver.hangs.clear()
        with serving(tmp_path, **SETTINGS):
            receiver.until(lambda: len(receiver.got) == 2)
        assert len({name for name, _, _ in receiver.got}) == 1


def test_of_two_servers_one_tells_and_the_other_takes_over(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with asyncio.Runner() as runner, receiving() as receiver, ExitStack() as stack:
        database = cluster.a_database(bare=True)
        url = runner.run(database.__aenter__())
        stack.callback(lambda: runner.run(database.__aexit__(None, None, None)))
        monkeypatch.setenv("DESKLINE_DATABASE_URL", url)
        done("init", *WHO)
        done("webhook", "add", "--url", receiver.url, "--event", "ticket_created")
        servers = []
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
            servers.append(stack.enter_context(serving(tmp_path / name, database=url, **SETTINGS)))
        made = {a_ticket(servers[number % 2])[0] for number in range(TICKETS)}
        receiver.until(lambda: receiver.tickets() == made)
        assert len(receiver.got) == TICKETS, "each once"
        receiver.hangs.set()
        ticket_id, _ = a_ticket(servers[0])
        receiver.until(lambda: len(receiver.got) == TICKETS + 1)
        receiver.hangs.clear()
        (job,) = [each for each in done("jobs", "list", "--json").json if each["job"] == done("webhook", "list", "--json").json[0]["id"]]
        (lost,) = [server for server in servers if server.process.pid == int(job["worker"].split(":")[1])]
        lost.is_killed = True
        lost.process.kill()
        killed = time.monotonic()
        receiver.until(lambda: len(receiver.got) == TICKETS + 2)
        print(f"R11: told by the other after {time.monotonic() - killed:.1f} s")
        assert receiver.got[-1][:2] == receiver.got[-2][:2]
        assert receiver.got[-1][1] == ticket_id
