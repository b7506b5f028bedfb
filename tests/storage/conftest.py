"""Databases for the tests of this folder; what takes `database` is tried on each engine."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from deskline.storage.database import Database
from deskline.storage.postgres import PostgresDatabase, open_postgres
from deskline.storage.sqlite import SqliteDatabase
from deskline.web.v2.wire import show_ticket
from tests.clusters import Cluster, Server
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


@pytest.fixture
async def postgres(cluster: Cluster, clock: Clock) -> AsyncIterator[PostgresDatabase]:
    """The PostgreSQL engine by itself, for what is its own matter, on the tests' own server. Two accounts, no tickets."""
    async with _two_accounts(cluster, clock) as opened:
        yield opened


@pytest.fixture
async def on_server(server: Server, clock: Clock) -> AsyncIterator[PostgresDatabase]:
    """The PostgreSQL engine wherever the server is. Two accounts, no tickets."""
    async with _two_accounts(server, clock) as opened:
        yield opened


@asynccontextmanager
async def _two_accounts(server: Server, clock: Clock) -> AsyncIterator[PostgresDatabase]:
    async with server.a_database() as dsn:
        opened = await open_postgres(dsn, show=show_ticket, clock=clock)
        await an_account(opened)
        await an_account(opened, THEIRS)
        yield opened
        async with asyncio.timeout(PATIENCE_SECONDS):
            await opened.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """An engine behind the interface. Two accounts, no tickets."""
    opened: Database = request.getfixturevalue("sqlite" if request.param == "sqlite" else "on_server")
    return opened


@pytest.fixture(scope="session")
def seed() -> str:
    """What random values of more than one test come from; the run's header says how to repeat it."""
    return os.environ[SEED_VARIABLE]
