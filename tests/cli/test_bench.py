"""Measuring what a machine carries: whatever ends it, what it made is gone, and what was there before is untouched."""

import asyncio
import signal
import subprocess
import sys
import time
from array import array
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from deskline.cli.bench.capacities import Capacity
from deskline.cli.bench.clients import Client
from deskline.cli.bench.load import Ask, LoadError, Outcome
from deskline.cli.bench.mixes import MIX, Known, asks_of, asks_of_all
from deskline.cli.bench.places import a_place
from deskline.cli.bench.rounds import _differing
from deskline.cli.endings import Ending
from deskline.errors import InvalidError
from deskline.storage import scratch
from tests.cli.commands import PATIENCE_SECONDS, deskline, done
from tests.clusters import Server

BRIEF = ("--tickets", "100", "--seconds", "2", "--connections", "2")


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    """A database without tables."""
    with asyncio.Runner() as runner:
        database = server.a_database(bare=True)
        yield runner.run(database.__aenter__())
        runner.run(database.__aexit__(None, None, None))


def asked(url: str, *statements: str) -> list[Any]:
    """Run statements; answers the first column of the last one."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return [row[0] for row in await connection.fetch(statements[-1])]
        finally:
            await connection.close()

    return asyncio.run(run())


SCHEMAS = "SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1"


def test_it_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKLINE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/not-to-be-touched")
    monkeypatch.setenv("DESKLINE_TLS", "self-signed")
    found = done("bench", *BRIEF, "--seed", "7", "--folder", tmp_path, "--json").json
    assert found["wrong"] == []
    assert (found["tickets"], found["seed"], found["connections"], found["seconds"]) == (100, 7, 2, 2)
    assert [each["kind"] for each in found["alone"]] == [kind.name for kind in MIX]
    assert all(each["requests_per_second"] > 0 and each["cpu_us"] > 0 for each in found["alone"])
    assert found["mix_requests_per_second"] > 0
    assert found["agents"] == int(found["mix_requests_per_second"] * 5 * 0.5)
    assert found["memory_mb"] > 10
    assert found["disk_bytes_per_ticket"] > 1_000
    assert list(tmp_path.iterdir()) == []


def test_a_database_is_measured_and_left_empty(url: str, tmp_path: Path) -> None:
    said = done("bench", *BRIEF, "--folder", tmp_path, "--database", url).out
    assert said.startswith("100 tickets of three years on PostgreSQL 1")
    assert "WRONG" not in said
    for text in ("Each kind alone, 2 connections", "New tickets stored durably: ", "agents at work", "Others used "):
        assert text in said
    assert asked(url, SCHEMAS) == ["public"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("occupied", ["CREATE TABLE mine (a int)", "CREATE SCHEMA other CREATE VIEW mine AS SELECT 1 AS a"])
def test_a_database_that_holds_something_is_refused_and_stays_as_it_is(url: str, tmp_path: Path, occupied: str) -> None:
    before = asked(url, occupied, SCHEMAS)
    ended = deskline("bench", *BRIEF, "--folder", tmp_path, "--database", url)
    assert ended.code == Ending.REFUSED
    assert ".mine, and stays as it is" in ended.err
    assert asked(url, SCHEMAS) == before
    assert list(tmp_path.iterdir()) == []


def test_an_account_that_there_is_is_refused_and_stays(url: str, tmp_path: Path) -> None:
    done("init", "--database", url, "--account", "Mine", "--timezone", "Europe/Warsaw", "--login", "a@b.example", "--name", "A")
    assert deskline("bench", *BRIEF, "--folder", tmp_path, "--database", url).code == Ending.REFUSED
    assert asked(url, "SELECT name FROM account") == ["Mine"]


@pytest.mark.parametrize("left", ["CREATE SCHEMA deskline_bench", "CREATE SCHEMA deskline_bench CREATE TABLE account (a int)"])
def test_what_was_left_by_one_that_was_killed_is_said_how_to_remove(url: str, left: str) -> None:
    asked(url, left, SCHEMAS)
    ended = deskline("bench", *BRIEF, "--database", url)
    assert ended.code == Ending.REFUSED
    assert ended.err.endswith("remove it: DROP SCHEMA deskline_bench CASCADE\n")
    assert asked(url, SCHEMAS) == ["deskline_bench", "public"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_ends_it_finds_nothing_left(tmp_path: Path, number: signal.Signals) -> None:
    with ended_by(number, tmp_path) as started:
        assert len(started) >= 2, "the server and the load program"
    assert list(tmp_path.iterdir()) == []


def test_whoever_ends_it_finds_an_empty_database(url: str, tmp_path: Path) -> None:
    with ended_by(signal.SIGINT, tmp_path, "--database", url):
        assert asked(url, SCHEMAS) == ["deskline_bench", "public"]
    assert asked(url, SCHEMAS) == ["public"]
    assert list(tmp_path.iterdir()) == []


class ended_by:  # noqa: N801 - read as a phrase
    """Have it run until requests are sent; at the end of the block send a signal, and see it and all that it started end."""

    def __init__(self, number: signal.Signals, folder: Path, *more: str) -> None:
        self.number = number
        command = [sys.executable, "-m", "deskline", "bench", "--tickets", "100", "--seconds", "600", "--folder", str(folder), *more]
        # Ctrl+C is to be taken, however the tests themselves were started: what is ignored here would be there.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        signal.signal(signal.SIGINT, before)

    def __enter__(self) -> list[int]:
        self.started: list[int] = []
        wait(lambda: any("driver" in command for command in self._look()))
        return self.started

    def _look(self) -> list[str]:
        assert self.process.poll() is None, self.process.communicate()
        self.started = [int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii").split()]
        return [command_of(pid) for pid in self.started]

    def __exit__(self, *_: object) -> None:
        try:
            self.process.send_signal(self.number)
            out, err = self.process.communicate(timeout=PATIENCE_SECONDS)
            assert (self.process.returncode, out, err) == (
                Ending.INTERRUPTED,
                "",
                "Interrupted: what was made is removed, what was started has ended.\n",
            )
            wait(lambda: not any("deskline" in command_of(pid) for pid in self.started))
        finally:
            self.process.kill()
            self.process.wait()


def command_of(pid: int) -> str:
    """The command line of a process; empty where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def wait(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--folder", "./not-there"), "--folder: there is no folder"),
        (("--database", "mysql://geheim@db"), "--database: "),
        (("--tickets", "99"), "--tickets"),
        (("--seconds", "1"), "--seconds"),
        (("--connections", "513"), "--connections"),
        (("--seed", "-1"), "--seed"),
    ],
)
def test_a_wrong_option_is_named(arguments: tuple[str, str], said: str) -> None:
    ended = deskline("bench", *arguments)
    assert ended.code == Ending.USAGE
    assert said in ended.err


def test_a_disk_that_is_too_small_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="GB are free"), a_place(tmp_path, None, 10**12):
        pytest.fail("a place was made")
    assert list(tmp_path.iterdir()) == []


def known() -> Known:
    ticket = {
        "id": "ABCDE",
        "status": "open",
        "currentGroup": {"id": 3},
        "source": {"type": "mail"},
        "assignee": {"id": "ann@example.com"},
        "tags": ["delivery"],
        "events": [{"message": "Where is my parcel?"}],
    }
    return Known([ticket, ticket | {"id": "FGHIJ"}], date(2024, 1, 1), date(2026, 12, 31), ["where", "parcel", "the"], ["rarely"])


def test_the_mix_is_what_the_help_says_and_the_same_for_the_same_seed() -> None:
    client = Client(1, "a@b.example", "key")
    assert sum(kind.share for kind in MIX) == 100
    said = " ".join(deskline("bench", "--help").out.split())
    assert (
        "40 read one ticket, 16 list by one filter, 10 by two, 8 search, 5 are reports over 30 days, 1 over three years, 8 are new" in said
    )
    assert "new tickets and 12 replies" in said
    assert [kind.share for kind in MIX] == [40, 16, 10, 8, 5, 1, 8, 12]
    asks = asks_of_all(known(), client, seed=1)
    assert [sum(ask.kind == number for ask in asks) for number in range(len(MIX))] == [50 * kind.share for kind in MIX]
    assert asks == asks_of_all(known(), client, seed=1)
    assert asks != asks_of_all(known(), client, seed=2)


def test_lists_of_the_mix_hold_the_filters_that_they_are_named_after() -> None:
    client = Client(1, "a@b.example", "key")
    for number, filters in ((1, 1), (2, 2)):
        lines = {ask.request.split(b" ")[1] for ask in asks_of(number, known(), client, 200, seed=3)}
        assert {line.count(b"=") for line in lines} == {filters}
        assert len(lines) == {1: 5, 2: 10}[filters]


def test_latencies_are_told_by_kind() -> None:
    numbers = msgspec.convert(
        {"requests": 3, "refused": 0, "asked": 3, "seconds": 1.0, "cpu_seconds": 0.1, "looked_at": 0, "complaints": [], "done": {}}
        | {"latencies": b"", "kinds": b""},
        Outcome,
    )
    found = msgspec.structs.replace(numbers, latencies=array("d", [1, 2, 3]).tobytes(), kinds=array("I", [0, 1, 0]).tobytes())
    assert (found.of_kind(0), found.of_kind(1), found.of_kind(2)) == ([1.0, 3.0], [2.0], [])


@pytest.mark.parametrize(
    ("found", "refused", "wrong"), [(10, 0, False), (9, 0, True), (11, 0, True), (12, 2, False), (9, 2, True), (13, 2, True)]
)
def test_a_total_that_is_lost_or_doubled_is_wrong(found: int, refused: int, wrong: bool) -> None:
    assert bool(_differing("GET /tickets, total", found, 10, refused)) == wrong


def test_what_is_wrong_and_what_disturbed_is_said() -> None:
    latencies = {"requests": 5, "p50_ms": 1.0, "p95_ms": 2.0, "p99_ms": 300.0}
    capacity = msgspec.convert(
        {
            **dict.fromkeys(("made_seconds", "mix_requests_per_second", "mix_cpu_us", "load_cpu_us", "created_per_second"), 10.0),
            **dict.fromkeys(("memory_mb", "memory_mb_at_start", "disk_mb", "disk_bytes_per_ticket", "stolen_share"), 0.0),
            "machine": {"machine": "a small one"},
            "engine": "SQLite 3",
            "tickets": 100,
            "seed": 1,
            "connections": 2,
            "seconds": 2.0,
            "alone": [{"kind": "a search", "requests_per_second": 5.0, "cpu_us": 7.0, "latencies": latencies}],
            "mix": [{"kind": "a search", "share": 8, "latencies": latencies}, {"kind": "a reply", "share": 12, "latencies": None}],
            "is_durable": False,
            "refused": 3,
            "others_share": 0.25,
            "wrong": ["GET /tickets, total: 9 where 10 must be"],
        },
        Capacity,
    )
    said = capacity.show()
    assert "WRONG: GET /tickets, total: 9 where 10 must be" in said
    assert "Others used 25.0% of the CPU meanwhile, and the host took 0.0%: by itself the machine carries more" in said
    assert "nothing is durable: name one on a disk with --folder" in said
    assert "Refused as too much at once (503): 3" in said
    assert "about 25 agents at work" in said
    assert "a reply" not in said


def test_an_answer_that_is_not_200_ends_it() -> None:
    with Client(1, "a@b.example", "key") as client, pytest.raises((LoadError, ConnectionRefusedError)):
        client.get("/tickets", page=1)
    ask = client.ask("/tickets", b"open", {"message": "Hi"}, kind=6)
    assert isinstance(ask, Ask)
    assert ask.request.endswith(b'Content-Length: 16\r\n\r\n{"message":"Hi"}')


def test_the_schema_is_removed_although_somebody_is_at_work_in_it(url: str) -> None:
    async def run() -> None:
        await scratch.make(url)
        other = await asyncpg.connect(scratch.address_of(url))
        await other.execute("CREATE TABLE account (a int)")
        await other.execute("BEGIN; LOCK TABLE account")
        await scratch.drop(url)
        other.terminate()

    asyncio.run(run())
    assert asked(url, SCHEMAS) == ["public"]


@pytest.mark.parametrize(
    ("dsn", "there"),
    [
        ("postgresql://a:b%40c@db:1/desk", "postgresql://a:b%40c@db:1/desk?options=-c%20search_path%3Ddeskline_bench"),
        (
            "postgresql:///desk?host=%2Frun&options=-c%20jit%3Doff",
            "postgresql:///desk?host=%2Frun&options=-c%20jit%3Doff%20-c%20search_path%3Ddeskline_bench",
        ),
    ],
)
def test_the_schema_is_reached_by_the_database_s_address(dsn: str, there: str) -> None:
    assert scratch.address_of(dsn) == there
