"""Two companies on one server: whatever one of them asks, nothing of the other is seen, changed, counted or betrayed."""

from collections.abc import Callable
from typing import Any

import pytest

from deskline.domain.events import Requester, Source
from deskline.web.v2.routes import ROUTES
from tests.web.v2.companies import ANN, Company

SECRET = "xylophone"
DAYS = {"date_from": "2014-01-10", "date_to": "2014-01-12"}
REPORTS = ["new_tickets", "first_response_time", "solved_tickets", "resolution_time", "ticket_sources", "ratings"]


@pytest.fixture(scope="module")
def theirs(found_live: Callable[..., Company]) -> Company:
    """Another company, which nothing may change: with one ticket, SECRT, that has been through everything, an agent and a group."""
    company = found_live()
    company.divided(5, SECRET)
    company.hired(f"{SECRET}@example.com", status="accepting chats")
    company.created(
        "SECRT",
        "2014-01-10T08:00:00Z",
        subject=SECRET,
        text=SECRET,
        requester=Requester(f"{SECRET}@client.example", SECRET),
        source=Source("chat-window", f"https://{SECRET}.example", SECRET),
        groups=(5,),
        assignee=ANN,
    )
    company.replied("SECRT", "2014-01-10T09:00:00Z", text=SECRET)
    company.tagged("SECRT", "2014-01-10T10:00:00Z", SECRET)
    company.solved("SECRT", "2014-01-10T11:00:00Z")
    company.rated("SECRT", "2014-01-10T12:00:00Z", "good")
    company.sent("2014-01-10T13:00:00Z", "f" * 32, SECRET.encode())
    return company


NAMES = {
    "{ticket_id}": "SECRT",
    "{login}": f"{SECRET}@example.com",
    "{group_id}": "5",
    "{token_id}": "5ec2e700",
    "{tag}": "sales",
    "{client_id}": "1-000000000000000000000000",
    "{webhook_id}": "0" * 32,
    "{attachment_id}": "f" * 32,
    "{name}": "a.txt",
}


def filled(path: str) -> str:
    for name, value in NAMES.items():
        path = path.replace(name, value)
    return path


@pytest.mark.parametrize(("method", "path"), [(route.method, filled(route.path)) for route in ROUTES])
def test_no_route_leads_to_the_other(company: Company, theirs: Company, method: str, path: str) -> None:
    before = [theirs.get(path).text for path in ("/tickets/SECRT", "/agents", "/groups", "/tags", "/working_hours")]
    named = "{" in next(route.path for route in ROUTES if (route.method, filled(route.path)) == (method, path))
    body: dict[str, Any] = {
        "days": {"monday": "09:00-17:00"},
        "message": "x",
        "requester": {"mail": "a@b.example"},
        "status": "spam",
        "tag": ["x"],
        "rate": "bad",
        "scopes": ["tickets_read"],
        "ids": ["SECRT"],
        "login": "zoe@example.com",
        "password": "a long password",
        "name": "x",
        "agents": ["ann@example.com"],
        "text": "x",
        "tags": ["x"],
        "redirect_uris": ["https://a.example/"],
        "into": "SECRT",
        "event_type": "ticket_created",
        "origins": ["https://a.example"],
        "key": "area",
        "type": "text",
        "data_types": ["ticket"],
        "url": "https://a.example/",
    }
    if path.endswith("/split"):
        body["message"] = 1
    query = {"name": "x"} if path == "/attachments" else None
    answer = company.request(method, path, params=query, json=None if method == "GET" else body)
    assert answer.status_code == (404 if named else 200)
    assert SECRET not in answer.text.replace(f"'{SECRET}@example.com'", "")  # a 404 says what was asked for
    after = [theirs.get(path).text for path in ("/tickets/SECRT", "/agents", "/groups", "/tags", "/working_hours")]
    assert after == before


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("PUT", ""), ("PUT", "/tags"), ("POST", "/messages"), ("PUT", "/rating")])
def test_a_ticket_of_the_other_is_as_unknown_as_one_of_nobody(company: Company, theirs: Company, method: str, path: str) -> None:
    body = {"message": "x", "status": "solved", "tag": ["x"], "rate": "bad"}
    asked = [company.request(method, f"/tickets/{ticket_id}{path}", json=body) for ticket_id in ("SECRT", "ZZZZZ")]
    assert [answer.status_code for answer in asked] == [404, 404]
    assert asked[0].text.replace("SECRT", "ZZZZZ") == asked[1].text
    headers = [
        {name: value for name, value in answer.headers.items() if name not in {"date", "x-request-id", "ratelimit"}} for answer in asked
    ]
    assert headers[0] == headers[1]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"query": SECRET},
        {"tag": SECRET},
        {"tagged": "1"},
        {"group": "5"},
        {"requester[mail]": f"{SECRET}@client.example"},
        {"source_id": SECRET},
        {"assigned": "1"},
        {"status": "solved"},
        {"date_from": "2014-01-10", "date_to": "2014-01-10"},
    ],
    ids=str,
)
def test_no_filter_finds_the_others_tickets(company: Company, theirs: Company, parameters: dict[str, str]) -> None:
    assert theirs.ids(**parameters) == ["SECRT"]
    assert company.json("/tickets", **parameters) == {"pages": 0, "total": 0, "tickets": []}


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("filters", [{}, {"group": "5"}, {"tag": SECRET}, {"agent": ANN.id}], ids=str)
def test_no_report_counts_the_others_tickets(company: Company, theirs: Company, report: str, filters: dict[str, str]) -> None:
    path = f"/reports/tickets/{report}"
    ours, of_the_other = company.json(path, **DAYS, **filters), theirs.json(path, **DAYS, **filters)
    assert sum(value for row in ours.values() for value in row.values() if value) == 0
    assert sum(value for row in of_the_other.values() for value in row.values() if value) > 0


def test_no_range_begins_with_the_others_oldest_ticket(company: Company, theirs: Company) -> None:
    assert len(company.json("/reports/tickets/new_tickets", group_by="day")) == 1
    assert len(theirs.json("/reports/tickets/new_tickets", group_by="day")) > 1


def test_nobody_of_the_other_is_ranked(company: Company, theirs: Company) -> None:
    assert company.json("/reports/tickets/ratings/ranking") == {"ranking": []}
    assert len(theirs.json("/reports/tickets/ratings/ranking")["ranking"]) == 1


def test_the_others_agents_cannot_be_assigned(company: Company, theirs: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    wanted: dict[str, Any] = {"assignee": {"id": f"{SECRET}@example.com"}}
    assert company.refused("/tickets/AAAAA", method="PUT", json=wanted)
    assert company.refused("/tickets", method="POST", json=wanted | {"message": "x", "requester": {"mail": "a@b.example"}})


def test_the_same_ids_names_and_tags_live_side_by_side(company: Company, theirs: Company) -> None:
    company.created("SECRT", "2014-01-10T08:00:00Z", text="ours")
    company.put("/tickets/SECRT/tags", json={"tag": [SECRET]})
    company.put("/tickets/SECRT", json={"group": [5]})
    assert company.ids(tag=SECRET) == theirs.ids(tag=SECRET) == ["SECRT"]
    assert company.json("/tickets/SECRT")["events"][0]["message"] == "ours"
    assert theirs.json("/tickets/SECRT")["events"][0]["message"] == SECRET
    assert (company.json("/groups/5")["name"], theirs.json("/groups/5")["name"]) == ("Group 5", SECRET)
    assert [tag["count"]["inTickets"] for tag in (*company.json("/tags"), *theirs.json("/tags"))] == [1, 1]


def test_a_status_known_to_one_is_no_answer_to_the_other(company: Company, theirs: Company) -> None:
    tag = theirs.get("/status").headers["etag"]
    answer = company.get("/status", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json()) == (200, {"status": "offline"})


def test_a_key_with_the_others_number_opens_nothing(company: Company, theirs: Company) -> None:
    assert company.get("/tickets", auth=(str(theirs.id), company.key)).status_code == 401
    assert company.get("/tickets", auth=(str(company.id), theirs.key)).status_code == 401
    assert company.get("/tickets", auth=(ANN.id, theirs.key)).json() == theirs.json("/tickets")  # the key decides the account
