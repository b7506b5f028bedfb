"""token: what is said and stored. What is refused and why is tried where the rules are."""

import re
from pathlib import Path

from deskline.cli.endings import Ending
from tests.cli.commands import LOGIN, deskline, done, init


def test_it_works(tmp_path: Path) -> None:
    init(tmp_path)
    said = done("token", "add", "--data", tmp_path, "--login", LOGIN, "--scope", "reports_read,tickets_read", "--label", "wall").out
    login, token, scopes = said.splitlines()
    assert login == f"Login:  {LOGIN}"
    found = re.fullmatch(r"Token:  (desk:1-[A-Za-z0-9_-]{43})  \(id ([0-9a-f]{8}); it is shown this once\)", token)
    assert found is not None
    assert scopes == "Scopes: tickets_read reports_read"
    (row,) = done("token", "list", "--data", tmp_path, "--json").json
    assert (row["id"], row["login"], row["scopes"], row["label"]) == (found[2], LOGIN, ["tickets_read", "reports_read"], "wall")
    assert row["expires_at"] is row["revoked_at"] is None
    assert found[1] not in done("token", "list", "--data", tmp_path).out
    assert done("token", "revoke", "--data", tmp_path, found[2]).out == f"Token {found[2]} is revoked.\n"
    assert done("token", "list", "--data", tmp_path, "--json").json[0]["revoked_at"] is not None
    again = deskline("token", "revoke", "--data", tmp_path, found[2])
    assert (again.code, again.err) == (Ending.REFUSED, f"Error: There is no working token '{found[2]}' here.\n")


def test_it_answers_a_program(tmp_path: Path) -> None:
    init(tmp_path)
    made = done("token", "add", "--data", tmp_path, "--login", LOGIN, "--scope", "tags_read", "--days", "1", "--json").json
    assert made["scopes"] == ["tags_read"]
    assert made["expires_at"] > made["created_at"]
    assert made["token"].startswith("desk:1-")


def test_what_is_refused_says_why(tmp_path: Path) -> None:
    init(tmp_path)
    for options, words in (
        (("--login", LOGIN, "--scope", "tickets"), "'tickets' is no scope; accepted: tickets_read, "),
        (("--login", "zoe@example.com", "--scope", "tags_read"), "There is no agent 'zoe@example.com' here."),
        (("--login", LOGIN, "--scope", "tags_read", "--days", "0"), "expires_in_days: 0 is not accepted"),
    ):
        ended = deskline("token", "add", "--data", tmp_path, *options)
        assert ended.code == Ending.REFUSED
        assert words in ended.err


def test_a_token_is_stored_as_its_hash(tmp_path: Path) -> None:
    init(tmp_path)
    token = done("token", "add", "--data", tmp_path, "--login", LOGIN, "--scope", "tags_read", "--json").json["token"]
    secret = token.partition("-")[2].encode()
    assert not [path.name for path in tmp_path.rglob("*") if path.is_file() and secret in path.read_bytes()]
    registered = deskline("key", "add", "--data", tmp_path, "--login", LOGIN, "--key", token)
    assert (registered.code, "cannot be a key as well" in registered.err, token in registered.err) == (Ending.REFUSED, True, False)
