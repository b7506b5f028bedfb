"""Databases for the tests of this folder. A second engine is one more parameter of `database`."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deskline.storage.database import Database
from deskline.storage.sqlite import SqliteDatabase
from tests.conftest import SEED_VARIABLE
from tests.storage.builders import THEIRS, Clock, an_account, open_sqlite

PATIENCE_SECONDS = 30  # a test that waits for something that never happens fails instead of hanging


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The event loop of the product."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
def clock() -> Clock:
    """The clock of `database`."""
    return Clock()


@pytest.fixture
async def sqlite(tmp_path: Path, clock: Clock) -> AsyncIterator[SqliteDatabase]:
    """The SQLite engine by itself, for what is its own matter. Two accounts, no tickets."""
    opened = open_sqlite(tmp_path, clock)
    await an_account(opened)
    await an_account(opened, THEIRS)
    yield opened
    async with asyncio.timeout(PATIENCE_SECONDS):
        await opened.close()


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> Database:
    """An engine behind the interface. Two accounts, no tickets."""
    opened: Database = request.getfixturevalue(request.param)
    return opened


@pytest.fixture(scope="session")
def seed() -> str:
    """What random values of more than one test come from; the run's header says how to repeat it."""
    return os.environ[SEED_VARIABLE]
