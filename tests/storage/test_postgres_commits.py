"""What PostgreSQL does when it fails us: away, slow, cut off during a commit, met by another program's writes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from deskline.domain.searches import TicketFilter
from deskline.errors import (
    CollisionError,
    ConflictError,
    DatabaseAwayError,
    DatabaseBusyError,
    OutcomeUnknownError,
    QueryTooLongError,
    SchemaError,
    StorageFullError,
)
from deskline.storage import postgres_schema, postgres_servers, tickets
from deskline.storage.postgres import PostgresDatabase, open_postgres
from deskline.storage.postgres_errors import translate
from deskline.storage.repeats import written
from deskline.storage.search import find_page
from deskline.web.v2.wire import show_ticket
from tests.clusters import Cluster, a_cluster
from tests.serving import PATIENCE_SECONDS
from tests.storage.builders import OURS, THEIRS, a_ticket, an_account, open_ticket, take_turn

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def an_admin(database: PostgresDatabase) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Somebody who may end other people's connections."""
    connection = await asyncpg.connect(database.dsn)
    try:
        yield connection
    finally:
        await connection.close()


CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def total(database: PostgresDatabase) -> int:
    return (await find_page(database, OURS, TicketFilter(), page=1, descending=True)).total


async def test_a_write_whose_connection_is_lost_is_away_and_undone(postgres: PostgresDatabase) -> None:
    async def work() -> None:
        async with postgres.write(OURS) as tx, an_admin(postgres) as admin:
            await open_ticket(tx)
            await admin.execute(CUT)
            await tickets.position(tx)

    with pytest.raises(DatabaseAwayError):
        await work()
    assert await total(postgres) == 0
    await a_ticket(postgres)
    assert await total(postgres) == 1


async def do_with_every_commit(database: PostgresDatabase, statement: str) -> None:
    """Have the server do something whenever the commit of a new ticket has begun."""
    async with an_admin(database) as admin:
        await admin.execute(
            f"CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {statement}; RETURN NULL; END$$;"
            "CREATE CONSTRAINT TRIGGER meddles AFTER INSERT ON ticket DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION meddle()"
        )


async def test_a_connection_that_is_lost_with_the_commit_leaves_the_outcome_unknown(postgres: PostgresDatabase) -> None:
    await do_with_every_commit(postgres, "PERFORM pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(OutcomeUnknownError):
        await a_ticket(postgres)


async def test_a_commit_that_is_answered_with_a_warning_is_no_success(postgres: PostgresDatabase) -> None:
    """The server says so when a wait for its stand-by was given up: this machine has the write, the second copy may not."""
    await do_with_every_commit(postgres, "RAISE WARNING 'canceling wait for synchronous replication'")
    with pytest.raises(OutcomeUnknownError, match="canceling wait"):
        await a_ticket(postgres)


async def test_a_commit_that_the_server_refuses_changed_nothing(postgres: PostgresDatabase) -> None:
    await do_with_every_commit(postgres, "RAISE EXCEPTION 'no' USING ERRCODE = '40001'")
    with pytest.raises(CollisionError):
        await a_ticket(postgres)
    assert await total(postgres) == 0


@pytest.mark.parametrize(("collisions", "is_done"), [(0, True), (3, True), (4, False)])
async def test_work_that_was_undone_by_a_collision_is_done_again(postgres: PostgresDatabase, collisions: int, is_done: bool) -> None:
    async with an_admin(postgres) as admin:
        await admin.execute("CREATE SEQUENCE tries")
    await do_with_every_commit(postgres, f"IF nextval('tries') <= {collisions} THEN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END IF")
    if is_done:
        await written(postgres, OURS, open_ticket)
    else:
        with pytest.raises(CollisionError):
            await written(postgres, OURS, open_ticket)
    assert await total(postgres) == int(is_done)


async def test_writers_of_two_processes_take_turns(postgres: PostgresDatabase) -> None:
    other = await open_postgres(postgres.dsn, show=show_ticket)
    await asyncio.gather(*(a_ticket(database) for _ in range(40) for database in (postgres, other)))
    assert [await total(database) for database in (postgres, other)] == [80, 80]
    async with postgres.read(OURS) as tx:
        keys = [key for (key,) in await tx.rows("SELECT ticket_key FROM ticket WHERE account_id = $1 ORDER BY 1")]
    assert keys == [*range((OURS << 40) + 1, (OURS << 40) + 81)]
    await other.close()


async def test_what_is_remembered_is_exact_whoever_writes(postgres: PostgresDatabase) -> None:
    """While others write, a position that is seen twice means the same tickets both times."""
    other = await open_postgres(postgres.dsn, show=show_ticket)
    seen: dict[int, set[int]] = {}

    async def look() -> None:
        while len(seen) < 20:
            async with postgres.read(OURS, snapshot=True) as tx:
                now = await tickets.position(tx)
                row = await tx.row("SELECT count(*) FROM ticket WHERE account_id = $1")
                assert row is not None
                seen.setdefault(now, set()).add(row[0])

    looking = asyncio.gather(look(), look())
    while not looking.done():
        await asyncio.gather(*(a_ticket(database) for database in (postgres, other, postgres)))
    await looking
    assert {len(counts) for counts in seen.values()} == {1}
    await other.close()


async def test_a_writer_elsewhere_that_does_not_end_is_not_waited_for_too_long(
    postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres_servers.SETTINGS, "lock_timeout", "50ms")
    hurried = await open_postgres(postgres.dsn, show=show_ticket)
    async with postgres.write(OURS) as tx:
        await take_turn(tx)
        with pytest.raises(DatabaseBusyError):
            await a_ticket(hurried)
        await a_ticket(hurried, THEIRS)
    await hurried.close()


async def found_again(database: PostgresDatabase) -> None:
    """Wait until the server has been found again."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while database.servers.away is not None:  # noqa: ASYNC110 - the program has nobody who would set an event
            await asyncio.sleep(0.01)


async def test_a_server_that_is_away_is_said_to_be_and_found_again() -> None:
    with a_cluster() as cluster:
        async with cluster.a_database() as dsn:
            database = await open_postgres(dsn, show=show_ticket)
            await an_account(database)
            await a_ticket(database)
            cluster.stop()
            for attempt in (total, a_ticket):
                with pytest.raises(DatabaseAwayError):
                    await attempt(database)
            with pytest.raises(DatabaseAwayError):
                await open_postgres(dsn, show=show_ticket)
            cluster.start()
            await found_again(database)
            await a_ticket(database)
            assert await total(database) == 2
            await database.close()


async def test_a_schema_is_made_once_and_recognised(postgres: PostgresDatabase) -> None:
    await postgres_schema.check(postgres)
    with pytest.raises(ConflictError, match="already"):
        await postgres_schema.create(postgres.dsn)
    async with an_admin(postgres) as admin:
        await admin.execute("UPDATE deskline SET version = 99")
    with pytest.raises(SchemaError, match="schema 99"):
        await postgres_schema.check(postgres)


@pytest.mark.parametrize("version", [9, 13])
def test_an_older_server_is_refused_with_what_is_needed(version: int) -> None:
    with pytest.raises(SchemaError, match=f"PostgreSQL 14 or newer is needed; this server is version {version}"):
        postgres_schema.refuse_older_server(version)
    postgres_schema.refuse_older_server(14)


async def test_an_empty_database_is_none_of_ours(cluster: Cluster) -> None:
    database = await open_postgres(cluster.dsn("postgres"), show=show_ticket)
    with pytest.raises(SchemaError, match="deskline init"):
        await postgres_schema.check(database)
    await database.close()


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (asyncpg.DiskFullError(), StorageFullError),
        (asyncpg.SerializationError(), CollisionError),
        (asyncpg.DeadlockDetectedError(), CollisionError),
        (asyncpg.UniqueViolationError(), CollisionError),
        (asyncpg.LockNotAvailableError(), DatabaseBusyError),
        (asyncpg.TooManyConnectionsError(), DatabaseBusyError),
        (asyncpg.QueryCanceledError(), QueryTooLongError),
        (asyncpg.ReadOnlySQLTransactionError(), DatabaseAwayError),
        (asyncpg.AdminShutdownError(), DatabaseAwayError),
        (asyncpg.CannotConnectNowError(), DatabaseAwayError),
        (asyncpg.ConnectionDoesNotExistError(), DatabaseAwayError),
        (asyncpg.InterfaceError("connection is closed"), DatabaseAwayError),
        (asyncpg.ConnectionFailureError("connection to the remote node worker:5432 failed"), DatabaseAwayError),
        (asyncpg.InternalServerError("failure on connection marked as essential: worker:5432"), DatabaseAwayError),
        (ConnectionRefusedError(), DatabaseAwayError),
        (TimeoutError(), DatabaseAwayError),
    ],
)
def test_errors_are_translated(raised: Exception, expected: type[Exception]) -> None:
    assert isinstance(translate(raised), expected)


@pytest.mark.parametrize(
    "raised",
    [
        asyncpg.UndefinedColumnError(),
        asyncpg.InternalServerError("tuple concurrently updated"),
        asyncpg.DataError("a text for a number"),
        ValueError(),
    ],
)
def test_mistakes_of_the_program_pass(raised: Exception) -> None:
    assert translate(raised) is None
