"""A server with several processes under load: it is restarted, and its workers are killed, one after the other."""

import asyncio
import json
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop

from tests import rounds
from tests.cli.commands import done
from tests.clusters import Cluster
from tests.faults.clients import Told
from tests.faults.journals import WHO, writing
from tests.faults.programs import init, start
from tests.faults.test_jobs import LEASE, PIECES_SECONDS, RESUMED_SECONDS, TICKETS, job, waited_for, waited_for_line
from tests.faults.test_restarts import REQUESTS, load
from tests.serving import serving
from tests.workers import processes, wait_until

WORKERS = "3"
KILLS = rounds.times(quick=3, long=30)


@pytest.fixture
def url(cluster: Cluster) -> Iterator[str]:
    """A database without tables."""
    with asyncio.Runner() as runner:
        database = cluster.a_database(bare=True)
        yield runner.run(database.__aenter__())
        runner.run(database.__aexit__(None, None, None))


def test_no_request_fails_when_a_server_of_several_workers_is_restarted(
    url: str, scratch: Path, chance: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKLINE_DATABASE_URL", url)
    monkeypatch.setenv("DESKLINE_WORKERS", WORKERS)
    init(scratch)
    told = Told()
    program = start(scratch)
    try:
        program = uvloop.run(load(scratch, program, told, chance))
        assert program.terminate() == 0, program.log.read_text()
    finally:
        program.kill()
    assert told.complaints == []
    assert told.answers == REQUESTS
    (checked,) = done("check", "--json").json["accounts"]
    assert (checked["differences"], checked["tickets"]) == (0, len(told.tickets))


def test_workers_that_are_killed_under_load_lose_nothing_acknowledged(url: str, tmp_path: Path, chance: random.Random) -> None:
    done("init", "--database", url, *WHO)
    with serving(tmp_path, database=url, workers=WORKERS) as server, writing(server, broken_is_fine=True) as journal:
        for _ in range(KILLS):
            journal.wait_for_more(20)
            known = set(processes(server))
            os.kill(chance.choice(sorted(known)), signal.SIGKILL)
            wait_until(lambda known=known: bool(set(processes(server)) - known), "another worker is started")  # type: ignore[misc]
        journal.wait_for_more(20)
        assert journal.lost() == []


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_a_job_is_done_once_though_its_worker_is_lost(
    url: str, tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKLINE_DATABASE_URL", url)
    done("init", *WHO)
    done("generate", "--count", str(TICKETS))
    with serving(tmp_path, database=url, workers=WORKERS, lease_seconds=LEASE) as server:
        done("jobs", "run", "check")
        lost = int(waited_for(url, "place", PIECES_SECONDS)["worker"].split(":")[1])
        assert lost in processes(server)
        os.kill(lost, number)
        ended = waited_for(url, "result", RESUMED_SECONDS)
        if number == signal.SIGSTOP:
            os.kill(lost, signal.SIGCONT)
            waited_for_line(server.log, "somebody else's")
        after = job(url)
        assert (after["result"], after["fence"]) == (ended["result"], ended["fence"])
        result = json.loads(after["result"])
        assert (result["tickets"], result.get("differences", 0)) == (TICKETS, 0)
