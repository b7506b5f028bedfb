"""deskline form"""

from pathlib import Path

import pytest

from deskline.cli.endings import Ending
from tests.cli.commands import deskline, done, init

SITE = "https://www.example.com"


@pytest.fixture
def data(tmp_path: Path) -> str:
    init(tmp_path)
    return str(tmp_path)


def test_it_works(data: str) -> None:
    assert done("form", "show", "--data", data).out == "Account 1 takes no ticket form. See: deskline form set --help\n"
    said = done("form", "set", "--data", data, "--origin", SITE, "--origin", "https://shop.example.com:8443/", "--per-minute", "5").out
    assert said == "Account 1 takes the ticket form, as licence_id 1. See: deskline form show\n"
    assert done("form", "show", "--data", data).out.splitlines() == [
        "Account 1 (licence_id 1) takes 5 tickets a minute by the form, sent from:",
        f"  {SITE}",
        "  https://shop.example.com:8443",
    ]
    done("form", "set", "--data", data, "--origin", "*", "--without-origin")
    assert done("form", "show", "--data", data, "--json").json == {
        "account": 1,
        "enabled": True,
        "origins": ["*"],
        "without_origin": True,
        "per_minute": 60,
    }
    assert done("form", "off", "--data", data).out == "Account 1 takes no ticket form any more.\n"
    assert done("form", "off", "--data", data).out == "Account 1 took no ticket form.\n"
    assert done("form", "show", "--data", data, "--json").json == {"account": 1, "enabled": False}


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((), "origins: is missing; accepted: the pages that may send the form"),
        (("--origin", "www.example.com"), "origins: 'www.example.com' is no origin; accepted: a scheme, a host and a port"),
        (("--origin", SITE, "--per-minute", "0"), "per_minute: 0 is not accepted; accepted: a whole number from 1 to 10000"),
    ],
)
def test_what_is_refused_in_words(data: str, flags: tuple[str, ...], words: str) -> None:
    ended = deskline("form", "set", "--data", data, *flags)
    assert ended.code == Ending.REFUSED
    assert words in ended.err
    assert done("form", "show", "--data", data, "--json").json == {"account": 1, "enabled": False}
