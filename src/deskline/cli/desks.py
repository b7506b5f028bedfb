"""Open the database for a command, and find the account that it is about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deskline.app import open_database
from deskline.config import Settings
from deskline.domain.people import Account
from deskline.errors import DurabilityLostError, InvalidError, NotFoundError
from deskline.storage import people
from deskline.storage.database import SERVER, Database
from deskline.storage.sqlite import SqliteDatabase
from deskline.storage.sqlite_commit import CHECKPOINT_PAGES


@asynccontextmanager
async def opened(settings: Settings, *, checkpoint_pages: int = CHECKPOINT_PAGES) -> AsyncIterator[Database]:
    """Open the database of the settings, and close it again. Raises SchemaError; DurabilityLostError where the last write lost it."""
    database = await open_database(settings, checkpoint_pages=checkpoint_pages)
    try:
        yield database
    finally:
        await database.close()
    if isinstance(database, SqliteDatabase) and database.commits.failed.is_set():
        raise DurabilityLostError(f"What was written to {database.path} could not be made durable; check the disk, then: deskline check")


async def list_accounts(database: Database) -> list[Account]:
    """List the accounts of the database."""
    async with database.read(SERVER) as server:
        return await people.list_accounts(server)


async def get_account(database: Database, wanted: str | None) -> Account:
    """Get the account of this id or name; the only one where none is named. Raises NotFoundError, InvalidError."""
    accounts = await list_accounts(database)
    if wanted is None:
        if len(accounts) == 1:
            return accounts[0]
        names = ", ".join(f"{account.id} ({account.name})" for account in accounts)
        raise InvalidError(
            f"There are several accounts here, say which one with --account: {names}." if accounts else "There is no account."
        )
    by_name = {account.name.lower(): account for account in accounts}
    by_id = {str(account.id): account for account in accounts}
    found = by_id.get(wanted) or by_name.get(wanted.strip().lower())
    if found is None:
        raise NotFoundError("account", wanted)
    return found
