from datetime import date

import pytest
from hypothesis import given

from deskline.domain.calendar import WEEKDAYS
from deskline.domain.hours_texts import parse, spell
from deskline.domain.working_hours import Holiday, WorkingHours
from tests.domain.test_working_hours import calendars


def wrong(days: dict[str, list[str]], holidays: list[str] | None = None) -> list[str]:
    return [str(problem) for problem in parse("UTC", days, holidays or [])[1]]


def test_hours_are_read() -> None:
    days = {"Monday": ["13:00 - 17:30, 9:00-12:00"], "sunday": ["00:00-24:00"]}
    hours, problems = parse("Asia/Kathmandu", days, ["2026-12-24 9:00-10:00,11:00-12:00", "2026-01-01"])
    assert problems == []
    assert hours == WorkingHours(
        "Asia/Kathmandu",
        (((540, 720), (780, 1050)), (), (), (), (), (), ((0, 1440),)),
        (Holiday(date(2026, 1, 1)), Holiday(date(2026, 12, 24), ((540, 600), (660, 720)))),
    )
    assert spell(hours) == {
        "timezone": "Asia/Kathmandu",
        "days": {name: [] for name in WEEKDAYS} | {"monday": ["09:00-12:00", "13:00-17:30"], "sunday": ["00:00-24:00"]},
        "holidays": ["2026-01-01", "2026-12-24 09:00-10:00,11:00-12:00"],
    }


@given(calendars("UTC", date(2026, 1, 1)).filter(lambda hours: any(hours.week)))
def test_what_is_written_is_read_again(hours: WorkingHours) -> None:
    written = spell(hours)
    assert parse(written["timezone"], written["days"], written["holidays"]) == (hours, [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nine to five", "days[monday]: 'nine to five' are no times; accepted: times such as 09:00-12:00"),
        ("09:00", "days[monday]: '09:00' are no times"),
        ("09:60-10:00", "days[monday]: '09:60-10:00' is no time of a day"),
        ("23:00-24:01", "days[monday]: '23:00-24:01' is no time of a day"),
        ("17:00-09:00", "days[monday]: '17:00-09:00' does not end after it begins; accepted: times such as 09:00-12:00"),
        ("09:00-09:00", "days[monday]: '09:00-09:00' does not end after it begins"),
        ("09:00-12:00,11:59-13:00", "days[monday]: '09:00-12:00' and '11:59-13:00' overlap"),
        (",".join(f"{hour:02}:00-{hour:02}:30" for hour in range(13)), "days[monday]: 13 times"),
        ("٠٩:٠٠-١٠:٠٠", "are no times"),  # noqa: RUF001 - digits, but not those of the API
    ],
)
def test_times_that_are_refused(text: str, words: str) -> None:
    (problem,) = wrong({"monday": [text], "tuesday": ["09:00-10:00"]})
    assert words in problem


def test_touching_times_do_not_overlap() -> None:
    assert wrong({"monday": ["12:00-13:00", "09:00-12:00"]}) == []


@pytest.mark.parametrize(
    ("holidays", "words"),
    [
        (["Christmas"], "holidays: 'Christmas' is no such day"),
        (["2026-02-29"], "holidays: '2026-02-29' is no such day"),
        (["1969-12-31"], "from 1970-01-01 to 2199-12-31"),
        (["2200-01-01"], "from 1970-01-01 to 2199-12-31"),
        (["20261225"], "is no such day"),
        (["2026-12-25", "2026-12-25 09:00-10:00"], "holidays: 2026-12-25 is there twice"),
        (["2026-12-24 12:00-09:00"], "holidays[2026-12-24]: '12:00-09:00' does not end after it begins"),
        ([f"{year}-01-{day:02}" for year in range(2000, 2040) for day in range(1, 31)], "holidays: 1,200 days; accepted: at most 1,000"),
    ],
)
def test_holidays_that_are_refused(holidays: list[str], words: str) -> None:
    (problem,) = wrong({"monday": ["09:00-10:00"]}, holidays)
    assert words in problem


def test_all_problems_are_named() -> None:
    found = wrong({"mon": ["09:00-10:00"], "monday": ["x"], "friday": ["2-1"]}, ["never", "2026-01-01 y"])
    assert [problem.partition(":")[0] for problem in found] == [
        "days[mon]",
        "days[monday]",
        "days[friday]",
        "holidays",
        "holidays[2026-01-01]",
    ]


@pytest.mark.parametrize("days", [{}, {"monday": []}, {"monday": [""]}])
def test_somebody_must_work_some_time(days: dict[str, list[str]]) -> None:
    (problem,) = wrong(days)
    assert problem.startswith("days: no working time at all; accepted: monday, tuesday")
