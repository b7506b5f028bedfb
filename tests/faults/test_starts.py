"""A server is started while its database is away: it waits for it a while, says so, and ends with a sentence where it waits in vain."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskline.cli.endings import Ending
from tests.cli.commands import deskline, done
from tests.clusters import Cluster, a_cluster
from tests.faults.journals import HEADERS, WHO
from tests.pairs import a_standby
from tests.serving import PATIENCE_SECONDS, serving


@pytest.fixture(scope="module")
def made() -> Iterator[Cluster]:
    """A server with an account."""
    with a_cluster() as cluster:
        done("init", "--database", cluster.dsn("postgres"), *WHO)
        yield cluster


@pytest.fixture
def alone(made: Cluster) -> Cluster:
    """A server with an account, that is stopped."""
    if made.runs:
        made.stop()
    return made


def test_a_database_that_comes_later_is_waited_for(alone: Cluster, tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.touch()

    def start_when_waited_for() -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while "waiting for it" not in log.read_text() and time.monotonic() < end:
            time.sleep(0.01)
        alone.start()

    starter = threading.Thread(target=start_when_waited_for)
    starter.start()
    with serving(tmp_path, database=alone.dsn("postgres")) as server:
        starter.join()
        assert server.ask("GET", "/readyz").status == 200
    assert log.read_text().count("waiting for it") == 1
    assert "Traceback" not in log.read_text()


def test_a_database_that_does_not_come_ends_the_server_with_a_sentence(alone: Cluster, tmp_path: Path) -> None:
    begun = time.monotonic()
    ended = deskline("serve", "--data", tmp_path, "--database", alone.dsn("postgres"), "--start-seconds", "1")
    assert time.monotonic() - begun < 10
    assert ended.code == Ending.UNAVAILABLE
    assert ended.err.splitlines()[-1] == f"Error: The database {alone.dsn('postgres')} cannot be reached; waited 1 s."
    assert "Traceback" not in ended.err


def test_a_database_that_lets_nobody_in_is_not_waited_for(alone: Cluster, tmp_path: Path) -> None:
    alone.start()
    begun = time.monotonic()
    ended = deskline("serve", "--data", tmp_path, "--database", alone.dsn("nothing"), "--start-seconds", "20")
    assert time.monotonic() - begun < 10
    assert ended.code == Ending.USAGE
    assert 'refuses: database "nothing" does not exist.' in ended.err


def test_reports_are_read_on_a_replica_and_say_how_old_it_is(alone: Cluster, tmp_path: Path) -> None:
    """Lists and tickets are read on the database: who has written something finds it."""
    alone.start()
    body = b'{"requester":{"mail":"mary@client.example"},"message":"Where is my parcel?"}'
    reports = ("new_tickets", "ratings/ranking")
    with a_standby(alone) as standby:
        settings = {"database": alone.dsn("postgres"), "replica": standby.dsn("postgres")}
        with serving(tmp_path, **settings) as server:
            for report in reports:
                answer = server.ask("GET", f"/reports/tickets/{report}", headers=HEADERS)
                assert (answer.status, answer.header("deskline-replica-age")) == (200, "0.0")
                tag = answer.header("etag")
                assert tag is not None
                again = server.ask("GET", f"/reports/tickets/{report}", headers={**HEADERS, "If-None-Match": tag})
                assert (again.status, again.header("deskline-replica-age")) == (304, "0.0")
            ticket_id = server.ask("POST", "/tickets", body, HEADERS).json["id"]
            for target in (f"/tickets/{ticket_id}", "/tickets", "/tickets?query=parcel"):
                answer = server.ask("GET", target, headers=HEADERS)
                assert (answer.status, answer.header("deskline-replica-age")) == (200, None)
                assert ticket_id.encode() in answer.body
            standby.kill()
            for report in reports:
                answer = server.ask("GET", f"/reports/tickets/{report}", headers=HEADERS)
                assert (answer.status, answer.header("deskline-replica-age")) == (200, None)
        # One that is away when the server starts is done without, too.
        with serving(tmp_path, **settings) as server:
            assert server.ask("GET", "/reports/tickets/new_tickets", headers=HEADERS).status == 200
    assert "Traceback" not in (tmp_path / "server.log").read_text()
