"""The interface that every engine offers: transactions for reading, writing and analysing. No engine, no SQL.

A transaction belongs to one account and hands its id to every statement as `$1`, so no statement can reach another account's rows.
`SERVER` instead of an account is for the few statements that cross accounts (sign-in by key, listing accounts): they get no `$1`.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol, TypeVar

from deskline.domain.events import AnyEvent
from deskline.domain.searches import Findable
from deskline.domain.timelines import Ticket
from deskline.storage.memory import Memory
from deskline.storage.queries import Engine, Statement

Query = Statement | str  # a text is one that was put together for the transaction's engine
Row = tuple[Any, ...]
Show = Callable[[Ticket, Sequence[AnyEvent]], bytes]
SERVER: Final = 0
MOST_EXPORTS: Final = 2  # of one process
EXPORT_SECONDS: Final = 1_800.0
TOO_MANY_EXPORTS: Final = f"{MOST_EXPORTS} files are being written already, as many as may be at a time; try again in a moment."
Item = TypeVar("Item")


class Reader(Protocol):
    """A transaction that reads one account."""

    engine: Engine
    account_id: int
    memory: Memory

    async def row(self, query: Query, *values: object) -> Row | None:
        """Fetch the first row of a statement, None where there is none."""

    async def rows(self, query: Query, *values: object) -> list[Row]:
        """Fetch all rows of a statement; the statement bounds their number."""


class Writer(Reader, Protocol):
    """A transaction that writes one account. `now` (milliseconds UTC) is its one instant; `show` renders a ticket for its row.

    `committed` reads what was committed before. It waits for nobody, and is for what stays true once it is: a group, once made, is there.
    """

    show: Show

    @property
    def now(self) -> int:
        """The transaction's instant, that of the first time it is asked for."""

    @property
    def committed(self) -> Reader:
        """A transaction that reads what was committed before."""

    async def run(self, query: Query, *values: object) -> int:
        """Run a statement and tell how many rows it changed."""

    async def run_many(self, query: Query, values: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of values."""

    def defer(self, work: "Callable[[Writer, list[Item]], Awaitable[None]]", item: Item) -> None:
        """Have `work` done before the commit, or before the next statement here: once for the items of many transactions, where it can be.

        `work` must not depend on what other transactions do at the same time, or refuse an item: all of them would fail with it.
        """

    def index(self, key: int, found_by: Findable, *, new: bool) -> None:
        """Have the words of a ticket written to the search index with this transaction."""

    def part(self) -> AbstractAsyncContextManager[None]:
        """Do a part of the work, which an exception inside undoes alone. At its end nothing of it is deferred any more."""


class Commits(Protocol):
    """Whoever commits: how many commits were made (each waits for the disk once), and how many transactions of ours they held."""

    @property
    def commits(self) -> int:
        """Tell the number of commits."""

    @property
    def units(self) -> int:
        """Tell the number of transactions in them."""


class AgedReader(Reader, Protocol):
    """A transaction that reads a replica. `age_seconds`: how long ago its state was the database's; None where nobody knows."""

    age_seconds: float | None


class Replica(Protocol):
    """A copy of a database that follows it. `most_seconds`: how old its state may be to be used."""

    most_seconds: float

    def analyse(self, account_id: int) -> AbstractAsyncContextManager[AgedReader]:
        """Read much, one state, within a time budget. Raises QueryTooLongError, DatabaseAwayError, CollisionError."""

    async def close(self) -> None:
        """Let the connections go."""


class Database(Protocol):
    """A database that is open. Leaving a `write` means that the write is durable; an exception inside means it never was."""

    engine: Engine
    show: Show
    budget_seconds: float
    replica: Replica | None

    @property
    def commits(self) -> Commits:
        """Whoever commits here."""

    def read(self, account_id: int, *, snapshot: bool = False) -> AbstractAsyncContextManager[Reader]:
        """Read a bounded number of rows, at once. `snapshot` makes several statements see one state."""

    def write(self, account_id: int) -> AbstractAsyncContextManager[Writer]:
        """Change an account. Raises DatabaseBusyError, StorageFullError, DurabilityLostError on leaving."""

    def analyse(self, account_id: int) -> AbstractAsyncContextManager[Reader]:
        """Read much, off the event loop, one state, within a time budget. Raises QueryTooLongError."""

    def export(self, account_id: int) -> AbstractAsyncContextManager[Reader]:
        """Read as much as there is, one state, for `EXPORT_SECONDS`; the budget is each statement's. Raises as `analyse`.

        Few may do so at a time (`MOST_EXPORTS`), since what is held is kept from being cleaned up: one more raises DatabaseBusyError.
        """

    async def wait_failed(self) -> None:
        """Return when durability was lost: the server must stop then."""

    async def close(self) -> None:
        """Finish what is being written and let the files go."""
