"""app: what is said and stored. What is refused and why is tried where the rules are."""

import re
from pathlib import Path

from deskline.cli.endings import Ending
from tests.cli.commands import deskline, done, init

ADD = ("app", "add", "--name", "Shop", "--redirect-uri", "https://shop.example/", "--scope", "tickets_read,tags_read")


def test_it_works(tmp_path: Path) -> None:
    init(tmp_path)
    client, secret, scopes = done(*ADD, "--data", tmp_path).out.splitlines()
    found = re.fullmatch(r"Client id:     (1-[0-9a-f]{24})", client)
    assert found is not None
    assert re.fullmatch(r"Client secret: desk-s1-[A-Za-z0-9_-]{43}  \(it is shown this once\)", secret)
    assert scopes == "Scopes:        tickets_read tags_read"
    (row,) = done("app", "list", "--data", tmp_path, "--json").json
    assert row.pop("created_at")
    assert row == {
        "client_id": found[1],
        "name": "Shop",
        "redirect_uris": ["https://shop.example/"],
        "scopes": ["tickets_read", "tags_read"],
        "public": False,
        "pkce": "required",
    }
    assert secret.split()[2] not in done("app", "list", "--data", tmp_path).out
    assert done("app", "remove", "--data", tmp_path, found[1]).out == f"App {found[1]} is removed, and its tokens with it.\n"
    assert done("app", "list", "--data", tmp_path, "--json").json == []
    again = deskline("app", "remove", "--data", tmp_path, found[1])
    assert (again.code, again.err) == (Ending.REFUSED, f"Error: There is no app '{found[1]}' here.\n")


def test_it_answers_a_program_and_a_public_app_has_no_secret(tmp_path: Path) -> None:
    init(tmp_path)
    assert done(*ADD, "--data", tmp_path, "--json").json["client_secret"].startswith("desk-s1-")
    public = done(*ADD, "--data", tmp_path, "--public", "--json").json
    assert (public["public"], public["client_secret"]) == (True, None)
    assert "secret" not in done(*ADD, "--data", tmp_path, "--public").out
    assert done(*ADD, "--data", tmp_path, "--optional-pkce", "--json").json["pkce"] == "optional"


def test_what_is_refused_says_why(tmp_path: Path) -> None:
    init(tmp_path)
    for more, words in (
        (("--scope", "x"), "'x' is no scope"),
        (("--redirect-uri", "http://shop.example/"), "is not HTTPS"),
        (("--public", "--optional-pkce"), "a public app cannot do without"),
    ):
        ended = deskline(*ADD, "--data", tmp_path, *more)
        assert ended.code == Ending.REFUSED
        assert words in ended.err
