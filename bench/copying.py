"""`python -m bench.copying FILE DSN`: brings a database file into an empty PostgreSQL database, row by row as `deskline copy` does.

It leaves out what that command proves afterwards (each row compared, each ticket checked), which takes twice as long as the copying:
what is measured here is held against the file by its totals. Another program's modules may be used, by PYTHONPATH.
"""

import asyncio
import sys
from pathlib import Path

from deskline.storage import copies, people, postgres_copies
from deskline.storage.database import SERVER
from deskline.storage.sqlite import SqliteDatabase
from deskline.web.v2.wire import show_ticket

BUDGET_SECONDS = 86_400.0


async def copy(file: Path, dsn: str) -> None:
    """Copy all accounts."""
    source = SqliteDatabase(file, show=show_ticket, budget_seconds=BUDGET_SECONDS)
    try:
        async with postgres_copies.opened(dsn, str(file), show=show_ticket, budget_seconds=BUDGET_SECONDS) as target:
            async with source.read(SERVER) as server:
                accounts = await people.list_accounts(server)
            for account in accounts:
                await copies.copy_account(source, target, account.id, lambda rows: None)
            await target.settle()
            await target.finish()
    finally:
        await source.close()


if __name__ == "__main__":
    asyncio.run(copy(Path(sys.argv[1]), sys.argv[2]))
