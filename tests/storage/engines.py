"""Databases of each engine, for tests that are tried on all of them. A PostgreSQL that cannot be had is an error."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, get_args

import pytest

from deskline.config import FILE
from deskline.storage.database import Database
from deskline.storage.postgres import open_postgres
from deskline.storage.queries import Engine
from deskline.web.v2.wire import show_ticket
from tests.clusters import Server
from tests.desks import PLACES
from tests.storage.builders import Clock, open_sqlite

ENGINES: tuple[Engine, ...] = get_args(Engine)
Opener = Callable[[], AbstractAsyncContextManager[Database]]


@asynccontextmanager
async def a_sqlite(folder: Path, clock: Callable[[], int] | None = None, **settings: Any) -> AsyncIterator[Database]:
    """Open a SQLite database in a folder."""
    database = open_sqlite(folder, clock, **settings)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def a_postgres(server: Server, clock: Callable[[], int] | None = None, **settings: Any) -> AsyncIterator[Database]:
    """Open a new database on a PostgreSQL server."""
    async with server.a_database() as dsn:
        database = await open_postgres(dsn, show=show_ticket, clock=clock or Clock(), **settings)
        try:
            yield database
        finally:
            await database.close()


@contextmanager
def a_place(request: pytest.FixtureRequest, engine: Engine, folder: Path) -> Iterator[Path]:
    """Have `any_desk` of a folder, and every command and server on it, use an engine: the folder's file of settings says which."""
    if engine == "sqlite":
        yield folder
        return
    server: Server = request.getfixturevalue("server")
    with asyncio.Runner() as runner:
        place = server.a_database()
        PLACES[folder] = runner.run(place.__aenter__())
        (folder / FILE).write_text(f"database = {json.dumps(PLACES[folder])}\n")
        yield folder
        del PLACES[folder]
        runner.run(place.__aexit__(None, None, None))


@contextmanager
def kept_open(runner: asyncio.Runner, opened: Opener) -> Iterator[Database]:
    """Keep a database open on the loop of a runner."""
    stack = AsyncExitStack()
    yield runner.run(stack.enter_async_context(opened()))
    runner.run(stack.aclose())


def opener(request: pytest.FixtureRequest, engine: Engine, clock: Callable[[], int] | None = None) -> Opener:
    """Say how a fixture opens an empty database of an engine; only who wants PostgreSQL has a server started."""
    if engine == "sqlite":
        folder: Path = request.getfixturevalue("tmp_path_factory").mktemp(engine)
        return lambda: a_sqlite(folder, clock)
    server: Server = request.getfixturevalue("server")
    return lambda: a_postgres(server, clock)
