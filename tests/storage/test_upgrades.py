"""A database of any release is brought to the newest schema: the same as a new one, restartable, one at a time, safe beneath servers."""

import asyncio
import random
import shutil
import subprocess
import sys
from collections import namedtuple
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress
from pathlib import Path

import apsw
import asyncpg
import pytest

from deskline.actions import checks
from deskline.actions.rebuilds import rebuild
from deskline.errors import DatabaseBusyError, OutdatedError, SchemaError, StorageFullError
from deskline.storage import (
    locks,
    people,
    postgres_schema,
    postgres_servers,
    postgres_upgrades,
    schema,
    sqlite_upgrades,
    upgrades,
    versions,
)
from deskline.storage.database import SERVER
from deskline.storage.postgres import PostgresDatabase, open_postgres
from deskline.storage.sqlite import SqliteDatabase
from deskline.storage.upgrades import INSTALLED, NEWEST, Upgrade
from deskline.web.v2.wire import show_ticket
from tests import rounds
from tests.clusters import Cluster
from tests.releases import RELEASES, WORKED_OUT_ANEW
from tests.storage.builders import OURS, a_ticket
from tests.storage.upgrading import (
    INVENTED,
    ROWS,
    STEPS,
    make_postgres,
    make_sqlite,
    rows_of_postgres,
    rows_of_sqlite,
    run,
    shape_of_postgres,
    shape_of_sqlite,
)
from tests.storage.wholeness import contradictions

pytestmark = pytest.mark.anyio

KILLS = rounds.times(quick=3, long=40)
PATIENCE_SECONDS = 30
FIRST_INVENTED = NEWEST + 1


def silent(_: str) -> None:
    """Hear what an upgrade does, and say nothing."""


async def rebuild_file(path: Path) -> None:
    """Do with a file what its upgrade could not do in SQL."""
    async with kept(SqliteDatabase(path, show=show_ticket)) as database:
        await rebuild(database, silent)


@asynccontextmanager
async def kept(database: SqliteDatabase) -> AsyncIterator[SqliteDatabase]:
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def a_release(cluster: Cluster, release: int = 1) -> AsyncIterator[str]:
    """A database on the server as a release left it."""
    async with cluster.a_database(bare=True) as dsn:
        await make_postgres(dsn, release)
        yield dsn


# What upgrades there are.


def test_every_schema_that_was_released_is_kept() -> None:
    assert set(range(1, NEWEST)) <= set(RELEASES) <= set(range(1, NEWEST + 1))


def test_an_upgrade_ends_no_transaction_and_needs_none() -> None:
    refused = ("BEGIN", "COMMIT", "ROLLBACK", "VACUUM", "CONCURRENTLY", "PRAGMA", "ATTACH")
    for upgrade in INSTALLED:
        words = "\n".join(line.partition("--")[0] for line in f"{upgrade.sqlite}\n{upgrade.postgres}".splitlines()).upper().split()
        assert [word for word in refused if word in words] == [], upgrade.number


def test_upgrades_are_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "0003.sqlite.sql").write_text("three")
    (tmp_path / "0003.postgres.sql").write_text("drei")
    (tmp_path / "0002.sql").write_text("two")
    assert upgrades.read(tmp_path) == (Upgrade(2, "two", "two"), Upgrade(3, "three", "drei"))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("0003.sql",), "gap"),
        (("0002.sql", "0004.sql"), "gap"),
        (("0002.sqlite.sql",), "0 texts for postgres"),
        (("0002.sql", "0002.sqlite.sql"), "2 texts for sqlite"),
        (("2.sql",), "no name"),
        (("0002.mysql.sql",), "no name"),
    ],
)
def test_a_folder_of_upgrades_that_is_not_whole_is_refused(tmp_path: Path, names: tuple[str, ...], words: str) -> None:
    for name in names:
        (tmp_path / name).write_text("")
    with pytest.raises(ValueError, match=words):
        upgrades.read(tmp_path)


# Fresh equals upgraded.


def but_for_words(found: list[str]) -> list[str]:
    """Leave out what is said of words: an upgrade leaves them to what follows it."""
    return [each for each in found if "search index" not in each and "is found in" not in each]


@pytest.mark.parametrize("release", RELEASES)
async def test_an_upgraded_file_is_like_a_new_one(tmp_path: Path, release: int) -> None:
    old, new = make_sqlite(tmp_path / "old" / "deskline.db", release), tmp_path / "new" / "deskline.db"
    schema.create(new)
    sqlite_upgrades.upgrade(old, silent)
    assert shape_of_sqlite(old) == shape_of_sqlite(new)
    if release < WORKED_OUT_ANEW:
        with pytest.raises(SchemaError, match=r"2 accounts wait for their tickets .* deskline upgrade --data"):
            schema.check(old)
        assert but_for_words(contradictions(old)) == []
        assert rows_of_sqlite(old)["fact"] == []
        await rebuild_file(old)
    schema.check(old)
    assert contradictions(old) == []
    assert len(rows_of_sqlite(old)["fact"]) > len(rows_of_sqlite(old)["ticket"]) > 0


@pytest.mark.parametrize("release", RELEASES)
async def test_an_upgraded_database_on_a_server_is_like_a_new_one(cluster: Cluster, release: int) -> None:
    async with a_release(cluster, release) as old, cluster.a_database(bare=True) as new:
        await postgres_schema.create(new)
        await postgres_upgrades.upgrade(old, silent)
        assert await shape_of_postgres(old) == await shape_of_postgres(new)
        database = await open_postgres(old, show=show_ticket)
        if release < WORKED_OUT_ANEW:
            with pytest.raises(SchemaError, match=r"2 accounts wait for their tickets .* deskline upgrade --database"):
                await postgres_schema.check(database)
            told = list[str]()
            await rebuild(database, told.append)
            assert [line.endswith("tickets were worked out anew.") for line in told] == [True, True]
        await postgres_schema.check(database)
        async with database.analyse(OURS) as tx:
            findings = await checks.check_account(tx, show_ticket)
        assert (findings.tickets > 0, findings.first) == (True, [])
        await a_ticket(database)
        await database.close()


async def test_a_difference_is_seen(cluster: Cluster, tmp_path: Path) -> None:
    one, other = make_sqlite(tmp_path / "one.db"), make_sqlite(tmp_path / "other.db")
    assert shape_of_sqlite(one) == shape_of_sqlite(other)
    with closing(apsw.Connection(str(other))) as connection:
        connection.execute("DROP INDEX ticket_by_message; CREATE INDEX ticket_by_message ON ticket (account_id, last_message_at)")
    assert shape_of_sqlite(one) != shape_of_sqlite(other)
    async with a_release(cluster) as dsn:
        before = await shape_of_postgres(dsn)
        for change in (
            "ALTER TABLE agent ALTER name TYPE text",
            "ALTER TABLE agent ALTER status DROP DEFAULT",
            "ALTER TABLE fact DROP CONSTRAINT fact_kind_check",
        ):
            await run(dsn, change)
            after = await shape_of_postgres(dsn)
            assert after != before, change
            before = after


# One step after the other.


def test_a_file_is_kept_as_it_was_and_upgraded_step_by_step(tmp_path: Path) -> None:
    path, told = make_sqlite(tmp_path / "deskline.db"), list[str]()
    before = rows_of_sqlite(path)
    sqlite_upgrades.upgrade(path, told.append, upgrades=INVENTED)
    kept = next(tmp_path.glob("deskline.db.schema-1-*"))
    assert told[:2] == [
        f"{path} has schema 1; it is upgraded to {NEWEST + STEPS}.",
        f"It is kept as it was in {kept} ({kept.stat().st_size:,} bytes).",
    ]
    assert told[2:] == [f"Schema {number}: done." for number in range(2, NEWEST + STEPS + 1)]
    assert kept.stat().st_mode & 0o777 == 0o600
    assert rows_of_sqlite(kept) == before
    assert len(rows_of_sqlite(path)[f"step_{FIRST_INVENTED}"]) == ROWS
    assert schema.find_version(path) == NEWEST + STEPS
    told.clear()
    sqlite_upgrades.upgrade(path, told.append, upgrades=INVENTED)
    assert told == [f"{path} has schema {NEWEST + STEPS}, the newest that this Deskline knows: nothing to do."]
    assert list(tmp_path.glob("deskline.db.schema-*")) == [kept]


async def test_a_database_on_a_server_is_upgraded_step_by_step(cluster: Cluster) -> None:
    async with a_release(cluster) as dsn:
        told = list[str]()
        before = await rows_of_postgres(dsn)
        await postgres_upgrades.upgrade(dsn, told.append, upgrades=INVENTED)
        assert told[0] == f"The database has schema 1; it is upgraded to {NEWEST + STEPS}."
        assert told[1:] == [f"Schema {number}: done." for number in range(2, NEWEST + STEPS + 1)]
        after = await rows_of_postgres(dsn)
        assert (after["ticket_event"], after["deskline"]) == (before["ticket_event"], [(NEWEST + STEPS,)])
        await postgres_upgrades.upgrade(dsn, told.append, upgrades=INVENTED)
        assert told[-1].endswith("nothing to do.")


BROKEN = Upgrade(FIRST_INVENTED, *["CREATE TABLE half (n integer); INSERT INTO nowhere VALUES (1)"] * 2)


async def test_an_upgrade_that_fails_changes_nothing(cluster: Cluster, tmp_path: Path) -> None:
    path = make_sqlite(tmp_path / "deskline.db", NEWEST if NEWEST in RELEASES else 1)
    sqlite_upgrades.upgrade(path, silent)
    shape = shape_of_sqlite(path)
    with pytest.raises(apsw.SQLError):
        sqlite_upgrades.upgrade(path, silent, upgrades=(*INSTALLED, BROKEN))
    assert shape_of_sqlite(path) == shape
    async with cluster.a_database() as dsn:
        shape = await shape_of_postgres(dsn)
        with pytest.raises(asyncpg.UndefinedTableError):
            await postgres_upgrades.upgrade(dsn, silent, upgrades=(*INSTALLED, BROKEN))
        assert await shape_of_postgres(dsn) == shape


# What is refused.


def test_a_file_of_another_schema_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = make_sqlite(tmp_path / "deskline.db", NEWEST if NEWEST in RELEASES else 1)
    sqlite_upgrades.upgrade(path, silent)
    with pytest.raises(
        SchemaError, match=rf"has schema {NEWEST}, and this Deskline works with {NEWEST + 1}; .*deskline upgrade --data {tmp_path}$"
    ):
        schema.check(path, NEWEST + 1)
    sqlite_upgrades.upgrade(path, silent, upgrades=INVENTED)
    for refusing in (schema.check, lambda path: sqlite_upgrades.upgrade(path, silent)):
        with pytest.raises(
            SchemaError, match=rf"newer Deskline \(schema {NEWEST + STEPS}, this program knows {NEWEST}\); install that version"
        ):
            refusing(path)
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("PRAGMA user_version = 0")
    with pytest.raises(SchemaError, match="deskline copy"):
        sqlite_upgrades.upgrade(path, silent)


async def test_a_database_on_a_server_of_another_schema_is_refused_with_what_to_do(postgres: PostgresDatabase) -> None:
    for version, words in ((NEWEST + 1, "newer Deskline"), (0, "deskline copy")):
        await run(postgres.dsn, f"UPDATE deskline SET version = {version}")
        with pytest.raises(SchemaError, match=words):
            await postgres_schema.check(postgres)
        with pytest.raises(SchemaError, match=words):
            await postgres_upgrades.upgrade(postgres.dsn, silent)
    with pytest.raises(SchemaError, match=r"deskline upgrade --database"):
        upgrades.refuse_other(NEWEST, "The database", "--database …", NEWEST + 1)
    await run(postgres.dsn, "DROP TABLE deskline")
    with pytest.raises(SchemaError, match="no Deskline in this database"):
        await postgres_upgrades.upgrade(postgres.dsn, silent)


async def test_only_the_owner_of_the_tables_upgrades(cluster: Cluster) -> None:
    async with a_release(cluster) as dsn:
        await run(dsn, "CREATE ROLE guest LOGIN; GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA public TO guest")
        with pytest.raises(SchemaError, match="run it as the user who owns the tables"):
            await postgres_upgrades.upgrade(dsn.replace("postgres@", "guest@"), silent, upgrades=INVENTED)
        await run(dsn, "DROP OWNED BY guest; DROP ROLE guest")


def test_a_file_that_somebody_has_open_is_left_alone(tmp_path: Path) -> None:
    path = make_sqlite(tmp_path / "deskline.db")
    with locks.hold(tmp_path), pytest.raises(DatabaseBusyError, match="stop that one first"):
        sqlite_upgrades.upgrade(path, silent, upgrades=INVENTED)
    with closing(apsw.Connection(str(path))) as reader:
        reader.execute("SELECT 1 FROM account").fetchall()  # nothing is under way: it only has the file open
        with pytest.raises(DatabaseBusyError, match="open in another process"):
            sqlite_upgrades.upgrade(path, silent, upgrades=INVENTED, wait_ms=50)
    assert schema.find_version(path) == 1


def test_nobody_opens_a_file_that_is_upgraded(tmp_path: Path) -> None:
    path = make_sqlite(tmp_path / "deskline.db")
    tried = list[str]()

    def try_to_open(text: str) -> None:
        with closing(apsw.Connection(str(path))) as other, suppress(apsw.BusyError):
            other.execute("SELECT 1 FROM account").fetchall()
            raise AssertionError(text)
        tried.append(text)

    sqlite_upgrades.upgrade(path, try_to_open, upgrades=INVENTED)
    assert len(tried) == NEWEST + STEPS + 1


Usage = namedtuple("Usage", "total used free")


def test_a_disk_without_room_is_said_before_anything_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_sqlite(tmp_path / "deskline.db")
    size = path.stat().st_size
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 2 * size - 1))
    with pytest.raises(StorageFullError, match=rf"{2 * size:,} bytes are needed, {2 * size - 1:,} are free. Nothing was changed"):
        sqlite_upgrades.upgrade(path, silent, upgrades=INVENTED)
    assert schema.find_version(path) == 1
    assert list(tmp_path.glob("*schema-*")) == []


# Killed at any moment.


async def test_an_upgrade_that_is_killed_goes_on(engine_place: "Place", chance: random.Random) -> None:
    async with engine_place() as place:
        lines = 0
        for _ in range(KILLS):
            process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.storage.upgrading", place, stdout=subprocess.PIPE)
            assert process.stdout is not None
            for _ in range(chance.randrange(1, 6)):
                lines += bool(await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS))
            await asyncio.sleep(chance.random() * 0.03)  # a moment between two lines, whatever it is
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()
        assert lines >= KILLS
        await asyncio.to_thread(
            subprocess.run, [sys.executable, "-m", "tests.storage.upgrading", place], check=True, stdout=subprocess.DEVNULL
        )
        assert await whole(place) == NEWEST + STEPS


async def whole(place: str) -> int:
    """Make sure that nothing is there twice or by half; answers the schema."""
    if place.startswith("postgresql:"):
        rows = await rows_of_postgres(place)
        version = rows["deskline"][0][0]
    else:
        path = Path(place)
        rows, version = rows_of_sqlite(path), schema.find_version(path)
        assert but_for_words(contradictions(path)) == []
        assert list(path.parent.glob("*.part")) == []
        for kept in path.parent.glob("deskline.db.schema-*"):
            assert but_for_words(contradictions(kept)) == []  # some are of an upgrade that had come that far
            assert kept.name.startswith(f"deskline.db.schema-{schema.find_version(kept)}-")
    steps = {name: len(found) for name, found in rows.items() if name.startswith("step_")}
    assert steps == {f"step_{NEWEST + step}": ROWS for step in range(1, STEPS + 1)}
    return int(version)


Place = Callable[[], AbstractAsyncContextManager[str]]


@pytest.fixture(params=["sqlite", "postgres"])
def engine_place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A database of the first release, on each engine."""
    if request.param == "postgres":
        cluster: Cluster = request.getfixturevalue("cluster")
        return lambda: a_release(cluster)

    @asynccontextmanager
    async def in_a_file() -> AsyncIterator[str]:
        yield str(make_sqlite(tmp_path / "deskline.db"))

    return in_a_file


# One at a time, and beneath servers.


async def test_who_comes_second_hears_of_the_first(cluster: Cluster) -> None:
    async with a_release(cluster) as dsn:
        first = await asyncpg.connect(dsn)
        async with first.transaction():
            await first.fetch("SELECT version FROM deskline FOR UPDATE")
            with pytest.raises(DatabaseBusyError, match="Another upgrade of this database is under way"):
                await postgres_upgrades.upgrade(dsn, silent, upgrades=INVENTED)
        await first.close()


async def test_two_at_once_do_it_once(cluster: Cluster) -> None:
    async with a_release(cluster) as dsn:
        ends: list[BaseException | None] = [None]
        while any(ends) or len(ends) < 2:
            ends = await asyncio.gather(
                *(postgres_upgrades.upgrade(dsn, silent, upgrades=INVENTED) for _ in range(2)), return_exceptions=True
            )
            assert [end for end in ends if end is not None and not isinstance(end, DatabaseBusyError)] == []
        assert await whole(dsn) == NEWEST + STEPS


async def test_a_server_of_the_older_schema_writes_no_more(postgres: PostgresDatabase) -> None:
    ticket_id = await a_ticket(postgres)
    async with postgres.write(OURS) as tx:
        await people.find_account(tx)  # a write is under way: the upgrade waits for it
        upgrading = asyncio.create_task(postgres_upgrades.upgrade(postgres.dsn, silent, upgrades=INVENTED))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await _somebody_waits(postgres):
                pass
        await people.add_tags(tx, ("late",), "ann@example.com")
    await upgrading
    with pytest.raises(OutdatedError, match="upgraded by a newer Deskline"):
        await a_ticket(postgres)
    with pytest.raises(OutdatedError):
        async with postgres.write(OURS) as tx:
            await people.find_account(tx)
    async with postgres.read(OURS) as reader:
        assert [tag.name for tag in await people.list_tags(reader)] == ["late"]
        assert (await reader.row("SELECT count(*) FROM ticket WHERE account_id = $1 AND ticket_id = $2", ticket_id)) == (1,)
    async with postgres.read(SERVER) as server:
        with pytest.raises(OutdatedError, match="newer Deskline"):
            await versions.confirm(server)


async def _somebody_waits(postgres: PostgresDatabase) -> bool:
    async with postgres.read(SERVER) as server:
        row = await server.row("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'account'::regclass")
    return row is not None and row[0] > 0


async def test_a_database_in_use_for_too_long_is_left_alone(postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(postgres_servers.SETTINGS, "lock_timeout", "100ms")
    async with postgres.write(OURS) as tx:
        await people.find_account(tx)
        with pytest.raises(DatabaseBusyError, match="stop the servers"):
            await postgres_upgrades.upgrade(postgres.dsn, silent, upgrades=INVENTED)
    assert (await rows_of_postgres(postgres.dsn))["deskline"] == [(NEWEST,)]
    await a_ticket(postgres)
