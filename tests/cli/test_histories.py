"""Import and export through the commands' real entrance, beside a server's writes, and killed in the middle."""

import asyncio
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from deskline.cli.endings import Ending
from deskline.web.v2.importing import BATCH_TICKETS
from tests.actions.test_imports import dump
from tests.cli.commands import PATIENCE_SECONDS, deskline, done, init, program
from tests.desks import a_desk, add_ticket
from tests.rounds import times
from tests.storage.wholeness import contradictions
from tests.web.v2.saved import GOLDEN, Json, many, saved
from tests.web.v2.test_importing import lines, without_made_at

MANY = times(quick=20 * BATCH_TICKETS, long=60_000)  # more batches than are under way at a time


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with one account."""
    folder = tmp_path / "data"
    init(folder)
    return folder


def a_file(folder: Path, content: str | Iterable[Json], name: str = "tickets.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps({"tickets": list(content)}), "utf-8")
    return path


def exported(data: Path) -> list[Any]:
    out = data.parent / "out.json"
    done_with_words("export", "livechat", "--data", data, "--out", out, "--force")
    return list(json.loads(out.read_bytes())["tickets"])


def done_with_words(*arguments: str | Path) -> str:
    """Run a command that succeeds and says so on stderr."""
    ended = deskline(*arguments)
    assert (ended.code, ended.out) == (0, "")
    return ended.err


def count(data: Path) -> int:
    with closing(apsw.Connection(str(data / "deskline.db"), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        connection.set_busy_timeout(5_000)  # an import that ends has the file alone for a moment
        return int(connection.execute("SELECT count(*) FROM ticket").get)


def test_it_works(data: Path, tmp_path: Path) -> None:
    ended = done("import", "livechat", "--data", data, a_file(tmp_path, [GOLDEN, saved(id="B")]))
    assert ended.out == "2 added, 0 continued, 0 unchanged, 0 conflicts, 0 bad\n"
    assert exported(data)[0] == GOLDEN
    assert contradictions(data / "deskline.db") == []


def test_import_export_import_is_the_identity(tmp_path: Path) -> None:
    tickets = list(many(600))
    source = a_file(tmp_path, tickets)
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
        init(folder / "data")
        done("import", "livechat", "--data", folder / "data", source)
        assert exported(folder / "data") == tickets
        source = folder / "out.json"
    assert (folders[0] / "out.json").read_bytes() == (folders[1] / "out.json").read_bytes()
    dumps = [without_made_at(dump(folder / "data")) for folder in folders]
    assert dumps[0] == dumps[1]
    unchanged = done("import", "livechat", "--data", folders[0] / "data", source, "--json").json
    assert unchanged == {"added": 0, "continued": 0, "unchanged": 600, "conflicts": 0, "bad": 0, "notes": {}, "problems": []}


def test_a_second_run_changes_nothing(data: Path, tmp_path: Path) -> None:
    source = a_file(tmp_path, [*many(20), saved(id="B", status="solved", modified="2019-03-11T12:00:00Z", odd=1)])
    done("import", "livechat", "--data", data, source)
    before = dump(data)
    assert done("import", "livechat", "--data", data, source, source, "--json").json["unchanged"] == 42
    assert dump(data) == before


def test_what_is_left_out_is_told_and_the_rest_goes_in(data: Path, tmp_path: Path) -> None:
    source = a_file(tmp_path, lines([saved(id="A"), saved(id="B", rate="great"), saved(id="C")]) + "\n{torn", "t.ndjson")
    ended = deskline("import", "livechat", "--data", data, source)
    assert ended.code == Ending.FINDINGS
    assert sorted(ended.err.splitlines()) == [
        f"{source}, line 2, ticket 2: rate: 'great' is unknown; accepted: not_rated, rated_good, rated_bad",
        f"{source}, line 4, ticket 4: it is not closed when the file ends",
    ]
    assert ended.out == "2 added, 0 continued, 0 unchanged, 0 conflicts, 2 bad\n"
    told = deskline("import", "livechat", "--data", data, source, "--json").json
    assert told["problems"][-1] == {
        "file": str(source),
        "line": 2,
        "ticket": 2,
        "reason": "rate: 'great' is unknown; accepted: not_rated, rated_good, rated_bad",
    }


def test_notes_are_counted(data: Path, tmp_path: Path) -> None:
    source = a_file(tmp_path, [saved(id=f"A{number}", colour="red", **{f"key{number % 25}": 1}) for number in range(30)])
    said = done("import", "livechat", "--data", data, source).out.splitlines()
    assert said[1] == "  note: unknown key: colour (30)"
    assert (len(said), said[-1]) == (22, "  and 6 other notes; --json lists them all")


def test_standard_input_and_compressed_files_are_read(data: Path, tmp_path: Path) -> None:
    packed = tmp_path / "tickets.json.gz"
    packed.write_bytes(gzip.compress(lines([saved(id="B")]).encode()))
    ended = program("import", "livechat", "--data", data, "--json", "-", packed, stdin=lines([saved(id="A"), saved(id="no-id")]))
    assert ended.code == Ending.FINDINGS
    assert (ended.json["added"], ended.json["problems"][0]["file"]) == (2, "standard input")


def test_tickets_go_to_the_account_that_is_named(data: Path, tmp_path: Path) -> None:
    init(data, account="Other", key="another-key-of-somebody")
    source = a_file(tmp_path, [GOLDEN])
    refused = deskline("import", "livechat", "--data", data, source)
    assert (refused.code, count(data)) == (Ending.REFUSED, 0)
    assert "say which one with --account" in refused.err
    done("import", "livechat", "--data", data, "--account", "Other", source)
    done("import", "livechat", "--data", data, "--account", "1", source)
    assert count(data) == 2
    assert contradictions(data / "deskline.db") == []


@pytest.mark.parametrize(
    "command", [["import", "livechat"], ["import", "livechat", "nowhere.json"], ["import", "livechat", "."], ["import"], ["export", "xml"]]
)
def test_a_wrong_line_is_refused(command: list[str]) -> None:
    assert deskline(*command).code == Ending.USAGE


def test_a_folder_is_no_file(data: Path, tmp_path: Path) -> None:
    refused = deskline("import", "livechat", "--data", data, tmp_path)
    assert (refused.code, f"{tmp_path} is a folder" in refused.err.replace("\n", " ")) == (Ending.USAGE, True)


@pytest.mark.parametrize("content", ["", " \n\n", "\ufeff"])
def test_an_empty_file_is_told_of(data: Path, tmp_path: Path, content: str) -> None:
    source = a_file(tmp_path, content)
    ended = deskline("import", "livechat", "--data", data, source)
    assert (ended.code, ended.err.endswith(": the file is empty\n")) == (Ending.FINDINGS, True)
    assert done("import", "livechat", "--data", data, a_file(tmp_path, [])).out.startswith("0 added")


def test_an_export_can_be_one_ticket_a_line(data: Path, tmp_path: Path) -> None:
    done("import", "livechat", "--data", data, a_file(tmp_path, many(450)))
    ended = program("export", "livechat", "--data", data, "--lines")
    assert [json.loads(line) for line in ended.out.splitlines()] == list(many(450))
    page = program("export", "livechat", "--data", data)
    assert json.loads(page.out) == {"tickets": list(many(450))}


def test_an_export_of_nothing_is_an_empty_page(data: Path) -> None:
    assert program("export", "livechat", "--data", data).json == {"tickets": []}
    assert program("export", "livechat", "--data", data, "--lines").out == ""


def test_an_export_that_fails_leaves_no_file(data: Path, tmp_path: Path) -> None:
    out = a_file(tmp_path, "what was there", "out.json")
    refused = deskline("export", "livechat", "--data", data, "--account", "Nobody's", "--out", out)
    assert refused.code == Ending.REFUSED
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out.json"]
    assert out.read_text("utf-8") == "what was there"


def test_an_export_replaces_a_file_only_when_told(data: Path, tmp_path: Path) -> None:
    out = a_file(tmp_path, "precious", "out.json")
    refused = deskline("export", "livechat", "--data", data, "--out", out)
    assert (refused.code, "--force" in refused.err, out.read_text("utf-8")) == (Ending.REFUSED, True, "precious")
    done_with_words("export", "livechat", "--data", data, "--out", out, "--force")
    assert json.loads(out.read_bytes()) == {"tickets": []}
    assert out.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("own", ["deskline.db", "deskline.db-wal", "deskline.lock"])
def test_an_export_never_takes_the_place_of_deskline_s_own_files(data: Path, tmp_path: Path, own: str) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(data / own)
    for out in (data / own, link):
        refused = deskline("export", "livechat", "--data", data, "--out", out, "--force")
        assert (refused.code, "works with" in refused.err) == (Ending.REFUSED, True)
    done("check", "--data", data)


def test_an_export_can_go_to_standard_output_and_to_a_pipe(data: Path, tmp_path: Path) -> None:
    assert program("export", "livechat", "--data", data, "--out", "-").json == {"tickets": []}
    assert program("export", "livechat", "--data", data, "--out", "/dev/stdout").json == {"tickets": []}
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen([sys.executable, "-m", "deskline", "export", "livechat", "--data", str(data), "--out", str(pipe)]) as process:
        assert json.loads(pipe.read_bytes()) == {"tickets": []}
    assert process.returncode == 0
    assert pipe.is_fifo()


def test_a_server_writes_beside_an_import(data: Path, tmp_path: Path) -> None:
    source = a_file(tmp_path, lines(many(MANY)), "t.ndjson")
    command = [sys.executable, "-m", "deskline", "import", "livechat", "--data", str(data), str(source)]

    async def write_meanwhile(process: "subprocess.Popen[bytes]") -> int:
        written = 0
        async with a_desk(data) as database:
            while process.poll() is None:
                async with database.write(1) as tx:  # refused where the import does not let go for 5 s
                    await add_ticket(tx)
                written += 1
        return written

    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        written = asyncio.run(write_meanwhile(process))
    assert process.returncode == 0
    assert count(data) == MANY + written
    assert contradictions(data / "deskline.db") == []


def test_an_import_that_was_killed_is_completed_by_the_next(tmp_path: Path) -> None:
    source = a_file(tmp_path, lines(many(MANY)), "t.ndjson")
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    for folder in (killed, whole):
        init(folder)
    command = [sys.executable, "-m", "deskline", "import", "livechat", "--data", str(killed), str(source)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        wait_until(lambda: count(killed) > 0)
        workers = children(process.pid)
        process.send_signal(signal.SIGKILL)
    assert 0 < count(killed) < MANY
    wait_until(lambda: not any(is_running(worker) for worker in workers))
    assert contradictions(killed / "deskline.db") == []
    completed = done("import", "livechat", "--data", killed, source, "--json").json
    assert completed["added"] + completed["unchanged"] == MANY
    assert completed["unchanged"] > 0
    done("import", "livechat", "--data", whole, source)
    assert without_made_at(dump(killed)) == without_made_at(dump(whole))
    assert contradictions(killed / "deskline.db") == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="the worker is found in /proc")
@pytest.mark.parametrize("who", ["everybody", "a worker"])
def test_an_import_that_is_stopped_says_how_to_go_on(data: Path, tmp_path: Path, who: str) -> None:
    source = a_file(tmp_path, lines(many(MANY)), "t.ndjson")
    command = [sys.executable, "-m", "deskline", "import", "livechat", "--data", str(data), str(source)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        wait_until(lambda: count(data) > 0)
        if who == "everybody":
            os.killpg(process.pid, signal.SIGINT)
        else:
            os.kill(next(child for child in children(process.pid) if b"spawn_main" in command_of(child)), signal.SIGKILL)
        assert process.stderr is not None
        said = process.stderr.read()
    if who == "everybody":
        assert (process.returncode, said.splitlines()[0]) == (
            Ending.INTERRUPTED,
            "Interrupted: what was written stays, and the same import again goes on from there.",
        )
    else:
        assert process.returncode == Ending.UNAVAILABLE
        assert "run the same import again to go on" in said
    assert 0 < count(data) < MANY
    done("import", "livechat", "--data", data, source)
    assert count(data) == MANY


def command_of(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def children(process: int) -> list[int]:
    """The processes that a process has started; nothing where the system does not tell."""
    told = Path(f"/proc/{process}/task/{process}/children")
    return [int(each) for each in told.read_text("ascii").split()] if told.exists() else []


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


# A small process between, as one begins with the size of whoever started it.
_MEASURED = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "deskline", *sys.argv[1:]], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


@pytest.mark.faults
def test_memory_stays_flat(tmp_path: Path) -> None:
    """Four times the file takes hardly more memory."""
    peaks = []
    for tickets in (5_000, 20_000):
        folder = tmp_path / str(tickets)
        init(folder)
        source = a_file(tmp_path, lines(many(tickets, words=200)), f"{tickets}.ndjson")
        command = [sys.executable, "-c", _MEASURED, "import", "livechat", "--data", str(folder), str(source)]
        peaks.append(int(subprocess.run(command, capture_output=True, check=True).stdout))
    assert peaks[1] < peaks[0] + 16, peaks
