"""Open the database for a command, and find the account that it is about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deskline.app import open_database
from deskline.config import Settings
from deskline.domain.people import Account
from deskline.errors import InvalidError, NotFoundError
from deskline.storage import people
from deskline.storage.database import SERVER
from deskline.storage.sqlite import SqliteDatabase


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[SqliteDatabase]:
    """Open the database of the data folder, and close it again. Raises SchemaError."""
    database = open_database(settings)
    try:
        yield database
    finally:
        await database.close()


async def list_accounts(database: SqliteDatabase) -> list[Account]:
    """List the accounts of the database."""
    async with database.read(SERVER) as server:
        return await people.list_accounts(server)


async def get_account(database: SqliteDatabase, wanted: str | None) -> Account:
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
