"""Jobs on one PostgreSQL with several servers: each piece is done once, whatever is killed or stopped in the midst of it."""

import asyncio
import json
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests import rounds
from tests.cli.commands import done
from tests.clusters import Cluster
from tests.conftest import SEED_VARIABLE
from tests.faults.journals import WHO
from tests.serving import Server, serving

TICKETS = 1_500
PIECES_SECONDS = 40  # what all of a check takes at most, on a busy machine
RESUMED_SECONDS = 60.0
LEASE = "2"
RUNS = rounds.times(quick=1, long=10)


@pytest.fixture
def url(cluster: Cluster) -> Iterator[str]:
    """A database with an account of some tickets."""
    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as patch:
        database = cluster.a_database(bare=True)
        dsn = runner.run(database.__aenter__())
        patch.setenv("DESKLINE_DATABASE_URL", dsn)
        done("init", *WHO)
        done("generate", "--count", str(TICKETS))
        yield dsn
        runner.run(database.__aexit__(None, None, None))


def job(url: str) -> dict[str, Any]:
    """Read the check's row behind the program's back."""

    async def read() -> dict[str, Any]:
        connection = await asyncpg.connect(url)
        try:
            row = await connection.fetchrow("SELECT fence, worker, place, result, attempts, ended_at FROM job WHERE job_id = 'check'")
        finally:
            await connection.close()
        assert row is not None
        return dict(row)

    return asyncio.run(read())


def waited_for(url: str, what: str, seconds: float) -> dict[str, Any]:
    """Wait until the job has a place, or a result."""
    until = time.monotonic() + seconds
    while not (found := job(url))[what]:
        assert time.monotonic() < until, f"{found} after {seconds} s"
        time.sleep(0.02)
    return found


def who(servers: list[Server], worker: str) -> Server:
    """Find the server that works on it."""
    (found,) = [server for server in servers if server.process.pid == int(worker.split(":")[1])]
    return found


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
@pytest.mark.parametrize("run", range(RUNS))
def test_a_check_is_done_once_though_who_does_it_is_lost(url: str, tmp_path: Path, number: signal.Signals, run: int) -> None:
    """The pieces of a check add up: one that was done twice, or not at all, would show in the number of tickets."""
    chance = random.Random(f"{os.environ[SEED_VARIABLE]} {run}")
    with ExitStack() as stack:
        servers = []
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
            server = stack.enter_context(serving(tmp_path / name, database=url, lease_seconds=LEASE))
            servers.append(server)
        done("jobs", "run", "check")
        begun = waited_for(url, "place", PIECES_SECONDS)
        time.sleep(chance.uniform(0, 0.3))  # anywhere in the midst of a piece
        lost = who(servers, begun["worker"])
        lost.is_killed = number == signal.SIGKILL
        lost.process.send_signal(number)
        ended = time.monotonic()
        other = waited_for(url, "result", RESUMED_SECONDS)
        print(f"R11: {number.name}: done by the other after {time.monotonic() - ended:.1f} s")
        if number == signal.SIGSTOP:
            lost.process.send_signal(signal.SIGCONT)
            waited_for_line(lost.log, "somebody else's")
        after = job(url)
        assert (after["result"], after["fence"]) == (other["result"], other["fence"]), "who was stopped has changed nothing"
        result = json.loads(after["result"])
        assert (result["tickets"], result.get("differences", 0)) == (TICKETS, 0)


def waited_for_line(log: Path, text: str) -> None:
    """Wait until a log says something."""
    until = time.monotonic() + PIECES_SECONDS
    while text not in log.read_text("utf-8"):
        assert time.monotonic() < until, log.read_text("utf-8")
        time.sleep(0.02)
