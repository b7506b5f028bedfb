"""`deskline copy`: from engine to engine and back, stopped and gone on with, refused, and what it says where the two are not the same."""

import asyncio
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path
from typing import Any

import apsw
import pytest

from deskline.cli.endings import Ending
from deskline.storage.upgrades import NEWEST
from tests import rounds
from tests.cli.commands import KEY, LOGIN, PATIENCE_SECONDS, Ended, deskline, done, init
from tests.clusters import Cluster
from tests.releases import KEYS
from tests.serving import basic, serving
from tests.storage.upgrading import make_sqlite, rows_of_postgres, rows_of_sqlite, run, shape_of_postgres, shape_of_sqlite
from tests.storage.wholeness import contradictions

HEADERS = basic(LOGIN, KEYS[0]) | {"X-API-Version": "2"}
SPAN = "date_from=2023-10-01&date_to=2024-03-01"
REPORTS = ("new_tickets", "first_response_time", "solved_tickets", "resolution_time", "ticket_sources", "ratings")
TARGETS = ("/tickets", "/tickets?query=apple", "/tickets?tag=vip", "/agents", "/groups", "/tags")
PROGRESS = re.compile(r"(Copying|Comparing|Checking account \d+): [\d,]+ of [\d,]+$")
KILLS = rounds.times(quick=1, long=12)
FIRST_SECONDS, LAST_SECONDS = 0.2, 2.5  # about when a copy of `large` begins and ends
Urls = Callable[[], str]


@pytest.fixture
def urls(cluster: Cluster) -> Iterator[Urls]:
    """Databases without tables, as many as are asked for."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        yield lambda: runner.run(stack.enter_async_context(cluster.a_database(bare=True)))
        runner.run(stack.aclose())


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A data folder with two accounts whose tickets have lived."""
    make_sqlite(tmp_path / "origin" / "deskline.db")
    done("upgrade", "--data", tmp_path / "origin")
    return tmp_path / "origin"


def copy(source: object, target: object) -> Ended:
    """Copy; progress goes to stderr and is left out."""
    ended = deskline("copy", "--from", address(source), "--to", address(target))
    return Ended(ended.code, ended.out, "".join(line for line in ended.err.splitlines(keepends=True) if not PROGRESS.match(line)))


def address(place: object) -> str:
    """Name a folder or a database on a server to the command."""
    return f"sqlite:{place}" if isinstance(place, Path) else str(place)


def rows(place: object) -> dict[str, list[Any]]:
    """Read all rows but those of the search index, with the columns that both engines have, in one order."""
    found = rows_of_sqlite(place / "deskline.db") if isinstance(place, Path) else asyncio.run(rows_of_postgres(str(place)))
    if not isinstance(place, Path):
        found["account"] = [(*row[:4], *row[5:]) for row in found["account"]]  # without the mark of the schema
    return {name: sorted(sorted(map(repr, row)) for row in table) for name, table in found.items() if name not in {"search", "deskline"}}


def test_from_file_to_server_to_file_nothing_is_lost_and_the_api_answers_the_same(origin: Path, tmp_path: Path, urls: Urls) -> None:
    url, other_url, back = urls(), urls(), tmp_path / "back"
    ended = copy(origin, url)
    assert (ended.code, ended.err) == (Ending.DONE, "")
    assert ended.out.splitlines()[0] == "Account 1 (Company 1): 12 tickets, 96 events."
    assert ended.out.splitlines()[-1] == f"Next: deskline serve --database '{url}'"
    assert copy(url, other_url).code == Ending.DONE
    assert copy(other_url, back).code == Ending.DONE
    assert rows(back) == rows(origin)
    assert contradictions(back / "deskline.db") == []
    assert asyncio.run(shape_of_postgres(other_url)) == asyncio.run(shape_of_postgres(_made(urls())))
    init(tmp_path / "new")
    assert shape_of_sqlite(back / "deskline.db") == shape_of_sqlite(tmp_path / "new" / "deskline.db")
    (tmp_path / "elsewhere").mkdir()
    first = answers(origin)
    assert answers(tmp_path / "elsewhere", database=other_url) == first
    assert answers(back) == first
    assert '"total":12' in first[0]


def _made(url: str) -> str:
    done("init", "--database", url, "--account", "A", "--timezone", "UTC", "--login", LOGIN, "--name", "Ann", "--key", KEY)
    return url


def answers(folder: Path, **settings: str) -> list[str]:
    """Ask a server for lists, every ticket, reports; and have it write."""
    with serving(folder, **settings) as server:
        ids = [ticket["id"] for ticket in server.ask("GET", "/tickets", headers=HEADERS).json["tickets"]]
        reports = [f"/reports/tickets/{name}?{SPAN}" for name in REPORTS]
        found = [server.ask("GET", target, headers=HEADERS) for target in (*TARGETS, *(f"/tickets/{each}" for each in ids), *reports)]
        assert {answer.status for answer in found} == {200}
        assert (
            server.ask("PUT", f"/tickets/{ids[0]}/tags", b'{"tags":["moved"]}', HEADERS | {"Content-Type": "application/json"}).status
            == 200
        )
        return [answer.body.decode() for answer in found]


# Stopped, and gone on with.


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A data folder with more rows than a few pages."""
    init(tmp_path / "large")
    done("generate", "--data", tmp_path / "large", "--count", "1500")
    return tmp_path / "large"


def stopped(source: object, target: object, stop: Callable[["subprocess.Popen[str]"], object]) -> int:
    """Copy, and do something once a part is copied. Answers the exit code."""
    command = [sys.executable, "-m", "deskline", "copy", "--from", address(source), "--to", address(target)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("Copying: "), line
        stop(process)
        process.stderr.read()
        return process.wait(PATIENCE_SECONDS)


def test_a_copy_that_is_killed_goes_on(large: Path, tmp_path: Path, urls: Urls) -> None:
    whole = rows(large)
    for target in (urls(), tmp_path / "target"):
        assert stopped(large, target, lambda process: process.kill()) == -9
        part = rows(target)
        assert 0 < sum(map(len, part.values())) < sum(map(len, whole.values()))
        for command in (("serve",), ("check",), ("upgrade",)):
            option = ("--data", target) if isinstance(target, Path) else ("--database", target)
            if command != ("check",) or isinstance(target, Path):
                ended = deskline(*command, *option)
                assert (ended.code, "run the same deskline copy again" in ended.err) == (Ending.REFUSED, True), ended.err
        ended = copy(tmp_path / "target" if target != tmp_path / "target" else urls(), target)
        assert ended.code == Ending.REFUSED
        ended = copy(large, target)
        assert ended.code == Ending.DONE, ended.err
        copied = re.search(r"([\d,]+) rows were copied", ended.out)
        assert copied is not None
        assert int(copied[1].replace(",", "")) == sum(map(len, whole.values())) - sum(
            len(found) for name, found in part.items() if name != "copying"
        )
        assert rows(target) == whole


@pytest.mark.parametrize("kind", ["file", "server"])
def test_a_copy_that_is_killed_again_and_again_is_whole_in_the_end(
    kind: str, large: Path, tmp_path: Path, urls: Urls, chance: random.Random
) -> None:
    target = tmp_path / "target" if kind == "file" else urls()
    command = [sys.executable, "-m", "deskline", "copy", "--from", address(large), "--to", address(target)]
    for _ in range(KILLS):
        with suppress(subprocess.TimeoutExpired):  # which kills it, whatever it is doing
            subprocess.run(command, capture_output=True, timeout=chance.uniform(FIRST_SECONDS, LAST_SECONDS), check=False)
    ended = copy(large, target)
    assert ended.code == Ending.DONE or "empty database only" in ended.err, ended  # it had been done before the last one was killed
    assert rows(target) == rows(large)
    option = ("--data", target) if isinstance(target, Path) else ("--database", target)
    done("upgrade", *option)


def test_a_server_that_is_written_to_is_told_of_and_no_server_starts_on_the_copy(large: Path, tmp_path: Path, urls: Urls) -> None:
    url, target = urls(), tmp_path / "target"
    assert copy(large, url).code == Ending.DONE
    change = "UPDATE account SET name = 'Renamed'"  # a table that is copied before there is a line
    assert stopped(url, target, lambda _: asyncio.run(run(url, change))) == Ending.FINDINGS
    ended = copy(url, target)
    assert (ended.code, "The copy in" in ended.out) == (Ending.FINDINGS, True)
    assert "account 1, table account: the row 1 is not the same" in ended.out
    assert deskline("serve", "--data", target).code == Ending.REFUSED


def test_the_same_copy_twice_at_once_is_done_once(large: Path, tmp_path: Path, urls: Urls) -> None:
    url, twin = urls(), tmp_path / "twin"
    twin.mkdir()
    (twin / "deskline.db").symlink_to(large / "deskline.db")  # the same file: the lock of the source's folder is not asked here
    ends = list[Ended]()
    assert stopped(large, url, lambda _: ends.append(copy(twin, url))) == Ending.DONE
    assert (ends[0].code, "Another copy goes into this database" in ends[0].err) == (Ending.UNAVAILABLE, True)
    assert rows(url) == rows(large)


def test_another_source_does_not_go_on(large: Path, origin: Path, urls: Urls) -> None:
    url = urls()
    stopped(large, url, lambda process: process.kill())
    ended = copy(origin, url)
    assert ended.code == Ending.REFUSED
    assert f"holds a copy of {large / 'deskline.db'} that is not complete" in ended.err


def test_a_connection_that_is_lost_ends_the_copy_which_then_goes_on(large: Path, urls: Urls) -> None:
    url = urls()
    lost = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'deskline' AND datname = current_database()"
    assert stopped(large, url, lambda _: asyncio.run(run(url, lost))) == Ending.UNAVAILABLE
    assert copy(large, url).code == Ending.DONE
    assert rows(url) == rows(large)


def test_a_copy_that_is_interrupted_says_that_it_goes_on(large: Path, urls: Urls) -> None:
    url = urls()
    assert stopped(large, url, lambda process: process.send_signal(signal.SIGINT)) == Ending.INTERRUPTED
    assert copy(large, url).code == Ending.DONE


MEASURED = "import resource, sys; from deskline.cli import main; print(main(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
MOST_KIB = 30_000  # more than a copy of next to nothing takes; all rows at once would be twice as much


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the unit is another")
def test_a_copy_of_much_takes_no_more_memory_than_one_of_little(origin: Path, tmp_path: Path, urls: Urls) -> None:
    init(tmp_path / "much")
    done("generate", "--data", tmp_path / "much", "--count", "5000")
    assert (tmp_path / "much" / "deskline.db").stat().st_size > 1_024 * MOST_KIB
    peaks = []
    for source in (origin, tmp_path / "much"):
        command = [sys.executable, "-c", MEASURED, "copy", "--from", address(source), "--to", urls()]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=2 * PATIENCE_SECONDS, check=True)
        code, peak = ended.stdout.splitlines()[-1].split()
        assert code == "0", ended.stderr
        peaks.append(int(peak))
    assert peaks[1] - peaks[0] < MOST_KIB, peaks


# Refused.


def test_a_database_that_is_not_empty_is_refused(origin: Path, tmp_path: Path, urls: Urls) -> None:
    init(tmp_path / "full")
    for target in (tmp_path / "full", _made(urls())):
        before = rows(target)
        ended = copy(origin, target)
        assert (ended.code, "copy goes into an empty database only" in ended.err) == (Ending.REFUSED, True)
        assert rows(target) == before
    assert deskline("serve", "--data", tmp_path / "full", "--port", "x").code == Ending.USAGE


def test_a_source_of_another_schema_is_refused(origin: Path, tmp_path: Path, urls: Urls) -> None:
    url = _made(urls())
    asyncio.run(run(url, "UPDATE deskline SET version = version + 1"))
    with closing(apsw.Connection(str(origin / "deskline.db"))) as connection:
        connection.execute(f"PRAGMA user_version = {NEWEST + 1}")
    for source in (origin, url):
        ended = copy(source, tmp_path / "target")
        assert (ended.code, "newer Deskline" in ended.err) == (Ending.REFUSED, True)
        assert copy(tmp_path / "nothing", tmp_path / "target").code == Ending.REFUSED
    assert not (tmp_path / "target").exists()
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("data", "accepted: sqlite:DIR"),
        ("sqlite:", "accepted: sqlite:DIR"),
        ("sqlite://data", "accepted: sqlite:DIR"),
        ("mysql://x/y", "accepted: sqlite:DIR"),
        ("postgresql://ann:geheim@a:b:c/d", "port"),
    ],
)
def test_a_wrong_address_is_refused_with_what_is_accepted(origin: Path, wrong: str, words: str) -> None:
    for arguments in (("--from", wrong, "--to", f"sqlite:{origin}"), ("--from", f"sqlite:{origin}", "--to", wrong)):
        ended = deskline("copy", *arguments)
        assert (ended.code, words in ended.err) == (Ending.USAGE, True), ended.err
        assert "geheim" not in ended.err


def test_a_folder_is_not_copied_onto_itself(origin: Path) -> None:
    ended = deskline("copy", "--from", f"sqlite:{origin}", "--to", f"sqlite:{origin / 'deskline.db'}")
    assert (ended.code, "the same folder" in ended.err) == (Ending.REFUSED, True)


def test_a_file_that_is_no_database_is_refused_and_left_alone(origin: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "deskline.db").write_bytes(b"something else " * 500)
    ended = copy(origin, tmp_path / "full")
    assert (ended.code, "not a database of Deskline" in ended.err) == (Ending.REFUSED, True)
    assert (tmp_path / "full" / "deskline.db").read_bytes() == b"something else " * 500


def test_a_folder_that_is_served_is_not_copied(origin: Path, tmp_path: Path) -> None:
    with serving(origin):
        ended = copy(origin, tmp_path / "target")
    assert (ended.code, "stop that one first" in ended.err) == (Ending.UNAVAILABLE, True)


def test_a_server_that_cannot_be_reached_is_said_to_be(origin: Path, tmp_path: Path) -> None:
    ended = copy(origin, f"postgresql://ann:geheim@/desk?host={tmp_path}")
    assert (ended.code, "geheim" in ended.err) == (Ending.UNAVAILABLE, False)
