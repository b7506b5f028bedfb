"""The demo, as a new user meets it: a process that is started, lines that are pasted, a signal that ends it."""

import asyncio
import json
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from deskline.cli.demos import LAST_DAY, MAKING, TICKETS
from tests.cli.commands import program
from tests.desks import a_desk

PATIENCE_SECONDS = 60  # a demo that does not start or stop fails the test instead of hanging it
LAST_LINE = "Ctrl+C stops it."


@dataclass
class Demo:
    """A demo that runs, and what it said."""

    process: "subprocess.Popen[str]"
    text: str

    @property
    def curls(self) -> list[str]:
        """The lines that are there to be pasted."""
        return [line.strip() for line in self.text.splitlines() if line.strip().startswith("curl ")]

    def said(self, word: str) -> str:
        """What it said after a word at the beginning of a line."""
        return next(line.split(maxsplit=1)[1] for line in self.text.splitlines() if line.split()[:1] == [word])

    def stop(self) -> int:
        """Ask it to stop, as a service manager would; answers the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def demonstrated(data: Path, *flags: str) -> Iterator[Demo]:
    """Start a demo on a free port, and read what it says up to its last line; with --json, that is the first one."""
    command = [sys.executable, "-m", "deskline", "demo", "--data", str(data), "--port", "0", *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    last_resort = threading.Timer(PATIENCE_SECONDS, process.kill)
    last_resort.start()
    try:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith(LAST_LINE) or "--json" in flags:
                break
        yield Demo(process, "".join(lines))
    finally:
        last_resort.cancel()
        process.kill()
        process.communicate()


def paste(line: str) -> Any:
    """Run a curl line as it stands, in a shell; without curl, send what it means. Answers the JSON of a 200."""
    if shutil.which("curl"):
        status = " --silent --show-error --write-out '\\n%{http_code}'"
        done = subprocess.run(line + status, shell=True, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True)
        body, _, code = done.stdout.rpartition("\n")
        assert code == "200", done.stdout
        return json.loads(body)
    words = shlex.split(line)
    login, key = words[words.index("-u") + 1].split(":", 1)
    name, value = words[words.index("-H") + 1].split(":", 1)
    answer = httpx.get(words[-1], auth=(login, key), headers={name: value})
    assert answer.status_code == 200
    return answer.json()


def tickets(data: Path) -> list[tuple[str, int, bytes]]:
    """The whole timeline of every ticket."""
    with closing(sqlite3.connect(data / "deskline.db")) as connection:
        return connection.execute(
            "SELECT ticket_id, at, event FROM ticket_event JOIN ticket USING (ticket_key) ORDER BY event_key"
        ).fetchall()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that is made and not served."""
    data = tmp_path_factory.mktemp("made") / "demo"
    assert program("demo", "--data", data, "--no-serve").code == 0
    return data


def test_it_works(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    with demonstrated(data) as demo:
        assert f"{TICKETS:,} tickets" in demo.text
        assert str(LAST_DAY) in demo.text
        listed, ticket, report = map(paste, demo.curls)

        assert listed["total"] > 0
        assert {each["status"] for each in listed["tickets"]} == {"open"}
        assert all("delivery" in each["tags"] for each in listed["tickets"])
        assert ticket["rate"] in {"rated_good", "rated_bad"}
        assert ticket["firstResponse"]["agent"].endswith("@larkfield.example")
        assert list(report)[-1] == f"{LAST_DAY:%Y-%m}"
        assert all(row["count"] > 10 and row["hours"] > 0 for row in report.values())

        with httpx.Client(base_url=demo.said("URL"), auth=(demo.said("login"), demo.said("key"))) as client:
            assert len(client.get("/agents").json()) == 5
            assert [group["name"] for group in client.get("/groups").json()] == ["All operators", "Sales", "Billing", "Technical"]
            assert client.get("/tickets").json()["total"] == TICKETS
            assert len(client.get("/reports/tickets/new_tickets").json()) == len(client.get("/reports/tickets/ratings").json())
            assert len(client.get("/reports/tickets/ratings/ranking").json()["ranking"]) == 5
        assert demo.stop() == 0


def test_a_second_start_finds_what_the_first_one_made(made: Path) -> None:
    note = (made / "demo.json").read_bytes()
    inode = (made / "deskline.db").stat().st_ino
    with demonstrated(made) as demo:
        assert demo.said("key") == json.loads(note)["key"]
        assert paste(demo.curls[1])["id"] == json.loads(note)["ticket"]
        assert demo.stop() == 0
    assert (made / "demo.json").read_bytes() == note
    assert (made / "deskline.db").stat().st_ino == inode


def test_json_is_one_line_with_everything_in_it(made: Path) -> None:
    with demonstrated(made, "--json") as demo:
        said = json.loads(demo.text)
        assert said["tickets"] == TICKETS
        assert [paste(line) for line in said["curl"]]
        with httpx.Client(base_url=said["url"], auth=(said["login"], said["key"])) as client:
            assert client.get("/tickets").status_code == 200
        assert demo.stop() == 0


def test_the_same_command_makes_the_same_tickets_and_another_key(made: Path, tmp_path: Path) -> None:
    done = program("demo", "--data", tmp_path, "--no-serve", "--json")
    assert tickets(tmp_path) == tickets(made)
    assert done.json["key"] != json.loads((made / "demo.json").read_text())["key"]


def test_it_can_end_on_another_day(tmp_path: Path) -> None:
    done = program("demo", "--data", tmp_path, "--no-serve", "--json", "--until", "2024-02-29")
    said = done.json
    assert (said["first_day"], said["last_day"]) == ("2022-03-01", "2024-02-29")


def test_the_demo_that_is_there_ends_when_it_ends(made: Path) -> None:
    done = program("demo", "--data", made, "--no-serve", "--until", "2024-02-29")
    assert done.code == 1
    assert str(LAST_DAY) in done.err
    assert "--data" in done.err


def test_only_its_owner_may_look_into_the_folder(made: Path) -> None:
    assert {path.stat().st_mode & 0o777 for path in (made / "demo.json", made / "deskline.db")} == {0o600}


def test_a_database_of_the_settings_is_left_alone_and_that_is_said(made: Path) -> None:
    ended = program("demo", "--no-serve", "--data", made, DESKLINE_DATABASE_URL="postgresql://ann:secret@db.example/desk")
    assert ended.code == 0
    assert f"the demo is made in {made}" in ended.err
    assert "secret" not in ended.err


def test_data_that_is_none_of_a_demo_stays_as_it_is(tmp_path: Path) -> None:
    async def somebody_elses() -> None:
        async with a_desk(tmp_path):
            pass

    asyncio.run(somebody_elses())
    before = (tmp_path / "deskline.db").read_bytes()
    done = program("demo", "--data", tmp_path, "--no-serve")
    assert done.code == 1
    assert "none of a demo" in done.err
    assert (tmp_path / "deskline.db").read_bytes() == before


def test_a_demo_that_was_left_half_made_is_made_again(tmp_path: Path) -> None:
    (tmp_path / MAKING).mkdir()
    (tmp_path / MAKING / "deskline.db").write_bytes(b"half")
    assert program("demo", "--data", tmp_path, "--no-serve").code == 0
    assert not (tmp_path / MAKING).exists()
    assert len({ticket for ticket, _, _ in tickets(tmp_path)}) == TICKETS


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "1900-01-01"])
def test_a_day_must_be_one(tmp_path: Path, day: str) -> None:
    done = program("demo", "--data", tmp_path / "demo", "--no-serve", "--until", day)
    assert done.code == 2
    assert day in done.err
    assert not (tmp_path / "demo").exists()
