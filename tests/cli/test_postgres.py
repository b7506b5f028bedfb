"""The commands on a PostgreSQL database: named by a flag or by a variable, and otherwise as on a file."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskline.cli.endings import Ending
from tests.cli.commands import KEY, LOGIN, deskline, done
from tests.clusters import Server
from tests.serving import basic, serving

ACCOUNT = ("--account", "Example", "--timezone", "Europe/Warsaw", "--login", LOGIN, "--name", "Ann", "--key", KEY)


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    """A database without tables."""
    with asyncio.Runner() as runner:
        database = server.a_database(bare=True)
        yield runner.run(database.__aenter__())
        runner.run(database.__aexit__(None, None, None))


def test_a_desk_is_made_filled_served_and_checked(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = done("init", "--database", url, *ACCOUNT)
    assert ended.out.splitlines()[0] == f"Account 1 (Example) is in {url}."
    assert ended.out.splitlines()[-1] == f"Next: deskline serve --database '{url}'"
    monkeypatch.setenv("DESKLINE_DATABASE_URL", url)
    done("generate", "--count", "60")
    assert [account["name"] for account in done("account", "list", "--json").json] == ["Example"]
    with serving(tmp_path, database=url) as server:
        answer = server.ask("GET", "/tickets", headers=basic(LOGIN, KEY) | {"X-API-Version": "2"})
        assert (answer.status, answer.json["total"]) == (200, 60)
    assert done("check", "--json").json["accounts"][0]["tickets"] == 60
    assert deskline("init", *ACCOUNT[:1], "Other", *ACCOUNT[2:-1], "f" * 32).code == Ending.DONE
    assert [account["id"] for account in done("account", "list", "--json").json] == [1, 2]


def test_two_servers_stand_on_one_database(url: str, tmp_path: Path) -> None:
    done("init", "--database", url, *ACCOUNT)
    signed_in = basic(LOGIN, KEY) | {"X-API-Version": "2", "Content-Type": "application/json"}
    body = b'{"requester":{"mail":"mary@client.example"},"message":"Where is my parcel?"}'
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    with serving(tmp_path / "one", database=url) as one, serving(tmp_path / "other", database=url) as other:
        for number in range(3):
            for server in (one, other):
                assert server.ask("POST", "/tickets", body, signed_in).status in {200, 201}
            totals = [server.ask("GET", "/tickets", headers=signed_in).json["total"] for server in (one, other)]
            assert totals == [2 * number + 2] * 2
        metrics = one.ask("GET", "/metrics").body.decode().splitlines()
        assert {"deskline_commits_total 3.0", "deskline_written_units_total 3.0"} <= set(metrics)


def test_a_database_without_tables_is_refused_with_what_to_do(url: str) -> None:
    ended = deskline("serve", "--database", url)
    assert ended.code == Ending.REFUSED
    assert "deskline init" in ended.err


def test_a_database_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    ended = deskline("serve", "--database", f"postgresql://ann:geheim@/desk?host={tmp_path}", "--start-seconds", "0")
    assert ended.code == Ending.UNAVAILABLE
    assert "cannot be reached" in ended.err
    assert "geheim" not in ended.err


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_what_is_done_to_a_file_is_refused(command: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKLINE_DATABASE_URL", url)
    ended = deskline(command, tmp_path / "copy.db")
    assert ended.code == Ending.USAGE
    assert "pg_dump" in ended.err
