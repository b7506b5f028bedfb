"""A server with several processes under load: it is restarted, and its workers are killed, one after the other."""

import asyncio
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
