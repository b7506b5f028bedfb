"""Group commit on SQLite: one writer, many units of work, one fsync for all that are ready. No statement but those of transactions.

A unit that reads for what it writes takes the turn: it is a savepoint inside the batch's transaction, worked on the event loop. Who
leaves with others waiting hands the turn on within the same batch; who leaves last, or fills the batch, has it committed in a thread.
A unit that only adds hands over what it adds, and needs no turn: all of it is written in one go just before the commit. While the disk
works, new units gather, so the busier the server the fewer fsyncs each write costs. A unit's caller goes on only after the commit.

Bringing the log into the database file is done here too, after a commit: SQLite's own way of doing it hides a failed fsync.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import apsw
import msgspec

from deskline.domain.searches import Findable
from deskline.errors import DatabaseBusyError, DesklineError, DurabilityLostError, StoppingError, StorageFullError
from deskline.storage.queries import queries
from deskline.storage.sqlite_connection import translate

LARGEST_BATCH = 128  # units; bounds how long the first of a batch waits for the last
BUSY_WAIT_SECONDS = 5.0  # how long a write waits for another process (an import, a backup) before it is refused
BUSY_POLL_SECONDS = 0.002
CHECKPOINT_PAGES = 500  # how long the log grows before it is brought into the database file, unless the opener says otherwise

Work: TypeAlias = Callable[[Any, list[Any]], Awaitable[None]]
Deferred: TypeAlias = dict[tuple[int, Work], list[Any]]


class Unit:
    """One caller's work. `batch` is the one whose transaction it has a savepoint in, None as long as it has taken no turn.

    `deferred` holds, by account and work, what is to be done before the commit, `findable` (ticket key, words, is new) for the index.
    """

    __slots__ = ("batch", "deferred", "findable")

    def __init__(self, batch: "Batch | None" = None) -> None:
        self.batch = batch
        self.deferred: Deferred = {}
        self.findable: list[tuple[int, Findable, bool]] = []


class Batch:
    """Units that will be committed together. `waiting` are resolved by the commit, or fail with what stopped it."""

    __slots__ = ("broken", "deadline", "gathered", "is_begun", "units", "waiting")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.gathered = Unit(self)
        self.is_begun = False
        self.units = 0
        self.broken: BaseException | None = None
        self.waiting: list[asyncio.Future[None]] = []

    def take(self, unit: Unit) -> None:
        """Take over what a unit has left to do."""
        for work, items in unit.deferred.items():
            self.gathered.deferred.setdefault(work, []).extend(items)
        self.gathered.findable += unit.findable

    def durable(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        """Make a future of a unit's own: its caller may be cancelled, the others must not be."""
        mine = loop.create_future()
        self.waiting.append(mine)
        return mine


class GroupCommit:
    """The turn to write, and the batches that are being gathered: the first goes next, the last takes units that come.

    `work_off` does what units deferred: it is given the unit that stands for the batch, and enters no turn.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        work_off: Callable[[Unit], Awaitable[None]],
        checkpoint_pages: int = CHECKPOINT_PAGES,
    ) -> None:
        self._connection = connection
        self._work_off = work_off
        self._checkpoint_pages = checkpoint_pages
        self._statements = queries("search")
        self._thread = ThreadPoolExecutor(1, "deskline-commit")
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._taken = False
        self._batches: deque[Batch] = deque()
        self._closed = False
        self._commits: set[asyncio.Task[None]] = set()
        self._log_pages = 0
        connection.set_wal_hook(self._note_log)
        self.failed = asyncio.Event()
        self.commits = 0  # fsyncs asked for
        self.units = 0  # units committed with them
        self.checkpoints = 0

    async def enter(self, unit: Unit) -> None:
        """Take the turn and open a savepoint. Raises DatabaseBusyError, StoppingError, DurabilityLostError."""
        # From now on, not from when the turn comes: else each of many would wait for all those before it to give up.
        deadline = self._deadline()
        await self._take_turn()
        try:
            self.refuse_if_over()
            if not self._batches:
                self._batches.append(Batch(deadline))
            batch = self._batches[0]
            if not batch.is_begun:
                await self._begin(batch, deadline)
            self._execute("SAVEPOINT unit")
        except BaseException as error:
            if isinstance(error, DurabilityLostError):
                self.failed.set()
            if self._batches and not self._batches[0].units and not self._batches[0].is_begun:
                del self._batches[0]  # made for this unit alone
            self._pass_turn()
            raise
        unit.batch = batch

    async def leave(self, unit: Unit, error: BaseException | None) -> None:
        """Give up the turn, if the unit took it, and wait until all it did is durable. Raises what stopped the commit."""
        durable = self._join(unit, error) if unit.batch is None else self._give_up_turn(unit, unit.batch, error)
        if durable is not None:
            await durable

    def _join(self, unit: Unit, error: BaseException | None) -> asyncio.Future[None] | None:
        """Have what a unit deferred done with the next batch; a unit that did nothing waits for nothing."""
        if error is not None or not unit.deferred:
            return None
        self.refuse_if_over()
        if not self._batches or self._batches[-1].units >= LARGEST_BATCH:
            self._batches.append(Batch(self._deadline()))
        batch = self._batches[-1]
        batch.take(unit)
        batch.units += 1
        if not self._taken:
            self._taken = True
            self._start_commit()
        return batch.durable(asyncio.get_running_loop())

    def _give_up_turn(self, unit: Unit, batch: Batch, error: BaseException | None) -> asyncio.Future[None] | None:
        """Close the savepoint and pass the turn on, to who waits for it or to the commit."""
        try:
            self._close_savepoint(unit, error)
        except BaseException as broken:  # noqa: BLE001 - whatever it was, the batch must not be committed
            batch.broken = broken
        if error is None:
            batch.take(unit)
        batch.units += 1
        durable = batch.durable(asyncio.get_running_loop()) if error is None else None
        if batch.units < LARGEST_BATCH and batch.broken is None:
            self._pass_turn()
        else:
            self._start_commit()
        return durable

    async def close(self) -> None:
        """Refuse new units and wait for what is being committed."""
        self._closed = True
        while self._taken:  # whoever is ahead must have been refused, and the last commit be over, before the thread goes
            await self._take_turn()
            self._pass_turn()
        self._thread.shutdown()

    def _refuse_if_failed(self) -> None:
        if self.failed.is_set():
            raise DurabilityLostError("A write could not be made durable; the server is stopping.")

    def refuse_if_over(self) -> None:
        """Raise StoppingError or DurabilityLostError where nothing more is written."""
        self._refuse_if_failed()
        if self._closed:
            raise StoppingError("The server is stopping; try again in a moment.")

    async def _take_turn(self) -> None:
        if not self._taken:
            self._taken = True
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._pass_turn()
            raise

    def _somebody_waits(self) -> bool:
        while self._waiting and self._waiting[0].done():  # gave up
            del self._waiting[0]
        return bool(self._waiting)

    def _pass_turn(self) -> None:
        """Hand the turn to who waits for it, else to the commit of what was gathered."""
        if self._somebody_waits():
            self._waiting.popleft().set_result(None)
        elif self._batches:
            self._start_commit()
        else:
            self._taken = False

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + BUSY_WAIT_SECONDS

    async def _begin(self, batch: Batch, deadline: float) -> None:
        """Begin the batch's transaction, waiting without blocking the loop while another process writes."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                self._execute("BEGIN IMMEDIATE")
            except DatabaseBusyError:
                if loop.time() > deadline:
                    raise
                await asyncio.sleep(BUSY_POLL_SECONDS)
            else:
                batch.is_begun = True
                return

    def _execute(self, statement: str) -> None:
        try:
            self._connection.execute(statement)
        except apsw.Error as error:
            raise (translate(error) or error) from error

    def _close_savepoint(self, unit: Unit, error: BaseException | None) -> None:
        """Keep or undo what a unit did. Raises what makes its whole batch impossible."""
        if isinstance(error, DurabilityLostError):
            raise error
        if not self._connection.in_transaction:
            # A full disk makes SQLite roll the whole transaction back, and with it the units before this one.
            raise error if isinstance(error, DesklineError | apsw.Error) else StorageFullError("The disk is full: nothing was changed.")
        if error is not None:
            self._execute("ROLLBACK TO unit")
        self._execute("RELEASE unit")

    def _start_commit(self) -> None:
        # A task of its own: the caller may be cancelled, the other units of the batch must not be. It begins when the loop comes round,
        # so whoever is ready now is in the batch.
        task = asyncio.get_running_loop().create_task(self._commit())
        self._commits.add(task)
        task.add_done_callback(self._commits.discard)

    async def _commit(self) -> None:
        """Write what was deferred, commit the batch in the thread, tell its units, pass the turn on."""
        batch = self._batches.popleft()
        try:
            failure = batch.broken or await self._written(batch)
            if failure is None:
                self.commits += 1
                self.units += batch.units
                for durable in batch.waiting:
                    if not durable.done():
                        durable.set_result(None)
                if self._log_pages >= self._checkpoint_pages:
                    await asyncio.get_running_loop().run_in_executor(self._thread, self._checkpoint_in_thread)
            else:
                self._abandon(batch, failure)
        finally:
            self._pass_turn()

    async def _written(self, batch: Batch) -> BaseException | None:
        """Bring a batch to the disk. Answers what went wrong, None when the disk has it."""
        try:
            if not batch.is_begun:
                self._refuse_if_failed()
                await self._begin(batch, batch.deadline)
            await self._work_off(batch.gathered)
        except Exception as error:  # noqa: BLE001 - carried to the callers, who raise it
            return error
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._commit_in_thread, batch.gathered.findable)

    def _commit_in_thread(self, findable: list[tuple[int, Findable, bool]]) -> BaseException | None:
        """Write the search rows and commit. Answers what went wrong, None when the disk has it."""
        try:
            for new, statement in ((True, "add_words"), (False, "save_words")):
                rows = [(key, found_by) for key, found_by, is_new in findable if is_new is new]
                if rows:
                    self._connection.execute(self._statements[statement].sqlite, (msgspec.json.encode(rows).decode(),))
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - carried to the callers, who raise it
            return error
        return None

    def _note_log(self, connection: apsw.Connection, schema: str, pages: int) -> int:
        """Take SQLite's word for how long the log is after a commit; this is in the place of its own checkpoints."""
        self._log_pages = pages
        return apsw.SQLITE_OK

    def _checkpoint_in_thread(self) -> None:
        """Bring the log into the database file, as far as readers let it. What a full disk cannot take now it takes later."""
        try:
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            self.checkpoints += 1
        except apsw.Error as error:
            if not isinstance(translate(error), DatabaseBusyError | StorageFullError):
                self.failed.set()

    def _abandon(self, batch: Batch, failure: BaseException) -> None:
        """Undo a batch that could not be committed and tell its units why. After a failed fsync nothing is known: the server stops."""
        ours = translate(failure) if isinstance(failure, apsw.Error) else None
        reason = ours or failure
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except apsw.Error as error:
                reason = DurabilityLostError(f"A failed write could not be undone: {error}")
        if isinstance(reason, DurabilityLostError):
            self.failed.set()
        for durable in batch.waiting:
            if not durable.done():
                durable.set_exception(reason)
