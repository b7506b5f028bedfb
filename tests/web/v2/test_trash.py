"""DELETE /tickets/<ID>, POST /tickets/<ID>/restore, GET /trash"""

from typing import Any

import pytest

from tests.web.v2.companies import ANN, BEN, Company

MARCH = {"date_from": "2024-03-09", "date_to": "2024-03-09", "group_by": "day"}


@pytest.fixture
def desk(company: Company) -> Company:
    """A company with two tickets, of which Ben has BBBBB and has answered it."""
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.created("BBBBB", "2024-03-09T09:00:00Z", assignee=BEN, groups=(1,))
    company.replied("BBBBB", "2024-03-09T10:00:00Z", by=BEN)
    company.put("/tickets/BBBBB/tags", json={"tag": ["flood"]})
    return company


def reports(company: Company) -> list[Any]:
    """What every report says of that day."""
    names = ("new_tickets", "first_response_time", "messages", "ticket_sources", "ratings")
    return [company.json(f"/reports/tickets/{name}", **MARCH) for name in names] + [company.json("/reports/tickets/agents", **MARCH)]


def test_it_works(desk: Company) -> None:
    before, counted = desk.json("/tickets/BBBBB"), reports(desk)
    answer = desk.request("DELETE", "/tickets/BBBBB")
    assert answer.status_code == 200
    trashed = answer.json()
    now = trashed["modified"]
    event = {"date": now, "type": "trashed", "author": {"id": "ann@example.com", "name": "Ann Owner"}}
    assert trashed == {**before, "events": [*before["events"], event], "modified": now, "trashed": now}
    assert desk.json("/tickets/BBBBB") == trashed, "it can be read"
    assert desk.json("/trash") == {"pages": 1, "total": 1, "tickets": [trashed]}
    answer = desk.post("/tickets/BBBBB/restore")
    assert answer.status_code == 200
    restored = answer.json()
    again = {"date": restored["modified"], "type": "restored", "author": {"id": "ann@example.com", "name": "Ann Owner"}}
    assert restored == {**before, "events": [*before["events"], event, again], "modified": restored["modified"]}
    assert desk.json("/trash") == {"pages": 0, "total": 0, "tickets": []}
    assert reports(desk) == counted
    assert desk.ids() == ["BBBBB", "AAAAA"]


def test_no_list_has_it(desk: Company) -> None:
    filters: tuple[dict[str, str], ...] = (
        {},
        {"status": "open"},
        {"assignee": "ben@example.com"},
        {"group": "1"},
        {"tag": "flood"},
        {"tagged": "1"},
        {"query": "mary"},
        {"requester[mail]": "mary@client.example"},
        {"date_from": "2024-03-09"},
        {"cursor": "start"},
    )
    found = [desk.ids(**filters) for filters in filters]
    assert all("BBBBB" in ids for ids in found)
    desk.request("DELETE", "/tickets/BBBBB")
    assert [desk.ids(**filters) for filters in filters] == [[each for each in ids if each != "BBBBB"] for ids in found]
    assert desk.json("/tickets")["total"] == 1
    assert [tag["count"]["inTickets"] for tag in desk.json("/tags") if tag["name"] == "flood"] == [0]
    desk.post("/tickets/BBBBB/restore")
    assert [desk.ids(**filters) for filters in filters] == found


def test_no_report_counts_it(desk: Company) -> None:
    desk.request("DELETE", "/tickets/BBBBB")
    assert desk.json("/reports/tickets/new_tickets", **MARCH) == {"2024-03-09": {"new_tickets": 1}}
    assert desk.json("/reports/tickets/first_response_time", **MARCH) == {"2024-03-09": {"count": 0, "hours": None}}
    desk.request("DELETE", "/tickets/AAAAA")
    assert desk.json("/reports/tickets/new_tickets", **MARCH) == {"2024-03-09": {"new_tickets": 0}}


def test_as_of_an_instant_it_was_there(desk: Company) -> None:
    before = desk.json("/tickets/BBBBB")
    then = {"as_of": "2024-03-10T00:00:00Z"}
    lists = [desk.json("/tickets", **then), desk.json("/tickets", **then, group="1"), desk.json("/tickets", **then, query="mary")]
    as_it_was = desk.json("/tickets/BBBBB", **then)
    desk.request("DELETE", "/tickets/BBBBB")
    assert desk.json("/tickets/BBBBB", **then) == as_it_was
    assert [desk.json("/tickets", **then), desk.json("/tickets", **then, group="1"), desk.json("/tickets", **then, query="mary")] == lists
    assert lists[0]["total"] == 2
    desk.post("/tickets/BBBBB/restore")
    assert desk.json("/tickets", **then) == lists[0]
    assert before["status"] == "open"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "", None),
        ("PUT", "", {"status": "open"}),
        ("PUT", "/tags", {"tag": ["x"]}),
        ("POST", "/messages", {"message": "x"}),
        ("PUT", "/rating", {"rate": "good"}),
    ],
)
def test_nothing_else_can_be_done_to_it(desk: Company, method: str, path: str, body: Any) -> None:
    desk.request("DELETE", "/tickets/BBBBB")
    answer = desk.request(method, f"/tickets/BBBBB{path}", json=body)
    assert (answer.status_code, answer.json()["error"]) == (404, "There is no ticket 'BBBBB' here.")
    results = desk.put("/tickets", json={"ids": ["BBBBB"], "status": "spam"}).json()["results"]
    assert [each["status"] for each in results] == [404]


def test_its_id_and_its_place_are_not_given_away(desk: Company) -> None:
    """The last ticket of an account goes, and others come."""
    last = desk.post("/tickets", json={"message": "x", "requester": {"mail": "mary@client.example"}}).json()["id"]
    desk.request("DELETE", f"/tickets/{last}")
    more = [desk.post("/tickets", json={"message": "y", "requester": {"mail": "mary@client.example"}}).json()["id"] for _ in range(3)]
    restored = desk.post(f"/tickets/{last}/restore").json()
    assert restored["events"][0]["message"] == "x"
    assert set(desk.ids()) == {"AAAAA", "BBBBB", last, *more}


def test_restoring_what_is_in_no_trash_changes_nothing(desk: Company) -> None:
    before = desk.get("/tickets/AAAAA").text
    assert desk.post("/tickets/aaaaa/restore").text == before


def test_spam_in_the_trash_is_spam_again(desk: Company) -> None:
    desk.changed("AAAAA", "2024-03-09T11:00:00Z", by=ANN, status="spam")
    desk.request("DELETE", "/tickets/AAAAA")
    assert desk.ids(status="spam") == []
    assert desk.post("/tickets/AAAAA/restore").json()["status"] == "spam"
    assert desk.ids(status="spam") == ["AAAAA"]


def test_the_trash_has_pages_what_came_last_first(desk: Company) -> None:
    for number in range(26):
        desk.created(f"T{number:04}", "2024-03-09T12:00:00Z")
        desk.request("DELETE", f"/tickets/T{number:04}")
    first, second = desk.json("/trash"), desk.json("/trash", page=2)
    assert (first["pages"], first["total"], len(first["tickets"])) == (2, 26, 25)
    assert [ticket["id"] for ticket in second["tickets"]] in (["T0000"], ["T0001"])
    assert desk.refused("/trash", params={"page": "0"}) == ["page: '0' is out of range; accepted: a whole number from 1 to 2147483647"]


def test_unknown_id(desk: Company) -> None:
    for method, path in (("DELETE", "/tickets/NEVER"), ("POST", "/tickets/NEVER/restore")):
        answer = desk.request(method, path)
        assert (answer.status_code, answer.json()["error"]) == (404, "There is no ticket 'NEVER' here.")
