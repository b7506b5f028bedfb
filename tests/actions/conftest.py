"""Folders for the desks of these tests: each test is tried with its database in the folder, and with one on a PostgreSQL server."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clusters import Server
from tests.desks import PLACES
from tests.storage.engines import ENGINES


@pytest.fixture(params=ENGINES)
def tmp_path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder; `any_desk` of it is on the engine of the test."""
    if request.param == "sqlite":
        yield tmp_path
        return
    server: Server = request.getfixturevalue("server")
    with asyncio.Runner() as runner:
        place = server.a_database()
        PLACES[tmp_path] = runner.run(place.__aenter__())
        yield tmp_path
        del PLACES[tmp_path]
        runner.run(place.__aexit__(None, None, None))
