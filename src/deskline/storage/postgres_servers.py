"""The servers of a PostgreSQL address: which of them is the one that is wanted, and whether it is there at all. No transactions.

The driver tries the hosts of an address one after the other within one time limit, so a host that does not answer uses up the time of
all behind it. Here each is tried by itself, the next one a moment later, and the first that is what is wanted is taken.

Once no server can be had, nobody waits for one: requests are refused at once, one task goes on trying, and when it finds a server
everybody may have connections again. And while a connection has been lent for long it is asked, on a new connection, whether the
server is still there: a machine that vanishes says nothing.
"""

import asyncio
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import asyncpg
import structlog
from asyncpg.connect_utils import SessionAttribute

from deskline.errors import DatabaseAwayError, DatabaseBusyError, SettingsError
from deskline.storage.postgres_address import Address, read_address
from deskline.storage.postgres_errors import AWAY, FAILURES, translate

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

CONNECT_SECONDS: Final = 3.0  # for all hosts together; by then a server that can be used has answered
NEXT_HOST_SECONDS: Final = 0.3  # how long a host is waited for until the next one is tried beside it
PROBE_SECONDS: Final = 0.2  # between two tries to find a server that was away
BEAT_SECONDS: Final = 0.25  # between two looks at what is lent
LONG_SECONDS: Final = 1.5  # for how long a connection is lent before somebody asks whether the server is there
COMMAND_SECONDS: Final = 10.0  # beyond this a statement that does not end counts as lost, even on a server that is there
LOCK_SECONDS: Final = 5.0
# Compiling a statement costs more than ours take; a commit waits for the disk, whatever the server's default is. A page that is looked up
# costs little more than one in a row, on the disks of today (measured: 939 tickets of 10,000 by a word, 4 ms against 14 by reading all).
# A whole table is never read, since it holds the rows of all accounts (of 100,000 tickets 80,000 by a word: 60 ms by the index, not 330).
# A word that many tickets have is counted by a map of pages and rows. Where it has no room (4 MB is the default), it forgets the rows, and
# the words of all tickets on a page are looked through (1,000,000 tickets, half of them by a word: 24 s instead of 0.5).
# The server is to notice that one of ours has vanished: its transaction may hold an account.
SETTINGS: Final = {
    "application_name": "deskline",
    "jit": "off",
    "random_page_cost": "1.1",
    "work_mem": "16MB",
    "enable_seqscan": "off",
    "TimeZone": "UTC",
    "synchronous_commit": "on",
    "lock_timeout": f"{LOCK_SECONDS:g}s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "15s",
}
# The same on our side, so that a connection that was cut in silence is known to be dead before it is lent. In seconds, in this order.
_KEEPALIVE: Final = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 3), ("TCP_KEEPCNT", 3))
_log = structlog.get_logger("deskline.storage")


class RefusedByServerError(DatabaseAwayError):
    """A server is there and does not let us in: a wrong password, an unknown database. Waiting does not help. The text is the server's."""


class Pools(Protocol):
    """What must hear of it when a server is lost."""

    def drop_idle(self) -> None:
        """End the connections that nobody has, and tell whoever waits for one that the database is away."""

    def drop_lent(self) -> None:
        """End the connections that somebody has."""

    def longest(self) -> float:
        """Tell how many seconds ago that connection was lent which has been so for longest; 0 where none is."""


class Servers:
    """Connects to that server of an address which is wanted now. One for all pools of a database.

    `connected` is told of each connection before it is used.
    """

    def __init__(self, address: Address, settings: Mapping[str, str] = SETTINGS, *, connected: Callable[[], None] = lambda: None) -> None:
        self.address = address
        self._connected = connected
        self._settings = {**settings, "application_name": address.application_name}
        self._hosts: list[tuple[str, int] | None] = [*address.hosts] or [None]  # the one that was found last is the first
        self._pools: list[Pools] = []
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.away: DatabaseAwayError | None = None  # why

    def tell(self, pool: Pools) -> None:
        """Have a pool told what becomes of the servers."""
        self._pools.append(pool)

    def refuse_if_away(self) -> None:
        """Raise DatabaseAwayError where no server can be had at the moment."""
        if self.away is not None:
            raise DatabaseAwayError(AWAY) from self.away

    async def connect(self) -> "Connection":
        """Connect to the server that is wanted. Raises DatabaseAwayError, at once while it is known to be; DatabaseBusyError."""
        self.refuse_if_away()
        self._keep("watch", self._watch)
        try:
            connection = await self.find()
        except DatabaseAwayError as error:
            self._lose(error)
            raise DatabaseAwayError(AWAY) from error  # what the server says of us is for the log
        self._connected()
        return connection

    def suspect(self) -> None:
        """Drop what nobody has: a server has turned out to be another one than what is wanted."""
        for pool in self._pools:
            pool.drop_idle()

    async def close(self) -> None:
        """Look after nothing any more. The connections are the pools'."""
        tasks = [*self._tasks.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def find(self) -> "Connection":
        """Connect to whichever host is what is wanted, the last one that was first. Raises as `connect`, and RefusedByServerError."""
        first = self._hosts[0]
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                host, connection = await self._race()
        except TimeoutError as error:
            raise DatabaseAwayError(AWAY) from error
        if host != first and self._hosts[0] == first:
            self._hosts.remove(host)
            self._hosts.insert(0, host)
            self._drop()  # what is connected to another server reads, and may have acknowledged, what is history
        return connection

    async def _race(self) -> "tuple[tuple[str, int] | None, Connection]":
        waiting = deque(self._hosts)
        trying: dict[asyncio.Task[Connection], tuple[str, int] | None] = {}
        failures: list[BaseException] = []
        try:
            while waiting or trying:
                if waiting:
                    host = waiting.popleft()
                    trying[asyncio.create_task(self._try(host))] = host
                limit = NEXT_HOST_SECONDS if waiting else None
                done, _ = await asyncio.wait(trying, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    error = task.exception()
                    if error is None:
                        return trying.pop(task), task.result()
                    failures.append(error)
                    del trying[task]
        finally:
            for task in trying:
                task.add_done_callback(_discard)
                task.cancel()
        raise _most_telling(failures)

    async def _try(self, host: tuple[str, int] | None) -> "Connection":
        try:
            connection: Connection = await asyncpg.connect(
                self.address.dsn,
                host=host[0] if host else None,
                port=host[1] if host else None,
                timeout=CONNECT_SECONDS,
                command_timeout=COMMAND_SECONDS,
                statement_cache_size=500,
                max_cached_statement_lifetime=0,
                max_cacheable_statement_size=0,
                server_settings=self._settings,
                target_session_attrs=SessionAttribute.standby if self.address.is_standby else SessionAttribute.read_write,
            )
        except (*FAILURES, UnicodeError) as error:  # the last: a name that no host can have
            raise _refusal(error) from error
        _keep_alive(connection)
        return connection

    def is_wanted(self, connection: "Connection") -> bool:
        """Say whether a server still is what is wanted, by what it has said last on a connection."""
        said = connection.get_settings()
        replays = getattr(said, "in_hot_standby", None)  # none before PostgreSQL 14
        if self.address.is_standby:
            return replays != "off"
        return replays != "on" and getattr(said, "default_transaction_read_only", "off") != "on"

    def _lose(self, error: DatabaseAwayError) -> None:
        """Refuse everybody from now on, and look for a server until there is one."""
        if self.away is None:
            self.away = error
            _log.warning("the database is away", servers=self.address.places, reason=_reason(error))
            for pool in self._pools:
                pool.drop_idle()
            self._keep("probe", self._probe)

    def _keep(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = self._tasks.get(name)
        if task is None or task.done():
            self._tasks[name] = asyncio.create_task(work())

    async def _probe(self) -> None:
        """Look for a server until there is one."""
        since = time.monotonic()
        while self.away is not None:
            await asyncio.sleep(PROBE_SECONDS)
            try:
                connection = await self.find()
            except DatabaseBusyError:  # it is there, and that is the question
                self.away = None
            except DatabaseAwayError as error:
                if _reason(error) != _reason(self.away):
                    _log.info("the database is still away", reason=_reason(error))
                self.away = error
            else:
                self.away = None
                await left(connection)
        _log.info("the database is back", servers=self.address.places, seconds=round(time.monotonic() - since, 1))

    async def _watch(self) -> None:
        """Ask whether the server is there as often as a connection has been lent for long. If it is not, those who wait for it hear it."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            if max((pool.longest() for pool in self._pools), default=0.0) < LONG_SECONDS:
                continue
            if self.away is None:
                await self._ask()
            if self.away is not None:
                self._drop()

    async def _ask(self) -> None:
        try:
            await left(await self.find())
        except DatabaseBusyError:
            pass  # it is there: it has more connections than it may have
        except DatabaseAwayError as error:
            self._lose(error)
        else:
            await asyncio.sleep(LONG_SECONDS - BEAT_SECONDS)  # an import may keep its connection for long

    def _drop(self) -> None:
        for pool in self._pools:
            pool.drop_idle()
            pool.drop_lent()


async def connect(dsn: str) -> "Connection":
    """Connect to the server that writes, for work that has no pool. Raises DatabaseAwayError, SettingsError."""
    return await entered(Servers(read_address(dsn)))


async def entered(servers: Servers) -> "Connection":
    """Connect for the first time: what the server or the driver have against the address is a wrong setting. Raises SettingsError."""
    name = "replica" if servers.address.is_standby else "database"
    _check_files(name, servers.address)
    try:
        return await servers.find()
    except RefusedByServerError as error:
        raise SettingsError(f"{name}: the server at {servers.address.places} refuses: {error}.") from error


def _check_files(name: str, address: Address) -> None:
    for parameter, path in address.files:
        if not Path(path).is_file():
            raise SettingsError(f"{name}: there is no file {path}, which {parameter} names.")


def _refusal(error: Exception) -> DatabaseAwayError | DatabaseBusyError:
    """Say what it means that a connection could not be made."""
    state = str(getattr(error, "sqlstate", None) or "")
    if (
        isinstance(error, ValueError | ssl.SSLCertVerificationError) or state[:2] in ("28", "3D", "42") or state == "22023"
    ):  # the driver's configuration, or refused
        return RefusedByServerError(str(error).rstrip("."))
    ours = translate(error)
    return ours if isinstance(ours, DatabaseAwayError | DatabaseBusyError) else DatabaseAwayError(AWAY)


def _most_telling(failures: Iterable[BaseException]) -> BaseException:
    """Of what several hosts said, take that from which most can be learned."""
    ranks = (RefusedByServerError, DatabaseBusyError, DatabaseAwayError)
    return min(failures, key=lambda failure: next((rank for rank, kind in enumerate(ranks) if isinstance(failure, kind)), -1))


def _reason(error: DatabaseAwayError) -> str:
    cause = error.__cause__ or error
    return "no answer" if isinstance(cause, TimeoutError) else str(cause) or type(cause).__name__


def _discard(task: "asyncio.Task[Connection]") -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().terminate()


async def left(connection: "Connection") -> None:
    """Say goodbye to a server, which may not be there any more."""
    with suppress(*FAILURES):
        await connection.close(timeout=1.0)


def _keep_alive(connection: "Connection") -> None:
    found = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]  # noqa: SLF001 - the driver has no other way
    if found is None or found.family == socket.AF_UNIX:
        return
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE:
        if hasattr(socket, name):  # not on every system
            found.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
