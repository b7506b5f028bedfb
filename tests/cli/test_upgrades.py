"""`deskline upgrade`, on databases of every release; what older and newer databases are told by the other commands and by a server."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from deskline.cli.endings import Ending
from deskline.storage import postgres_upgrades
from deskline.storage.upgrades import NEWEST
from tests.cli.commands import deskline, done, init
from tests.clusters import Cluster
from tests.releases import KEYS, LOGIN, RELEASES, WORKED_OUT_ANEW
from tests.serving import basic, serving
from tests.storage.upgrading import INVENTED, make_postgres, make_sqlite, run

OLDER = [release for release in RELEASES if release < NEWEST]
HEADERS = basic(LOGIN, KEYS[0]) | {"X-API-Version": "2", "Content-Type": "application/json"}
BODY = b'{"requester":{"mail":"mary@client.example"},"message":"Where is my parcel?"}'


@pytest.fixture
def url(cluster: Cluster) -> Iterator[str]:
    """A database without tables."""
    with asyncio.Runner() as runner:
        database = cluster.a_database(bare=True)
        yield runner.run(database.__aenter__())
        runner.run(database.__aexit__(None, None, None))


@pytest.mark.parametrize("release", RELEASES)
def test_a_file_of_any_release_is_upgraded_served_and_whole(tmp_path: Path, release: int) -> None:
    path = make_sqlite(tmp_path / "deskline.db", release)
    ended = done("upgrade", "--data", tmp_path)
    if release == NEWEST:
        assert ended.out == f"{path} has schema {NEWEST}, the newest that this Deskline knows: nothing to do.\n"
    else:
        assert f"Schema {NEWEST}: done." in ended.out.splitlines()
        assert ("Account 2: 12 tickets were worked out anew." in ended.out.splitlines()) == (release < WORKED_OUT_ANEW)
    assert done("check", "--data", tmp_path, "--json").json["damages"] == []
    with serving(tmp_path) as server:
        assert server.ask("GET", "/tickets", headers=HEADERS).json["total"] == 12
        assert server.ask("POST", "/tickets", BODY, HEADERS).status in {200, 201}
        assert server.ask("GET", "/readyz").status == 200


@pytest.mark.parametrize("release", RELEASES)
def test_a_database_on_a_server_of_any_release_is_upgraded_served_and_whole(url: str, tmp_path: Path, release: int) -> None:
    asyncio.run(make_postgres(url, release))
    assert done("upgrade", "--database", url).out.splitlines()[0].startswith(f"The database has schema {release}")
    with serving(tmp_path, database=url) as server:
        assert server.ask("GET", "/tickets", headers=HEADERS).json["total"] == 12
        assert server.ask("POST", "/tickets", BODY, HEADERS).status in {200, 201}
        assert server.ask("GET", "/readyz").status == 200


@pytest.mark.parametrize("release", OLDER)
@pytest.mark.parametrize("command", [("serve",), ("account", "list"), ("check",), ("generate", "--count", "1"), ("backup", "copy.db")])
def test_an_older_file_is_refused_with_what_to_do(tmp_path: Path, command: tuple[str, ...], release: int) -> None:
    make_sqlite(tmp_path / "deskline.db", release)
    ended = deskline(*command, "--data", tmp_path)
    assert ended.code == Ending.REFUSED
    assert f"deskline upgrade --data {tmp_path}" in ended.err


@pytest.mark.parametrize("release", OLDER)
def test_an_older_database_on_a_server_is_refused_with_what_to_do(url: str, release: int) -> None:
    asyncio.run(make_postgres(url, release))
    ended = deskline("serve", "--database", url)
    assert (ended.code, "deskline upgrade" in ended.err) == (Ending.REFUSED, True)


@pytest.mark.parametrize("command", [("serve",), ("account", "list"), ("upgrade",), ("check",)])
def test_a_newer_file_is_refused_with_what_to_do(tmp_path: Path, command: tuple[str, ...]) -> None:
    init(tmp_path)
    _set_version(tmp_path / "deskline.db", NEWEST + 1)
    ended = deskline(*command, "--data", tmp_path)
    assert ended.code == Ending.REFUSED
    assert f"newer Deskline (schema {NEWEST + 1}, this program knows {NEWEST}); install that version" in ended.err


@pytest.mark.parametrize("command", [("serve",), ("upgrade",)])
def test_a_newer_database_on_a_server_is_refused_with_what_to_do(url: str, command: tuple[str, ...]) -> None:
    done("init", "--database", url, "--account", "A", "--timezone", "UTC", "--login", LOGIN, "--name", "Ann", "--key", KEYS[0])
    asyncio.run(run(url, "UPDATE deskline SET version = version + 1"))
    ended = deskline(*command, "--database", url)
    assert (ended.code, "install that version" in ended.err) == (Ending.REFUSED, True)


def test_a_backup_of_a_newer_program_is_not_restored(tmp_path: Path) -> None:
    init(tmp_path / "data")
    shutil.copy(tmp_path / "data" / "deskline.db", tmp_path / "newer.db")
    _set_version(tmp_path / "newer.db", NEWEST + 1)
    ended = deskline("restore", "--data", tmp_path / "other", tmp_path / "newer.db")
    assert (ended.code, "newer Deskline" in ended.err) == (Ending.REFUSED, True)
    assert not (tmp_path / "other" / "deskline.db").exists()


@pytest.mark.parametrize("release", OLDER)
def test_a_backup_of_an_older_program_is_restored_and_then_upgraded(tmp_path: Path, release: int) -> None:
    make_sqlite(tmp_path / "older.db", release)
    ended = done("restore", "--data", tmp_path / "data", tmp_path / "older.db")
    assert ended.out.splitlines()[-1] == f"It has schema {release}. Next: deskline upgrade --data {tmp_path / 'data'}"
    done("upgrade", "--data", tmp_path / "data")
    done("check", "--data", tmp_path / "data")


def test_where_there_is_no_database_nothing_is_upgraded(url: str, tmp_path: Path) -> None:
    for option, place in (("--data", str(tmp_path)), ("--database", url)):
        ended = deskline("upgrade", option, place)
        assert (ended.code, "deskline init" in ended.err) == (Ending.REFUSED, True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_served_is_not_upgraded(tmp_path: Path) -> None:
    make_sqlite(tmp_path / "deskline.db", RELEASES[-1])
    done("upgrade", "--data", tmp_path)
    with serving(tmp_path):
        ended = deskline("upgrade", "--data", tmp_path)
    assert (ended.code, "stop that one first" in ended.err) == (Ending.UNAVAILABLE, True)


def test_a_server_beneath_which_the_database_is_upgraded_says_so_and_writes_no_more(url: str, tmp_path: Path) -> None:
    done("init", "--database", url, "--account", "A", "--timezone", "UTC", "--login", LOGIN, "--name", "Ann", "--key", KEYS[0])
    with serving(tmp_path, database=url) as server:
        assert server.ask("POST", "/tickets", BODY, HEADERS).status in {200, 201}
        asyncio.run(postgres_upgrades.upgrade(url, lambda _: None, upgrades=INVENTED))
        answer = server.ask("POST", "/tickets", BODY, HEADERS)
        assert (answer.status, b"upgraded by a newer Deskline" in answer.body) == (503, True)
        assert answer.header("retry-after") == "10"
        assert server.ask("GET", "/readyz").status == 503
        assert server.ask("GET", "/healthz").status == 200
        assert server.ask("GET", "/tickets", headers=HEADERS).json["total"] == 1


def _set_version(path: Path, version: int) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(f"PRAGMA user_version = {version:d}")
