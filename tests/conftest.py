"""What holds for every test: the network is closed, random values can be repeated. Fixtures of one folder belong in that folder."""

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import given, rounds
from tests.clusters import Cluster, Server, a_cluster
from tests.network import sitecustomize as network

SEED_VARIABLE = "DESKLINE_TEST_SEED"


def pytest_configure() -> None:
    """Set up the round, the seed and the closed network of child programs, before anything is collected."""
    rounds.set_hypothesis()
    os.environ.setdefault(SEED_VARIABLE, str(random.SystemRandom().randrange(10**9)))
    folders = [str(Path(network.__file__).parent), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, folders))


def pytest_report_header() -> str:
    """Say how to repeat this run."""
    return f"to repeat: {SEED_VARIABLE}={os.environ[SEED_VARIABLE]} {rounds.VARIABLE}={rounds.name()}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it again where something failed, since a header scrolls away."""
    if terminalreporter.stats.get("failed") or terminalreporter.stats.get("error"):
        terminalreporter.write_line(pytest_report_header())


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Random values of one test: the same for the same seed, whichever tests run beside it."""
    return random.Random(f"{os.environ[SEED_VARIABLE]} {request.node.nodeid}")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One PostgreSQL server for all tests of a run that want one."""
    with a_cluster() as running:
        yield running


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Where databases of PostgreSQL are made: on the server of the tests, or on one that was named."""
    named = given.address()
    if named is None:
        yield request.getfixturevalue("cluster")
        return
    with asyncio.Runner() as runner:
        server = given.GivenServer(named)
        runner.run(server.check())
        yield server
        runner.run(server.close())
