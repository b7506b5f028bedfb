"""Transactions that read on PostgreSQL: single statements, snapshots of one state, analyses within a budget."""

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING

from deskline.errors import DatabaseAwayError, DatabaseBusyError, QueryTooLongError
from deskline.storage.database import EXPORT_SECONDS, MOST_EXPORTS, SERVER, TOO_MANY_EXPORTS, Query, Row
from deskline.storage.postgres_errors import TOO_LONG, translated
from deskline.storage.postgres_pool import LostWhileIdleError, begun, borrowed
from deskline.storage.queries import Engine, Statement, queries

if TYPE_CHECKING:
    from deskline.storage.postgres import PostgresDatabase

_Q = queries("transactions")


def text_of(query: Query) -> str:
    """Give a statement as PostgreSQL wants it."""
    return query.postgres if isinstance(query, Statement) else query


class PostgresReader:
    """A transaction that reads: each statement by itself, on any connection that is free."""

    engine: Engine = "postgres"

    def __init__(self, database: "PostgresDatabase", account_id: int) -> None:
        self._database = database
        self.account_id = account_id
        self.memory = database.memory

    def _bound(self, values: tuple[object, ...]) -> tuple[object, ...]:
        return values if self.account_id == SERVER else (self.account_id, *values)

    async def row(self, query: Query, *values: object) -> Row | None:
        """Fetch the first row of a statement, None where there is none."""
        try:
            return await self._row(text_of(query), self._bound(values))
        except LostWhileIdleError:
            return await self._row(text_of(query), self._bound(values))

    async def rows(self, query: Query, *values: object) -> list[Row]:
        """Fetch all rows of a statement."""
        try:
            return await self._rows(text_of(query), self._bound(values))
        except LostWhileIdleError:
            return await self._rows(text_of(query), self._bound(values))

    async def _row(self, text: str, bound: tuple[object, ...]) -> Row | None:
        async with borrowed(self._database.readers) as connection:
            self.memory = self._database.memory
            record = await connection.fetchrow(text, *bound)
        return None if record is None else tuple(record)

    async def _rows(self, text: str, bound: tuple[object, ...]) -> list[Row]:
        async with borrowed(self._database.readers) as connection:
            self.memory = self._database.memory
            return [tuple(record) for record in await connection.fetch(text, *bound)]

    async def __aenter__(self) -> "PostgresReader":
        self._database.refuse_if_closed()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None


class PostgresSnapshot(PostgresReader):
    """A transaction whose statements all see one state. On a connection of its own, from entering to leaving."""

    def __init__(self, database: "PostgresDatabase", account_id: int) -> None:
        super().__init__(database, account_id)
        self._leaving = AsyncExitStack()
        self._begin = _Q["begin_snapshot"].postgres

    def _left(self) -> float | None:
        """Tell the seconds that a statement may take."""
        return None

    async def row(self, query: Query, *values: object) -> Row | None:
        """Fetch the first row of a statement, None where there is none."""
        found = await self.rows(query, *values)
        return found[0] if found else None

    async def rows(self, query: Query, *values: object) -> list[Row]:
        """Fetch all rows of a statement."""
        with translated():
            records = await self._connection.fetch(text_of(query), *self._bound(values), timeout=self._left())
        return [tuple(record) for record in records]

    async def _enter(self) -> None:
        self._connection = await self._leaving.enter_async_context(begun(self._database.readers, self._begin))

    async def __aenter__(self) -> "PostgresSnapshot":
        self._database.refuse_if_closed()
        try:
            with translated():
                await self._enter()
            self.memory = self._database.memory  # now that the connection is there: see `PostgresDatabase.forget`
        except BaseException:
            await self._database.see_through(self._leaving.aclose())
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._database.see_through(self._leaving.aclose())


class PostgresAnalysis(PostgresSnapshot):
    """A transaction that reads much: one state, within a budget of seconds."""

    def __init__(self, database: "PostgresDatabase", account_id: int) -> None:
        super().__init__(database, account_id)
        self._begin = _Q["begin_analysis"].postgres.format(milliseconds=max(1, round(database.budget_seconds * 1_000)))

    def _left(self) -> float | None:
        left = self._end - asyncio.get_running_loop().time()
        if left <= 0:
            raise QueryTooLongError(TOO_LONG)
        return left

    async def rows(self, query: Query, *values: object) -> list[Row]:
        """Fetch all rows of a statement. Raises QueryTooLongError when the budget is used up."""
        try:
            return await super().rows(query, *values)
        except DatabaseAwayError as error:
            if isinstance(error.__cause__, TimeoutError):
                self._end = 0.0
                raise QueryTooLongError(TOO_LONG) from error
            raise

    async def _enter(self) -> None:
        loop = asyncio.get_running_loop()
        self._end = loop.time() + self._database.budget_seconds
        self._leaving.enter_context(self._database.analysing())
        try:
            transaction = begun(self._database.analysts, self._begin, self._database.budget_seconds)
            self._connection = await self._leaving.enter_async_context(transaction)
        except DatabaseBusyError:
            raise QueryTooLongError("Other reports and searches took all the time this one had; try again in a moment.") from None


class PostgresExport(PostgresAnalysis):
    """A transaction that reads as much as there is, one state; each statement within the budget."""

    def _left(self) -> float:
        super()._left()
        return self._database.budget_seconds

    async def _enter(self) -> None:
        if self._database.exports >= MOST_EXPORTS:
            raise DatabaseBusyError(TOO_MANY_EXPORTS)
        self._database.exports += 1
        self._leaving.callback(self._database.count_export_left)
        await super()._enter()
        self._end = asyncio.get_running_loop().time() + EXPORT_SECONDS
