"""Group commit on PostgreSQL: the writers of one account in this process share transactions. No statement but those of transactions.

Writers of an account take turns whatever they do, since each holds the account's row; a commit waits for the disk, and that wait is the
most of a small write. So an account has a line here, and a task that works it off while there is something in it, on one connection:

- Units that only add hand over what they add. All that wait are written in one go: four round trips and one commit for all of them.
- Units that read for what they write get the transaction one after the other, from the second on behind a savepoint, and are committed
  together.

The line's task does all that ends a transaction, so a caller who is cancelled leaves none half done. A caller goes on only after the
commit, and whatever stops it is raised to each unit that was in it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import asyncpg

from deskline.errors import DatabaseAwayError, DatabaseBusyError, DesklineError, OutcomeUnknownError, StoppingError
from deskline.storage.postgres_errors import AWAY, BUSY, FAILURES, STOPPING, translate, translated
from deskline.storage.postgres_pool import WAIT_SECONDS, Pool, begun

if TYPE_CHECKING:
    from deskline.storage.postgres_servers import Connection

MOST_ADDED: Final = 128  # units in one go; bounds how long the first waits for the last
MOST_TURNS: Final = 32  # units of a few round trips each; bounds how long the account's row is held
UNKNOWN: Final = "Outcome unknown: the write may or may not have been done. Look before you repeat it."
_UNDONE: Final = ("23", "40")  # classes of errors by which a commit says that it was not done

Work: TypeAlias = Callable[[Any, list[Any]], Awaitable[None]]
Deferred: TypeAlias = dict[Work, list[Any]]


class Written(Protocol):
    """What a unit has done in a transaction: `finish` brings the rest of it to the server, `written` counts its rows."""

    written: int

    async def finish(self) -> None:
        """Write what waits."""


class Turn:
    """A unit that wants the transaction. It is `granted` it, says what it did when it is `over`, and waits until that is `durable`."""

    __slots__ = ("durable", "granted", "over")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.granted: asyncio.Future[Connection] = loop.create_future()
        self.over: asyncio.Future[Written | None] = loop.create_future()
        self.durable: asyncio.Future[None] = loop.create_future()

    def give_up(self) -> None:
        """Leave without having done anything that counts; before the turn came, or in it."""
        if not self.granted.cancel() and not self.granted.cancelled():
            self.granted.exception()  # whatever came, nobody waits for it any more; mark it as seen
        if not self.over.done():
            self.over.set_result(None)


class Addition:
    """A unit that only adds. `is_alone` once it was in a group that could not be written, for the sake of one of them."""

    __slots__ = ("deferred", "durable", "is_alone")

    def __init__(self, deferred: Deferred, loop: asyncio.AbstractEventLoop) -> None:
        self.deferred = deferred
        self.is_alone = False
        self.durable: asyncio.Future[None] = loop.create_future()


class Commits:
    """What the lines of a process share: the connections, how to say that all is over, and counts for the metrics."""

    def __init__(self, pool: Pool, count_rows: Callable[[int], None]) -> None:
        self.pool = pool
        self.count_rows = count_rows
        self.is_closed = False
        self.commits = 0  # asked for
        self.units = 0  # committed with them
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, line: "Line") -> None:
        """Have a line worked off."""
        task = asyncio.get_running_loop().create_task(line.work_off())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def refuse_if_closed(self) -> None:
        """Raise StoppingError once no more is to be written."""
        if self.is_closed:
            raise StoppingError(STOPPING)

    async def close(self) -> None:
        """Refuse what waits, and wait for what is being committed."""
        self.is_closed = True
        while self._tasks:
            await asyncio.wait(self._tasks)


class Line:
    """The writers of one account in this process. `begin` takes the account's row, `writer` makes a transaction on a connection."""

    def __init__(self, commits: Commits, begin: str, writer: "Callable[[Connection], Any]") -> None:
        self._commits = commits
        self._begin = begin
        self._writer = writer
        self._turns: deque[Turn] = deque()
        self._additions: deque[Addition] = deque()
        self._is_worked_off = False

    async def enter(self) -> "tuple[Turn, Connection]":
        """Wait for the transaction. Raises DatabaseBusyError, DatabaseAwayError, StoppingError."""
        turn = Turn(asyncio.get_running_loop())
        self._turns.append(turn)
        self._wake()
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return turn, await turn.granted
        except TimeoutError:
            turn.give_up()
            raise DatabaseBusyError(BUSY) from None
        except BaseException:
            turn.give_up()
            raise

    def add(self, deferred: Deferred) -> asyncio.Future[None]:
        """Have work done with that of others; what is given is done when all of it is durable."""
        addition = Addition(deferred, asyncio.get_running_loop())
        self._additions.append(addition)
        self._wake()
        return addition.durable

    def _wake(self) -> None:
        if not self._is_worked_off:
            self._is_worked_off = True
            self._commits.start(self)

    async def work_off(self) -> None:
        """Serve whoever waits, until nobody does."""
        try:
            while self._additions or self._turns:
                if self._additions:
                    await self._transact(self._write_additions)
                if self._turns:
                    await self._transact(self._give_turns)
        finally:
            self._is_worked_off = False

    async def _transact(self, work: "Callable[[Connection, list[asyncio.Future[None]]], Awaitable[None]]") -> None:
        """Do some work in a transaction. What stops it is told to those in it; before it has begun, to all who wait."""
        inside: list[asyncio.Future[None]] = []
        has_begun = False
        try:
            self._commits.refuse_if_closed()
            with translated():
                async with begun(self._commits.pool, self._begin) as connection:
                    has_begun = True
                    await work(connection, inside)
        except Exception as error:  # noqa: BLE001 - carried to the callers, who raise it
            _fail(inside if has_begun else self._all_waiting(), error)
            if isinstance(error, OutcomeUnknownError) and isinstance(error.__cause__, TimeoutError):
                # The stand-by does not answer, probably: who waits would wait as long again, and those behind the next group longer still.
                _fail(self._all_waiting(), DatabaseBusyError(BUSY))

    def _all_waiting(self) -> "list[asyncio.Future[Any]]":
        waiting: list[asyncio.Future[Any]] = [each.durable for each in self._additions]
        waiting += [turn.granted for turn in self._turns]
        self._additions.clear()
        self._turns.clear()
        return waiting

    async def _write_additions(self, connection: "Connection", inside: list[asyncio.Future[None]]) -> None:
        """Do what units have handed over, in one go, and commit."""
        group = self._next_group()
        if not group:
            return
        inside += [each.durable for each in group]
        writer = self._writer(connection)
        try:
            for work, items in _together(group).items():
                await work(writer, items)
            await writer.finish()
        except DesklineError:
            raise
        except Exception:
            if len(group) == 1:
                raise
            # One of them cannot be written, and nothing says which: each gets a transaction of its own, and only that one fails.
            inside.clear()
            for each in group:
                each.is_alone = True
            self._additions.extendleft(reversed(group))
        else:
            await self._commit(connection, inside, writer.written)

    def _next_group(self) -> list[Addition]:
        group: list[Addition] = []
        while self._additions and len(group) < MOST_ADDED and not (group and (group[0].is_alone or self._additions[0].is_alone)):
            addition = self._additions.popleft()
            if not addition.durable.done():  # else its caller has given up
                group.append(addition)
        return group

    async def _give_turns(self, connection: "Connection", inside: list[asyncio.Future[None]]) -> None:
        """Give the transaction to those who wait for it, one after the other, and commit."""
        rows = 0
        while len(inside) < MOST_TURNS and not self._commits.is_closed and (turn := self._next_turn()) is not None:
            done = await _given(turn, connection, behind_savepoint=bool(inside))
            if done is not None:
                inside.append(turn.durable)
                rows += done.written
            elif inside:
                await connection.execute("ROLLBACK TO unit")
            else:
                return  # nothing is worth a commit; who waits gets a transaction that is in order
        if inside:
            await self._commit(connection, inside, rows)

    def _next_turn(self) -> Turn | None:
        while self._turns:
            turn = self._turns.popleft()
            if not turn.granted.done():  # else it gave up
                return turn
        return None

    async def _commit(self, connection: "Connection", inside: list[asyncio.Future[None]], rows: int) -> None:
        """Commit. Raises OutcomeUnknownError unless the server says that it was done, or that it was not."""
        await commit(connection)
        self._commits.commits += 1
        self._commits.units += len(inside)
        for durable in inside:
            if not durable.done():
                durable.set_result(None)
        self._commits.count_rows(rows)


async def _given(turn: Turn, connection: "Connection", *, behind_savepoint: bool) -> Written | None:
    """Give a transaction to a unit, and bring what it did to the server; None where that is to be undone, which its caller knows."""
    if behind_savepoint:
        try:
            await connection.execute("SAVEPOINT unit")
        except Exception as error:
            _fail([turn.granted], translate(error) or error)
            raise
    if not turn.granted.done():  # else it gave up meanwhile, which it says below
        turn.granted.set_result(connection)
    done = await turn.over
    try:
        if done is not None:
            await done.finish()
    except Exception as error:  # noqa: BLE001 - carried to the caller, who raises it
        _fail([turn.durable], error)
        return None
    return done


def _fail(futures: "Iterable[asyncio.Future[Any]]", error: Exception) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(error)


def _together(group: list[Addition]) -> Deferred:
    deferred: Deferred = {}
    for each in group:
        for work, items in each.deferred.items():
            deferred.setdefault(work, []).extend(items)
    return deferred


async def commit(connection: "Connection") -> None:
    """Commit. Raises OutcomeUnknownError unless the server says that it was done, or that it was not."""
    warnings: list[str] = []

    def note(_: object, message: asyncpg.PostgresLogMessage) -> None:
        if getattr(message, "severity_en", None) == "WARNING" or str(message.sqlstate).startswith("01"):
            warnings.append(str(message))

    connection.add_log_listener(note)
    try:
        status = await connection.execute("COMMIT")
    except FAILURES as error:
        if isinstance(error, asyncpg.PostgresError) and str(error.sqlstate)[:2] in _UNDONE:
            raise (translate(error) or error) from error
        raise OutcomeUnknownError(UNKNOWN) from error
    finally:
        connection.remove_log_listener(note)
    if status != "COMMIT":
        raise DatabaseAwayError(AWAY)
    if warnings:  # such as a wait for the stand-by that was given up: this machine has it, the second copy may not
        raise OutcomeUnknownError(f"{UNKNOWN} The database said: {'; '.join(warnings)}")
