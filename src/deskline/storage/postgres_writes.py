"""Transactions that write one account on PostgreSQL. When they have the connection, and what is committed with what, is the line's.

A write holds the row of its account to its end. So whatever is read in it stands, keys are drawn by looking at the last one, and an
account's position grows with every commit: what is derived at a position is exact in every process.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

from deskline.domain.searches import Findable
from deskline.storage.database import Query, Row
from deskline.storage.postgres_commit import Line, Turn
from deskline.storage.postgres_errors import translated
from deskline.storage.postgres_reads import PostgresReader, text_of
from deskline.storage.postgres_statements import combined, table_of
from deskline.storage.queries import Statement, queries

if TYPE_CHECKING:
    from deskline.storage.postgres import PostgresDatabase
    from deskline.storage.postgres_servers import Connection

Waiting: TypeAlias = tuple[str, list[Sequence[object]]]  # a statement, and the rows that it is run for
_SEARCH = queries("search")


class PostgresWriter(PostgresReader):
    """A transaction that writes one account, from its first statement on; without one, what it defers is done with that of others.

    What is run for many rows answers nothing, so it waits until something is read, or for the end; then all of it is one statement.
    """

    def __init__(self, database: "PostgresDatabase", account_id: int, line: Line | None, connection: "Connection | None" = None) -> None:
        """Take a connection whose transaction has begun, or the line in which one is waited for."""
        super().__init__(database, account_id)
        self._line = line
        self._turn: Turn | None = None
        self._connected = connection
        self._waiting: dict[str, Waiting] = {}  # by table
        self._findable: dict[int, Findable] = {}
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
        """A transaction that reads what was committed before."""
        return PostgresReader(self._database, self.account_id)

    async def row(self, query: Query, *values: object) -> Row | None:
        """Fetch the first row of a statement, None where there is none."""
        connection = await self._ready()
        with translated():
            record = await connection.fetchrow(text_of(query), *self._bound(values))
        return None if record is None else tuple(record)

    async def rows(self, query: Query, *values: object) -> list[Row]:
        """Fetch all rows of a statement."""
        connection = await self._ready()
        with translated():
            records = await connection.fetch(text_of(query), *self._bound(values))
        return [tuple(record) for record in records]

    async def run(self, query: Query, *values: object) -> int:
        """Run a statement and tell how many rows it changed."""
        connection = await self._ready()
        with translated():
            status = await connection.execute(text_of(query), *self._bound(values))
        return int(status.rpartition(" ")[2])

    async def run_many(self, query: Query, values: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of values, some time before the transaction reads again or ends."""
        text, rows = self._text_for_many(query), list(values)
        if not rows:
            return
        self.written += len(rows)
        table = table_of(text)
        if table in self._waiting and self._waiting[table][0] != text:  # statements of one round trip do not see each other's rows
            await self._flush(await self._connection())
        self._waiting.setdefault(table, (text, []))[1].extend(rows)

    def index(self, key: int, found_by: Findable, *, new: bool) -> None:
        """Have the words of a ticket written to the search index with this transaction."""
        self._findable[key] = found_by

    def defer(self, work: "Callable[[PostgresWriter, list[Any]], Awaitable[None]]", item: object) -> None:
        """Have `work` done before the commit, or before the next statement here."""
        self._deferred.setdefault(work, []).append(item)

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        """Do a part of the work, which an exception inside undoes alone."""
        connection = await self._ready()
        findable, written = dict(self._findable), self.written
        await self._execute(connection, "SAVEPOINT part")
        try:
            yield
            await self._ready()
        except Exception:  # who is cancelled loses all of it, and the connection may be in the middle of something
            self._deferred.clear()
            self._waiting.clear()
            self._findable, self.written = findable, written
            await self._execute(connection, "ROLLBACK TO part")
            raise
        await self._execute(connection, "RELEASE part")

    async def _execute(self, connection: "Connection", statement: str) -> None:
        with translated():
            await connection.execute(statement)

    async def leave(self, error: BaseException | None) -> None:
        """Give the transaction up, keep it unless there was an error, and wait until it is durable."""
        if error is None and (self._waiting or self._findable):
            await self._connection()
        if self._turn is not None:
            await self._leave_turn(self._turn, error)
        elif error is None and self._deferred and self._line is not None:
            await self._line.add(self._deferred)

    async def _leave_turn(self, turn: Turn, error: BaseException | None) -> None:
        if error is not None:
            turn.give_up()
        else:
            turn.over.set_result(self)
            await turn.durable

    async def finish(self) -> None:
        """Write what waits."""
        await self._work_off()
        if self._findable:
            rows = [(key, found_by.words, found_by.notes) for key, found_by in self._findable.items()]
            await self.run_many(_SEARCH["save_words"], rows)
            self._findable.clear()
        await self._flush(await self._connection())

    async def _ready(self) -> "Connection":
        """Have the turn, and everything written that was asked for before: whoever reads finds it."""
        connection = await self._connection()
        await self._work_off()
        await self._flush(connection)
        return connection

    async def _connection(self) -> "Connection":
        if self._connected is None:
            assert self._line is not None
            self._turn, self._connected = await self._line.enter()
        return self._connected

    async def _work_off(self) -> None:
        deferred, self._deferred = self._deferred, {}
        for work, items in deferred.items():
            await work(self, items)

    def _text_for_many(self, query: Query) -> str:
        return query.row_by_row if self._database.is_cluster and isinstance(query, Statement) else text_of(query)

    async def _flush(self, connection: "Connection") -> None:
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, {}
        with translated():
            if self._database.is_cluster:
                await self._send_row_by_row(connection, waiting.values())
            else:
                await self._send_together(connection, waiting.values())

    async def _send_together(self, connection: "Connection", waiting: "Iterable[Waiting]") -> None:
        """Send all statements as one, with a column of values for each parameter."""
        texts, columns = zip(*((text, tuple(zip(*rows, strict=True))) for text, rows in waiting), strict=True)
        await connection.execute(combined(texts), self.account_id, *(column for some in columns for column in some))

    async def _send_row_by_row(self, connection: "Connection", waiting: "Iterable[Waiting]") -> None:
        """Send each statement for each row: whatever a cluster is, it finds the one machine for that. The driver waits once a statement."""
        for text, rows in waiting:
            await connection.executemany(text, [(self.account_id, *row) for row in rows])


class PostgresWriting:
    """Enter a write: nothing yet; leave it: have it committed, and wait until it is."""

    def __init__(self, database: "PostgresDatabase", account_id: int) -> None:
        self._database = database
        self._account_id = account_id

    async def __aenter__(self) -> PostgresWriter:
        self._database.refuse_if_closed()
        self._writer = PostgresWriter(self._database, self._account_id, self._database.line(self._account_id))
        return self._writer

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._writer.leave(error)
