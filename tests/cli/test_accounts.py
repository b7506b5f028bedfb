"""init, account, agent and key: what is said and stored. What is refused and why is tried where the rules are."""

import json
import re
from pathlib import Path

import pytest

from deskline.cli.endings import Ending
from tests.cli.commands import KEY, LOGIN, deskline, done, init, program


def test_init_works(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "desk"
    ended = done("init", "--data", folder, "--account", "My Company", "--timezone", "Asia/Kolkata", "--login", LOGIN, "--name", "Ann")
    account, login, key, following = ended.out.splitlines()
    assert account == f"Account 1 (My Company) is in {folder}/deskline.db."
    assert login == f"Login:   {LOGIN}"
    assert re.fullmatch(r"API key: [0-9a-f]{32}  \(id [0-9a-f]{8}; it is shown this once\)", key)
    assert following == f"Next: deskline serve --data {folder}"
    assert done("account", "list", "--data", folder, "--json").json[0].keys() == {"id", "name", "timezone", "created_at"}


def test_init_answers_a_program_and_registers_the_key_that_clients_have(tmp_path: Path) -> None:
    ended = init(tmp_path, "--json")
    assert (ended.code, ended.err) == (0, "")
    made = ended.json
    assert made == {
        "account": {"id": 1, "name": "Example", "timezone": "Europe/Warsaw"},
        "login": LOGIN,
        "key_id": made["key_id"],
        "key": KEY,
    }


def test_init_again_adds_another_account(tmp_path: Path) -> None:
    init(tmp_path)
    assert init(tmp_path, account="Other", key="f" * 32).code == 0
    rows = done("account", "list", "--data", tmp_path, "--json").json
    assert [(row["id"], row["name"], row["timezone"]) for row in rows] == [(1, "Example", "Europe/Warsaw"), (2, "Other", "Europe/Warsaw")]
    taken = init(tmp_path, account="OTHER", key="e" * 32)
    assert taken.code == Ending.REFUSED
    assert taken.err == "Error: There is an account called 'OTHER' here already; choose another name.\n"


def test_a_short_key_is_taken_with_a_warning(tmp_path: Path) -> None:
    ended = init(tmp_path, key="only-24-characters-long!")
    assert ended.code == 0
    assert ended.err.startswith("Warning: this key is shorter than 32 characters")
    assert json.loads(init(tmp_path, "--json", account="B", key="k" * 31).out)["key"] == "k" * 31


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--timezone", "Europe/Warszawa", "did you mean Europe/Warsaw?"),
        ("--login", "ann", "accepted: a mail address"),
        ("--name", " ", "name: "),
        ("--account", "", "account: "),
        ("--key", "short", "accepted are 8 to 256 ASCII characters"),
    ],
)
def test_an_init_that_is_refused_leaves_nothing_behind(tmp_path: Path, option: str, value: str, words: str) -> None:
    folder = tmp_path / "desk"
    ended = init(folder, option, value)
    assert ended.code == Ending.REFUSED
    assert words in ended.err
    assert not folder.exists()


def test_an_option_that_is_needed_is_named() -> None:
    ended = deskline("init", "--account", "X")
    assert ended.code == Ending.USAGE
    assert "--timezone" in ended.err


def test_an_agent_is_added_and_gets_a_key(tmp_path: Path) -> None:
    init(tmp_path)
    ended = done("agent", "add", "--data", tmp_path, "--login", "Jane@example.com", "--name", "Jane", "--permission", "administrator")
    assert ended.out.splitlines() == [
        "Agent Jane@example.com (Jane) works in account 1 (Example).",
        f"Next: deskline key add --data {tmp_path} --account 1 --login Jane@example.com",
    ]
    rows = done("agent", "list", "--data", tmp_path, "--json").json
    jane = {"login": "Jane@example.com", "name": "Jane", "permission": "administrator", "groups": [], "signs_in": True, "job_title": ""}
    assert rows[1] == jane
    key = done("key", "add", "--data", tmp_path, "--login", "jane@example.com", "--label", "shop", "--json").json
    assert key["login"] == "Jane@example.com"
    assert re.fullmatch("[0-9a-f]{32}", key["key"])
    assert [row["label"] for row in done("key", "list", "--data", tmp_path, "--json").json] == ["", "shop"]


def test_lists_are_tables_for_people(tmp_path: Path) -> None:
    init(tmp_path)
    assert done("agent", "list", "--data", tmp_path).out.splitlines() == [
        "login            name  permission  groups  signs_in",
        "ann@example.com  Ann   owner               yes",
    ]
    heads, row = done("key", "list", "--data", tmp_path).out.splitlines()
    assert heads.split() == ["id", "login", "label", "created_at", "revoked_at"]
    assert KEY not in row


def test_a_permission_is_one_of_three(tmp_path: Path) -> None:
    init(tmp_path)
    ended = deskline("agent", "add", "--data", tmp_path, "--login", "j@x", "--name", "J", "--permission", "king")
    assert ended.code == Ending.USAGE
    assert "'owner', 'administrator', 'normal'" in ended.err


def test_a_key_is_revoked(tmp_path: Path) -> None:
    init(tmp_path)
    (key,) = done("key", "list", "--data", tmp_path, "--json").json
    assert key["revoked_at"] is None
    assert done("key", "revoke", "--data", tmp_path, key["id"]).out == f"Key {key['id']} is revoked.\n"
    assert done("key", "list", "--data", tmp_path, "--json").json[0]["revoked_at"] is not None
    again = deskline("key", "revoke", "--data", tmp_path, key["id"])
    assert again.code == Ending.REFUSED
    assert again.err == f"Error: There is no working key '{key['id']}' here. See what there is: deskline key list\n"


def test_a_key_can_come_from_standard_input(tmp_path: Path) -> None:
    init(tmp_path)
    secret = "0f" * 16
    ended = program("key", "add", "--data", tmp_path, "--login", LOGIN, "--key", "-", "--json", stdin=secret + "\n")
    assert ended.json["key"] == secret


def test_where_there_are_several_accounts_one_must_be_named(tmp_path: Path) -> None:
    init(tmp_path)
    init(tmp_path, account="Other", key="f" * 32)
    ended = deskline("agent", "list", "--data", tmp_path)
    assert ended.code == Ending.REFUSED
    assert ended.err == "Error: There are several accounts here, say which one with --account: 1 (Example), 2 (Other).\n"
    for name in ("2", "Other", "other"):
        assert len(done("key", "list", "--data", tmp_path, "--account", name, "--json").json) == 1
    assert (
        deskline("key", "list", "--data", tmp_path, "--account", "3").err
        == "Error: There is no account '3' here. See what there is: deskline account list\n"
    )


@pytest.mark.parametrize("command", [("agent", "list"), ("key", "list"), ("account", "list"), ("check",), ("backup", "x.db"), ("serve",)])
def test_a_folder_without_a_database_says_how_to_make_one(tmp_path: Path, command: tuple[str, ...]) -> None:
    ended = deskline(*command, "--data", tmp_path)
    assert ended.code == Ending.REFUSED
    assert ended.err == f"Error: There is no database at {tmp_path}/deskline.db; make one with: deskline init --data {tmp_path}\n"
    assert list(tmp_path.iterdir()) == []


def test_the_folder_can_be_a_variable_or_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKLINE_DATA", str(tmp_path / "desk"))
    done("init", "--account", "A", "--timezone", "UTC", "--login", LOGIN, "--name", "Ann")
    assert (tmp_path / "desk" / "deskline.db").is_file()
    monkeypatch.delenv("DESKLINE_DATA")
    done("init", "--account", "A", "--timezone", "UTC", "--login", LOGIN, "--name", "Ann")
    assert Path("data/deskline.db").is_file()


def test_a_wrong_variable_stops_every_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init(tmp_path)
    monkeypatch.setenv("DESKLINE_PROT", "80")
    ended = deskline("key", "list", "--data", tmp_path)
    assert (ended.code, ended.err) == (Ending.USAGE, "Error: There is no variable DESKLINE_PROT; did you mean DESKLINE_PORT?\n")


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        (
            ["key", "add", "--login", "nobody@example.com"],
            "no agent 'nobody@example.com' here. See what there is: deskline agent list",
        ),
        (["key", "revoke", "ffffffff"], "See what there is: deskline key list"),
        (["agent", "list", "--account", "Nobody's"], "See what there is: deskline account list"),
    ],
)
def test_what_is_not_found_is_told_with_where_to_look(tmp_path: Path, line: list[str], advice: str) -> None:
    init(tmp_path)
    ended = deskline(*line, "--data", tmp_path)
    assert (ended.code, advice in ended.err) == (Ending.REFUSED, True)


def test_an_agent_is_deleted_with_their_keys(tmp_path: Path) -> None:
    init(tmp_path)
    done("agent", "add", "--data", tmp_path, "--login", "jane@example.com", "--name", "Jane")
    done("key", "add", "--data", tmp_path, "--login", "jane@example.com")
    assert done("agent", "delete", "--data", tmp_path, "JANE@example.com").out == "Agent jane@example.com (Jane) is deleted.\n"
    assert [row["login"] for row in done("agent", "list", "--data", tmp_path, "--json").json] == [LOGIN]
    assert [row["revoked_at"] is not None for row in done("key", "list", "--data", tmp_path, "--json").json] == [False, True]
    again = deskline("agent", "delete", "--data", tmp_path, "jane@example.com")
    assert (again.code, "There is no agent 'jane@example.com' here." in again.err) == (Ending.REFUSED, True)
    last = deskline("agent", "delete", "--data", tmp_path, LOGIN)
    assert (last.code, "is the only owner" in last.err) == (Ending.REFUSED, True)
    assert done("check", "--data", tmp_path, "--json").json["damages"] == []
