"""`deskline schema`: the tables are made, or printed; on a cluster they are spread. The coordinator here is a stand-in."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deskline.cli.endings import Ending
from tests.cli.commands import KEY, LOGIN, deskline, done
from tests.clusters import Cluster

ACCOUNT = ("--account", "Example", "--timezone", "Europe/Warsaw", "--login", LOGIN, "--name", "Ann", "--key", KEY)
COORDINATOR = Path(__file__).parents[1] / "storage" / "coordinator.sql"


@pytest.fixture
def url(cluster: Cluster) -> Iterator[str]:
    """A database without tables."""
    with asyncio.Runner() as runner:
        database = cluster.a_database(bare=True)
        yield runner.run(database.__aenter__())
        runner.run(database.__aexit__(None, None, None))


def run_script(url: str, text: str) -> None:
    async def ran() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(text)
        finally:
            await connection.close()

    asyncio.run(ran())


def test_tables_are_made_without_an_account_and_left_as_they_are(url: str) -> None:
    for _ in range(2):
        assert done("schema", "--database", url).out == f"The tables are in {url}.\n"
    assert done("init", "--database", url, *ACCOUNT).out.startswith("Account 1 (Example)")


def test_tables_are_made_in_a_folder(tmp_path: Path) -> None:
    done("schema", "--data", tmp_path / "desk")
    assert done("init", "--data", tmp_path / "desk", *ACCOUNT).out.startswith("Account 1 (Example)")


def test_tables_are_spread_over_a_cluster_once(url: str) -> None:
    run_script(url, COORDINATOR.read_text("utf-8"))
    said = done("schema", "--citus", "--database", url).out.splitlines()
    assert said[0] == "account: by account"
    assert {"ticket: by account", "api_key: everywhere", "deskline: everywhere"} <= set(said)
    assert said[-1] == "Rows are kept on 2 machines, each account on one of them."
    again = done("schema", "--citus", "--database", url, "--json").json
    assert again["machines"] == 2
    assert [table["name"] for table in again["tables"] if table["is_new"]] == []


def test_init_on_a_coordinator_spreads_the_tables(url: str) -> None:
    run_script(url, COORDINATOR.read_text("utf-8"))
    done("init", "--database", url, *ACCOUNT)
    again = done("schema", "--citus", "--database", url).out
    assert "ticket: by account, as it was" in again


def test_a_cluster_of_one_machine_is_warned_of(url: str) -> None:
    run_script(url, COORDINATOR.read_text("utf-8") + "DELETE FROM pg_dist_node WHERE groupid > 1;")
    ended = deskline("schema", "--citus", "--database", url)
    assert ended.code == Ending.DONE
    assert "citus_add_node" in ended.err


def test_a_server_without_citus_is_refused(url: str) -> None:
    ended = deskline("schema", "--citus", "--database", url)
    assert ended.code == Ending.REFUSED
    assert "Citus cannot be used on this server" in ended.err


def test_a_cluster_needs_a_server(tmp_path: Path) -> None:
    ended = deskline("schema", "--citus", "--data", tmp_path)
    assert ended.code == Ending.USAGE
    assert "--database" in ended.err


def test_what_is_printed_makes_what_the_command_makes(url: str) -> None:
    run_script(url, COORDINATOR.read_text("utf-8"))
    printed = done("schema", "--print", "--citus").out
    assert "CREATE EXTENSION IF NOT EXISTS citus;" in printed
    run_script(url, printed)
    assert [table["name"] for table in done("schema", "--citus", "--database", url, "--json").json["tables"] if table["is_new"]] == []
    assert done("init", "--database", url, *ACCOUNT).out.startswith("Account 1 (Example)")


def test_printing_touches_nothing(url: str, tmp_path: Path) -> None:
    assert "CREATE TABLE ticket (" in done("schema", "--print", "--database", url).out
    assert "citus" not in done("schema", "--print", "--database", url).out.lower()
    assert "CREATE VIRTUAL TABLE search" in done("schema", "--print", "--data", tmp_path / "desk").out
    assert not (tmp_path / "desk").exists()
    assert deskline("serve", "--database", url).code == Ending.REFUSED
