"""GET /reports/tickets/resolution_time"""

from typing import Any

from tests.web.v2.companies import Company
from tests.web.v2.three_days import DAYS

PATH = "/reports/tickets/resolution_time"
NONE = {"count": 0, "hours": None}


def rows(company: Company, **parameters: Any) -> list[Any]:
    return list(company.json(PATH, **DAYS | parameters).values())


def test_it_works(three_days: Company) -> None:
    answer = three_days.get(PATH, params=DAYS)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    # A: 2 h. B: 24 h. C and F: (28.5 h + 48 h) / 2. Whole hours have no point.
    assert answer.text == (
        '{"2014-01-10":{"count":1,"hours":2},"2014-01-11":{"count":1,"hours":24},"2014-01-12":{"count":2,"hours":38.25}}'
    )


def test_hours_of_one_day(three_days: Company) -> None:
    found = three_days.json(PATH, date_from="2014-01-12", date_to="2014-01-12")
    assert {hour: row for hour, row in found.items() if row != NONE} == {
        "08:00": {"count": 1, "hours": 48},
        "16:00": {"count": 1, "hours": 28.5},
    }


def test_agent_is_who_solved_or_had_it_when_it_solved_itself(three_days: Company) -> None:
    assert rows(three_days, agent="ann@example.com") == [{"count": 1, "hours": 2}, NONE, NONE]
    assert rows(three_days, agent="ben@example.com") == [NONE, {"count": 1, "hours": 24}, {"count": 2, "hours": 38.25}]


def test_group_and_tag(three_days: Company) -> None:
    assert rows(three_days, group="1") == [NONE, {"count": 1, "hours": 24}, {"count": 1, "hours": 28.5}]
    assert rows(three_days, tag="vip") == [{"count": 1, "hours": 2}, NONE, {"count": 1, "hours": 28.5}]
    assert rows(three_days, tag="vip", group="2", agent="ben@example.com") == [NONE, NONE, {"count": 1, "hours": 28.5}]


def test_the_time_is_calendar_time_from_the_creation(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    company.changed("AAAAA", "2014-01-10T09:00:00Z", status="pending")
    company.changed("AAAAA", "2014-01-12T07:00:00Z", status="open")
    company.solved("AAAAA", "2014-01-12T08:20:00Z")
    assert rows(company)[2] == {"count": 1, "hours": 48.33}  # 48 h 20 min
