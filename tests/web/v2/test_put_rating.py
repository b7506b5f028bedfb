"""PUT /tickets/<ID>/rating"""

import pytest

from tests.web.v2.companies import Company


@pytest.fixture
def desk(company: Company) -> Company:
    """A company with one ticket, AAAAA, that Ann has solved."""
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.solved("AAAAA", "2024-03-09T09:00:00Z")
    return company


def test_it_works(desk: Company) -> None:
    before = desk.json("/tickets/AAAAA")
    answer = desk.put("/tickets/AAAAA/rating", json={"rate": "good"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    after = answer.json()
    now = after["modified"]
    rated = {"date": now, "current": "good", "type": "rated", "author": {"id": "mary@client.example", "name": "Mary", "type": "client"}}
    assert after == {**before, "events": [*before["events"], rated], "modified": now, "rate": "rated_good"}
    assert desk.get("/tickets/AAAAA").text == answer.text
    assert desk.json("/reports/tickets/ratings/ranking")["ranking"][0]["name"] == "ann@example.com"


def test_as_a_form(desk: Company) -> None:
    assert desk.put("/tickets/AAAAA/rating", data={"rate": "bad"}).json()["rate"] == "rated_bad"


def test_the_last_one_counts(desk: Company) -> None:
    *_, ticket = [desk.put("/tickets/AAAAA/rating", json={"rate": rate}).json() for rate in ("good", "bad", "bad")]
    assert ticket["rate"] == "rated_bad"
    assert [event["current"] for event in ticket["events"] if event["type"] == "rated"] == ["good", "bad", "bad"]


def test_a_ticket_that_is_still_open(desk: Company) -> None:
    desk.changed("AAAAA", "2024-03-09T10:00:00Z", status="open")
    assert desk.put("/tickets/AAAAA/rating", json={"rate": "good"}).json()["rate"] == "rated_good"


# Refusals


def refused(company: Company, **body: object) -> list[str]:
    problems = company.refused("/tickets/AAAAA/rating", method="PUT", json=body)
    assert company.json("/tickets/AAAAA")["rate"] == "not_rated"
    return problems


def test_without_a_rate(desk: Company) -> None:
    assert refused(desk) == refused(desk, rate="") == refused(desk, rate=None) == ["rate: is missing; accepted: good, bad"]


@pytest.mark.parametrize("rate", ["rated_good", "GOOD", "5", 1, True])
def test_a_rate_that_is_none(desk: Company, rate: object) -> None:
    (problem,) = refused(desk, rate=rate)
    assert problem.startswith("rate: ")
    assert problem.endswith("is not one of them; accepted: good, bad")


def test_more_than_one_rate(desk: Company) -> None:
    assert refused(desk, rate=["good", "bad"]) == ["rate: 2 values; accepted: one value"]
    assert refused(desk, rate={"value": "good"}) == ["rate: an object; accepted: one value"]


def test_a_spam_ticket(desk: Company) -> None:
    desk.changed("AAAAA", "2024-03-09T10:00:00Z", status="spam")
    answer = desk.put("/tickets/AAAAA/rating", json={"rate": "good"})
    text = "Ticket AAAAA is spam and cannot be rated; change its status first."
    assert (answer.status_code, answer.json()) == (409, {"error": text, "message": text})
    assert desk.json("/tickets/AAAAA")["rate"] == "not_rated"


def test_unknown_id(desk: Company) -> None:
    answer = desk.put("/tickets/ZZZZZ/rating", json={"rate": "good"})
    assert answer.status_code == 404
    assert answer.json() == {"error": "There is no ticket 'ZZZZZ' here.", "message": "There is no ticket 'ZZZZZ' here."}
