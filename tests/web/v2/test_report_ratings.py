"""GET /reports/tickets/ratings"""

from typing import Any

from tests.web.v2.companies import Company
from tests.web.v2.three_days import DAYS

PATH = "/reports/tickets/ratings"


def columns(company: Company, **parameters: Any) -> list[tuple[int, int]]:
    """The rows as (bad, good)."""
    return [(row["bad"], row["good"]) for row in company.json(PATH, **DAYS | parameters).values()]


def test_it_works(three_days: Company) -> None:
    answer = three_days.get(PATH, params=DAYS)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    # A good; B bad, C bad (its last word), F good.
    assert answer.text == '{"2014-01-10":{"bad":0,"good":0},"2014-01-11":{"bad":0,"good":1},"2014-01-12":{"bad":2,"good":1}}'


def test_hours_of_one_day(three_days: Company) -> None:
    found = three_days.json(PATH, date_from="2014-01-12", date_to="2014-01-12")
    assert {hour: row for hour, row in found.items() if any(row.values())} == {
        "00:00": {"bad": 1, "good": 0},
        "18:00": {"bad": 1, "good": 0},
        "20:00": {"bad": 0, "good": 1},
    }


def test_agent_is_who_is_credited(three_days: Company) -> None:
    assert columns(three_days, agent="ann@example.com") == [(0, 0), (0, 1), (0, 0)]
    assert columns(three_days, agent="ben@example.com") == [(0, 0), (0, 0), (2, 1)]
    assert columns(three_days, agent="zoe@example.com") == [(0, 0), (0, 0), (0, 0)]


def test_group_and_tag(three_days: Company) -> None:
    assert columns(three_days, group="1") == [(0, 0), (0, 0), (2, 0)]
    assert columns(three_days, group="2") == [(0, 0), (0, 0), (1, 1)]
    assert columns(three_days, tag="vip") == [(0, 0), (0, 1), (1, 0)]
    assert columns(three_days, tag="vip", group="1", agent="ben@example.com") == [(0, 0), (0, 0), (1, 0)]


def test_the_same_rating_again_moves_it(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    company.rated("AAAAA", "2014-01-10T09:00:00Z", "good")
    company.rated("AAAAA", "2014-01-12T09:00:00Z", "good")
    assert columns(company) == [(0, 0), (0, 0), (0, 1)]
