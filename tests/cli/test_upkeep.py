"""check, backup and restore. What they find, and what they refuse, is tried where the work is done."""

import asyncio
import os
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from deskline.cli.endings import Ending
from deskline.storage import locks
from tests.cli.commands import deskline, done, init
from tests.desks import a_desk, add_ticket


def fill(folder: Path, count: int) -> None:
    async def filled() -> None:
        async with a_desk(folder) as database, database.write(1) as tx:
            for _ in range(count):
                await add_ticket(tx)

    asyncio.run(filled())


def change_rows(folder: Path, statement: str) -> None:
    with closing(apsw.Connection(str(folder / "deskline.db"))) as connection:
        connection.execute(statement)


def test_check_works(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    init(tmp_path, account="Other", key="f" * 32)
    assert done("check", "--data", tmp_path).out.splitlines() == [
        "Account 1 (Example): 3 tickets, 6 events: everything follows from the timelines.",
        "Account 2 (Other): 0 tickets, 0 events: everything follows from the timelines.",
    ]
    assert done("check", "--data", tmp_path, "--account", "other", "--json").json == {
        "damages": [],
        "accounts": [{"id": 2, "name": "Other", "tickets": 0, "events": 0, "differences": 0, "first": []}],
    }


def test_check_ends_with_3_where_something_differs_and_says_what(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    change_rows(tmp_path, "UPDATE ticket SET status = 'spam', ticket_id = 'ABCDE'")
    change_rows(tmp_path, "UPDATE ticket_group SET ticket_id = 'ABCDE'")
    ended = deskline("check", "--data", tmp_path)
    assert (ended.code, ended.err) == (Ending.FINDINGS, "")
    verdict, status, shown = ended.out.splitlines()
    assert verdict == "Account 1 (Example): 1 tickets, 2 events: 2 differences."
    assert status == "  ticket ABCDE, status: stored is spam; expected is open"
    assert shown.startswith("  ticket ABCDE, shown: stored is …")
    first = deskline("check", "--data", tmp_path, "--json").json["accounts"][0]["first"]
    assert first[0] == {"ticket": "ABCDE", "field": "status", "stored": "spam", "expected": "open"}


def test_repair_puts_right_what_is_derived_and_says_so(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    change_rows(tmp_path, "UPDATE ticket SET status = 'spam' WHERE ticket_key % 2")
    change_rows(tmp_path, "DELETE FROM rollup")
    assert deskline("check", "--data", tmp_path).code == Ending.FINDINGS
    repaired, verdict = done("check", "--data", tmp_path, "--repair").out.splitlines()
    assert repaired == "Account 1 (Example): written anew: 1 of tickets, 2 of roll-ups."
    assert verdict == "Account 1 (Example): 2 tickets, 4 events: everything follows from the timelines."
    assert done("check", "--data", tmp_path, "--repair", "--json").json["accounts"][0]["repaired"] == {}
    assert done("check", "--data", tmp_path, "--repair").out.splitlines()[0].endswith("there was nothing to write anew.")


def test_repair_ends_with_3_where_something_cannot_be_put_right(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    change_rows(tmp_path, "DELETE FROM ticket_event WHERE seq = 0")
    ended = deskline("check", "--data", tmp_path, "--repair")
    assert (ended.code, "timeline" in ended.out) == (Ending.FINDINGS, True)


def test_check_lists_the_first_hundred_and_counts_the_rest(tmp_path: Path) -> None:
    fill(tmp_path, 103)
    change_rows(tmp_path, "UPDATE ticket SET status = 'spam'")
    ended = deskline("check", "--data", tmp_path)
    assert ended.out.splitlines()[0].endswith("103 differences.")
    assert len(ended.out.splitlines()) == 102
    assert ended.out.endswith("\n  … and 3 more\n")


def test_check_finds_rows_of_no_account(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    change_rows(tmp_path, "INSERT INTO tag (account_id, name, author, created_at, group_id) VALUES (9, 'lost', 'x', 1, 0)")
    ended = deskline("check", "--data", tmp_path)
    assert ended.code == Ending.FINDINGS
    assert ended.out.splitlines()[0] == "The database file: rows belong to account 9, which is not there"


def test_a_backup_comes_back(tmp_path: Path) -> None:
    desk, file = tmp_path / "desk", tmp_path / "monday.db"
    fill(desk, 2)
    ended = done("backup", "--data", desk, file)
    assert ended.out == f"{file} is a sound copy of {desk}/deskline.db, {file.stat().st_size:,} bytes.\n"
    fill(desk, 1)

    refused = deskline("restore", "--data", desk, file)
    assert (refused.code, "--force" in refused.err) == (Ending.REFUSED, True)
    restored = done("restore", "--data", desk, file, "--force").out.splitlines()
    assert restored[0] == f"{desk}/deskline.db is a sound copy of {file}."
    assert restored[1].startswith(f"What was there before is {desk}/deskline.db.before-")
    assert "2 tickets" in done("check", "--data", desk).out

    done("restore", "--data", tmp_path / "other", file)
    assert "2 tickets" in done("check", "--data", tmp_path / "other").out


def test_a_backup_replaces_a_file_only_when_told(tmp_path: Path) -> None:
    fill(tmp_path / "desk", 1)
    file = tmp_path / "monday.db"
    file.write_text("precious")
    refused = deskline("backup", "--data", tmp_path / "desk", file)
    assert (refused.code, "--force" in refused.err) == (Ending.REFUSED, True)
    assert file.read_text() == "precious"
    done("backup", "--data", tmp_path / "desk", file, "--force")


def test_a_backup_into_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    fill(tmp_path / "desk", 1)
    ended = deskline("backup", "--data", tmp_path / "desk", tmp_path / "nowhere" / "monday.db")
    assert ended.code == Ending.REFUSED
    assert ended.err == f"Error: There is no folder {tmp_path}/nowhere; make it first.\n"


@pytest.mark.parametrize(
    "own", ["deskline.db", "deskline.db-wal", "deskline.db-shm", "deskline.db-journal", "deskline.lock", "deskline.toml"]
)
def test_a_backup_never_takes_the_place_of_deskline_s_own_files(tmp_path: Path, own: str) -> None:
    desk = tmp_path / "desk"
    fill(desk, 1)
    refuse_backup(desk, desk / own)
    refuse_backup(desk, tmp_path / "desk" / ".." / "desk" / own)
    link = tmp_path / "link"
    link.symlink_to(desk / own)
    refuse_backup(desk, link)
    (tmp_path / "folder").symlink_to(desk)
    refuse_backup(tmp_path / "folder", desk / own)
    assert "1 tickets" in done("check", "--data", desk).out


def test_a_backup_never_takes_the_place_of_a_hard_link_to_the_database_or_of_where_it_really_is(tmp_path: Path) -> None:
    desk = tmp_path / "desk"
    fill(desk, 1)
    (tmp_path / "hard").hardlink_to(desk / "deskline.db")
    refuse_backup(desk, tmp_path / "hard")
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "deskline.db").symlink_to(desk / "deskline.db")
    refuse_backup(tmp_path / "far", desk / "deskline.db-wal")
    assert "1 tickets" in done("check", "--data", desk).out


def refuse_backup(desk: Path, target: Path) -> None:
    ended = deskline("backup", "--data", desk, target, "--force")
    assert ended.code == Ending.REFUSED
    assert "is one of the files that Deskline works with" in ended.err


def test_a_backup_takes_the_place_of_files_only(tmp_path: Path) -> None:
    fill(tmp_path / "desk", 1)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, words in (("folder", "is a folder"), ("pipe", "is no regular file")):
        ended = deskline("backup", "--data", tmp_path / "desk", tmp_path / name, "--force")
        assert (ended.code, words in ended.err) == (Ending.REFUSED, True)


def test_a_backup_goes_where_a_link_leads(tmp_path: Path) -> None:
    fill(tmp_path / "desk", 1)
    (tmp_path / "far.db").touch()
    (tmp_path / "link.db").symlink_to("far.db")
    done("backup", "--data", tmp_path / "desk", tmp_path / "link.db", "--force")
    assert (tmp_path / "link.db").is_symlink()
    assert (tmp_path / "far.db").stat().st_size > 0


@pytest.mark.parametrize("content", [b"", b"something else " * 100])
def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "monday.db"
    file.write_bytes(content)
    ended = deskline("restore", "--data", tmp_path / "desk", file)
    assert ended.code == Ending.REFUSED
    assert str(file) in ended.err
    assert not (tmp_path / "desk" / "deskline.db").exists()


def test_nothing_is_restored_into_a_folder_that_is_used(tmp_path: Path) -> None:
    desk, file = tmp_path / "desk", tmp_path / "monday.db"
    fill(desk, 1)
    done("backup", "--data", desk, file)
    with locks.hold(desk):
        ended = deskline("restore", "--data", desk, file, "--force")
    assert ended.code == Ending.UNAVAILABLE
    assert "stop that one first" in ended.err
