"""Desks for tests: a database in a folder, with an account that has an owner and a key. Tests of one matter make the rest themselves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from deskline.actions import accounts, tickets
from deskline.domain.events import Person, Requester, Source
from deskline.domain.people import Agent
from deskline.domain.tickets import NewTicket
from deskline.storage import people, schema
from deskline.storage.database import Writer
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
            async with database.write(1) as tx:
                await accounts.init_account(tx, "Example", "Europe/Warsaw", Agent(login=OWNER.id, name=OWNER.name), secret=KEY)
        yield database
    finally:
        await database.close()


async def add_ticket(tx: Writer, text: str = "Where is my parcel?", *, tags: tuple[str, ...] = ()) -> bytes:
    """Create a ticket of a client; answers it as it is shown."""
    new = NewTicket(
        requester=Requester("client@example.com", "Client"),
        text=text,
        groups=await tickets.ticket_groups(tx, (0,)),
        source=Source("lc2"),
        tags=tags,
    )
    return await written(tx, await tickets.create(tx, new, OWNER))


async def written(tx: Writer, opening: Opening) -> bytes:
    """Have a new ticket written now, by reading, and not only with the commit; answers it as it is shown."""
    await people.find_account(tx)
    return opening.shown
