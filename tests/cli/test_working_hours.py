"""hours show, set and clear. How hours are written and what is refused of it is tried where the rules are."""

from pathlib import Path

import pytest

from deskline.cli.endings import Ending
from tests.cli.commands import deskline, done, init


def test_it_works(tmp_path: Path) -> None:
    init(tmp_path)
    assert done("hours", "show", "--data", tmp_path).out == "No working hours are set: every hour counts.\n"
    week = ("--day", "monday-friday=09:00-12:00,13:00-17:00", "--day", "Saturday=10:00-12:00")
    holidays = ("--holiday", "2026-12-25", "--holiday", "2026-12-24 09:00-12:00")
    ended = done("hours", "set", "--data", tmp_path, *week, *holidays)
    assert ended.out == "The working hours of account 1 are set. See: deskline hours show\n"
    done("hours", "set", "--data", tmp_path, "--group", "0", "--timezone", "Asia/Tokyo", "--day", "sunday=00:00-24:00")
    shown = done("hours", "show", "--data", tmp_path).out.splitlines()
    assert shown[:9] == [
        "The account:",
        "  timezone   Europe/Warsaw",
        "  monday     09:00-12:00, 13:00-17:00",
        "  tuesday    09:00-12:00, 13:00-17:00",
        "  wednesday  09:00-12:00, 13:00-17:00",
        "  thursday   09:00-12:00, 13:00-17:00",
        "  friday     09:00-12:00, 13:00-17:00",
        "  saturday   10:00-12:00",
        "  sunday     -",
    ]
    assert shown[9:13] == ["  holidays   2026-12-24 09:00-12:00", "             2026-12-25", "Group 0:", "  timezone   Asia/Tokyo"]
    account, group = done("hours", "show", "--data", tmp_path, "--json").json
    assert (account["group"], account["timezone"], account["holidays"]) == (None, "Europe/Warsaw", ["2026-12-24 09:00-12:00", "2026-12-25"])
    assert (group["group"], group["days"]["sunday"]) == (0, ["00:00-24:00"])
    assert done("hours", "clear", "--data", tmp_path).out == "The working hours of account 1 are cleared.\n"
    assert done("hours", "clear", "--data", tmp_path).out == "There were no working hours of account 1.\n"
    assert done("hours", "clear", "--data", tmp_path, "--group", "0").out == "The working hours of group 0 of account 1 are cleared.\n"
    assert done("hours", "show", "--data", tmp_path, "--json").json == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--day", "monday"), 'days: "monday" says no times; accepted: weekdays and times such as monday-friday=09:00-17:00'),
        (("--day", "friday-monday=09:00-17:00"), 'days: "friday-monday" are no weekdays in their order'),
        (("--day", "mon=09:00-17:00"), "days[mon]: is no weekday; accepted: monday"),
        (("--day", "monday=09:00-17:00", "--day", "monday=10:00-11:00"), "days[monday]: '09:00-17:00' and '10:00-11:00' overlap"),
        (("--day", "monday=17:00-09:00", "--holiday", "soon"), "holidays: 'soon' is no such day"),
        (("--day", "monday=09:00-17:00", "--timezone", "Europe/Warszawa"), "did you mean Europe/Warsaw?"),
        (("--day", "monday=09:00-17:00", "--group", "7"), "There is no group '7' here."),
        (("--day", "monday=09:00-17:00", "--group", "9" * 20), "There is no group '99999999999999999999' here."),
    ],
)
def test_what_is_refused(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    init(tmp_path)
    ended = deskline("hours", "set", "--data", tmp_path, *options)
    assert ended.code == Ending.REFUSED
    assert words in ended.err
    assert done("hours", "show", "--data", tmp_path, "--json").json == []
