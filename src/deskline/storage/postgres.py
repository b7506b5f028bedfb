"""The PostgreSQL engine: pools of connections for reads, writes and analyses. No statement of the help desk's own."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final
from weakref import WeakValueDictionary

from deskline.errors import DatabaseBusyError, StoppingError
from deskline.storage.clocks import wall_clock
from deskline.storage.database import SERVER, Replica, Show
from deskline.storage.memory import Memory
from deskline.storage.postgres_address import Address, read_address
from deskline.storage.postgres_commit import Commits, Line
from deskline.storage.postgres_errors import STOPPING
from deskline.storage.postgres_pool import Pool
from deskline.storage.postgres_reads import PostgresAnalysis, PostgresExport, PostgresReader, PostgresSnapshot
from deskline.storage.postgres_servers import Servers, entered
from deskline.storage.postgres_statistics import Statistics
from deskline.storage.postgres_writes import PostgresWriter, PostgresWriting
from deskline.storage.queries import Engine, queries
from deskline.storage.upgrades import NEWEST

MOST_WAITING: Final = 200  # analyses that may wait for a connection
READERS, WRITERS, ANALYSTS = 8, 8, 4  # connections of one process
_Q = queries("transactions")


class PostgresDatabase:
    """A database on a server. See `database.Database` for what each kind of transaction promises. `open_postgres` makes one."""

    engine: Engine = "postgres"

    def __init__(self, address: Address, show: Show, clock: Callable[[], int], budget_seconds: float) -> None:
        self.dsn = address.dsn
        self.memory = Memory()
        self.servers = Servers(address, connected=self.forget)
        self.readers, self.writers, self.analysts = (Pool(self.servers, most) for most in (READERS, WRITERS, ANALYSTS))
        self.show = show
        self.clock = clock
        self.budget_seconds = budget_seconds
        self.replica: Replica | None = None
        self.memory = Memory()
        self.statistics = Statistics(self.writers)
        self.commits = Commits(self.writers, self.statistics.count)
        self.is_cluster = False  # whether the tables are spread over several machines, each account on one of them
        self._lines: WeakValueDictionary[int, Line] = WeakValueDictionary()
        self._endings: set[asyncio.Task[None]] = set()
        self._analyses = 0
        self.exports = 0
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

    def export(self, account_id: int) -> PostgresExport:
        """Read as much as there is, one state."""
        return PostgresExport(self, account_id)

    def count_export_left(self) -> None:
        """Make room for another one."""
        self.exports -= 1

    def forget(self) -> None:
        """Remember nothing that was told by a server so far: a new connection may be to another one, which need not have had everything.

        Positions there may be the same and mean something else. Who reads on an older connection keeps the memory that it began with.
        """
        self.memory = Memory()

    def line(self, account_id: int) -> Line:
        """Find the line of an account's writers, which is there as long as somebody is in it."""
        line = self._lines.get(account_id)
        if line is None:
            begin = _Q["begin_write"].postgres.format(account_id=account_id, schema=NEWEST)
            line = Line(self.commits, begin, lambda connection: PostgresWriter(self, account_id, None, connection))
            self._lines[account_id] = line
        return line

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
        await self.commits.close()
        await self.statistics.close()
        for pool in (self.writers, self.readers, self.analysts):
            await pool.close()
        await self.servers.close()
        if self.replica is not None:
            await self.replica.close()


async def open_postgres(dsn: str, *, show: Show, clock: Callable[[], int] = wall_clock, budget_seconds: float = 10.0) -> PostgresDatabase:
    """Open the database that a DSN names. Raises DatabaseAwayError, SettingsError."""
    database = PostgresDatabase(read_address(dsn), show, clock, budget_seconds)
    try:
        await (await entered(database.servers)).close()
        async with database.read(SERVER) as tx:
            database.is_cluster = await tx.row(_Q["find_cluster"]) is not None
            # The machines of a cluster look after their own; the one that is asked has no rows to look at.
            database.statistics.is_needed = not database.is_cluster and await tx.row(_Q["find_new"]) is not None
    except BaseException:
        await database.close()
        raise
    return database


async def count_connections(database: PostgresDatabase) -> int:
    """Count the connections that the server lets this role have in this database, all of its processes together."""
    async with database.read(SERVER) as tx:
        row = await tx.row(_Q["count_connections"])
    assert row is not None
    return int(row[0])
