"""POST /tickets"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.web.v2.companies import EPOCH, Company

ASKED = {"message": "Help!", "requester": {"mail": "mary@client.example"}}


def test_it_works(company: Company) -> None:
    before = datetime.now(UTC)
    answer = company.post(
        "/tickets",
        json={
            "message": "Hi, my shoes are broken.",
            "requester": {"mail": "mary.brown@email.com", "name": "Mary Brown"},
            "subject": "Shoes",
            "assignee": {"id": "ben@example.com"},
            "source": {"type": "chat-window", "url": "https://shop.example/shoes"},
            "group": [1, 0],
        },
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    ticket = answer.json()
    assert re.fullmatch("[0-9A-Z]{5}", ticket["id"])
    created = datetime.fromisoformat(ticket["date"])
    assert before - timedelta(seconds=1) < created <= datetime.now(UTC)
    source = {"type": "chat-window", "url": "https://shop.example/shoes"}
    groups = [{"id": 1, "name": "Sales", "inherited": False}, {"id": 0, "name": "General", "inherited": False}]
    assert ticket == {
        "assignee": {"id": "ben@example.com", "name": "Ben Agent"},
        "events": [
            {
                "author": {"id": "mary.brown@email.com", "name": "Mary Brown", "type": "client"},
                "date": ticket["date"],
                "is_private": False,
                "message": "Hi, my shoes are broken.",
                "type": "message",
                "source": source,
            },
            {
                "date": ticket["date"],
                "to": {"id": "ben@example.com", "name": "Ben Agent"},
                "type": "assignee_changed",
                "author": {"id": "ann@example.com", "name": "Ann Owner"},
            },
        ],
        "id": ticket["id"],
        "requester": {"mail": "mary.brown@email.com", "name": "Mary Brown"},
        "groups": groups,
        "status": "open",
        "subject": "Shoes",
        "modified": ticket["date"],
        "source": source,
        "opened": [{"from": ticket["date"]}],
        "firstResponse": {},
        "ccs": [],
        "tags": [],
        "rate": "not_rated",
        "date": ticket["date"],
        "currentGroup": groups[0],
    }
    assert company.get(f"/tickets/{ticket['id']}").text == answer.text
    assert company.get("/tickets").text == f'{{"pages":1,"total":1,"tickets":[{answer.text}]}}'


def test_the_defaults(company: Company) -> None:
    ticket = company.post("/tickets", json=ASKED).json()
    assert ticket["subject"] == "(no subject)"
    assert ticket["source"] == ticket["events"][0]["source"] == {"type": "lc2"}
    assert ticket["groups"] == [{"id": 0, "name": "General", "inherited": True}]
    assert ticket["requester"] == {"mail": "mary@client.example", "name": ""}
    assert ticket["events"][0]["author"] == {"id": "mary@client.example", "name": "", "type": "client"}
    assert "assignee" not in ticket


@pytest.mark.parametrize(
    "body",
    [
        "message=h+i&requester[mail]=t%40t.example&group[]=0&group[]=2",
        "message=h%20i&requester%5Bmail%5D=t%40t.example&group%5B0%5D=0&group%5B1%5D=2",
        "  message=h i&  requester[mail]=t@t.example&group=0&group=2&requester[name]=",
        '{"message":"h i","requester":{"mail":"t@t.example"},"group":[0,2]}',
        '{"message":"h i","requester":{"mail":"t@t.example","name":null},"group":["0","2"],"subject":null,"source":{},"assignee":null}',
        '{"message":"h i","requester[mail]":"t@t.example","group[0]":0,"group[1]":2,"unknown":{"a":[1]}}',
    ],
)
def test_one_ticket_in_many_spellings(company: Company, body: str) -> None:
    kind = "application/json" if body.startswith("{") else "application/x-www-form-urlencoded"
    ticket = company.post("/tickets", content=body, headers={"Content-Type": kind}).json()
    assert ticket["events"][0]["message"] == "h i"
    assert ticket["requester"] == {"mail": "t@t.example", "name": ""}
    assert [group["id"] for group in ticket["groups"]] == [0, 2]


def test_json_without_its_content_type_is_json(company: Company) -> None:
    body = '{"message":"Hi","requester":{"mail":"t@t.example"}}'
    for headers in ({}, {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": "text/plain"}):
        assert company.post("/tickets", content=body, headers=headers).json()["events"][0]["message"] == "Hi"


def test_a_page_is_kept_with_chat_window_only(company: Company) -> None:
    asked = {**ASKED, "source": {"type": "mail", "url": "https://shop.example"}}
    assert company.post("/tickets", json=asked).json()["source"] == {"type": "mail"}


@pytest.mark.parametrize("source", ["chat-window", "mail", "lc2"])
def test_each_documented_source(company: Company, source: str) -> None:
    assert company.post("/tickets", json={**ASKED, "source": {"type": source}}).json()["source"] == {"type": source}


def test_a_group_nobody_knew_is_made(company: Company) -> None:
    ticket = company.post("/tickets", json={**ASKED, "group": [7, 7, 1]}).json()
    assert ticket["groups"] == [{"id": 7, "name": "Group 7", "inherited": False}, {"id": 1, "name": "Sales", "inherited": False}]
    assert company.json("/groups/7")["name"] == "Group 7"


def test_the_assignee_is_found_whatever_the_case_of_the_letters(company: Company) -> None:
    ticket = company.post("/tickets", json={**ASKED, "assignee": {"id": "BEN@Example.com"}}).json()
    assert ticket["assignee"] == {"id": "ben@example.com", "name": "Ben Agent"}


def test_ids_differ(company: Company) -> None:
    ids = {company.post("/tickets", json=ASKED).json()["id"] for _ in range(20)}
    assert len(ids) == 20


def test_it_is_in_the_reports_at_once(company: Company) -> None:
    ticket = company.post("/tickets", json=ASKED).json()
    at = datetime.fromisoformat(ticket["date"])
    assert company.json("/reports/tickets/new_tickets", date_from=f"{at:%F}", date_to=f"{at:%F}")[f"{at:%H}:00"] == {"new_tickets": 1}


# Refusals: each names its parameter, and nothing is stored


def refused(company: Company, **changed: Any) -> list[str]:
    problems = company.refused("/tickets", method="POST", json={**ASKED, **changed})
    assert company.json("/tickets")["total"] == 0
    return problems


def test_without_a_message(company: Company) -> None:
    nothings: tuple[object, ...] = (None, "", [])
    for message in nothings:
        assert refused(company, message=message) == ["message: is missing; accepted: a text of at most 1,000,000 characters"]


def test_a_blank_message(company: Company) -> None:
    assert refused(company, message=" \n\t") == ["message: is blank; accepted: a text"]


def test_without_a_requester(company: Company) -> None:
    for requester in (None, "", {}, {"mail": ""}, {"name": "Mary"}):
        assert refused(company, requester=requester) == ["requester[mail]: is missing; accepted: a text of at most 254 characters"]


@pytest.mark.parametrize("mail", ["mary", "@x.example", "mary@", "a b@x.example", "a@b@c.example"])
def test_a_requester_with_no_mail_address(company: Company, mail: str) -> None:
    assert refused(company, requester={"mail": mail}) == [
        f"requester[mail]: '{mail}' is not a mail address; accepted: an address such as john@example.com"
    ]


def test_without_anything(company: Company) -> None:
    assert company.refused("/tickets", method="POST") == [
        "message: is missing; accepted: a text of at most 1,000,000 characters",
        "requester[mail]: is missing; accepted: a text of at most 254 characters",
    ]


def test_an_unknown_assignee(company: Company) -> None:
    assert refused(company, assignee={"id": "zoe@example.com"}, group=[9]) == [
        "assignee[id]: there is no agent 'zoe@example.com' in this account; accepted: a login that GET /agents lists"
    ]
    assert company.get("/groups/9").status_code == 404  # nor was the group made


def test_an_assignee_without_id(company: Company) -> None:
    assert refused(company, assignee="ben@example.com") == [
        "assignee: 'ben@example.com' has no fields; accepted: fields, as in assignee[…]"
    ]


def test_an_unknown_source(company: Company) -> None:
    assert refused(company, source={"type": "facebook"}) == [
        "source[type]: 'facebook' is not one of them; accepted: chat-window, mail, lc2"
    ]


@pytest.mark.parametrize("group", ["sales", -1, 1.5, [0, "x"], {"id": 1}, True])
def test_a_group_that_is_no_id(company: Company, group: object) -> None:
    (problem,) = refused(company, group=group)
    assert problem.startswith("group: ")
    assert problem.endswith("accepted: whole numbers from 0 to 2147483647")


def test_too_many_groups(company: Company) -> None:
    assert refused(company, group=list(range(101))) == ["group: 101 values; accepted: at most 100 values"]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"subject": "x" * 1_001}, "subject: 1,001 characters; accepted: at most 1,000 characters"),
        ({"requester": {"mail": "a@b.example", "name": "x" * 251}}, "requester[name]: 251 characters; accepted: at most 250 characters"),
        ({"requester": {"mail": f"{'x' * 250}@b.example"}}, "requester[mail]: 260 characters; accepted: at most 254 characters"),
        (
            {"source": {"type": "chat-window", "url": f"https://{'x' * 1_993}"}},
            "source[url]: 2,001 characters; accepted: at most 2,000 characters",
        ),
    ],
)
def test_a_text_that_is_too_long(company: Company, changed: dict[str, Any], problem: str) -> None:
    assert refused(company, **changed) == [problem]


def test_a_nul_character(company: Company) -> None:
    assert refused(company, message="a\0b") == ["message: a NUL character; accepted: text without NUL"]
    assert company.refused("/tickets", method="POST", data={"message": "a\0b"}) == ["message: a NUL character; accepted: text without NUL"]


def test_json_that_is_none(company: Company) -> None:
    headers = {"Content-Type": "application/json"}
    for body in ('{"message":"Hi"', "message=Hi", "{'message':'Hi'}"):
        (problem,) = company.refused("/tickets", method="POST", content=body, headers=headers)
        assert problem.startswith("body: ")


def test_half_a_character(company: Company) -> None:
    body = '{"message":"\\ud800","requester":{"mail":"t@t.example"}}'
    assert company.refused("/tickets", method="POST", content=body, headers={"Content-Type": "application/json"}) == [
        "message: not valid Unicode; accepted: text in UTF-8, without lone surrogates"
    ]


def test_json_that_is_no_object(company: Company) -> None:
    for body in ('["message"]', '"message"', "1", "null"):
        assert company.refused("/tickets", method="POST", content=body, headers={"Content-Type": "application/json"}) == [
            'body: the JSON is not an object; accepted: an object, such as {"message":"Hello"}'
        ]


def test_a_multipart_form(company: Company) -> None:
    (problem,) = company.refused("/tickets", method="POST", files={"message": b"Hi"})
    assert problem.startswith("Content-Type: multipart is not read here; accepted: ")


def test_a_body_that_is_too_large(company: Company) -> None:
    answer = company.post("/tickets", json={**ASKED, "message": "x" * 1_000_001})
    assert answer.status_code == 413
    assert answer.json()["error"] == answer.json()["message"] == "The body is too large; accepted: at most 1,000,000 bytes."
    assert company.json("/tickets")["total"] == 0


def test_nothing_from_the_future_or_the_past_can_be_asked_for(company: Company) -> None:
    ticket = company.post("/tickets", json={**ASKED, "date": "2001-01-01T00:00:00Z", "id": "5FUED", "status": "solved"}).json()
    assert ticket["status"] == "open"
    assert ticket["id"] != "5FUED"
    assert datetime.fromisoformat(ticket["date"]) - EPOCH > timedelta(days=365 * 40)
