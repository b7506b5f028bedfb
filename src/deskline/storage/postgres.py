"""The PostgreSQL engine: pooled reads, writes that take turns by account, analyses of one state. No statement of the help desk's own.

A write begins by taking the row of its account and holds it to its end. So whatever is read in it stands, keys are drawn by looking at
the last one, and an account's position grows with every commit: what is derived at a position is exact in every process. Writers
that wait in this process wait without a connection.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

import asyncpg

from deskline.errors import DatabaseAwayError, DatabaseBusyError, OutcomeUnknownError, QueryTooLongError, StoppingError
from deskline.storage.clocks import wall_clock
from deskline.storage.database import SERVER, Query, Row, Show
from deskline.storage.dialects import words_of_ticket
from deskline.storage.memory import Memory
from deskline.storage.postgres_errors import AWAY, BUSY, FAILURES, STOPPING, TOO_LONG, translate, translated
from deskline.storage.postgres_pool import SETTINGS, WAIT_SECONDS, LostWhileIdleError, Pool, begun, borrowed
from deskline.storage.postgres_statements import combined, table_of
from deskline.storage.postgres_statistics import Statistics
from deskline.storage.queries import Engine, Statement, queries

if TYPE_CHECKING:
    from deskline.storage.postgres_pool import Connection

MOST_WAITING: Final = 200  # analyses that may wait for a connection
READERS, WRITERS, ANALYSTS = 8, 8, 4  # connections of one process
_Q = queries("transactions")
_SEARCH = queries("search")
_UNDONE: Final = ("23", "40")  # classes of errors by which a commit says that it was not done


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
            record = await connection.fetchrow(text, *bound)
        return None if record is None else tuple(record)

    async def _rows(self, text: str, bound: tuple[object, ...]) -> list[Row]:
        async with borrowed(self._database.readers) as connection:
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


class PostgresDatabase:
    """A database on a server. See `database.Database` for what each kind of transaction promises. `open_postgres` makes one."""

    engine: Engine = "postgres"

    def __init__(self, dsn: str, show: Show, clock: Callable[[], int], budget_seconds: float) -> None:
        self.dsn = dsn
        self.readers, self.writers, self.analysts = (Pool(dsn, most, SETTINGS) for most in (READERS, WRITERS, ANALYSTS))
        self.show = show
        self.clock = clock
        self.budget_seconds = budget_seconds
        self.memory = Memory()
        self.statistics = Statistics(self.writers)
        self.one_statement_at_a_time = False  # a cluster takes no statement that changes several tables
        self.turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._endings: set[asyncio.Task[None]] = set()
        self._analyses = 0
        self._closed = False

    def read(self, account_id: int, *, snapshot: bool = False) -> PostgresReader:
        """Read a bounded number of rows, one round trip a statement."""
        return (PostgresSnapshot if snapshot else PostgresReader)(self, account_id)

    def write(self, account_id: int) -> PostgresWriting:
        """Change an account; leaving it means that the change is durable."""
        return PostgresWriting(self, account_id)

    def analyse(self, account_id: int) -> PostgresAnalysis:
        """Read much, one state, within the budget."""
        return PostgresAnalysis(self, account_id)

    def refuse_if_closed(self) -> None:
        """Raise StoppingError once the database is being closed."""
        if self._closed:
            raise StoppingError(STOPPING)

    async def see_through(self, end: Coroutine[Any, Any, None]) -> None:
        """Do the end of a transaction in a task of its own: a caller who is cancelled leaves no commit of which nobody knows."""
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(end)
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)
        await asyncio.shield(task)

    @contextmanager
    def analysing(self) -> Iterator[None]:
        """Count an analysis that runs or waits. Raises DatabaseBusyError where there are too many."""
        if self._analyses >= ANALYSTS + MOST_WAITING:
            raise DatabaseBusyError("Too many reports and searches wait already; try again in a moment.")
        self._analyses += 1
        try:
            yield
        finally:
            self._analyses -= 1

    async def wait_failed(self) -> None:
        """Wait for ever: what became of a commit is the server's to say, each time anew."""
        await asyncio.get_running_loop().create_future()

    async def close(self) -> None:
        """Finish what is being written and let the connections go."""
        self._closed = True
        await self.statistics.close()
        for pool in (self.writers, self.readers, self.analysts):
            await pool.close()


async def open_postgres(dsn: str, *, show: Show, clock: Callable[[], int] = wall_clock, budget_seconds: float = 10.0) -> PostgresDatabase:
    """Open the database that a DSN names. Raises DatabaseAwayError."""
    database = PostgresDatabase(dsn, show, clock, budget_seconds)
    async with database.read(SERVER) as tx:
        database.one_statement_at_a_time = await tx.row(_Q["find_cluster"]) is not None
        database.statistics.is_needed = await tx.row(_Q["find_new"]) is not None
    return database
