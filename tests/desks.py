"""Desks for tests: a database in a folder, with an account that has an owner and a key. Tests of one matter make the rest themselves.

A test that is tried on both engines takes `any_desk` of a folder: where the folder has a place on a PostgreSQL server, its database is
there.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Final

import apsw
import asyncpg

from deskline.actions import accounts, tickets
from deskline.domain.events import Person, Requester, Source
from deskline.domain.people import Agent
from deskline.domain.tickets import NewTicket
from deskline.storage import people, schema
from deskline.storage.database import Database, Writer
from deskline.storage.postgres import open_postgres
from deskline.storage.sqlite import SqliteDatabase
from deskline.storage.tickets import Opening
from deskline.web.v2.wire import show_ticket

OWNER = Person("ann@example.com", "Ann")
KEY = "0123456789abcdef0123456789abcdef"


@asynccontextmanager
async def a_desk(folder: Path, *, account: bool = True) -> AsyncIterator[SqliteDatabase]:
    """Open the database of a folder, and make it where there is none: account 1 in Warsaw, Ann as its owner, KEY."""
    path = folder / "deskline.db"
    fresh = not path.exists()
    if fresh:
        schema.create(path)
    database = SqliteDatabase(path, show=show_ticket)
    try:
        if fresh and account:
            await _add_account(database)
        yield database
    finally:
        await database.close()


async def _add_account(database: Database) -> None:
    async with database.write(1) as tx:
        await accounts.init_account(tx, "Example", "Europe/Warsaw", Agent(login=OWNER.id, name=OWNER.name), secret=KEY)


PLACES: Final[dict[Path, str]] = {}  # folders whose database is on a PostgreSQL server, by DSN; fixtures write here


@asynccontextmanager
async def any_desk(folder: Path, *, account: bool = True) -> AsyncIterator[Database]:
    """Open the database of a folder wherever it is, and make the account where it is not there yet."""
    if folder not in PLACES:
        async with a_desk(folder, account=account) as database:
            yield database
        return
    on_server = await open_postgres(PLACES[folder], show=show_ticket)
    try:
        async with on_server.read(1) as tx:
            fresh = await people.find_account(tx) is None
        if fresh and account:
            await _add_account(on_server)
        yield on_server
    finally:
        await on_server.close()


def rows_in(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    """Read rows behind the program's back."""
    if folder in PLACES:
        return _on_server(folder, statement)
    with closing(apsw.Connection(str(folder / "deskline.db"))) as connection:
        return connection.execute(statement).fetchall()


def change_rows(folder: Path, statement: str) -> int:
    """Change rows behind the program's back; answers how many."""
    if folder in PLACES:
        return len(_on_server(folder, f"{statement} RETURNING 1"))
    with closing(apsw.Connection(str(folder / "deskline.db"))) as connection:
        connection.pragma("writable_schema", True)
        connection.execute(statement)
        return connection.changes()


def _on_server(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    async def fetched() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(PLACES[folder])
        try:
            return [tuple(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as thread:  # the caller may be on an event loop of its own
        return thread.submit(asyncio.run, fetched()).result()


async def add_ticket(tx: Writer, text: str = "Where is my parcel?", *, tags: tuple[str, ...] = ()) -> bytes:
    """Create a ticket of a client; answers it as it is shown."""
    new = NewTicket(
        requester=Requester("client@example.com", "Client"),
        text=text,
        groups=await tickets.ticket_groups(tx, (0,), may_make=True),
        source=Source("lc2"),
        tags=tags,
    )
    return await written(tx, await tickets.create(tx, new, OWNER))


async def written(tx: Writer, opening: Opening) -> bytes:
    """Have a new ticket written now, by reading, and not only with the commit; answers it as it is shown."""
    await people.find_account(tx)
    return opening.shown
