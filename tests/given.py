"""A PostgreSQL server that whoever runs the tests names, in place of the one of the wheel: of another version, or a Citus coordinator.

All happens in the one database that is named: what is a database elsewhere is a schema here, found by the address' `search_path`. On a
cluster a database would have to be made on each machine, and tables are slow to make; so schemas are emptied and used again.
"""

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from deskline.storage import postgres_clusters, postgres_schema

SERVER_VARIABLE = "DESKLINE_TEST_SERVER"  # an address
CITUS_VARIABLE = "DESKLINE_TEST_CITUS"  # 1 where it must be a coordinator
SHARDS = 4  # of each table; the 32 that are usual take a minute to make


def address() -> str | None:
    """Tell the server that was named."""
    return os.environ.get(SERVER_VARIABLE) or None


class GivenServer:
    """A database whose schemas are databases."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._numbers = itertools.count(1)
        self._free: list[str] = []
        self._made: list[str] = []

    async def check(self) -> None:
        """End the run where the server is not what was asked for."""
        connection = await asyncpg.connect(self._dsn)
        try:
            found = await connection.fetchval("SELECT extversion FROM pg_extension WHERE extname = 'citus'")
            machines = await connection.fetchval(postgres_clusters.COUNT_MACHINES.postgres) if found else 0
        finally:
            await connection.close()
        if os.environ.get(CITUS_VARIABLE) and not found:
            pytest.exit(f"The database of {SERVER_VARIABLE} is no Citus coordinator's; run in it: CREATE EXTENSION citus", 1)
        print(f"\nserver: {connection.get_server_version()}, Citus {found or 'none'}, {machines} machines")

    @asynccontextmanager
    async def a_database(self, *, bare: bool = False) -> AsyncIterator[str]:
        """Take an empty schema with Deskline's tables, unless it is to be bare; gives its address."""
        schema = self._free.pop() if self._free and not bare else await self._make(bare=bare)
        try:
            yield self._address(schema)
        finally:
            if bare:
                await self._drop(schema)
            else:
                await self._empty(schema)
                self._free.append(schema)

    async def close(self) -> None:
        """Remove every schema."""
        for schema in [*self._made]:
            await self._drop(schema)

    def _address(self, schema: str) -> str:
        options = f"options=-c%20search_path%3D{schema}%20-c%20citus.shard_count%3D{SHARDS}"
        return f"{self._dsn}{'&' if '?' in self._dsn else '?'}{options}"

    async def _make(self, *, bare: bool) -> str:
        schema = f"desk_{os.getpid()}_{next(self._numbers)}"
        self._made.append(schema)
        await self._do(f"CREATE SCHEMA {schema}")
        if not bare:
            await postgres_schema.create(self._address(schema))
            await postgres_clusters.spread_if_cluster(self._address(schema))
        return schema

    async def _empty(self, schema: str) -> None:
        tables = [f"{schema}.{table}" for table in postgres_clusters.places() if table != "deskline"]
        await self._do(f"TRUNCATE {', '.join(tables)}")

    async def _drop(self, schema: str) -> None:
        self._made.remove(schema)
        await self._do(f"DROP SCHEMA {schema} CASCADE")

    async def _do(self, statement: str) -> None:
        connection = await asyncpg.connect(self._dsn, server_settings={"lock_timeout": "10s", "client_min_messages": "warning"})
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
