"""`until` of PUT /tickets/<ID>, of PUT /tickets and of POST /tickets/<ID>/messages"""

from datetime import UTC, datetime, timedelta

import pytest

from tests.web.v2.companies import Company

LATER = "2036-03-01T09:00:00Z"


@pytest.fixture
def desk(company: Company) -> Company:
    """A company with one ticket."""
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    return company


def test_it_works(desk: Company) -> None:
    before = desk.json("/tickets/AAAAA")
    after = desk.put("/tickets/AAAAA", json={"status": "pending", "until": LATER}).json()
    now, author = after["modified"], {"id": "ann@example.com", "name": "Ann Owner"}
    changes = [
        {"date": now, "current": "pending", "previous": "open", "type": "status_changed", "author": author},
        {"date": now, "type": "snoozed", "until": LATER, "author": author},
    ]
    opened = [{"from": "2024-03-09T08:00:00Z", "to": now}]
    assert after == {
        **before,
        "events": [*before["events"], *changes],
        "status": "pending",
        "modified": now,
        "opened": opened,
        "snoozed_until": LATER,
    }
    assert desk.ids(status="pending") == ["AAAAA"]
    again = desk.put("/tickets/AAAAA", json={"until": LATER}).json()
    assert again == after, "nothing changes"


def test_a_message_of_the_requester_cancels(desk: Company) -> None:
    desk.put("/tickets/AAAAA", json={"until": LATER})
    ticket = desk.post("/tickets/AAAAA/messages", json={"message": "Hello?", "author": {"type": "client"}}).json()
    assert ticket["status"] == "open"
    assert "snoozed_until" not in ticket
    assert desk.json("/tickets/AAAAA", as_of="2024-03-10T00:00:00Z")["status"] == "open"


def test_with_a_reply(desk: Company) -> None:
    ticket = desk.post("/tickets/AAAAA/messages", data={"message": "I call you then.", "until": LATER}).json()
    assert [event["type"] for event in ticket["events"][1:]] == ["message", "assignee_changed", "status_changed", "snoozed"]
    assert (ticket["status"], ticket["snoozed_until"]) == ("pending", LATER)


def test_many_at_once(desk: Company) -> None:
    desk.created("BBBBB", "2024-03-09T09:00:00Z")
    answer = desk.put("/tickets", json={"ids": ["AAAAA", "BBBBB"], "until": LATER}).json()
    assert [each["changed"] for each in answer["results"]] == [True, True]
    assert desk.json("/tickets/BBBBB")["snoozed_until"] == LATER


def test_by_the_clocks_of_a_zone(desk: Company) -> None:
    ticket = desk.put("/tickets/AAAAA", json={"until": "2036-03-01T09:00", "timezone": "Asia/Tokyo"}).json()
    assert ticket["snoozed_until"] == "2036-03-01T00:00:00Z"


def test_solving_cancels(desk: Company) -> None:
    desk.put("/tickets/AAAAA", json={"until": LATER})
    assert "snoozed_until" not in desk.put("/tickets/AAAAA", json={"status": "solved"}).json()


@pytest.mark.parametrize("path", ["/tickets/AAAAA", "/tickets"])
def test_an_instant_that_has_passed(desk: Company, path: str) -> None:
    assert desk.refused(path, method="PUT", json={"ids": ["AAAAA"], "until": "2024-03-09T08:00:00Z"}) == [
        "until: '2024-03-09T08:00:00Z' has passed; accepted: an instant in the future"
    ]
    assert desk.json("/tickets/AAAAA")["status"] == "open"


def test_with_another_status(desk: Company) -> None:
    assert desk.refused("/tickets/AAAAA", method="PUT", json={"status": "solved", "until": LATER}) == [
        "until: is given together with the status 'solved'; accepted: status=pending, or no status"
    ]


def test_with_a_message_of_the_requester(desk: Company) -> None:
    body = {"message": "x", "author": {"type": "client"}, "until": LATER}
    assert desk.refused("/tickets/AAAAA/messages", method="POST", json=body) == [
        "until: only agents' messages bring one; accepted: no instant: a message of the requester reopens the ticket"
    ]


def test_what_is_no_instant(desk: Company) -> None:
    problems = desk.refused("/tickets/AAAAA", method="PUT", json={"until": "tomorrow"})
    assert problems[0].startswith("until: 'tomorrow' is not such an instant; accepted: an instant such as ")


def test_the_year_after_the_last(desk: Company) -> None:
    soon = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert desk.put("/tickets/AAAAA", json={"until": soon}).json()["snoozed_until"] == soon
    assert desk.refused("/tickets/AAAAA", method="PUT", json={"until": "9999-12-31T23:59:59-01:00"})[0].startswith("until: ")
