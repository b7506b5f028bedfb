"""GET /reports/tickets/ratings/ranking"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.web.v2.companies import ANN, BEN, Company
from tests.web.v2.three_days import DAYS

PATH = "/reports/tickets/ratings/ranking"


def places(company: Company, **parameters: Any) -> list[tuple[str, int, int]]:
    """The ranking as (login, good, bad)."""
    return [(place["name"], place["good"], place["bad"]) for place in company.json(PATH, **parameters)["ranking"]]


def test_it_works(three_days: Company) -> None:
    answer = three_days.get(PATH)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    # Ben: B and C bad, F good. Ann: A good. In Z² = 7.2361 and z = Z²/4n the score is (p + 2z - Z·√((z/n + p(1-p))/n)) / (1 + 4z):
    # for 1 of 3, p = 0.3333, z = 0.6030, 0.1550; for 1 of 1, p = 1, z = 1.8090, 0.1214.
    assert answer.text == (
        '{"ranking":[{"good":1,"bad":2,"total":3,"score":0.15503579169943701,"name":"ben@example.com"},'
        '{"good":1,"bad":0,"total":1,"score":0.12141668993819896,"name":"ann@example.com"}]}'
    )


def test_nobody_rated(company: Company) -> None:
    assert company.get(PATH).text == '{"ranking":[]}'


def rate(company: Company, good: int, bad: int) -> None:
    for number in range(good + bad):
        company.created(f"T{number:04}", "2014-01-10T08:00:00Z", assignee=ANN)
        company.rated(f"T{number:04}", "2014-01-10T09:00:00Z", "good" if number < good else "bad")


@pytest.mark.parametrize(("good", "bad", "score"), [(10, 2, 0.5194200469), (2, 0, 0.3312764381)])
def test_scores_that_the_original_explained(company: Company, good: int, bad: int, score: float) -> None:
    rate(company, good, bad)
    (place,) = company.json(PATH)["ranking"]
    assert (place["good"], place["bad"], place["total"], round(place["score"], 10)) == (good, bad, good + bad, score)


def test_a_score_of_nothing_is_written_0(company: Company) -> None:
    rate(company, 0, 1)
    assert '"score":0,' in company.get(PATH).text


def test_equal_scores_are_in_the_order_of_names(company: Company) -> None:
    for ticket_id, agent in (("AAAAA", BEN), ("BBBBB", ANN)):
        company.created(ticket_id, "2014-01-10T08:00:00Z", assignee=agent)
        company.rated(ticket_id, "2014-01-10T09:00:00Z", "good")
    assert places(company) == [("ann@example.com", 1, 0), ("ben@example.com", 1, 0)]


def test_days(three_days: Company) -> None:
    assert places(three_days, **DAYS) == [("ben@example.com", 1, 2), ("ann@example.com", 1, 0)]
    assert places(three_days, date_from="2014-01-12") == [("ben@example.com", 1, 2)]
    assert places(three_days, date_to="2014-01-11") == [("ann@example.com", 1, 0)]
    assert places(three_days, date_to="2014-01-10") == []


def test_group_and_tag(three_days: Company) -> None:
    assert places(three_days, group="1") == [("ben@example.com", 0, 2)]
    assert places(three_days, **{"tag[]": "vip"}) == [("ann@example.com", 1, 0), ("ben@example.com", 0, 1)]
    assert places(three_days, group="2", tag="vip") == [("ben@example.com", 0, 1)]


def test_days_are_the_accounts_own_whatever_zone_is_asked_for(found_live: Callable[..., Company]) -> None:
    company = found_live(zone="America/New_York")
    company.created("AAAAA", "2014-01-10T08:00:00Z", assignee=ANN)
    company.rated("AAAAA", "2014-01-11T04:59:59Z", "good")  # 23:59:59 on the 10th in New York
    assert places(company, date_to="2014-01-10") == [("ann@example.com", 1, 0)]
    assert places(company, date_to="2014-01-10", timezone="UTC") == [("ann@example.com", 1, 0)]
    assert places(company, date_from="2014-01-11", date_to="2014-01-11") == []


def test_what_other_reports_take_means_nothing_here(three_days: Company) -> None:
    everything = [("ben@example.com", 1, 2), ("ann@example.com", 1, 0)]
    assert places(three_days, agent="ann@example.com", group_by="year", timezone="Mars/Olympus") == everything


@pytest.mark.parametrize("query", ["date_from=x", "date_to=2014-13-01", "group=sales", "date_from=2014-01-02&date_to=2014-01-01"])
def test_refusals(three_days: Company, query: str) -> None:
    (problem,) = three_days.refused(f"{PATH}?{query}")
    assert problem.startswith(query.partition("=")[0] + ": ")
