"""Transactions that write on PostgreSQL: they take turns by account, and know at the end whether they were committed.

A write begins by taking the row of its account and holds it to its end. So whatever is read in it stands, keys are drawn by looking at
the last one, and an account's position grows with every commit: what is derived at a position is exact in every process. Writers
that wait in this process wait without a connection.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from deskline.errors import DatabaseAwayError, DatabaseBusyError, OutcomeUnknownError
from deskline.storage.database import Query, Row
from deskline.storage.dialects import words_of_ticket
from deskline.storage.postgres_errors import AWAY, BUSY, FAILURES, translate, translated
from deskline.storage.postgres_pool import WAIT_SECONDS, begun
from deskline.storage.postgres_reads import PostgresReader, text_of
from deskline.storage.postgres_statements import combined, table_of
from deskline.storage.queries import queries

if TYPE_CHECKING:
    from deskline.storage.postgres import PostgresDatabase
    from deskline.storage.postgres_pool import Connection

_Q = queries("transactions")
_SEARCH = queries("search")
_UNDONE: Final = ("23", "40")  # classes of errors by which a commit says that it was not done


class PostgresWriter(PostgresReader):
    """A transaction that writes one account.

    What is run for many rows answers nothing, so it waits until something is read, or for the end; then all of it is one statement.
    """

    def __init__(self, database: "PostgresDatabase", account_id: int, connection: "Connection") -> None:
        super().__init__(database, account_id)
        self._connection = connection
        self._waiting: dict[str, tuple[str, list[Sequence[object]]]] = {}  # by table
        self._texts: dict[int, str] = {}
        self.written = 0  # rows, of what is run for many
        self._deferred: dict[Callable[[PostgresWriter, list[Any]], Awaitable[None]], list[Any]] = {}
        self._now: int | None = None
        self.show = database.show

    @property
    def now(self) -> int:
        """The transaction's instant, that of the first time it is asked for."""
        if self._now is None:
            self._now = self._database.clock()
        return self._now

    @property
    def committed(self) -> PostgresReader:
        """The transaction itself: it has its turn and its connection already, and another would have to wait for one."""
        return self

    async def row(self, query: Query, *values: object) -> Row | None:
        """Fetch the first row of a statement, None where there is none."""
        await self._ready()
        with translated():
            record = await self._connection.fetchrow(text_of(query), *self._bound(values))
        return None if record is None else tuple(record)

    async def rows(self, query: Query, *values: object) -> list[Row]:
        """Fetch all rows of a statement."""
        await self._ready()
        with translated():
            records = await self._connection.fetch(text_of(query), *self._bound(values))
        return [tuple(record) for record in records]

    async def run(self, query: Query, *values: object) -> int:
        """Run a statement and tell how many rows it changed."""
        await self._ready()
        with translated():
            status = await self._connection.execute(text_of(query), *self._bound(values))
        return int(status.rpartition(" ")[2])

    async def run_many(self, query: Query, values: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of values, some time before the transaction reads again or ends."""
        text, rows = text_of(query), list(values)
        if not rows:
            return
        self.written += len(rows)
        table = table_of(text)
        if table in self._waiting and self._waiting[table][0] != text:  # statements of one round trip do not see each other's rows
            await self._flush()
        self._waiting.setdefault(table, (text, []))[1].extend(rows)

    def index(self, key: int, text: str, *, new: bool) -> None:
        """Have the words of a ticket written to the search index with this transaction."""
        self._texts[key] = words_of_ticket(self.account_id, text)

    def defer(self, work: "Callable[[PostgresWriter, list[Any]], Awaitable[None]]", item: object) -> None:
        """Have `work` done before the commit, or before the next statement here."""
        self._deferred.setdefault(work, []).append(item)

    async def _ready(self) -> None:
        """Have everything written that was asked for before: whoever reads finds it."""
        await self._work_off()
        await self._flush()

    async def _work_off(self) -> None:
        deferred, self._deferred = self._deferred, {}
        for work, items in deferred.items():
            await work(self, items)

    async def finish(self) -> None:
        """Write what waits."""
        await self._work_off()
        if self._texts:
            await self.run_many(_SEARCH["save_texts"], list(self._texts.items()))
            self._texts.clear()
        await self._flush()

    async def _flush(self) -> None:
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, {}
        parts = [(text, list(zip(*rows, strict=True))) for text, rows in waiting.values()]
        if not self._database.one_statement_at_a_time:
            texts, columns = zip(*parts, strict=True)
            parts = [(combined(texts), [column for some in columns for column in some])]
        with translated():
            for text, values in parts:
                await self._connection.execute(text, self.account_id, *values)


class PostgresWriting:
    """Enter a write: take the account's turn here and its row there; leave it: commit, and know whether that was done."""

    def __init__(self, database: "PostgresDatabase", account_id: int) -> None:
        self._database = database
        self._account_id = account_id
        self._leaving = AsyncExitStack()
        self._warnings: list[str] = []

    async def __aenter__(self) -> PostgresWriter:
        try:
            with translated():
                return await self._enter()
        except BaseException:
            await self._database.see_through(self._leaving.aclose())
            raise

    async def _enter(self) -> PostgresWriter:
        database = self._database
        database.refuse_if_closed()
        turn = database.turns.setdefault(self._account_id, asyncio.Lock())
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._leaving.enter_async_context(turn)
        except TimeoutError:
            raise DatabaseBusyError(BUSY) from None
        database.refuse_if_closed()
        begin = _Q["begin_write"].postgres.format(account_id=self._account_id)
        self._connection = await self._leaving.enter_async_context(begun(database.writers, begin))
        self._writer = PostgresWriter(database, self._account_id, self._connection)
        return self._writer

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._database.see_through(self._end(error))

    async def _end(self, error: BaseException | None) -> None:
        try:
            if error is None:
                await self._writer.finish()
                await self._commit()
                self._database.statistics.count(self._writer.written)
        finally:
            await self._leaving.aclose()

    async def _commit(self) -> None:
        """Commit. Raises OutcomeUnknownError unless the server says that it was done, or that it was not."""
        self._connection.add_log_listener(self._note)
        try:
            status = await self._connection.execute("COMMIT")
        except FAILURES as error:
            if isinstance(error, asyncpg.PostgresError) and str(error.sqlstate)[:2] in _UNDONE:
                raise (translate(error) or error) from error
            raise OutcomeUnknownError(UNKNOWN) from error
        finally:
            self._connection.remove_log_listener(self._note)
        if status != "COMMIT":
            raise DatabaseAwayError(AWAY)
        if self._warnings:  # such as a wait for the stand-by that was given up: this machine has it, the second copy may not
            raise OutcomeUnknownError(f"{UNKNOWN} The database said: {'; '.join(self._warnings)}")

    def _note(self, connection: object, message: asyncpg.PostgresLogMessage) -> None:
        if getattr(message, "severity_en", None) == "WARNING" or str(message.sqlstate).startswith("01"):
            self._warnings.append(str(message))


UNKNOWN: Final = "Outcome unknown: the write may or may not have been done. Look before you repeat it."
