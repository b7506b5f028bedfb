"""An address names several servers: the one that takes writes is found wherever it stands, and left when it takes them no more."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import ExitStack

import pytest

from deskline.errors import DatabaseAwayError, SettingsError
from deskline.storage import postgres_schema
from deskline.storage.database import SERVER
from deskline.storage.postgres import PostgresDatabase, open_postgres
from deskline.storage.postgres_address import read_address
from deskline.storage.postgres_servers import CONNECT_SECONDS, LONG_SECONDS, Servers
from deskline.web.v2.wire import show_ticket
from tests.clusters import Cluster, a_cluster
from tests.pairs import PATIENCE_SECONDS, Proxy, a_pair, a_proxy, a_standby, ask, wait_until_copied
from tests.storage.builders import OURS, a_ticket, an_account

pytestmark = pytest.mark.anyio
BOUND = LONG_SECONDS + CONNECT_SECONDS + 1.5  # what waits for a server that has vanished is answered within this, on a busy machine


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Cluster, Cluster]]:
    """A primary and its stand-by. No test may change which is which."""
    with a_pair(synchronous=False) as both:
        yield both


@pytest.fixture(scope="module")
def proxies(pair: tuple[Cluster, Cluster]) -> Iterator[dict[str, int]]:
    """Ports of loopback by what is behind them."""
    primary, standby = pair
    with ExitStack() as stack:
        frozen = stack.enter_context(a_proxy(primary))
        frozen.freeze()
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))
        yield {
            "primary": stack.enter_context(a_proxy(primary)).port,
            "standby": stack.enter_context(a_proxy(standby)).port,
            "silent": frozen.port,
            "closed": closed.getsockname()[1],
        }


def address(proxies: dict[str, int], *names: str) -> str:
    """The address of servers in an order."""
    return f"postgresql://postgres@{','.join(f'127.0.0.1:{proxies[name]}' for name in names)}/postgres"


@pytest.mark.parametrize(
    "order",
    [
        ("primary",),
        ("primary", "standby"),
        ("standby", "primary"),
        ("silent", "primary"),
        ("primary", "silent"),
        ("closed", "primary", "standby"),
        ("silent", "closed", "standby", "primary"),
        ("silent", "silent", "silent", "silent", "primary"),
    ],
    ids="-".join,
)
async def test_the_server_that_writes_is_found_wherever_it_stands(proxies: dict[str, int], order: tuple[str, ...]) -> None:
    servers = Servers(read_address(address(proxies, *order)))
    for seconds in (CONNECT_SECONDS, 1.0):  # the second time it is the first that is tried
        begun = time.monotonic()
        connection = await servers.find()
        assert time.monotonic() - begun < seconds
        assert await connection.fetchval("SELECT pg_is_in_recovery()") is False
        await connection.close()


async def test_a_stand_by_is_found_wherever_it_stands(proxies: dict[str, int]) -> None:
    servers = Servers(read_address(address(proxies, "silent", "primary", "standby"), is_standby=True))
    connection = await servers.find()
    assert await connection.fetchval("SELECT pg_is_in_recovery()") is True
    await connection.close()


@pytest.mark.parametrize("order", [("standby", "closed"), ("closed",)], ids="-".join)
async def test_where_none_writes_the_database_is_away(proxies: dict[str, int], order: tuple[str, ...]) -> None:
    begun = time.monotonic()
    with pytest.raises(DatabaseAwayError):
        await open_postgres(address(proxies, *order), show=show_ticket)
    assert time.monotonic() - begun < BOUND


@pytest.mark.parametrize(("user", "name", "why"), [("nobody", "postgres", "role"), ("postgres", "nothing", "database")])
async def test_a_server_that_lets_nobody_in_is_a_wrong_setting(cluster: Cluster, user: str, name: str, why: str) -> None:
    dsn = f"postgresql://{user}:secret@/{name}?host={cluster.folder},{cluster.folder}/nowhere"
    for opened in (lambda: open_postgres(dsn, show=show_ticket), lambda: postgres_schema.create(dsn)):
        with pytest.raises(SettingsError, match=f"database: the server at .* refuses: {why} .*does not exist") as refused:
            await opened()
        assert "secret" not in str(refused.value)


async def test_a_name_that_no_host_can_have_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match=r"database: the server at a..b:5432 refuses"):
        await open_postgres("postgresql://ann@a..b/desk", show=show_ticket)


async def test_a_file_that_is_not_there_is_a_wrong_setting(cluster: Cluster) -> None:
    dsn = f"{cluster.dsn('postgres')}&sslrootcert=/nowhere/root.crt"
    with pytest.raises(SettingsError, match=r"database: there is no file /nowhere/root.crt, which sslrootcert names"):
        await open_postgres(dsn, show=show_ticket)


@pytest.fixture
async def alone() -> AsyncIterator[tuple[Proxy, PostgresDatabase]]:
    """A database on a server of its own, by way of a proxy, with an account and a ticket."""
    with a_cluster() as cluster, a_proxy(cluster) as proxy:
        await postgres_schema.create(proxy.dsn)
        database = await open_postgres(proxy.dsn, show=show_ticket)
        await an_account(database)
        await a_ticket(database)
        yield proxy, database
        async with asyncio.timeout(PATIENCE_SECONDS):
            await database.close()


async def read(database: PostgresDatabase) -> None:
    async with database.read(OURS) as tx:
        await tx.row("SELECT count(*) FROM ticket WHERE account_id = $1")


async def write(database: PostgresDatabase) -> None:
    await a_ticket(database)


async def analyse(database: PostgresDatabase, begun: asyncio.Event | None = None) -> None:
    async with database.analyse(SERVER) as tx:
        if begun is not None:
            begun.set()
        await tx.row("SELECT pg_sleep(9)")


async def a_long_analysis(database: PostgresDatabase) -> "asyncio.Task[None]":
    begun = asyncio.Event()
    task = asyncio.create_task(analyse(database, begun))
    await begun.wait()
    return task


async def refused(attempt: Awaitable[None], seconds: float) -> None:
    with pytest.raises(DatabaseAwayError):
        async with asyncio.timeout(seconds):
            await attempt


async def test_a_server_that_becomes_read_only_is_left(alone: tuple[Proxy, PostgresDatabase]) -> None:
    """Its connections live on, and reading on them would go on for ever."""
    proxy, database = alone
    await asyncio.gather(*(read(database) for _ in range(5)))
    for value in ("on", "off"):
        await asyncio.to_thread(ask, proxy.cluster, f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        await asyncio.to_thread(ask, proxy.cluster, "SELECT pg_reload_conf()")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await (refused_at_last(database) if value == "on" else done_at_last(database))


async def refused_at_last(database: PostgresDatabase) -> None:
    """Read until that is refused: the server says that it has become another on the first answer after it has."""
    while True:
        try:
            await read(database)
        except DatabaseAwayError:
            break
    for work in (read, write):
        await refused(work(database), 0.1)


async def done_at_last(database: PostgresDatabase) -> None:
    while True:
        try:
            return await write(database)
        except DatabaseAwayError:
            await asyncio.sleep(0.01)


async def test_after_a_promotion_the_other_server_is_used() -> None:
    with a_cluster() as primary, a_standby(primary) as standby:
        dsn = f"postgresql://postgres@/postgres?host={primary.folder},{standby.folder}&target_session_attrs=read-write"
        await postgres_schema.create(dsn)
        database = await open_postgres(dsn, show=show_ticket)
        await an_account(database)
        await asyncio.to_thread(wait_until_copied, primary)
        primary.kill()
        for work in (read, write):
            await refused(work(database), CONNECT_SECONDS)
        await asyncio.to_thread(standby.promote)
        async with asyncio.timeout(5):
            await done_at_last(database)
        await database.close()


async def test_what_is_connected_to_a_primary_that_was_replaced_is_dropped() -> None:
    """A machine that vanishes, whose stand-by is promoted meanwhile: what waits on the old one is told so, and the rest is not held up."""
    with a_cluster() as primary, a_standby(primary) as standby, a_proxy(primary) as old, a_proxy(standby) as new:
        dsn = f"postgresql://postgres@127.0.0.1:{old.port},127.0.0.1:{new.port}/postgres"
        await postgres_schema.create(dsn)
        database = await open_postgres(dsn, show=show_ticket)
        await an_account(database)
        await asyncio.to_thread(wait_until_copied, primary)
        slow = await a_long_analysis(database)
        await asyncio.to_thread(standby.promote)
        old.freeze()
        await refused(slow, BOUND)
        async with asyncio.timeout(5):
            await done_at_last(database)
        await database.close()
