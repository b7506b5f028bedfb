"""/working_hours and /working_hours/<group>: what is set, who may, and what is refused. What is counted is tested with the reports."""

import json
import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from deskline.domain.calendar import WEEKDAYS
from deskline.domain.events import Person
from tests.web.v2 import curls
from tests.web.v2.companies import Company

NOTHING: dict[str, Any] = {"hours": None, "groups": [], "counted": True}
PATIENCE_SECONDS = 30
NO_DAYS: dict[str, list[str]] = {name: [] for name in WEEKDAYS}
OFFICE = {
    "timezone": "Europe/Warsaw",
    "days": NO_DAYS | {"monday": ["09:00-12:00", "13:00-17:00"], "sunday": ["22:00-24:00"]},
    "holidays": ["2026-12-24 09:00-12:00", "2026-12-25"],
}
SATURDAY = {"timezone": "UTC", "days": NO_DAYS | {"saturday": ["10:00-14:00"]}, "holidays": []}


def answered(company: Company, method: str, path: str, **options: Any) -> Any:
    answer = company.request(method, path, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def without_counted(shown: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a server may still be about to do."""
    return {name: value for name, value in shown.items() if name != "counted"}


def test_it_works(company: Company) -> None:
    assert company.json("/working_hours") == NOTHING
    assert without_counted(answered(company, "PUT", "/working_hours", json=OFFICE)) == {"hours": OFFICE, "groups": []}
    assert answered(company, "PUT", "/working_hours/2", json=SATURDAY) == {"group": 2, "hours": SATURDAY}
    assert company.json("/working_hours/2") == {"group": 2, "hours": SATURDAY}
    assert company.json("/working_hours/1") == {"group": 1, "hours": None}
    both = {"hours": OFFICE, "groups": [{"group": 2, "hours": SATURDAY}]}
    assert without_counted(company.json("/working_hours")) == both
    assert without_counted(answered(company, "PUT", "/working_hours", json=OFFICE)) == both
    assert without_counted(answered(company, "DELETE", "/working_hours")) == {"hours": None, "groups": both["groups"]}
    assert answered(company, "DELETE", "/working_hours/2") == {"group": 2, "hours": None}
    assert answered(company, "DELETE", "/working_hours/2") == {"group": 2, "hours": None}
    assert without_counted(company.json("/working_hours")) == without_counted(NOTHING)


def test_a_form_is_read_like_json(company: Company) -> None:
    form = "days[saturday]=10:00-14:00&holidays[]=2026-12-25&holidays[]=2026-12-24%2009:00-12:00"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    expected = SATURDAY | {"holidays": ["2026-12-24 09:00-12:00", "2026-12-25"]}
    assert answered(company, "PUT", "/working_hours/0", content=form, headers=headers) == {"group": 0, "hours": expected}


def test_a_thousand_holidays(company: Company) -> None:
    days = [f"{year}-{month:02}-{day:02}" for year in range(2000, 2100) for month in (1, 12) for day in range(1, 6)]
    assert answered(company, "PUT", "/working_hours/1", json=SATURDAY | {"holidays": days})["hours"]["holidays"] == days
    assert company.refused("/working_hours/1", method="PUT", json=SATURDAY | {"holidays": [*days, "2100-01-01"]}) == [
        "holidays: 1,001 values; accepted: at most 1,000 values"
    ]


def test_the_zone_is_the_accounts_by_default(found_live: Callable[..., Company]) -> None:
    company = found_live(zone="Asia/Kathmandu")
    shown = answered(company, "PUT", "/working_hours", json={"days": {"monday": "09:00-17:00"}})
    assert shown["hours"] == {"timezone": "Asia/Kathmandu", "days": NO_DAYS | {"monday": ["09:00-17:00"]}, "holidays": []}


@pytest.mark.parametrize(("method", "path"), [("PUT", "/working_hours"), ("PUT", "/working_hours/1"), ("DELETE", "/working_hours")])
def test_who_may_not(company: Company, method: str, path: str) -> None:
    answer = company.request(method, path, json=SATURDAY, ben=True)
    assert answer.status_code == 403
    words = "Working hours are changed by an owner or an administrator of the account; ben@example.com is neither."
    assert answer.json() == {"error": words, "message": words}
    assert company.request("GET", "/working_hours", ben=True).json() == NOTHING


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("group", ["7", "sales", "-1", "01", "9" * 30, "1" * 16])
def test_unknown_group(company: Company, method: str, group: str) -> None:
    answer = company.request(method, f"/working_hours/{group}", json={"days": "nonsense"})
    assert answer.status_code == 404
    assert answer.json()["error"] == f"There is no group '{group}' here."


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, ["days: no working time at all"]),
        ({"days": {"monday": []}}, ["days: no working time at all"]),
        ({"days": "always"}, ["days: 'always' has no fields"]),
        ({"days": {"mon": "09:00-17:00"}}, ["days[mon]: is no weekday; accepted: monday, tuesday"]),
        ({"days": {"monday": {"from": "09:00"}}}, ["days[monday]: an object is not a text"]),
        ({"days": {"monday": "17:00-09:00"}}, ["days[monday]: '17:00-09:00' does not end after it begins"]),
        ({"days": {"monday": ["09:00-12:00", "11:00-13:00"]}}, ["days[monday]: '09:00-12:00' and '11:00-13:00' overlap"]),
        (
            {"timezone": "Europe/Warszawa", "days": {"monday": "9-5", "x": "y"}, "holidays": ["2026-02-29", "2026-01-01 25:00-26:00"]},
            [
                "timezone: 'Europe/Warszawa' is not a known time zone",
                "days[x]: is no weekday",
                "days[monday]: '9-5' are no times",
                "holidays: '2026-02-29' is no such day",
                "holidays[2026-01-01]: '25:00-26:00' is no time of a day",
            ],
        ),
    ],
)
def test_all_that_is_wrong_is_named(company: Company, body: dict[str, Any], problems: list[str]) -> None:
    found = company.refused("/working_hours", method="PUT", json=body)
    assert [problem[: len(start)] for problem, start in zip(found, problems, strict=True)] == problems
    assert company.json("/working_hours") == NOTHING


def test_the_examples_of_the_documentation(found_live: Callable[..., Company], tmp_path: Path) -> None:
    section = Path("docs/api.md").read_text().partition("## Working hours")[2].partition("\n## ")[0]
    examples = re.findall(r"^curl .*?[^\\]$", section.partition("```sh")[2].partition("```")[0], re.MULTILINE | re.DOTALL)
    company = found_live(owner=Person(curls.LOGIN, "John Doe"))
    answers = [curls.translate(each.replace("API_KEY", company.key), company.server, tmp_path) for each in examples]
    assert [status for status, _ in answers] == [200] * 4
    shown = [json.loads(body) for _, body in answers]
    assert shown[0] == NOTHING
    assert shown[1]["hours"]["days"]["monday"] == ["09:00-12:00", "13:00-17:00"]
    assert shown[2]["hours"] == SATURDAY | {"holidays": ["2026-12-26"]}
    assert shown[3] == {"group": 2, "hours": None}


def behind(company: Company, report: str) -> tuple[Any, Any]:
    """The one day's row of a report under `business`, and what it is made of, which must add up to it."""
    asked = {"date_from": "2026-10-26", "date_to": "2026-10-26", "group_by": "day", "definition": "business"}
    row = company.json(f"/reports/tickets/{report}", **asked)["2026-10-26"]
    opened = company.json(f"/reports/tickets/{report}/tickets", **asked, row="2026-10-26")
    assert opened["hours"] == row["hours"]
    assert opened["seconds"] == sum(part["seconds"] for part in opened["tickets"])
    for part in opened["tickets"]:
        lasted = datetime.fromisoformat(part["to"]) - datetime.fromisoformat(part["from"])
        assert part["seconds"] == lasted.total_seconds() - part["excluded_seconds"]
    return row, [part["seconds"] for part in opened["tickets"]]


def test_reports_follow_at_once_and_when_all_is_counted(found_live: Callable[..., Company]) -> None:
    company = found_live(zone="Europe/Warsaw")
    # Friday 16:30 in Warsaw to Monday 10:00 and 11:15: 66.5 and 67.75 hours, as clocks went back on Sunday.
    company.created("AAAAA", "2026-10-23T14:30:00Z", groups=(1,))
    company.replied("AAAAA", "2026-10-26T09:00:00Z")
    company.solved("AAAAA", "2026-10-26T10:15:00Z")
    week = {"days": dict.fromkeys(WEEKDAYS[:5], "09:00-17:00")}
    answer = {"count": 1, "hours": 1.5}, [5_400]  # 16:30 to 17:00, 09:00 to 10:00
    solve = {"count": 1, "hours": 2.75}, [9_900]
    assert behind(company, "first_response_time") == ({"count": 1, "hours": 66.5}, [239_400])
    answered(company, "PUT", "/working_hours", json=week)
    assert (behind(company, "first_response_time"), behind(company, "resolution_time")) == (answer, solve)
    assert wait_until_counted(company)
    assert (behind(company, "first_response_time"), behind(company, "resolution_time")) == (answer, solve)
    # The group works on Sundays too, from 1 to 4 in the night: 4 hours on this one.
    answered(company, "PUT", "/working_hours/1", json={"days": week["days"] | {"sunday": "01:00-04:00"}})
    longer = {"count": 1, "hours": 6.75}, [9_900 + 4 * 3_600]
    assert behind(company, "resolution_time") == longer
    answered(company, "DELETE", "/working_hours/1")
    answered(company, "DELETE", "/working_hours")
    assert behind(company, "resolution_time") == ({"count": 1, "hours": 67.75}, [243_900])
    assert company.json("/reports/tickets/resolution_time", date_from="2026-10-26", date_to="2026-10-26", group_by="day") == {
        "2026-10-26": {"count": 1, "hours": 67.75}
    }


def wait_until_counted(company: Company) -> bool:
    end = time.monotonic() + PATIENCE_SECONDS
    while not company.json("/working_hours")["counted"]:
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
