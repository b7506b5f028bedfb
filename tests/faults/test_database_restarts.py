"""The database's server is killed under load and comes back: while it is away answers are 503 at once, and nothing acknowledged is lost."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import rounds
from tests.cli.commands import KEY, LOGIN, done
from tests.clusters import Cluster, a_cluster
from tests.serving import PATIENCE_SECONDS, Server, basic, serving

RESTARTS = rounds.times(quick=2, long=12)
CLIENTS = 4
PATIENCE = 5.0  # within which an answer is there, and a database that is back is used again
HEADERS = {**basic(LOGIN, KEY), "X-API-Version": "2", "Content-Type": "application/json"}
TICKET = json.dumps({"requester": {"mail": "mary@client.example"}, "message": "Where is my parcel?"}).encode()


@dataclass
class Heard:
    """What clients were told, by each of them in its own thread."""

    acknowledged: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    slowest: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)

    def create(self, server: Server) -> None:
        """Create tickets until told to stop."""
        connection = http.client.HTTPConnection(*server.address, timeout=PATIENCE_SECONDS)
        while not self.stop.is_set():
            asked = time.monotonic()
            connection.request("POST", "/tickets", TICKET, HEADERS)
            answer = connection.getresponse()
            body = json.loads(answer.read())
            self.slowest = max(self.slowest, time.monotonic() - asked)
            if answer.status in {200, 201}:
                self.acknowledged.append(body["id"])
            elif answer.status == 503 and (answer.headers["Retry-After"] or body["error"].startswith("Outcome unknown")):
                self.refused.append(body["error"])
            else:
                self.complaints.append(f"{answer.status}: {body}")
        connection.close()

    def wait_for_more(self) -> None:
        """Wait until more tickets are acknowledged than now."""
        known = len(self.acknowledged)
        end = time.monotonic() + PATIENCE
        while len(self.acknowledged) < known + CLIENTS:
            assert time.monotonic() < end, f"no ticket was created again within {PATIENCE} s: {self.refused[-1:]}"
            self.stop.wait(0.01)

    def wait_for_a_refusal(self) -> None:
        """Wait until somebody hears that the database is away."""
        known = len(self.refused)
        end = time.monotonic() + PATIENCE
        while len(self.refused) == known:
            assert time.monotonic() < end, "nobody was told that the database is away"
            self.stop.wait(0.01)


@pytest.fixture
def durable() -> Iterator[Cluster]:
    """A server that waits for its disk, since it will be killed."""
    with a_cluster(fsync="on", full_page_writes="on") as cluster:
        yield cluster


def test_a_database_that_is_killed_and_comes_back_loses_nothing(durable: Cluster, tmp_path: Path) -> None:
    done("init", "--database", durable.dsn("postgres"), "--account", "Example", "--timezone", "UTC", *who())
    heard = Heard()
    with serving(tmp_path, database=durable.dsn("postgres")) as server:
        clients = [threading.Thread(target=heard.create, args=(server,)) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            for _ in range(RESTARTS):
                heard.wait_for_more()
                durable.stop("immediate")
                heard.wait_for_a_refusal()
                durable.start(fsync="on", full_page_writes="on")
            heard.wait_for_more()
        finally:
            heard.stop.set()
            for client in clients:
                client.join()
        found = [server.ask("GET", f"/tickets/{ticket_id}", headers=HEADERS).status for ticket_id in heard.acknowledged]
        assert set(found) == {200}, f"{found.count(404)} of {len(found)} acknowledged tickets are lost"
    assert heard.complaints == []
    assert heard.slowest < PATIENCE
    assert "Traceback" not in (tmp_path / "server.log").read_text()
    assert done("check", "--config", a_file(tmp_path, durable), "--json").json["accounts"][0]["differences"] == 0


def who() -> tuple[str, ...]:
    """The owner of the account."""
    return ("--login", LOGIN, "--name", "Ann", "--key", KEY)


def a_file(folder: Path, cluster: Cluster) -> Path:
    """A file of settings that names the database."""
    file = folder / "settings.toml"
    file.write_text(f"database = {json.dumps(cluster.dsn('postgres'))}\n")
    return file
