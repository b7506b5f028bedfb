"""The SQLite engine: inline reads, one writer with group commit, reader threads for heavy reads. No statement of the help desk's own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import apsw

from deskline.domain.searches import Findable
from deskline.errors import DatabaseBusyError, QueryTooLongError
from deskline.storage.clocks import wall_clock
from deskline.storage.database import EXPORT_SECONDS, MOST_EXPORTS, SERVER, TOO_MANY_EXPORTS, Query, Replica, Row, Show
from deskline.storage.memory import Memory
from deskline.storage.queries import Engine, Statement, spelled_for_sqlite
from deskline.storage.sqlite_commit import CHECKPOINT_PAGES, GroupCommit, Unit
from deskline.storage.sqlite_connection import CACHE_KIB, OFF_LOOP_WAIT_MS, TOO_LONG, connect, translate, translated

MOST_WAITING = 200  # analyses that may wait for a thread; each has its whole budget to wait in, so more would only be refused later
ANALYSTS = 2  # reader threads: two cores are the machine in mind, and SQLite lets go of the interpreter while it works

INTERRUPT_SECONDS = 0.02  # how soon a statement is interrupted again: an interrupt that comes before its first step is lost


def text_of(query: Query) -> str:
    """Give a statement as SQLite wants it."""
    return query.sqlite if isinstance(query, Statement) else spelled_for_sqlite(query)


class SqliteReader:
    """A transaction that reads on the event loop: for one ticket, one page, a credential."""

    __slots__ = ("_connection", "account_id", "memory")
    engine: Engine = "sqlite"

    def __init__(self, connection: apsw.Connection, account_id: int, memory: Memory) -> None:
        self._connection = connection
        self.account_id = account_id
        self.memory = memory

    def _bound(self, values: tuple[object, ...]) -> tuple[object, ...]:
        return values if self.account_id == SERVER else (self.account_id, *values)

    async def row(self, query: Query, *values: object) -> Row | None:
        """Fetch the first row of a statement, None where there is none."""
        try:
            return self._connection.execute(text_of(query), self._bound(values)).fetchone()
        except apsw.Error as error:
            raise (translate(error) or error) from error

    async def rows(self, query: Query, *values: object) -> list[Row]:
        """Fetch all rows of a statement."""
        try:
            return self._connection.execute(text_of(query), self._bound(values)).fetchall()
        except apsw.Error as error:
            raise (translate(error) or error) from error

    async def __aenter__(self) -> "SqliteReader":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None


class SqliteSnapshot(SqliteReader):
    """The same, where several statements must see one state of the database.

    All inline reads share a connection: nothing inside may await anything but the transaction, which never suspends.
    """

    __slots__ = ()

    async def __aenter__(self) -> "SqliteSnapshot":
        with translated():
            self._connection.execute("SAVEPOINT snapshot")
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._connection.execute("RELEASE snapshot")


class SqliteAnalysis:
    """A transaction that reads much, in a thread of its own, within a budget of seconds."""

    engine: Engine = "sqlite"

    def __init__(self, database: "SqliteDatabase", account_id: int) -> None:
        self._database = database
        self.account_id = account_id
        self.memory = database.memory
        self._is_over = False

    async def row(self, query: Query, *values: object) -> Row | None:
        """Fetch the first row of a statement, None where there is none."""
        found = await self.rows(query, *values)
        return found[0] if found else None

    async def rows(self, query: Query, *values: object) -> list[Row]:
        """Fetch all rows of a statement. Raises QueryTooLongError when the budget is used up."""
        if self._is_over:
            raise QueryTooLongError(TOO_LONG)
        bound = values if self.account_id == SERVER else (self.account_id, *values)
        work = self._loop.run_in_executor(self._database.analysts, self._fetch, text_of(query), bound)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await self._stop(work)
            raise
        except apsw.Error as error:
            raise (translate(error) or error) from error

    async def _stop(self, work: asyncio.Future[list[Row]]) -> None:
        """Have the thread out of the connection before the next one gets it, however often the caller is cancelled meanwhile."""
        while not work.done():
            self._connection.interrupt()
            with suppress(asyncio.CancelledError):
                await asyncio.wait([work], timeout=INTERRUPT_SECONDS)
        work.exception()  # nobody waits for the answer any more; mark it as seen

    def _expire(self) -> None:
        self._is_over = True
        self._connection.interrupt()
        self._alarm = self._loop.call_later(INTERRUPT_SECONDS, self._expire)

    def _fetch(self, query: str, bound: tuple[object, ...]) -> list[Row]:
        return self._connection.execute(query, bound).fetchall()

    async def __aenter__(self) -> "SqliteAnalysis":
        self._loop = asyncio.get_running_loop()
        end = self._loop.time() + self._database.budget_seconds
        self._connection = await self._database.take_analyst(end)
        self._alarm = self._loop.call_at(end, self._expire)
        try:
            with translated():
                self._connection.execute("BEGIN")
        except BaseException:
            self._leave()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._leave()

    def _leave(self) -> None:
        self._alarm.cancel()
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        finally:
            self._database.idle_analysts.put_nowait(self._connection)


class SqliteExport(SqliteAnalysis):
    """A transaction that reads as much as there is, on a connection of its own; each statement within the budget."""

    async def rows(self, query: Query, *values: object) -> list[Row]:
        """Fetch all rows of a statement. Raises QueryTooLongError when the budget, or the time for all of them, is used up."""
        now = self._loop.time()
        self._is_over |= now >= self._end
        self._alarm = self._loop.call_at(min(now + self._database.budget_seconds, self._end), self._expire)
        try:
            return await super().rows(query, *values)
        finally:
            self._alarm.cancel()

    async def __aenter__(self) -> "SqliteExport":
        if self._database.exports >= MOST_EXPORTS:
            raise DatabaseBusyError(TOO_MANY_EXPORTS)
        self._database.exports += 1
        try:
            self._loop = asyncio.get_running_loop()
            self._end = self._loop.time() + EXPORT_SECONDS
            with translated():
                self._connection = self._database.connect_reading(OFF_LOOP_WAIT_MS)
                self._connection.execute("BEGIN")
        except BaseException:
            self._database.exports -= 1
            raise
        return self

    def _leave(self) -> None:
        self._database.exports -= 1
        self._connection.close()


class SqliteWriter(SqliteReader):
    """A transaction that writes one account: a savepoint in the batch that is being gathered, from its first statement on."""

    __slots__ = ("_database", "_now", "_unit", "show")

    def __init__(self, database: "SqliteDatabase", account_id: int, unit: Unit) -> None:
        super().__init__(database.writer, account_id, database.memory)
        self._database = database
        self._unit = unit
        self._now: int | None = None
        self.show = database.show

    @property
    def now(self) -> int:
        """The transaction's instant, that of the first time it is asked for."""
        if self._now is None:
            self._now = self._database.clock()
        return self._now

    @property
    def committed(self) -> SqliteReader:
        """A transaction that reads what was committed before."""
        return self._database.read(self.account_id)

    async def row(self, query: Query, *values: object) -> Row | None:
        """Fetch the first row of a statement, None where there is none."""
        await self._ready()
        return await super().row(query, *values)

    async def rows(self, query: Query, *values: object) -> list[Row]:
        """Fetch all rows of a statement."""
        await self._ready()
        return await super().rows(query, *values)

    async def run(self, query: Query, *values: object) -> int:
        """Run a statement and tell how many rows it changed."""
        await self._ready()
        try:
            self._connection.execute(text_of(query), self._bound(values))
        except apsw.Error as error:
            raise (translate(error) or error) from error
        return self._connection.changes()

    async def run_many(self, query: Query, values: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of values."""
        await self._ready()
        account_id = self.account_id
        bound = [(account_id, *row) for row in values]
        try:
            if bound:
                self._connection.executemany(text_of(query), bound)
        except apsw.Error as error:
            raise (translate(error) or error) from error

    def defer(self, work: Callable[["SqliteWriter", list[Any]], Awaitable[None]], item: object) -> None:
        """Have `work` done before the commit, for all items of the batch at once, or before the next statement here."""
        self._unit.deferred.setdefault((self.account_id, work), []).append(item)

    def index(self, key: int, found_by: Findable, *, new: bool) -> None:
        """Have the words of a ticket written to the search index with this transaction."""
        self._unit.findable.append((key, found_by, new))

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        """Do a part of the work, which an exception inside undoes alone."""
        await self._ready()
        findable = self._unit.findable
        before = len(findable)
        self._execute("SAVEPOINT part")
        try:
            yield
            await self._ready()
        except Exception:  # who is cancelled loses all of it
            self._unit.deferred.clear()
            del findable[before:]
            if self._connection.in_transaction:  # a full disk has undone all of it
                self._execute("ROLLBACK TO part")
                self._execute("RELEASE part")
            raise
        self._execute("RELEASE part")

    def _execute(self, statement: str) -> None:
        with translated():
            self._connection.execute(statement)

    async def _ready(self) -> None:
        """Have the turn, and what was deferred done, before a statement: whoever reads finds what it wrote."""
        unit = self._unit
        if unit.batch is None:
            await self._database.commits.enter(unit)
        if unit.deferred:
            await self._database.work_off(unit)


class SqliteWriting:
    """Enter a write: nothing yet; leave it: let the batch go on, and wait until it is durable."""

    __slots__ = ("_account_id", "_database", "_unit")

    def __init__(self, database: "SqliteDatabase", account_id: int) -> None:
        self._database = database
        self._account_id = account_id

    async def __aenter__(self) -> SqliteWriter:
        self._database.commits.refuse_if_over()
        self._unit = Unit()
        return SqliteWriter(self._database, self._account_id, self._unit)

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._database.commits.leave(self._unit, error)


class SqliteDatabase:
    """A database file that is open. See `database.Database` for what each kind of transaction promises."""

    engine: Engine = "sqlite"

    def __init__(
        self,
        path: Path,
        *,
        show: Show,
        clock: Callable[[], int] = wall_clock,
        budget_seconds: float = 10.0,
        cache_kib: int = CACHE_KIB,
        checkpoint_pages: int = CHECKPOINT_PAGES,
        vfs: str | None = None,
    ) -> None:
        self.path = path
        self.show = show
        self.clock = clock
        self.budget_seconds = budget_seconds
        self.replica: Replica | None = None  # a file has none
        self.memory = Memory()
        self.writer = connect(path, cache_kib=cache_kib, vfs=vfs)
        self._cache_kib, self._vfs = cache_kib, vfs
        self._reader = self.connect_reading()
        self.commits = GroupCommit(self.writer, self.work_off, checkpoint_pages)
        self._waiting_analyses = 0
        self.analysts = ThreadPoolExecutor(ANALYSTS, "deskline-analyst")
        self.idle_analysts: asyncio.Queue[apsw.Connection] = asyncio.Queue()
        self._analyst_connections = [self.connect_reading(OFF_LOOP_WAIT_MS) for _ in range(ANALYSTS)]
        self.exports = 0
        for connection in self._analyst_connections:
            self.idle_analysts.put_nowait(connection)

    def read(self, account_id: int, *, snapshot: bool = False) -> SqliteReader:
        """Read a bounded number of rows, at once, on the event loop."""
        return (SqliteSnapshot if snapshot else SqliteReader)(self._reader, account_id, self.memory)

    def write(self, account_id: int) -> SqliteWriting:
        """Change an account; leaving it means that the change is on the disk."""
        return SqliteWriting(self, account_id)

    def analyse(self, account_id: int) -> SqliteAnalysis:
        """Read much, off the event loop, one state, within the budget."""
        return SqliteAnalysis(self, account_id)

    def export(self, account_id: int) -> SqliteExport:
        """Read as much as there is, off the event loop, one state."""
        return SqliteExport(self, account_id)

    def connect_reading(self, wait_ms: int = 0) -> apsw.Connection:
        """Open one more connection that reads."""
        return connect(self.path, reading=True, wait_ms=wait_ms, cache_kib=self._cache_kib, vfs=self._vfs)

    async def work_off(self, unit: Unit) -> None:
        """Do what a unit deferred, within its batch."""
        deferred, unit.deferred = unit.deferred, {}
        for (account_id, work), items in deferred.items():
            await work(SqliteWriter(self, account_id, unit), items)

    async def take_analyst(self, end: float) -> apsw.Connection:
        """Take a connection for an analysis, waiting until `end` (loop time) at most. Raises DatabaseBusyError, QueryTooLongError."""
        if not self.idle_analysts.empty():
            return self.idle_analysts.get_nowait()
        if self._waiting_analyses >= MOST_WAITING:
            raise DatabaseBusyError("Too many reports and searches wait already; try again in a moment.")
        self._waiting_analyses += 1
        try:
            async with asyncio.timeout_at(end):
                return await self.idle_analysts.get()
        except TimeoutError:
            raise QueryTooLongError("Other reports and searches took all the time this one had; try again in a moment.") from None
        finally:
            self._waiting_analyses -= 1

    async def wait_failed(self) -> None:
        """Return when durability was lost: the server must stop then."""
        await self.commits.failed.wait()

    async def close(self) -> None:
        """Finish what is being written and let the files go."""
        await self.commits.close()
        self.analysts.shutdown()
        for connection in (*self._analyst_connections, self._reader, self.writer):
            connection.close()
