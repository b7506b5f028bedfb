"""`deskline serve --workers N`: one address, one set of numbers, one end; and what becomes of workers that die."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from deskline.cli.endings import Ending
from tests.cli.commands import deskline, done, init, program
from tests.clusters import Cluster
from tests.faults.journals import HEADERS, WHO
from tests.serving import Server, serving
from tests.workers import ask_anew, is_there, numbers, processes, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")
CONNECTIONS = 60  # each is any worker's: that one of three gets none is as likely as 3 * (2/3)**60


@pytest.fixture
def url(cluster: Cluster) -> Iterator[str]:
    """A database with an account."""
    with asyncio.Runner() as runner:
        database = cluster.a_database()
        dsn = runner.run(database.__aenter__())
        done("init", "--database", dsn, *WHO)
        yield dsn
        runner.run(database.__aexit__(None, None, None))


def test_all_workers_answer_at_one_address_and_end_with_their_parent(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKLINE_ACCESS_LOG", "true")
    with serving(tmp_path, database=url, workers="3") as server:
        workers = processes(server)
        assert len(workers) == 3
        for _ in range(CONNECTIONS):
            assert ask_anew(server, "/tickets", HEADERS)[0] == 200
        answered = numbers(server, "deskline_request_seconds_count")
        assert answered.keys() == {1, 2, 3}
        # The scrapes are requests themselves, each by one worker.
        assert sum(answered.values()) == CONNECTIONS
        assert sum(numbers(server, "deskline_request_seconds_count").values()) == CONNECTIONS + 1
        assert numbers(server, "deskline_worker_up") == {1: 1.0, 2: 1.0, 3: 1.0}
        assert ask_anew(server, "/healthz")[0] == ask_anew(server, "/readyz")[0] == 200
    assert not any(map(is_there, workers))
    lines = [json.loads(line) for line in server.log.read_text("utf-8").splitlines()]
    assert {line["worker"] for line in lines if line["event"] == "request"} == {1, 2, 3}


def test_a_scrape_is_in_the_form_of_prometheus_whoever_answers_it(url: str, tmp_path: Path) -> None:
    with serving(tmp_path, database=url, workers="2") as server:
        for _ in range(10):
            lines = ask_anew(server, "/metrics")[1].decode().splitlines()
            families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
            assert len(families) == len(set(families)), "each family once"
            series = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
            assert len(series) == len(set(series)), "each series once"
            assert all('worker="' in each for each in series)


def test_a_worker_that_is_killed_is_started_anew_and_nobody_waits_for_it(cluster: Cluster, url: str, tmp_path: Path) -> None:
    with serving(tmp_path, database=url, workers="2") as server:
        killed, other = processes(server)
        for _ in range(CONNECTIONS):
            assert ask_anew(server, "/tickets", HEADERS)[0] == 200
        tell(cluster, url, "ALLOW_CONNECTIONS false")  # so that the next one cannot serve yet
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: "a worker died" in server.log.read_text("utf-8"), "the parent has heard of it")
        for _ in range(CONNECTIONS):
            assert ask_anew(server, "/tickets", HEADERS)[0] == 200
        assert sorted(numbers(server, "deskline_worker_up").values()) == [0.0, 1.0]
        tell(cluster, url, "ALLOW_CONNECTIONS true")
        wait_until(lambda: numbers(server, "deskline_worker_up") == {1: 1.0, 2: 1.0}, "both serve again")
        after = processes(server)
        assert other in after
        assert killed not in after
        assert len(after) == 2
        wait_until(lambda: "a worker serves again" in server.log.read_text("utf-8"), "the log says so")


def tell(cluster: Cluster, url: str, what: str) -> None:
    """Change how a database may be used."""

    async def alter() -> None:
        connection = await asyncpg.connect(cluster.dsn("postgres"))
        await connection.execute(f"ALTER DATABASE {urlsplit(url).path[1:]} WITH {what}")
        await connection.close()

    asyncio.run(alter())


def test_a_worker_that_hangs_is_missing_in_a_scrape_and_nothing_else(url: str, tmp_path: Path) -> None:
    with serving(tmp_path, database=url, workers="2") as server:
        asked = server.ask("GET", "/metrics").body.decode()  # on a connection that is kept: its worker goes on
        other = next(pid for pid in processes(server) if not connects(pid, server))
        os.kill(other, signal.SIGSTOP)
        try:
            told = server.ask("GET", "/metrics").body.decode()
        finally:
            os.kill(other, signal.SIGCONT)
        assert told.count("deskline_worker_up{") == asked.count("deskline_worker_up{") == 2
        assert sorted(line[-3:] for line in told.splitlines() if line.startswith("deskline_worker_up{")) == ["0.0", "1.0"]


def connects(pid: int, server: Server) -> bool:
    """Say whether a process has the connection that a server keeps for us."""
    assert server._connection is not None
    ours = f"{server._connection.sock.getsockname()[1]:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()]
    (inode,) = [row[9] for row in rows if row[2].endswith(f":{ours}") and row[3] == "01"]
    links = [file.readlink() for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()]
    return f"socket:[{inode}]" in {str(link) for link in links}


def test_no_worker_outlives_its_parent(url: str, tmp_path: Path) -> None:
    with serving(tmp_path, database=url, workers="2") as server:
        workers = processes(server)
        server.is_killed = True
        server.process.kill()
        wait_until(lambda: not any(map(is_there, workers)), "the workers end by themselves")
    assert "Traceback" not in server.log.read_text("utf-8")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_all_processes_ends_them_in_order(url: str, tmp_path: Path, number: signal.Signals) -> None:
    """As a terminal sends SIGINT, and a supervisor SIGTERM."""
    with serving(tmp_path, database=url, workers="2") as server:
        workers = processes(server)
        for pid in (*workers, server.process.pid):
            os.kill(pid, number)
        assert server.process.wait(30) == 0
        server.is_killed = True
    assert not any(map(is_there, workers))
    assert "Traceback" not in server.log.read_text("utf-8")


def test_a_database_file_is_served_by_one_process(tmp_path: Path) -> None:
    init(tmp_path)
    ended = deskline("serve", "--data", tmp_path, "--workers", "2")
    assert ended.code == Ending.USAGE
    assert "workers: 2 processes cannot share the database file" in ended.err
    assert "Accepted: 1, or a PostgreSQL database" in ended.err


def test_more_connections_than_the_database_lets_in_are_refused_once(url: str) -> None:
    ended = program("serve", "--database", url, "--workers", "250", "--port", "0")
    assert ended.code == Ending.USAGE
    assert ended.err.count("Error:") == 1
    assert "250 processes open up to 5000 connections (20 each), and PostgreSQL lets 197 in here; accepted: up to 9 workers" in ended.err


def test_the_limit_of_a_database_counts(cluster: Cluster, url: str) -> None:
    tell(cluster, url, "CONNECTION LIMIT 50")
    ended = program("serve", "--database", url, "--workers", "3", "--port", "0")
    assert ended.code == Ending.USAGE
    assert "accepted: up to 2 workers" in ended.err


def test_workers_that_cannot_start_end_it_with_one_sentence(cluster: Cluster) -> None:
    async def bare() -> str:
        async with cluster.a_database(bare=True) as dsn:
            ended = await asyncio.to_thread(program, "serve", "--database", dsn, "--workers", "3", "--port", "0")
            assert ended.code == Ending.REFUSED
            return ended.err

    told = asyncio.run(bare())
    assert told.count("deskline init") == 1
    assert "Traceback" not in told


def test_a_port_has_one_server(url: str, tmp_path: Path) -> None:
    with serving(tmp_path, database=url, workers="2") as server:
        for workers in ("1", "2"):
            second = program("serve", "--database", url, "--port", str(server.address[1]), "--workers", workers)
            assert second.code == Ending.USAGE
            assert "Address already in use" in second.err
