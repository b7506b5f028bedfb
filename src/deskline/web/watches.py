"""Waiting for changes: whoever listens to an account sleeps until it has changed, and costs nothing meanwhile.

Each process looks for the last event of every account that somebody listens to there, several times a second: a look-up in an index,
however many listen. So what any process of any server has committed is noticed in time, with no message between them that might be lost.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final, Literal, NamedTuple, TypeAlias

import structlog

from deskline.errors import OutcomeUnknownError, UnavailableError
from deskline.storage import feed
from deskline.storage.database import Database
from deskline.web.metrics import Metrics

LOOK_SECONDS: Final = 0.025
AWAY_SECONDS: Final = 1.0
MOST: Final = 10_000
MOST_PAGES: Final = 20  # that are kept of an account
_log = structlog.get_logger("deskline.web")


Form: TypeAlias = Literal["json", "events"]


class Page(NamedTuple):
    """A piece of an account's changes as it is sent, and the number of the last of them."""

    body: bytes
    last: int


class Watch:
    """An account that somebody listens to: its last number as it was seen, and the pages that were made since it was."""

    def __init__(self) -> None:
        self.last = -1
        self.listeners = 0
        self.changed = asyncio.Event()
        self.pages: dict[tuple[Form, int, int], Page] = {}
        self.looking: asyncio.Task[None] | None = None

    def note(self, last: int) -> None:
        """Wake all who listen, if there is something new."""
        if last != self.last:
            self.last = last
            self.pages.clear()
            self.wake()

    def keep(self, place: tuple[Form, int, int], page: Page) -> None:
        """Keep a page for others who ask for the same, until something changes."""
        if len(self.pages) < MOST_PAGES:
            self.pages[place] = page

    def wake(self) -> None:
        """Wake all who listen."""
        self.changed.set()
        self.changed = asyncio.Event()


class Watches:
    """The accounts that somebody listens to in this process. Those who wait are counted apart from requests that are worked on."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        """Watch a database."""
        self._database = database
        self._metrics = metrics
        self._accounts: dict[int, Watch] = {}
        self._is_stopping = False

    @asynccontextmanager
    async def listening(self, account_id: int) -> AsyncIterator[Watch]:
        """Have an account looked at. Raises UnavailableError where too many listen."""
        if self._metrics.listeners >= MOST:
            raise UnavailableError("As many listen for changes here as may at once; please try again in a moment.")
        watch = self._accounts.setdefault(account_id, Watch())
        watch.listeners += 1
        self._metrics.listeners += 1
        if watch.looking is None or watch.looking.done():
            watch.looking = asyncio.create_task(self._look(account_id, watch))
        try:
            yield watch
        finally:
            watch.listeners -= 1
            self._metrics.listeners -= 1
            if not watch.listeners and watch.looking is not None:
                watch.looking.cancel()
                del self._accounts[account_id]

    async def wait(self, watch: Watch, after: int, seconds: float) -> bool:
        """Wait until the account has an event behind a number; False where the time was over first, or the server stops."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        self._metrics.in_flight -= 1
        try:
            while watch.last <= after and not self._is_stopping:
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(end):
                        await watch.changed.wait()
                if loop.time() >= end:
                    break
        finally:
            self._metrics.in_flight += 1
        return watch.last > after

    @property
    def is_stopping(self) -> bool:
        """Whether nobody may wait any more."""
        return self._is_stopping

    def stop(self) -> None:
        """Wake all who wait: the server stops."""
        self._is_stopping = True
        for watch in self._accounts.values():
            watch.wake()

    async def _look(self, account_id: int, watch: Watch) -> None:
        while True:
            try:
                async with self._database.read(account_id) as tx:
                    watch.note(await feed.find_last(tx))
            except (UnavailableError, OutcomeUnknownError):  # the database is away: whoever waits goes on to
                await asyncio.sleep(AWAY_SECONDS)
            except Exception:  # noqa: BLE001  # nobody else would hear of it
                _log.exception("changes cannot be looked for", account=account_id)
                await asyncio.sleep(AWAY_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)
