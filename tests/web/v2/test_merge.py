"""POST /tickets/<ID>/merge and unmerge"""

import pytest

from tests.web.v2.companies import BEN, Company

MARCH = {"date_from": "2024-03-09", "date_to": "2024-03-09", "group_by": "day"}


@pytest.fixture
def desk(company: Company) -> Company:
    """A company with two tickets, of which Ben has BBBBB and has answered it."""
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.created("BBBBB", "2024-03-09T09:00:00Z", assignee=BEN, text="zebra", subject="Stripes")
    company.replied("BBBBB", "2024-03-09T10:00:00Z", by=BEN, text="giraffe")
    return company


def test_it_works(desk: Company) -> None:
    target, source = desk.json("/tickets/AAAAA"), desk.json("/tickets/BBBBB")
    answer = desk.post("/tickets/BBBBB/merge", json={"into": "aaaaa"})
    assert answer.status_code == 200
    merged = answer.json()
    now, author = merged["modified"], {"id": "ann@example.com", "name": "Ann Owner"}
    told = [event for event in source["events"] if event["type"] == "message"]
    absorbed = {"date": now, "type": "absorbed", "ticket": {"id": "BBBBB", "subject": "Stripes"}, "messages": told, "author": author}
    assert merged == {**target, "events": [*target["events"], absorbed], "modified": now, "absorbed": ["BBBBB"]}
    gone = desk.json("/tickets/BBBBB")
    event = {"date": now, "type": "merged", "into": "AAAAA", "author": author}
    assert gone == {**source, "events": [*source["events"], event], "modified": now, "merged_into": "AAAAA"}
    assert desk.ids() == ["AAAAA"]
    assert [desk.ids(query=word) for word in ("zebra", "giraffe")] == [["AAAAA"], ["AAAAA"]]
    assert desk.json("/reports/tickets/new_tickets", **MARCH) == {"2024-03-09": {"new_tickets": 1}}
    assert desk.json("/reports/tickets/first_response_time", **MARCH) == {"2024-03-09": {"count": 0, "hours": None}}
    assert desk.json("/trash")["total"] == 0
    assert desk.json("/tickets", as_of="2024-03-10T00:00:00Z")["total"] == 2


def test_unmerged_it_is_as_it_was(desk: Company) -> None:
    target, source = desk.json("/tickets/AAAAA"), desk.json("/tickets/BBBBB")
    desk.post("/tickets/BBBBB/merge", json={"into": "AAAAA"})
    back = desk.post("/tickets/BBBBB/unmerge").json()
    assert back == {**source, "events": back["events"], "modified": back["modified"]}
    assert [event["type"] for event in back["events"][-2:]] == ["merged", "unmerged"]
    other = desk.json("/tickets/AAAAA")
    assert other == {**target, "events": other["events"], "modified": other["modified"]}
    assert [event["type"] for event in other["events"][-2:]] == ["absorbed", "released"]
    assert "messages" not in other["events"][-2]
    assert desk.ids() == ["BBBBB", "AAAAA"]
    assert desk.ids(query="zebra") == ["BBBBB"]
    assert desk.json("/reports/tickets/new_tickets", **MARCH) == {"2024-03-09": {"new_tickets": 2}}


def test_a_merged_ticket_takes_nothing_more(desk: Company) -> None:
    desk.post("/tickets/BBBBB/merge", json={"into": "AAAAA"})
    for method, path in (("PUT", "/tickets/BBBBB"), ("DELETE", "/tickets/BBBBB"), ("POST", "/tickets/BBBBB/merge")):
        assert desk.request(method, path, json={"status": "solved", "into": "AAAAA"}).status_code == 404
    assert desk.post("/tickets/BBBBB/restore").json()["merged_into"] == "AAAAA"


def test_out_of_a_ticket_that_is_in_the_trash(desk: Company) -> None:
    desk.post("/tickets/BBBBB/merge", json={"into": "AAAAA"})
    desk.request("DELETE", "/tickets/AAAAA")
    assert desk.ids() == []
    assert desk.post("/tickets/BBBBB/unmerge").status_code == 200
    assert desk.ids() == ["BBBBB"]
    assert "absorbed" not in desk.post("/tickets/AAAAA/restore").json()


@pytest.mark.parametrize(
    ("path", "body", "status", "problem"),
    [
        ("/tickets/AAAAA/merge", {"into": "AAAAA"}, 409, "Ticket AAAAA cannot be merged into itself."),
        ("/tickets/AAAAA/unmerge", {}, 409, "Ticket AAAAA is not merged into another."),
        ("/tickets/AAAAA/merge", {"into": "NEVER"}, 404, "There is no ticket 'NEVER' here."),
        ("/tickets/NEVER/merge", {"into": "AAAAA"}, 404, "There is no ticket 'NEVER' here."),
        ("/tickets/NEVER/unmerge", {}, 404, "There is no ticket 'NEVER' here."),
    ],
)
def test_what_cannot_be_merged(desk: Company, path: str, body: dict[str, str], status: int, problem: str) -> None:
    answer = desk.post(path, json=body)
    assert (answer.status_code, answer.json()["error"]) == (status, problem)


def test_what_others_are_merged_into(desk: Company) -> None:
    desk.created("CCCCC", "2024-03-09T11:00:00Z")
    desk.post("/tickets/BBBBB/merge", json={"into": "AAAAA"})
    answer = desk.post("/tickets/AAAAA/merge", json={"into": "CCCCC"})
    text = "Other tickets are merged into AAAAA; unmerge them, or merge CCCCC into AAAAA."
    assert (answer.status_code, answer.json()["error"]) == (409, text)


def test_without_the_other(desk: Company) -> None:
    assert desk.refused("/tickets/AAAAA/merge", method="POST", json={}) == ["into: is missing; accepted: a text of at most 250 characters"]
