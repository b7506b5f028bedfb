"""The database's server is killed under load and comes back: while it is away answers are 503 at once, and nothing acknowledged is lost."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deskline.storage.postgres_servers import CONNECT_SECONDS, LONG_SECONDS
from tests import rounds
from tests.cli.commands import done
from tests.clusters import Cluster, a_cluster
from tests.faults.journals import HEADERS, WHO, writing
from tests.pairs import a_proxy
from tests.serving import Server, serving

RESTARTS = rounds.times(quick=2, long=12)
EVERY_SECONDS = rounds.times(quick=0, long=10)
HEALED = 5.0  # seconds after the database is back
ANSWERED = LONG_SECONDS + CONNECT_SECONDS + 1.5  # the longest any request may take, on a busy machine


@pytest.fixture
def durable() -> Iterator[Cluster]:
    """A server that waits for its disk, since it will be killed."""
    with a_cluster(fsync="on", full_page_writes="on") as cluster:
        yield cluster


def test_a_database_that_is_killed_and_comes_back_loses_nothing(
    durable: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done("init", "--database", durable.dsn("postgres"), *WHO)
    with serving(tmp_path, database=durable.dsn("postgres")) as server, writing(server) as journal:
        slowest = 0.0
        for _ in range(RESTARTS):
            begun = time.monotonic()
            journal.wait_for_more(20)
            durable.stop("immediate")
            journal.wait_for_a_refusal()
            probed(server, 503)
            durable.start(fsync="on", full_page_writes="on")
            slowest = max(slowest, journal.wait_for_more(1, HEALED))
            probed(server, 200)
            journal.stop.wait(begun + EVERY_SECONDS - time.monotonic())
        journal.wait_for_more(20)
        lost = journal.lost()
    with capsys.disabled():
        print(
            f"\nR13: {RESTARTS} restarts, {len(journal.acknowledged)} writes acknowledged, {len(lost)} lost, "
            f"{len(journal.refused)} refused; written again at most {slowest:.1f} s after a start; slowest answer {journal.slowest:.1f} s"
        )
    assert lost == []
    assert journal.slowest < ANSWERED
    assert done("check", "--config", a_file(tmp_path, durable), "--json").json["accounts"][0]["differences"] == 0


def probed(server: Server, ready: int) -> None:
    """Ask the probes: the process lives in any case."""
    assert server.ask("GET", "/healthz").status == 200
    answer = server.ask("GET", "/readyz")
    assert answer.status == ready
    assert (answer.header("retry-after") is None) == (ready == 200)


def test_a_database_that_vanishes_in_silence_is_noticed(cluster: Cluster, tmp_path: Path) -> None:
    """No RST and no refusal, as when a machine loses its power: who waits is answered all the same, and everybody else at once."""
    with asyncio.Runner() as runner, a_proxy(cluster) as proxy:
        database = cluster.a_database(bare=True)
        name = urlsplit(runner.run(database.__aenter__())).path
        dsn = urlsplit(proxy.dsn)._replace(path=name).geturl()
        done("init", "--database", dsn, *WHO)
        with serving(tmp_path, database=dsn) as server, writing(server) as journal:
            journal.wait_for_more(20)
            proxy.freeze()
            begun = time.monotonic()
            journal.wait_for_a_refusal()
            assert time.monotonic() - begun < ANSWERED
            probed(server, 503)
            for _ in range(20):
                asked = time.monotonic()
                assert server.ask("GET", "/tickets", headers=HEADERS).status == 503
                assert time.monotonic() - asked < 0.5
            proxy.thaw()
            journal.wait_for_more(1, HEALED)
            probed(server, 200)
            assert journal.lost() == []
        assert journal.slowest < ANSWERED
        runner.run(database.__aexit__(None, None, None))


@pytest.mark.faults
def test_a_server_whose_database_has_vanished_still_stops_in_time(cluster: Cluster, tmp_path: Path) -> None:
    with asyncio.Runner() as runner, a_proxy(cluster) as proxy:
        database = cluster.a_database(bare=True)
        dsn = urlsplit(proxy.dsn)._replace(path=urlsplit(runner.run(database.__aenter__())).path).geturl()
        done("init", "--database", dsn, *WHO)
        with serving(tmp_path, database=dsn) as server, writing(server, clients=8) as journal:
            journal.wait_for_more(100)
            journal.finish()
            assert server.ask("GET", "/reports/tickets/new_tickets", headers=HEADERS).status == 200
            proxy.freeze()
            begun = time.monotonic()
        assert time.monotonic() - begun < 10  # several connections are idle, and none of them is ever answered
        runner.run(database.__aexit__(None, None, None))


def a_file(folder: Path, cluster: Cluster) -> Path:
    """A file of settings that names the database."""
    file = folder / "settings.toml"
    file.write_text(f"database = {json.dumps(cluster.dsn('postgres'))}\n")
    return file
