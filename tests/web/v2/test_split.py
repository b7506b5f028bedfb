"""POST /tickets/<ID>/split"""

import pytest

from tests.web.v2.companies import BEN, Company


@pytest.fixture
def desk(company: Company) -> Company:
    """A company with a ticket of Ben's with two messages."""
    company.created("AAAAA", "2024-03-09T08:00:00Z", assignee=BEN, groups=(1,), subject="Stripes")
    company.replied("AAAAA", "2024-03-09T10:00:00Z", by_client=True, text="And a zebra")
    return company


def test_it_works(desk: Company) -> None:
    before = desk.json("/tickets/AAAAA")
    answer = desk.post("/tickets/AAAAA/split", json={"message": 2, "subject": "Zebra"})
    assert answer.status_code == 200
    new = answer.json()
    now, author = new["date"], {"id": "ann@example.com", "name": "Ann Owner"}
    message = [event for event in before["events"] if event["type"] == "message"][1]
    assert new["events"] == [message | {"date": now}, {"date": now, "type": "split_from", "ticket": {"id": "AAAAA"}, "author": author}]
    assert (new["subject"], new["status"], new["requester"], new["groups"]) == ("Zebra", "open", before["requester"], before["groups"])
    assert "assignee" not in new
    assert new["id"] != "AAAAA"
    assert desk.json(f"/tickets/{new['id']}") == new
    after = desk.json("/tickets/AAAAA")
    told = {"date": after["modified"], "type": "split", "message": 2, "into": new["id"], "author": author}
    assert after == {**before, "events": [*before["events"], told], "modified": after["modified"]}
    assert desk.ids(query="zebra") == [new["id"], "AAAAA"]
    assert desk.post("/tickets/AAAAA/split", json={"message": 1}).json()["subject"] == "Stripes"


def test_a_private_note(desk: Company) -> None:
    desk.post("/tickets/AAAAA/messages", json={"message": "He is angry.", "is_private": True})
    answer = desk.post("/tickets/AAAAA/split", json={"message": 3})
    assert (answer.status_code, answer.json()["error"]) == (409, "A private note opens no ticket.")
    assert desk.json("/tickets")["total"] == 1


def test_a_message_that_is_not_there(desk: Company) -> None:
    assert desk.refused("/tickets/AAAAA/split", method="POST", json={"message": 3}) == [
        "message: there is no message 3; accepted: a number from 1 to 2"
    ]


def test_which_message_is_not_said(desk: Company) -> None:
    assert desk.refused("/tickets/AAAAA/split", method="POST", json={}) == [
        "message: is missing; accepted: the number of a message in the ticket's timeline, from 1"
    ]


def test_unknown_id(desk: Company) -> None:
    answer = desk.post("/tickets/NEVER/split", json={"message": 1})
    assert (answer.status_code, answer.json()["error"]) == (404, "There is no ticket 'NEVER' here.")
