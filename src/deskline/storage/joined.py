"""A database in which all that one caller writes is one transaction, whatever it is made of. When that ends is said by who began it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from deskline.storage.database import Commits, Database, Query, Reader, Replica, Row, Show, Writer
from deskline.storage.memory import Memory
from deskline.storage.queries import Engine


class _Inside:
    """Reads what is not committed yet. What is derived from that is remembered nowhere: it may be undone, and its position used again."""

    def __init__(self, tx: Writer) -> None:
        self._tx = tx
        self.engine = tx.engine
        self.account_id = tx.account_id
        self.memory = Memory()

    async def row(self, query: Query, *values: object) -> Row | None:
        """Fetch the first row of a statement, None where there is none."""
        return await self._tx.row(query, *values)

    async def rows(self, query: Query, *values: object) -> list[Row]:
        """Fetch all rows of a statement."""
        return await self._tx.rows(query, *values)


class JoinedDatabase:
    """A database as its caller knows it. Each of its writes of the account is a part of `tx`, kept or undone by itself, and none is
    durable before `tx` was left; from the first on, what is read at once is read in `tx` too, and finds what was written.

    `before` is done in `tx` before the first of them.
    """

    def __init__(self, database: Database, tx: Writer, before: Callable[[Writer], Awaitable[None]]) -> None:
        self._database = database
        self._tx = tx
        self._before = before
        self.has_begun = False

    @property
    def engine(self) -> Engine:
        """The engine's name."""
        return self._database.engine

    @property
    def show(self) -> Show:
        """How tickets are rendered."""
        return self._database.show

    @property
    def budget_seconds(self) -> float:
        """How long an analysis may take."""
        return self._database.budget_seconds

    @property
    def replica(self) -> Replica | None:
        """A copy of the database that follows it."""
        return self._database.replica

    @property
    def commits(self) -> Commits:
        """Whoever commits."""
        return self._database.commits

    def read(self, account_id: int, *, snapshot: bool = False) -> AbstractAsyncContextManager[Reader]:
        """Read a bounded number of rows, at once; once something was written, together with it."""
        if self.has_begun and account_id == self._tx.account_id:
            return self._within()
        return self._database.read(account_id, snapshot=snapshot)

    @asynccontextmanager
    async def write(self, account_id: int) -> AsyncIterator[Writer]:
        """Change the account. Leaving it means that the change will be durable with all the others."""
        if account_id != self._tx.account_id:
            raise ValueError(f"a transaction of account {self._tx.account_id} writes nothing of account {account_id}")
        if not self.has_begun:
            await self._before(self._tx)
            self.has_begun = True
        async with self._tx.part():
            yield self._tx

    def analyse(self, account_id: int) -> AbstractAsyncContextManager[Reader]:
        """Read much, of what was committed."""
        return self._database.analyse(account_id)

    def export(self, account_id: int) -> AbstractAsyncContextManager[Reader]:
        """Read as much as there is, of what was committed."""
        return self._database.export(account_id)

    @asynccontextmanager
    async def _within(self) -> AsyncIterator[Reader]:
        yield _Inside(self._tx)

    async def wait_failed(self) -> None:
        """Return when durability was lost."""
        await self._database.wait_failed()

    async def close(self) -> None:
        """Do nothing: whoever opened the database closes it."""
