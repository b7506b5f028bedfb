"""Tables are spread over a cluster, table by table. The coordinator is a stand-in; what Citus makes of it is shown by `make test-citus`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from deskline.actions.rebuilds import rebuild
from deskline.errors import SchemaError
from deskline.storage import postgres_clusters, postgres_schema, postgres_upgrades
from deskline.storage.postgres import open_postgres
from deskline.web.v2.wire import show_ticket
from tests.clusters import Cluster
from tests.storage import upgrading
from tests.storage.builders import OURS, a_ticket, an_account

pytestmark = pytest.mark.anyio

WHOLE = {"api_key", "deskline"}
MADE_ANEW = {"fact", "search"}  # by an upgrade since the first release


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
async def coordinator(cluster: Cluster) -> AsyncIterator[str]:
    """A database that says it is a coordinator's, without tables."""
    async with cluster.a_database(bare=True) as dsn:
        async with connected(dsn) as connection:
            await connection.execute(Path(__file__).with_name("coordinator.sql").read_text("utf-8"))
        yield dsn


async def check(dsn: str) -> None:
    database = await open_postgres(dsn, show=show_ticket)
    try:
        await postgres_schema.check(database)
    finally:
        await database.close()


def test_tables_of_an_account_are_together_and_the_rest_is_everywhere() -> None:
    places = postgres_clusters.places()
    assert next(iter(places)) == "account"
    assert {table for table, place in places.items() if place == "everywhere"} == WHOLE
    assert {"ticket", "ticket_event", "fact", "search", "agent", "tag"} <= places.keys() - WHOLE


def test_a_new_table_finds_its_place_by_its_key() -> None:
    places = postgres_clusters.places(
        """
CREATE TABLE account (
    account_id bigint PRIMARY KEY
);
CREATE TABLE note (
    note_id    bigint NOT NULL,
    account_id bigint NOT NULL,
    PRIMARY KEY (account_id, note_id)
);
CREATE TABLE lease (
    name       text   PRIMARY KEY,
    account_id bigint NOT NULL
);
"""
    )
    assert places == {"account": "by account", "note": "by account", "lease": "everywhere"}


def test_the_statements_are_those_of_a_coordinator() -> None:
    said = postgres_clusters.statements()
    assert said[:3] == [
        "CREATE EXTENSION IF NOT EXISTS citus",
        "SET citus.shard_replication_factor = 1",
        "SELECT create_distributed_table('account', 'account_id', colocate_with => 'none')",
    ]
    assert "SELECT create_distributed_table('ticket', 'account_id', colocate_with => 'account')" in said
    assert "SELECT create_reference_table('api_key')" in said
    assert len(said) == 2 + len(postgres_clusters.places())


async def test_tables_are_spread_once(coordinator: str) -> None:
    await postgres_schema.create(coordinator)
    first = await postgres_clusters.make_cluster(coordinator)
    assert first.machines == 2
    assert [is_new for *_, is_new in first.tables] == [True] * len(first.tables)
    assert {name for name, place, _ in first.tables if place == "everywhere"} == WHOLE
    again = await postgres_clusters.make_cluster(coordinator)
    assert [is_new for *_, is_new in again.tables] == [False] * len(first.tables)
    await check(coordinator)


async def test_what_was_stopped_half_way_is_refused_until_it_is_finished(coordinator: str) -> None:
    await postgres_schema.create(coordinator)
    async with connected(coordinator) as connection:
        await connection.execute("SELECT create_distributed_table('account', 'account_id', 'none')")
    with pytest.raises(SchemaError, match=r"agent, .*deskline schema --citus"):
        await check(coordinator)
    found = await postgres_clusters.spread_if_cluster(coordinator)
    assert found is not None
    assert [name for name, _, is_new in found.tables if not is_new] == ["account"]
    await check(coordinator)


async def test_tables_of_which_an_account_would_be_torn_apart_are_refused(coordinator: str) -> None:
    await postgres_schema.create(coordinator)
    async with connected(coordinator) as connection:
        await connection.execute("SELECT create_distributed_table('account', 'account_id', 'none')")
        await connection.execute("SELECT create_distributed_table('fact', 'account_id', 'none')")
    await postgres_clusters.make_cluster(coordinator)
    with pytest.raises(SchemaError, match=r"otherwise than this program needs \(fact\)"):
        await check(coordinator)


async def test_a_table_that_cannot_be_spread_is_named_with_its_statement(coordinator: str) -> None:
    await postgres_schema.create(coordinator)
    async with connected(coordinator) as connection:
        await connection.execute("CREATE UNIQUE INDEX wrong ON ticket (ticket_key)")
    with pytest.raises(SchemaError, match=r"The table ticket could not be spread: cannot create constraint .* create_distributed_table"):
        await postgres_clusters.make_cluster(coordinator)


async def test_a_server_without_citus_is_told_apart(cluster: Cluster) -> None:
    async with cluster.a_database() as dsn:
        assert await postgres_clusters.spread_if_cluster(dsn) is None
        with pytest.raises(SchemaError, match=r"Citus cannot be used on this server: .*citus"):
            await postgres_clusters.make_cluster(dsn)


@pytest.mark.parametrize("version", ["10.2-4", "11.1-1"])
def test_an_older_citus_is_refused(version: str) -> None:
    with pytest.raises(SchemaError, match=r"Citus 11\.2 or newer"):
        postgres_clusters.refuse_older(version)


@pytest.mark.parametrize("version", ["11.2-1", "12.1-1", "13.0-1"])
def test_later_ones_will_do(version: str) -> None:
    postgres_clusters.refuse_older(version)


async def test_a_desk_on_a_cluster_opens_as_one(coordinator: str) -> None:
    await postgres_schema.create(coordinator)
    await postgres_clusters.make_cluster(coordinator)
    database = await open_postgres(coordinator, show=show_ticket)
    try:
        assert database.is_cluster
        assert not database.statistics.is_needed
        await an_account(database, OURS)
        assert await a_ticket(database, tags=("a", "b"))
    finally:
        await database.close()


async def test_an_upgrade_brings_new_tables_to_their_places(coordinator: str) -> None:
    await upgrading.make_postgres(coordinator, release=1)
    async with connected(coordinator) as connection:
        made = {name for (name,) in await connection.fetch("SELECT relname FROM pg_class WHERE relkind = 'r'")}
        for table, place in postgres_clusters.places().items():
            if table in made:
                await connection.execute(postgres_clusters._statement(table, place))
    said: list[str] = []
    await postgres_upgrades.upgrade(coordinator, said.append)
    new = [name for name in postgres_clusters.places() if name not in made or name in MADE_ANEW]
    assert [line for line in said if line.startswith("The table")] == [f"The table {name} is spread: by account." for name in new]
    database = await open_postgres(coordinator, show=show_ticket)
    try:
        await postgres_schema.check(database, unfinished=True)
        await rebuild(database, said.append)
    finally:
        await database.close()
    await check(coordinator)
    await postgres_upgrades.upgrade(coordinator, said.append)
    assert "nothing to do" in said[-1]
