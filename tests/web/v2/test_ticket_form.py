"""The public form: POST /tickets/new, and its settings at /ticket_form"""

import re
from typing import Any

import httpx
import pytest

from tests.web.v2.companies import SALES, Company

SITE = "https://www.client.example"
MARY = {"mail": "mary@client.example", "name": "Mary"}
REFUSED = (
    "This page may not send tickets here: no account of this licence_id takes its form from there. Whoever looks after the account lists "
    "the pages that may, as in https://www.example.com (PUT /ticket_form, or deskline form set)."
)


def opened(company: Company, **more: Any) -> Company:
    """Have a company's form be taken from SITE."""
    answer = company.put("/ticket_form", json={"origins": [SITE], **more})
    assert answer.status_code == 200, answer.text
    return company


def form(company: Company, **more: Any) -> dict[str, Any]:
    return {"licence_id": company.id, "ticket_message": "Where is my parcel?", "requester": MARY, **more}


def sent(company: Company, body: object, *, origin: str | None = SITE, path: str = "/tickets/new", **headers: str) -> httpx.Response:
    """Send it as a page does: nobody is signed in."""
    named = {} if origin is None else {"Origin": origin, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    answer = company.request("POST", path, json=body, headers={**named, **headers}, auth=httpx.Auth())
    assert answer.headers["access-control-allow-origin"] == "*", "the page must be able to read it"
    assert "access-control-allow-credentials" not in answer.headers
    return answer


def test_a_visitor_opens_a_ticket_from_a_page(company: Company) -> None:
    opened(company)
    page = {"url": f"{SITE}/help?x=1"}
    answer = sent(
        company,
        form(
            company,
            subject="My order",
            group=SALES,
            source=page,
            timezone="Europe/Warsaw",
            visitor_id="S1.2",
            offline_message="We are away",
        ),
    )
    assert answer.status_code == 200
    assert re.fullmatch(r'\{"id":"[A-Z0-9]{5,}"\}', answer.text)
    ticket = company.json("/tickets/" + answer.json()["id"])
    assert ticket["requester"] == {**MARY, "utc_offset": "Europe/Warsaw"}
    assert (ticket["subject"], ticket["status"], ticket["source"]) == ("My order", "open", {"type": "chat-window", **page})
    assert [group["id"] for group in ticket["groups"]] == [SALES]
    (event,) = ticket["events"]
    assert event["author"] == {"id": MARY["mail"], "name": "Mary", "type": "client"}
    assert (event["message"], event["is_private"]) == ("Where is my parcel?", False)
    assert "assignee" not in ticket
    assert company.ids(source="chat-window") == [ticket["id"]]
    assert {change["ticket_id"] for change in company.json("/changes")["changes"]} == {ticket["id"]}


def test_the_least_that_is_needed_in_json_and_as_a_form(company: Company) -> None:
    opened(company)
    body = {"license_id": str(company.id), "ticket_message": "Hello", "requester": {"mail": "a@b.example"}}
    first = sent(company, body, path="/v2/tickets/new?post_message=true").json()["id"]
    flat = {"licence_id": str(company.id), "ticket_message": "Hello", "requester[mail]": "a@b.example"}
    answer = company.request("POST", "/tickets/new", data=flat, headers={"Origin": SITE}, auth=httpx.Auth())
    assert answer.status_code == 200
    for ticket_id in (first, answer.json()["id"]):
        assert company.json(f"/tickets/{ticket_id}")["subject"] == "(no subject)"
    offline = sent(company, {"licence_id": company.id, "offline_message": "Are you there?", "requester": MARY}).json()["id"]
    assert company.json(f"/tickets/{offline}")["events"][0]["message"] == "Are you there?"


def test_before_a_page_sends_its_browser_asks(company: Company) -> None:
    """Whoever it is: which pages may send is not told before they do."""
    headers = {"Origin": "https://any.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answer = company.request("OPTIONS", "/tickets/new", headers={**headers, "Sec-Fetch-Site": "cross-site"}, auth=httpx.Auth())
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert "content-type" in answer.headers["access-control-allow-headers"]
    other = company.request("OPTIONS", "/tickets", headers=headers)
    assert "access-control-allow-origin" not in other.headers
    assert other.status_code == 405


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://www.client.example",
        "https://www.client.example:8443",
        "https://www.client.example.evil.example",
        "https://evil.example/www.client.example",
        "https://client.example",
        "https://WWW.client.example@evil.example",
    ],
)
def test_no_other_page_may(company: Company, origin: str | None) -> None:
    opened(company)
    answer = sent(company, form(company), origin=origin)
    assert (answer.status_code, answer.json()["error"]) == (403, REFUSED)
    assert company.json("/tickets")["total"] == 0


def test_a_stranger_does_not_learn_who_is_here(company: Company) -> None:
    """An account without a form, one that is not there and one whose form is off answer alike."""
    off = sent(company, form(company))
    nobody = sent(company, {**form(company), "licence_id": 8_000_000})
    opened(company)
    assert company.request("DELETE", "/ticket_form").json() == {"enabled": False, "licence_id": company.id}
    removed = sent(company, form(company))
    assert {(answer.status_code, answer.text) for answer in (off, nobody, removed)} == {(403, off.text)}


def test_pages_of_any_site_and_programs_where_the_account_lets_them(company: Company) -> None:
    opened(company, origins=["*"])
    assert sent(company, form(company), origin="https://any.example").status_code == 200
    assert sent(company, form(company), origin=None).status_code == 403
    opened(company, without_origin=True)
    assert sent(company, form(company), origin=None).status_code == 200
    assert sent(company, form(company), origin="https://any.example").status_code == 403


@pytest.mark.parametrize("listed", [SITE, SITE + "/", SITE + ":443", SITE.upper()])
def test_an_origin_is_one_however_it_was_written(company: Company, listed: str) -> None:
    opened(company, origins=[listed])
    assert company.json("/ticket_form")["origins"] == [SITE]
    assert sent(company, form(company)).status_code == 200


def test_what_is_wrong_is_told_as_the_original_did(company: Company) -> None:
    opened(company)
    answer = sent(company, {"licence_id": "x", "requester": {"name": "Mary"}, "subject": {"a": "b"}})
    missing = "requester[mail]: is missing; accepted: a text of at most 254 characters"
    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert errors[0] == {"incorrect requester structure": [missing]}
    assert [error.partition(":")[0] for error in errors[1:]] == ["licence_id", "ticket_message", "subject"]
    assert answer.json()["message"].startswith("licence_id: ")
    for wrong in ("mary", {"mail": "mary"}, {"mail": {"a": "b"}}, {"mail": "a@b.example", "name": "x" * 251}):
        (error,) = sent(company, form(company, requester=wrong)).json()["errors"]
        assert list(error) == ["incorrect requester structure"]
    unknown = sent(company, form(company, group=99))
    assert unknown.json()["errors"][0].startswith("group: there is no group 99 in this account; accepted: an id that GET /groups lists")
    assert company.get("/groups/99").status_code == 404, "strangers make no groups"
    assert sent(company, form(company, ticket_message=" \n")).json()["errors"] == ["ticket_message: is blank; accepted: a text"]
    assert sent(company, form(company, timezone="Moon/Base")).status_code == 200, "that is no reason to lose a ticket"
    assert company.json("/tickets")["total"] == 1


def test_what_is_too_large_is_refused(company: Company) -> None:
    opened(company)
    assert sent(company, form(company, ticket_message="x" * 100_001)).status_code == 400
    answer = sent(company, form(company, ticket_message="x" * 300_000))
    assert (answer.status_code, answer.json()["error"]) == (413, "The body is too large; accepted: at most 262,144 bytes.")
    deep: Any = []
    for _ in range(100):
        deep = [deep]
    assert sent(company, form(company, subject=deep)).status_code in {400, 413}
    assert sent(company, [form(company)]).status_code == 400
    assert company.json("/tickets")["total"] == 0


def test_what_a_stranger_sends_stays_text(company: Company) -> None:
    opened(company)
    text = "<script>alert(1)</script> '; DROP TABLE ticket; -- \u202e {{7*7}} =1+1"
    ticket_id = sent(company, form(company, ticket_message=text, subject=text, requester={"mail": "a@b.example", "name": text})).json()[
        "id"
    ]
    ticket = company.json(f"/tickets/{ticket_id}")
    assert (ticket["subject"], ticket["requester"]["name"], ticket["events"][0]["message"]) == (text, text, text)


def test_a_machine_is_told_what_it_hopes_for(company: Company) -> None:
    opened(company)
    answer = sent(company, form(company, website="https://pills.example"))
    assert answer.status_code == 200
    assert re.fullmatch(r'\{"id":"[A-Z0-9]{5}"\}', answer.text)
    assert company.json("/tickets")["total"] == 0
    assert sent(company, form(company, website="")).status_code == 200
    assert company.json("/tickets")["total"] == 1
    assert sent(company, form(company, website="x"), origin="https://evil.example").status_code == 403


def test_one_address_may_send_so_many_a_minute(company: Company) -> None:
    """An address that a proxy of this machine names; ten a minute unless set otherwise."""
    opened(company)
    mine, theirs = (f"2001:db8:{company.id:x}:{number}::1" for number in (1, 2))
    answers = [sent(company, form(company), **{"X-Forwarded-For": mine}) for _ in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    refused = answers[-1]
    assert 1 <= int(refused.headers["retry-after"]) <= 6
    assert refused.json()["error"].startswith("Too many tickets from your address: 10 a minute are accepted; wait ")
    neighbour = mine[:-1] + "2"
    assert sent(company, form(company), **{"X-Forwarded-For": neighbour}).status_code == 429, "the same customer's network"
    assert sent(company, form(company), **{"X-Forwarded-For": theirs}).status_code == 200
    assert company.json("/tickets")["total"] == 11


def test_an_account_takes_so_many_a_minute(company: Company) -> None:
    opened(company, per_minute=3)
    answers = [sent(company, form(company)) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
    assert answers[-1].json()["error"].startswith("Too many tickets from this form: 3 a minute are accepted; wait ")
    opened(company, per_minute=100)
    assert sent(company, form(company)).status_code == 200


def test_how_it_is_set(company: Company) -> None:
    assert company.json("/ticket_form") == {"enabled": False, "licence_id": company.id}
    expected = {"enabled": True, "licence_id": company.id, "origins": [SITE], "without_origin": False, "per_minute": 60}
    assert company.put("/ticket_form", json={"origins": [SITE, SITE.upper()]}).json() == expected == company.json("/ticket_form")
    for method in ("PUT", "DELETE"):
        refused = company.request(method, "/ticket_form", json={"origins": ["*"]}, ben=True)
        assert refused.status_code == 403
        assert refused.json()["error"].startswith("The ticket form is changed by an owner or an administrator")
    assert company.request("GET", "/ticket_form", ben=True).json() == expected
    for body, words in (
        ({}, "origins: is missing; accepted: the pages that may send the form: a scheme, a host and a port"),
        ({"origins": ["www.client.example"]}, "origins: 'www.client.example' is no origin; accepted: a scheme, a host and a port"),
        ({"origins": [SITE + "/help"]}, "origins: "),
        ({"origins": ["https://*.client.example"]}, "origins: "),
        ({"origins": ["javascript:alert(1)"]}, "origins: "),
        ({"origins": [f"https://{number}.example" for number in range(51)]}, "origins: "),
        ({"origins": [SITE], "per_minute": 0}, "per_minute: "),
        ({"origins": [SITE], "without_origin": "perhaps"}, "without_origin: "),
    ):
        assert company.refused("/ticket_form", method="PUT", json=body)[0].startswith(words), body
    every = company.refused("/ticket_form", method="PUT", json={"origins": ["x", "y"], "without_origin": "perhaps", "per_minute": 0})
    assert [problem.partition(":")[0] for problem in every] == ["origins", "origins", "without_origin", "per_minute"]
    assert company.json("/ticket_form") == expected


def test_a_token_does_not_open_a_door_that_nobody_signs_in_at(company: Company) -> None:
    token = company.post("/personal_tokens", json={"scopes": ["groups_write", "tickets_write"]}).json()["token"]
    answer = company.request("PUT", "/ticket_form", json={"origins": ["*"]}, auth=(company.owner.id, token))
    assert answer.status_code == 403
