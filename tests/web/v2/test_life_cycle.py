"""The life of a ticket as the captured ones lived it: who gets it, when it opens again, in which order events of one second stand."""

from datetime import datetime
from typing import Any

import pytest

from tests.web.v2.companies import ANN, BEN, Company

ASKED = {"message": "Help!", "requester": {"mail": "mary@client.example", "name": "Mary"}}


@pytest.fixture
def ticket_id(company: Company) -> str:
    """A ticket that nobody has."""
    created: str = company.post("/tickets", json=ASKED).json()["id"]
    return created


def reply(company: Company, ticket_id: str, *, ben: bool = False, **body: Any) -> Any:
    return company.request("POST", f"/tickets/{ticket_id}/messages", json={"message": "Hi"} | body, ben=ben).json()


def change(company: Company, ticket_id: str, *, ben: bool = False, **body: Any) -> Any:
    return company.request("PUT", f"/tickets/{ticket_id}", json=body, ben=ben).json()


def types(ticket: Any) -> list[str]:
    return [event["type"] for event in ticket["events"]]


def test_replying_assigns_a_ticket_that_nobody_has(company: Company, ticket_id: str) -> None:
    ticket = reply(company, ticket_id, ben=True)
    assert types(ticket) == ["message", "message", "assignee_changed"]
    ben = {"id": "ben@example.com", "name": "Ben Agent"}
    assert ticket["assignee"] == ben
    assert ticket["events"][2] == {"date": ticket["events"][1]["date"], "to": ben, "type": "assignee_changed", "author": ben}


def test_replying_leaves_a_ticket_that_somebody_has(company: Company, ticket_id: str) -> None:
    reply(company, ticket_id, ben=True)
    ticket = reply(company, ticket_id)
    assert ticket["assignee"]["id"] == BEN.id
    assert types(ticket) == ["message", "message", "assignee_changed", "message"]


def test_neither_a_note_nor_the_requester_assigns(company: Company, ticket_id: str) -> None:
    assert "assignee" not in reply(company, ticket_id, is_private=True)
    assert "assignee" not in reply(company, ticket_id, author={"type": "client"})


def test_solving_assigns_a_ticket_that_nobody_has(company: Company, ticket_id: str) -> None:
    ticket = change(company, ticket_id, ben=True, status="solved")
    assert types(ticket) == ["message", "assignee_changed", "status_changed"]
    assert ticket["assignee"]["id"] == BEN.id
    assert ticket["events"][1]["date"] == ticket["events"][2]["date"] == ticket["resolutionDate"]


@pytest.mark.parametrize("status", ["spam", "pending"])
def test_no_other_status_assigns(company: Company, ticket_id: str, status: str) -> None:
    ticket = change(company, ticket_id, status=status)
    assert types(ticket) == ["message", "status_changed"]
    assert "assignee" not in ticket


def test_solving_leaves_a_ticket_that_somebody_has(company: Company, ticket_id: str) -> None:
    reply(company, ticket_id, ben=True)
    assert change(company, ticket_id, status="solved")["assignee"]["id"] == BEN.id


def test_answered_and_solved_in_one_second_the_order_is_message_assignee_status(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.replied("AAAAA", "2024-03-09T09:00:00.100Z")
    company.solved("AAAAA", "2024-03-09T09:00:00.900Z")
    ticket = company.json("/tickets/AAAAA")
    assert [(event["type"], event["date"]) for event in ticket["events"][1:]] == [
        ("message", "2024-03-09T09:00:00Z"),
        ("assignee_changed", "2024-03-09T09:00:00Z"),
        ("status_changed", "2024-03-09T09:00:00Z"),
    ]


@pytest.mark.parametrize("status", ["pending", "solved"])
def test_the_requester_opens_what_waits_or_is_solved(company: Company, ticket_id: str, status: str) -> None:
    change(company, ticket_id, status=status)
    ticket = reply(company, ticket_id, author={"type": "client"})
    assert ticket["status"] == "open"
    message, opened = ticket["events"][-2:]
    assert message["type"] == "message"
    assert opened == {"date": message["date"], "current": "open", "previous": status, "type": "status_changed"}  # by nobody


def test_the_requester_does_not_open_spam(company: Company, ticket_id: str) -> None:
    change(company, ticket_id, status="spam")
    assert reply(company, ticket_id, author={"type": "client"})["status"] == "spam"


def test_an_agent_opens_nothing_by_writing(company: Company, ticket_id: str) -> None:
    change(company, ticket_id, status="solved")
    assert reply(company, ticket_id)["status"] == "solved"


def test_opened_intervals(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.changed("AAAAA", "2024-03-09T09:00:00Z", status="pending")
    company.replied("AAAAA", "2024-03-09T10:00:00Z", by_client=True)
    company.solved("AAAAA", "2024-03-09T11:00:00Z")
    company.replied("AAAAA", "2024-03-09T12:00:00Z", by_client=True)
    ticket = company.json("/tickets/AAAAA")
    assert ticket["opened"] == [
        {"from": "2024-03-09T08:00:00Z", "to": "2024-03-09T09:00:00Z"},
        {"from": "2024-03-09T10:00:00Z", "to": "2024-03-09T11:00:00Z"},
        {"from": "2024-03-09T12:00:00Z"},
    ]
    assert ticket["resolutionDate"] == "2024-03-09T11:00:00Z"  # also when it was opened again
    company.changed("AAAAA", "2024-03-09T13:00:00Z", status="spam")
    company.changed("AAAAA", "2024-03-09T14:00:00Z", status="open")
    assert company.json("/tickets/AAAAA")["opened"][2:] == [
        {"from": "2024-03-09T12:00:00Z", "to": "2024-03-09T13:00:00Z"},
        {"from": "2024-03-09T14:00:00Z"},
    ]


def test_the_resolution_date_is_the_last_solve(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.solved("AAAAA", "2024-03-09T09:00:00Z")
    company.replied("AAAAA", "2024-03-09T10:00:00Z", by_client=True)
    company.solved("AAAAA", "2024-03-10T09:00:00Z", by=BEN)
    assert company.json("/tickets/AAAAA")["resolutionDate"] == "2024-03-10T09:00:00Z"


def test_the_first_response_never_moves(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.replied("AAAAA", "2024-03-09T09:00:00Z", private=True)
    company.replied("AAAAA", "2024-03-09T10:00:00Z", by=BEN)
    company.replied("AAAAA", "2024-03-09T11:00:00Z", by=ANN)
    assert company.json("/tickets/AAAAA")["firstResponse"] == {"agent": "ben@example.com", "date": "2024-03-09T10:00:00Z"}


def test_events_are_in_the_order_of_their_dates(company: Company, ticket_id: str) -> None:
    reply(company, ticket_id, ben=True)
    change(company, ticket_id, status="solved")
    reply(company, ticket_id, author={"type": "client"})
    company.put(f"/tickets/{ticket_id}/rating", json={"rate": "bad"})
    ticket = change(company, ticket_id, assignee=None, status="pending")
    dates = [datetime.fromisoformat(event["date"]) for event in ticket["events"]]
    assert dates == sorted(dates)
    assert types(ticket) == [
        "message",
        "message",
        "assignee_changed",
        "status_changed",
        "message",
        "status_changed",
        "rated",
        "assignee_removed",
        "status_changed",
    ]


def credited(company: Company) -> list[str]:
    return [place["name"] for place in company.json("/reports/tickets/ratings/ranking")["ranking"]]


def test_a_rating_is_credited_to_who_solved(company: Company, ticket_id: str) -> None:
    reply(company, ticket_id)
    change(company, ticket_id, ben=True, status="solved")
    reply(company, ticket_id, author={"type": "client"})  # opened again: it is still Ben's
    reply(company, ticket_id)
    company.put(f"/tickets/{ticket_id}/rating", json={"rate": "good"})
    change(company, ticket_id, assignee=ANN.id)  # and nothing moves it afterwards
    assert credited(company) == [BEN.id]


def test_without_a_solve_to_who_replied_last(company: Company, ticket_id: str) -> None:
    reply(company, ticket_id)
    reply(company, ticket_id, ben=True)
    reply(company, ticket_id, is_private=True)
    company.put(f"/tickets/{ticket_id}/rating", json={"rate": "good"})
    assert credited(company) == [BEN.id]


def test_without_a_reply_to_the_assignee(company: Company, ticket_id: str) -> None:
    change(company, ticket_id, assignee=BEN.id)
    company.put(f"/tickets/{ticket_id}/rating", json={"rate": "good"})
    assert credited(company) == [BEN.id]


def test_without_an_assignee_to_nobody(company: Company, ticket_id: str) -> None:
    ticket = company.put(f"/tickets/{ticket_id}/rating", json={"rate": "bad"}).json()
    assert credited(company) == []
    day = ticket["date"][:10]
    rows = company.json("/reports/tickets/ratings", date_from=day, date_to=day, group_by="day")
    assert rows == {day: {"bad": 1, "good": 0}}
