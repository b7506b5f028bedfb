"""No false success: where nobody knows whether a write is durable, its client hears that, and so does everyone who shared its commit."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from deskline.storage.postgres_commit import MOST_ADDED
from deskline.storage.postgres_servers import COMMAND_SECONDS
from tests.cli.commands import done
from tests.clusters import Cluster
from tests.faults.journals import HEADERS, UNKNOWN, WHO
from tests.pairs import Proxy, a_pair, a_proxy, ask, follow, let_commits_go, wait_for, wait_for_each_commit
from tests.serving import PATIENCE_SECONDS, Answer, Server, serving

WRITERS = 12
COMMIT = b"COMMIT\0"  # a transaction begins with READ COMMITTED
CANCELLED = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
WAITING = "EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND backend_type = 'client backend')"


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Cluster, Cluster]]:
    """A primary that does not wait for its stand-by, yet."""
    with a_pair(synchronous=False) as both:
        done("init", "--database", both[0].dsn("postgres"), *WHO)
        yield both


@pytest.fixture
def proxy(pair: tuple[Cluster, Cluster]) -> Iterator[Proxy]:
    """A way to the primary that can be cut."""
    with a_proxy(pair[0]) as opened:
        yield opened


def create(server: Server, text: str, key: str | None = None) -> Answer:
    """Create a ticket on a connection of one's own, once where there is a key."""
    body = json.dumps({"requester": {"mail": "mary@client.example"}, "message": text}).encode()
    with closing(http.client.HTTPConnection(*server.address, timeout=PATIENCE_SECONDS)) as connection:
        connection.request("POST", "/tickets", body, HEADERS | ({} if key is None else {"Idempotency-Key": key}))
        answer = connection.getresponse()
        return Answer(answer.status, [(name.lower(), value) for name, value in answer.getheaders()], answer.read())


def texts_there(server: Server) -> set[str]:
    """Read the messages of the newest tickets."""
    answer = server.ask("GET", "/tickets?page=1", headers=HEADERS)
    assert answer.status == 200
    return {event["message"] for ticket in answer.json["tickets"] for event in ticket["events"] if "message" in event}


@contextmanager
def writers(server: Server, name: str) -> "Iterator[list[Future[Answer]]]":
    """Have clients create a ticket each, at the same time."""
    with ThreadPoolExecutor(WRITERS) as threads:
        yield [threads.submit(create, server, f"{name} {number}") for number in range(WRITERS)]


def is_unknown(answer: Answer) -> bool:
    return answer.status == 503 and answer.json["error"].startswith(UNKNOWN) and answer.header("retry-after") is None


def test_a_wait_for_the_stand_by_that_is_cancelled_is_no_success(pair: tuple[Cluster, Cluster], tmp_path: Path) -> None:
    primary, standby = pair
    wait_for_each_commit(primary, standby)
    with serving(tmp_path, database=primary.dsn("postgres")) as server:
        assert create(server, "with the stand-by").status in {200, 201}
        standby.stop()
        begun = time.monotonic()
        with writers(server, "cancelled") as asked:
            wait_for(primary, WAITING)
            while not all(each.done() for each in asked):
                ask(primary, CANCELLED)
                assert time.monotonic() < begun + PATIENCE_SECONDS
            assert [each.result().status for each in asked if not is_unknown(each.result())] == []
        assert server.ask("GET", "/tickets", headers=HEADERS).status == 200
        follow(standby, primary)
        assert create(server, "with it again").status in {200, 201}
        let_commits_go(primary)
    log = (tmp_path / "server.log").read_text()
    assert "canceling wait for synchronous replication" in log
    assert "Traceback" not in log


def test_a_repetition_is_no_success_before_the_second_copy_either(pair: tuple[Cluster, Cluster], tmp_path: Path) -> None:
    """What the first has written can be read already, and its answer with it: whoever repeats it waits for the stand-by all the same."""
    primary, standby = pair
    wait_for_each_commit(primary, standby)
    key = "a-wait-that-is-cancelled"
    with serving(tmp_path, database=primary.dsn("postgres")) as server, ThreadPoolExecutor(1) as threads:
        standby.stop()
        begun = time.monotonic()
        for _ in range(3):
            asked = threads.submit(create, server, "to be repeated", key)
            wait_for(primary, WAITING)
            while not asked.done():
                ask(primary, CANCELLED)
                assert time.monotonic() < begun + PATIENCE_SECONDS
            assert is_unknown(asked.result()), asked.result()
        assert "to be repeated" in texts_there(server)
        follow(standby, primary)
        answers = [create(server, "to be repeated", key) for _ in range(2)]
        let_commits_go(primary)
        assert [answer.status for answer in answers] == [200, 200]
        assert answers[0].body == answers[1].body
        shown = server.ask("GET", "/tickets?page=1", headers=HEADERS).json["tickets"]
        assert sum(event.get("message") == "to be repeated" for ticket in shown for event in ticket["events"]) == 1


@pytest.mark.parametrize("decision", ["mute", "drop"])
def test_after_a_cut_a_repetition_finds_out(proxy: Proxy, tmp_path: Path, decision: str) -> None:
    """Nobody knows whether the first was done; who repeats it with its key has it done once and its answer."""
    text, key = f"{decision} and repeated", f"{decision}-and-repeated"
    with serving(tmp_path, database=proxy.dsn) as server:
        assert create(server, f"{text}: before").status in {200, 201}
        armed = threading.Event()
        armed.set()
        proxy.meddle = lambda data: decision if armed.is_set() and COMMIT in data else "pass"
        assert is_unknown(create(server, text, key))
        armed.clear()
        begun = time.monotonic()
        while (answer := create(server, text, key)).status == 503:  # while the primary has not noticed yet that the first is gone
            assert time.monotonic() < begun + PATIENCE_SECONDS
        assert answer.status == 200
        assert create(server, text, key).body == answer.body
        shown = server.ask("GET", "/tickets?page=1", headers=HEADERS).json["tickets"]
        assert sum(event.get("message") == text for ticket in shown for event in ticket["events"]) == 1


@pytest.mark.faults
def test_a_stand_by_that_is_gone_holds_nobody_up_for_ever(pair: tuple[Cluster, Cluster], tmp_path: Path) -> None:
    """More writers than one commit takes: who is in it hears that the outcome is unknown, who waits behind it that he may try again."""
    primary, standby = pair
    wait_for_each_commit(primary, standby)
    with serving(tmp_path, database=primary.dsn("postgres")) as server:
        standby.stop()
        begun = time.monotonic()
        with ThreadPoolExecutor(2 * MOST_ADDED) as threads:
            answers = [*threads.map(lambda number: create(server, f"alone {number}"), range(2 * MOST_ADDED))]
        assert COMMAND_SECONDS - 1 < time.monotonic() - begun < 2 * COMMAND_SECONDS
        assert any(is_unknown(answer) for answer in answers)
        assert [answer for answer in answers if not is_unknown(answer) and answer.header("retry-after") is None] == []
        assert {answer.status for answer in answers} == {503}
        let_commits_go(primary)
        assert create(server, "without a stand-by").status in {200, 201}
        follow(standby, primary)
    assert "Traceback" not in (tmp_path / "server.log").read_text()


@pytest.mark.parametrize("decision", ["mute", "drop"])
@pytest.mark.parametrize("count", [1, WRITERS])
def test_a_connection_that_is_cut_around_the_commit_is_no_success(proxy: Proxy, tmp_path: Path, decision: str, count: int) -> None:
    """Cut after the server has got the COMMIT and before it is answered; or before the COMMIT arrives. From here both look the same."""
    name = f"{decision} {count}"
    with serving(tmp_path, database=proxy.dsn) as server:
        assert create(server, f"{name} before").status in {200, 201}
        armed = threading.Event()
        armed.set()
        proxy.meddle = lambda data: decision if armed.is_set() and COMMIT in data else "pass"
        if count == 1:
            answers = [create(server, f"{name} 0")]
        else:
            with writers(server, name) as asked:
                answers = [each.result() for each in asked]
        armed.clear()
        assert proxy.cuts
        assert [answer for answer in answers if not is_unknown(answer)] == []
        there = texts_there(server)
        assert [f"{name} {number}" in there for number in range(count)] == [decision == "mute"] * count
        assert create(server, f"{name} after").status in {200, 201}
    assert "Traceback" not in (tmp_path / "server.log").read_text()
