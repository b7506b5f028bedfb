"""`python -m bench.copying FILE DSN`: brings a database file into an empty PostgreSQL database, row by row as `deskline copy` does.

It leaves out what that command proves afterwards (each row compared, each ticket checked), which takes twice as long as the copying:
what is measured here is held against the file by its totals. Indexes are made when the rows are there, which is faster than with each
row. Another program's modules may be used, by PYTHONPATH.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from deskline.storage import copies, people, postgres_copies
from deskline.storage.database import SERVER
from deskline.storage.sqlite import SqliteDatabase
from deskline.web.v2.wire import show_ticket

BUDGET_SECONDS = 86_400.0
INDEXES = """
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
      FROM pg_index i
      JOIN pg_class c ON c.oid = i.indrelid
     WHERE c.relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)
"""


async def copy(file: Path, dsn: str) -> None:
    """Copy all accounts."""
    source = SqliteDatabase(file, show=show_ticket, budget_seconds=BUDGET_SECONDS)
    try:
        async with postgres_copies.opened(dsn, str(file), show=show_ticket, budget_seconds=BUDGET_SECONDS) as target:
            async with source.read(SERVER) as server:
                accounts = await people.list_accounts(server)
            async with _without_indexes(dsn):
                for account in accounts:
                    await copies.copy_account(source, target, account.id, lambda rows: None)
            await target.settle()
            await target.finish()
    finally:
        await source.close()


@asynccontextmanager
async def _without_indexes(dsn: str) -> AsyncIterator[None]:
    """Do without all indexes but those of keys, and make them anew at the end."""
    connection = await asyncpg.connect(dsn)
    try:
        indexes = await connection.fetch(INDEXES)
        for name, _ in indexes:
            await connection.execute(f"DROP INDEX {name}")
        yield
        await connection.execute("SET maintenance_work_mem = '512MB'")
        for _, definition in indexes:
            await connection.execute(definition)
    finally:
        await connection.close()


if __name__ == "__main__":
    asyncio.run(copy(Path(sys.argv[1]), sys.argv[2]))
