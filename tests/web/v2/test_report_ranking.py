"""GET /reports/tickets/ratings/ranking"""

from collections.abc import Callable
from typing import Any

import pytest

from deskline.domain.events import Person
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


def test_capital_letters_come_before_small_ones(company: Company) -> None:
    """Names compare exactly: as the characters are numbered, and a name is never another one's in capital letters."""
    names = ("Ben@example.com", "Zoe@example.com", "ann@example.com", "ann@example.com.pl", "ben@example.com")
    for number, name in enumerate(reversed(names)):
        company.created(f"T{number:04}", "2014-01-10T08:00:00Z", assignee=Person(name, "Somebody"))
        company.rated(f"T{number:04}", "2014-01-10T09:00:00Z", "good")
    assert places(company) == [(name, 1, 0) for name in names]


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


@pytest.mark.parametrize(
    ("zone", "day", "inside", "outside"),
    [
        # A day is from midnight to midnight of the account's wall clock, be it 23 hours long or 25, or half an hour away from UTC's hours.
        ("Europe/Warsaw", "2023-03-26", ("2023-03-25T23:00:00Z", "2023-03-26T21:59:59Z"), ("2023-03-25T22:59:59Z", "2023-03-26T22:00:00Z")),
        ("Europe/Warsaw", "2023-10-29", ("2023-10-28T22:00:00Z", "2023-10-29T22:59:59Z"), ("2023-10-28T21:59:59Z", "2023-10-29T23:00:00Z")),
        ("Asia/Kolkata", "2024-01-10", ("2024-01-09T18:30:00Z", "2024-01-10T18:29:59Z"), ("2024-01-09T18:29:59Z", "2024-01-10T18:30:00Z")),
        # Where midnight comes twice: the 7th begins at 02:30Z, a minute later it is the 6th again until 03:30Z.
        (
            "America/St_Johns",
            "2010-11-06",
            ("2010-11-07T02:29:59Z", "2010-11-07T02:31:00Z", "2010-11-07T03:29:59Z"),
            ("2010-11-07T02:30:30Z", "2010-11-07T03:30:00Z"),
        ),
        (
            "America/St_Johns",
            "2010-11-07",
            ("2010-11-07T02:30:30Z", "2010-11-07T03:30:00Z"),
            ("2010-11-07T02:29:59Z", "2010-11-07T03:00:00Z"),
        ),
    ],
)
def test_a_day_is_what_the_accounts_clock_shows(
    found_live: Callable[..., Company], zone: str, day: str, inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    company = found_live(zone=zone)
    for number, at in enumerate((*inside, *outside)):
        company.created(f"T{number:04}", "2010-11-01T00:00:00Z", assignee=ANN)
        company.rated(f"T{number:04}", at, "good" if at in inside else "bad")
    assert places(company, date_from=day, date_to=day) == [("ann@example.com", len(inside), 0)]


def test_without_a_beginning_it_is_the_oldest_tickets_day_of_the_account(found_live: Callable[..., Company]) -> None:
    company = found_live(zone="America/New_York")
    company.created("AAAAA", "2014-01-11T03:00:00Z", assignee=ANN)  # 22:00 on the 10th in New York
    company.rated("AAAAA", "2014-01-11T04:00:00Z", "good")
    assert places(company) == [("ann@example.com", 1, 0)]


def test_what_other_reports_take_means_nothing_here(three_days: Company) -> None:
    everything = [("ben@example.com", 1, 2), ("ann@example.com", 1, 0)]
    assert places(three_days, agent="ann@example.com", group_by="year", timezone="Mars/Olympus") == everything


@pytest.mark.parametrize("query", ["date_from=x", "date_to=2014-13-01", "group=sales", "date_from=2014-01-02&date_to=2014-01-01"])
def test_refusals(three_days: Company, query: str) -> None:
    (problem,) = three_days.refused(f"{PATH}?{query}")
    assert problem.startswith(query.partition("=")[0] + ": ")
