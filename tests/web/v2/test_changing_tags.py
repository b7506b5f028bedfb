"""POST /tags and DELETE /tags/<tag>"""

import time
from typing import Any

import pytest

from tests.web.v2.companies import SALES, Company


def answered(company: Company, method: str, path: str, **options: Any) -> Any:
    answer = company.request(method, path, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_it_works(company: Company) -> None:
    began = int(time.time())
    shown = answered(company, "POST", "/tags", json={"tag": " late ", "author": "BEN@example.com", "group": SALES})
    created = shown.pop("creation_date")
    assert began <= created <= time.time()
    assert shown == {"name": "late", "author": "ben@example.com", "count": {"inChats": 0, "inTickets": 0}, "group": SALES}
    assert company.json("/tags") == [shown | {"creation_date": created}]
    assert company.json("/tags", group=SALES) == company.json("/tags")
    assert answered(company, "DELETE", "/tags/late", json={"group": SALES}) == {"ok": True}
    assert company.json("/tags") == []
    assert company.request("DELETE", "/tags/late").status_code == 404


def test_who_asks_is_the_author(company: Company) -> None:
    assert answered(company, "POST", "/tags", data={"tag": "late"})["author"] == "ann@example.com"


def test_a_tag_stays_on_tickets_and_comes_back_with_the_next(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.tagged("AAAAA", "2024-03-09T09:00:00Z", "late", "lost")
    before = company.get("/tickets/AAAAA").json()
    answered(company, "DELETE", "/tags/late")
    assert [tag["name"] for tag in company.json("/tags")] == ["lost"]
    assert company.get("/tickets/AAAAA").json() == before
    assert company.ids(**{"tag[]": "late"}) == ["AAAAA"]
    company.created("BBBBB", "2024-03-10T08:00:00Z")
    assert answered(company, "PUT", "/tickets/BBBBB/tags", json={"tag": ["late"]})["tags"] == ["late"]
    (late, _) = company.json("/tags")
    assert (late["name"], late["count"]["inTickets"]) == ("late", 2)
    assert late["creation_date"] >= 1_760_000_000


def test_a_deleted_tag_is_made_again(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.tagged("AAAAA", "2024-03-09T09:00:00Z", "late")
    answered(company, "DELETE", "/tags/late")
    shown = answered(company, "POST", "/tags", json={"tag": "late", "author": "ben@example.com", "group": SALES})
    assert (shown["author"], shown["group"], shown["count"]["inTickets"]) == ("ben@example.com", SALES, 1)


@pytest.mark.parametrize(("path", "name"), [("/tags/very%20late", "very late"), ("/tags/very+late", "very late"), ("/tags/a%2Bb", "a+b")])
def test_names_in_paths(company: Company, path: str, name: str) -> None:
    answered(company, "POST", "/tags", json={"tag": name})
    assert answered(company, "DELETE", path) == {"ok": True}
    assert company.json("/tags") == []


def test_a_tag_that_is_there(company: Company) -> None:
    answered(company, "POST", "/tags", json={"tag": "late"})
    answer = company.request("POST", "/tags", json={"tag": "late"})
    assert (answer.status_code, answer.json()["error"]) == (409, "There is a tag 'late' already.")


@pytest.mark.parametrize(("method", "path"), [("POST", "/tags"), ("DELETE", "/tags/late")])
def test_who_may_not(company: Company, method: str, path: str) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.tagged("AAAAA", "2024-03-09T09:00:00Z", "late")
    answer = company.request(method, path, json={"tag": "mine"}, ben=True)
    verb = {"POST": "made", "DELETE": "deleted"}[method]
    assert (answer.status_code, answer.json()["error"]) == (
        403,
        f"Tags are {verb} by an owner or an administrator of the account; ben@example.com is neither.",
    )
    assert [tag["name"] for tag in company.json("/tags")] == ["late"]


def test_an_unknown_tag(company: Company) -> None:
    answer = company.request("DELETE", "/tags/late")
    assert (answer.status_code, answer.json()["error"]) == (404, "There is no tag 'late' here.")


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, ["tag: is missing; accepted: a text of at most 100 characters"]),
        ({"tag": " "}, ["tag: is blank; accepted: a text with letters"]),
        ({"tag": "x" * 101}, ["tag: 101 characters; accepted: at most 100 characters"]),
        (
            {"tag": "x", "author": "zoe@example.com"},
            ["author: there is no agent 'zoe@example.com' in this account; accepted: a login that GET /agents lists"],
        ),
        ({"tag": "x", "group": 7}, ["group: there is no group 7 in this account; accepted: an id that GET /groups lists"]),
        ({"tag": "x", "group": "sales"}, ["group: 'sales' is not a whole number; accepted: a whole number from 0 to 2147483647"]),
    ],
)
def test_all_that_is_wrong_is_named(company: Company, body: dict[str, Any], problems: list[str]) -> None:
    assert company.refused("/tags", method="POST", json=body) == problems
    assert company.json("/tags") == []
