"""PUT /tickets: one change of many."""

from typing import Any

import pytest

from tests.web.v2.companies import BEN, Company


@pytest.fixture
def desk(company: Company) -> Company:
    """A company with three tickets, of which Ben has BBBBB."""
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.created("BBBBB", "2024-03-09T09:00:00Z", assignee=BEN)
    company.created("CCCCC", "2024-03-09T10:00:00Z")
    return company


def changed(company: Company, **body: Any) -> list[dict[str, Any]]:
    """Change; answers the results."""
    answer = company.put("/tickets", json=body)
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def test_it_works(desk: Company) -> None:
    results = changed(desk, ids=["AAAAA", "NEVER", "BBBBB"], status="solved", add_tags=["flood"])
    assert results == [
        {"id": "AAAAA", "status": 200, "changed": True},
        {"id": "NEVER", "status": 404, "changed": False, "error": "There is no ticket 'NEVER' here."},
        {"id": "BBBBB", "status": 200, "changed": True},
    ]
    assert desk.ids(status="solved") == ["BBBBB", "AAAAA"]
    assert desk.ids(tag="flood") == ["BBBBB", "AAAAA"]
    assert [desk.json(f"/tickets/{each}")["assignee"]["id"] for each in ("AAAAA", "BBBBB")] == ["ann@example.com", "ben@example.com"]
    assert desk.json("/tickets/CCCCC")["status"] == "open"
    again = changed(desk, ids=["AAAAA", "BBBBB"], status="solved", add_tags=["flood"])
    assert [each["changed"] for each in again] == [False, False]


def test_each_has_the_answer_of_one(desk: Company) -> None:
    change = {
        "assignee": {"id": "ben@example.com"},
        "subject": "Flood",
        "group": [1],
        "requester": {"mail": "joe@x.com"},
        "ccs": ["a@x.com"],
    }
    changed(desk, ids=["AAAAA"], **change)
    desk.put("/tickets/CCCCC", json=change)
    one, other = desk.json("/tickets/AAAAA"), desk.json("/tickets/CCCCC")
    for name in ("assignee", "subject", "groups", "requester", "ccs", "status"):
        assert one[name] == other[name]
    assert [event["type"] for event in one["events"]] == [event["type"] for event in other["events"]]


def test_a_form_with_commas_in_any_letter_case_each_once(desk: Company) -> None:
    answer = desk.put("/tickets", data={"ids": "aaaaa, CCCCC,,CCCCC", "status": "pending"})
    assert [each["id"] for each in answer.json()["results"]] == ["aaaaa", "CCCCC"]
    assert desk.ids(status="pending") == ["CCCCC", "AAAAA"]


def test_one_that_cannot_be_changed_holds_up_no_other(desk: Company) -> None:
    desk.put("/tickets/AAAAA/tags", json={"tag": [f"tag {number}" for number in range(100)]})
    results = changed(desk, ids=["AAAAA", "CCCCC"], add_tags=["flood"], status="solved")
    assert [each["status"] for each in results] == [409, 200]
    assert results[0]["error"] == "Ticket AAAAA would have 101 tags; at most 100 are accepted."
    assert desk.ids(status="solved") == ["CCCCC"]


def test_as_many_as_may_be(desk: Company) -> None:
    ids = [f"X{number:04}" for number in range(998)]
    results = changed(desk, ids=["AAAAA", *ids, "CCCCC"], status="spam")
    assert [each["status"] for each in results] == [200, *[404] * 998, 200]
    assert desk.ids(status="spam") == ["CCCCC", "AAAAA"]


def test_one_too_many(desk: Company) -> None:
    ids = [f"X{number:04}" for number in range(1_000)]
    assert desk.refused("/tickets", method="PUT", json={"ids": ["AAAAA", *ids], "status": "spam"}) == [
        "ids: 1,001 values; accepted: at most 1,000 values"
    ]
    assert desk.refused("/tickets", method="PUT", json={"ids": ",".join(["AAAAA", *ids]), "status": "spam"}) == [
        "ids: 1,001 tickets; accepted: at most 1,000 tickets"
    ]
    assert desk.json("/tickets/AAAAA")["status"] == "open"


def test_without_ids(desk: Company) -> None:
    assert desk.refused("/tickets", method="PUT", json={"status": "spam"}) == ["ids: is missing; accepted: the ids of up to 1,000 tickets"]


def test_without_a_change(desk: Company) -> None:
    assert desk.refused("/tickets", method="PUT", json={"ids": ["AAAAA"]})[0].endswith("nothing to change; accepted: at least one of them")


def test_a_change_that_is_wrong_is_refused_as_a_whole(desk: Company) -> None:
    wrong = {"ids": ["AAAAA", "CCCCC"], "status": "spam", "assignee": "nobody@example.com"}
    assert desk.refused("/tickets", method="PUT", json=wrong) == [
        "assignee[id]: there is no agent 'nobody@example.com' in this account; accepted: a login that GET /agents lists"
    ]
    assert desk.ids(status="spam") == []
