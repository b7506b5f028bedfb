"""POST /tickets/<ID>/messages"""

from typing import Any

import pytest

from tests.web.v2.companies import BEN, Company


@pytest.fixture
def desk(company: Company) -> Company:
    """A company with one ticket, AAAAA, that Ben has."""
    company.created("AAAAA", "2024-03-09T08:00:00Z", assignee=BEN)
    return company


def test_it_works(desk: Company) -> None:
    before = desk.json("/tickets/AAAAA")
    answer = desk.post("/tickets/AAAAA/messages", json={"message": "We found it."})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    after = answer.json()
    now = after["modified"]
    message = {
        "author": {"id": "ann@example.com", "name": "Ann Owner", "type": "agent"},
        "date": now,
        "is_private": False,
        "message": "We found it.",
        "type": "message",
        "source": {"type": "lc2"},
    }
    assert after == {
        **before,
        "events": [*before["events"], message],
        "modified": now,
        "firstResponse": {"agent": "ann@example.com", "date": now},
    }
    assert desk.get("/tickets/AAAAA").text == answer.text
    assert desk.ids(query="found") == ["AAAAA"]


def test_as_the_requester(desk: Company) -> None:
    ticket = desk.post("/tickets/AAAAA/messages", json={"message": "Thanks!", "author": {"type": "client"}}).json()
    assert ticket["events"][-1] == {
        "author": {"id": "mary@client.example", "name": "Mary", "type": "client"},
        "date": ticket["modified"],
        "is_private": False,
        "message": "Thanks!",
        "type": "message",
        "source": {"type": "mail"},
    }
    assert ticket["firstResponse"] == {}


@pytest.mark.parametrize("private", [1, "1", True, "true"], ids=repr)
def test_a_private_note(desk: Company, private: object) -> None:
    ticket = desk.post("/tickets/AAAAA/messages", json={"message": "He is angry.", "is_private": private}).json()
    assert ticket["events"][-1]["is_private"] is True
    assert ticket["firstResponse"] == {}


@pytest.mark.parametrize(
    "body",
    [
        "message=a+b&author[type]=client&source[type]=chat-window",
        '{"message":"a b","author":{"type":"client"},"source[type]":"chat-window"}',
    ],
)
def test_every_spelling(desk: Company, body: str) -> None:
    kind = "application/json" if body.startswith("{") else "application/x-www-form-urlencoded"
    event = desk.post("/tickets/AAAAA/messages", content=body, headers={"Content-Type": kind}).json()["events"][-1]
    assert (event["message"], event["author"]["type"], event["source"]) == ("a b", "client", {"type": "chat-window"})


def test_the_ticket_moves_to_the_top_of_the_list(desk: Company) -> None:
    desk.created("BBBBB", "2024-03-09T09:00:00Z", tags=("vip",), groups=(1,))
    desk.tagged("AAAAA", "2024-03-09T09:00:00Z", "vip")
    desk.put("/tickets/AAAAA", json={"group": [1]})
    assert desk.ids() == desk.ids(tag="vip") == desk.ids(group="1") == ["BBBBB", "AAAAA"]
    desk.post("/tickets/AAAAA/messages", json={"message": "Hello"})
    assert desk.ids() == desk.ids(tag="vip") == desk.ids(group="1") == ["AAAAA", "BBBBB"]


# Refusals


def test_with_a_status(desk: Company) -> None:
    ticket = desk.post("/tickets/AAAAA/messages", json={"message": "We found it.", "status": "solved"}).json()
    now = ticket["modified"]
    assert [(event["type"], event["date"]) for event in ticket["events"][1:]][-2:] == [("message", now), ("status_changed", now)]
    assert (ticket["status"], ticket["resolutionDate"]) == ("solved", now)


def test_with_a_status_on_a_ticket_that_nobody_has(desk: Company) -> None:
    desk.created("BBBBB", "2024-03-09T09:00:00Z")
    ticket = desk.post("/tickets/BBBBB/messages", json={"message": "We found it.", "status": "pending"}).json()
    assert [event["type"] for event in ticket["events"]] == ["message", "message", "assignee_changed", "status_changed"]
    noted = desk.post("/tickets/BBBBB/messages", json={"message": "Done.", "is_private": True, "status": "pending"}).json()
    assert [event["type"] for event in noted["events"]][4:] == ["message"], "it is pending already"


def test_a_note_that_solves_assigns_like_solving(desk: Company) -> None:
    desk.created("BBBBB", "2024-03-09T09:00:00Z")
    ticket = desk.post("/tickets/BBBBB/messages", json={"message": "Done.", "is_private": True, "status": "solved"}).json()
    assert [event["type"] for event in ticket["events"]] == ["message", "message", "assignee_changed", "status_changed"]
    assert ticket["firstResponse"] == {}


def test_a_status_with_a_message_of_the_requester(desk: Company) -> None:
    assert refused(desk, message="x", author={"type": "client"}, status="solved") == [
        "status: only agents' messages bring one; accepted: no status: a message of the requester reopens the ticket"
    ]


def test_a_status_that_is_none(desk: Company) -> None:
    assert refused(desk, message="x", status="closed") == ["status: 'closed' is not one of them; accepted: open, pending, solved, spam"]
    assert len(desk.json("/tickets/AAAAA")["events"]) == 2


def refused(company: Company, **body: Any) -> list[str]:
    before = company.get("/tickets/AAAAA").text
    problems = company.refused("/tickets/AAAAA/messages", method="POST", json=body)
    assert company.get("/tickets/AAAAA").text == before
    return problems


def test_without_a_message(desk: Company) -> None:
    assert refused(desk) == ["message: is missing; accepted: a text of at most 1,000,000 characters"]
    assert refused(desk, message="  ") == ["message: is blank; accepted: a text"]


def test_an_author_that_is_none(desk: Company) -> None:
    assert refused(desk, message="x", author={"type": "robot"}) == ["author[type]: 'robot' is not one of them; accepted: agent, client"]


def test_a_private_note_of_the_requester(desk: Company) -> None:
    assert refused(desk, message="x", author={"type": "client"}, is_private=True) == [
        "is_private: only agents write private notes; accepted: 0 for a message of the requester"
    ]


def test_privacy_that_is_no_truth_value(desk: Company) -> None:
    assert refused(desk, message="x", is_private="maybe") == ["is_private: 'maybe' is not a truth value; accepted: 0, 1, true, false"]


def test_a_source_that_is_none(desk: Company) -> None:
    assert refused(desk, message="x", source={"type": "fax"}) == [
        "source[type]: 'fax' is not one of them; accepted: chat-window, mail, lc2"
    ]


def test_unknown_id(desk: Company) -> None:
    answer = desk.post("/tickets/ZZZZZ/messages", json={"message": "x"})
    assert answer.status_code == 404
    assert answer.json() == {"error": "There is no ticket 'ZZZZZ' here.", "message": "There is no ticket 'ZZZZZ' here."}
