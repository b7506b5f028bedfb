"""Group commit on SQLite: one writer, many units of work, one fsync for all that are ready. No statement but those of transactions.

A unit is a savepoint inside the batch's transaction, worked on the event loop while it has the turn. Who leaves with others waiting
hands the turn on within the same batch; who leaves last, or fills the batch, has it committed in a thread. While the disk works, new
units gather, so the busier the server the fewer fsyncs each write costs. A unit's caller goes on only after the commit.

Bringing the log into the database file is done here too, after a commit: SQLite's own way of doing it hides a failed fsync.
"""

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import apsw

from deskline.errors import DatabaseBusyError, DesklineError, DurabilityLostError, StoppingError, StorageFullError
from deskline.storage.queries import queries
from deskline.storage.sqlite_connection import translate

LARGEST_BATCH = 128  # units; bounds how long the first of a batch waits for the last
BUSY_WAIT_SECONDS = 5.0  # how long a write waits for another process (an import, a backup) before it is refused
BUSY_POLL_SECONDS = 0.002
CHECKPOINT_PAGES = 1_000  # how long the log grows before it is brought into the database file, unless the opener says otherwise


class Batch:
    """Units that will be committed together. `durable` is resolved by the commit, or fails with what stopped it."""

    __slots__ = ("broken", "durable", "texts", "units")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.durable: asyncio.Future[None] = loop.create_future()
        self.units = 0
        self.broken: BaseException | None = None
        self.texts: list[tuple[int, str, bool]] = []


class Unit:
    """One caller's work in a batch. `texts` holds (ticket key, words, is new) for the search index."""

    __slots__ = ("batch", "texts")

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.texts: list[tuple[int, str, bool]] = []


class GroupCommit:
    """The turn to write, and the batch that is being gathered."""

    def __init__(self, connection: apsw.Connection, checkpoint_pages: int = CHECKPOINT_PAGES) -> None:
        self._connection = connection
        self._checkpoint_pages = checkpoint_pages
        self._statements = queries("search")
        self._thread = ThreadPoolExecutor(1, "deskline-commit")
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._taken = False
        self._batch: Batch | None = None
        self._closed = False
        self._commits: set[asyncio.Task[None]] = set()
        self._log_pages = 0
        connection.set_wal_hook(self._note_log)
        self.failed = asyncio.Event()
        self.commits = 0  # fsyncs asked for
        self.units = 0  # units committed with them
        self.checkpoints = 0

    async def enter(self) -> Unit:
        """Take the turn and open a savepoint. Raises DatabaseBusyError, StoppingError, DurabilityLostError."""
        loop = asyncio.get_running_loop()
        # From now on, not from when the turn comes: else each of many would wait for all those before it to give up.
        deadline = loop.time() + BUSY_WAIT_SECONDS
        await self._take_turn()
        try:
            self._refuse_if_over()
            if self._batch is None:
                await self._begin(deadline)
                self._batch = Batch(loop)
            self._execute("SAVEPOINT unit")
        except BaseException as error:
            if isinstance(error, DurabilityLostError):
                self.failed.set()
            self._give_up_turn()
            raise
        assert self._batch is not None
        return Unit(self._batch)

    async def leave(self, unit: Unit, error: BaseException | None) -> None:
        """Close the savepoint, pass the turn on, and wait until the batch is durable. Raises what stopped the commit."""
        batch = unit.batch
        try:
            self._close_savepoint(unit, error)
        except BaseException as broken:  # noqa: BLE001 - whatever it was, the batch must not be committed
            batch.broken = broken
        batch.units += 1
        if self._somebody_waits() and batch.units < LARGEST_BATCH and batch.broken is None:
            self._pass_turn()
        else:
            self._start_commit(batch)
        if error is None:
            await asyncio.shield(batch.durable)

    async def close(self) -> None:
        """Refuse new units and wait for what is being committed."""
        self._closed = True
        while self._taken:  # whoever is ahead must have been refused, and the last commit be over, before the thread goes
            await self._take_turn()
            self._give_up_turn()
        self._thread.shutdown()

    def _refuse_if_over(self) -> None:
        if self.failed.is_set():
            raise DurabilityLostError("A write could not be made durable; the server is stopping.")
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
                self._give_up_turn()
            raise

    def _somebody_waits(self) -> bool:
        while self._waiting and self._waiting[0].done():  # gave up
            del self._waiting[0]
        return bool(self._waiting)

    def _pass_turn(self) -> None:
        if self._somebody_waits():
            self._waiting.popleft().set_result(None)
        else:
            self._taken = False

    def _give_up_turn(self) -> None:
        """Hand the turn on without having worked; a batch that others have filled must still be committed."""
        batch = self._batch
        if batch is not None and not self._somebody_waits():
            self._start_commit(batch)
        else:
            self._pass_turn()

    async def _begin(self, deadline: float) -> None:
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
        if error is None:
            unit.batch.texts += unit.texts

    def _start_commit(self, batch: Batch) -> None:
        # A task of its own: the caller may be cancelled, the other units of the batch must not be.
        task = asyncio.get_running_loop().create_task(self._commit(batch))
        self._commits.add(task)
        task.add_done_callback(self._commits.discard)

    async def _commit(self, batch: Batch) -> None:
        """Commit a batch in the thread, tell its units, pass the turn on."""
        loop = asyncio.get_running_loop()
        self._batch = None
        try:
            failure = batch.broken or await loop.run_in_executor(self._thread, self._commit_in_thread, batch)
            if failure is None:
                self.commits += 1
                self.units += batch.units
                batch.durable.set_result(None)
                if self._log_pages >= self._checkpoint_pages:
                    await loop.run_in_executor(self._thread, self._checkpoint_in_thread)
            else:
                self._abandon(batch, failure)
        finally:
            self._pass_turn()

    def _commit_in_thread(self, batch: Batch) -> BaseException | None:
        """Write the search rows and commit. Answers what went wrong, None when the disk has it."""
        connection = self._connection
        try:
            for new, statement in ((True, "add_text"), (False, "save_text")):
                rows = [(key, text) for key, text, is_new in batch.texts if is_new is new]
                if rows:
                    connection.executemany(self._statements[statement].sqlite, rows)
            connection.execute("COMMIT")
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
        batch.durable.set_exception(reason)
        batch.durable.exception()  # units that failed by themselves do not wait for it; mark it as seen
