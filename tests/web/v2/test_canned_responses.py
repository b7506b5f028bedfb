"""/canned_responses and /canned_responses/<id>"""

import time
from typing import Any

import pytest

from deskline.domain import canned_responses
from tests.web.v2.companies import SALES, SUPPORT, Company


def answered(company: Company, method: str, path: str, **options: Any) -> Any:
    answer = company.request(method, path, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_it_works(company: Company) -> None:
    assert company.get("/canned_responses").text == "[]"
    began = int(time.time())
    shown = answered(company, "POST", "/canned_responses", json={"text": "Hello, how may I help?", "tags": ["hi", "hello", "hi"]})
    assert list(shown) == ["id", "group", "text", "creation_date", "created_by", "tags"]
    assert began <= shown["creation_date"] <= time.time()
    path = f"/canned_responses/{shown['id']}"
    expected = {
        "id": shown["id"],
        "group": 0,
        "text": "Hello, how may I help?",
        "creation_date": shown["creation_date"],
        "created_by": "ann@example.com",
        "tags": ["hi", "hello"],
    }
    assert shown == expected == company.json(path)
    assert company.json("/canned_responses") == [expected]
    assert answered(company, "PUT", path, json={"text": shown["text"]}) == expected, "nothing has changed"
    changed = answered(company, "PUT", path, data={"text": "Hello!", "tags[0]": "hi"}, ben=True)
    assert began <= changed["modification_date"] <= time.time()
    more = {"text": "Hello!", "tags": ["hi"], "modification_date": changed["modification_date"], "modified_by": "ben@example.com"}
    assert changed == expected | more == company.json(path)
    assert answered(company, "PUT", path, json={"tags": []})["tags"] == []
    assert answered(company, "DELETE", path) == {"result": "Canned response removed successfully"}
    assert company.get(path).status_code == 404


def test_groups(company: Company) -> None:
    ours, theirs = (answered(company, "POST", "/canned_responses", json={"text": "Hi", "group": group}) for group in (SALES, SUPPORT))
    assert company.json("/canned_responses") == []
    assert company.json("/canned_responses", group=SALES) == [ours]
    assert company.json("/canned_responses", group=SUPPORT) == [theirs]
    moved = answered(company, "PUT", f"/canned_responses/{ours['id']}", json={"group": 0})
    assert company.json("/canned_responses") == [moved]


def test_who_may(company: Company) -> None:
    """Ben is in Sales, not in Support, and nobody who looks after the account."""
    support = answered(company, "POST", "/canned_responses", json={"text": "Hi", "group": SUPPORT})
    sales = answered(company, "POST", "/canned_responses", json={"text": "Hi", "group": SALES}, ben=True)
    words = (
        f"Canned responses of group {SUPPORT} are written by who is in it, by their author, or by an owner or an administrator of the "
        "account; ben@example.com is none of these."
    )
    for method, path, body in (
        ("POST", "/canned_responses", {"text": "Ho", "group": SUPPORT}),
        ("PUT", f"/canned_responses/{support['id']}", {"text": "Ho"}),
        ("DELETE", f"/canned_responses/{support['id']}", {}),
    ):
        answer = company.request(method, path, json=body, ben=True)
        assert (answer.status_code, answer.json()["error"]) == (403, words)
    assert company.json("/canned_responses", group=SUPPORT) == [support]
    answered(company, "PUT", f"/canned_responses/{sales['id']}", json={"group": SUPPORT})
    assert answered(company, "PUT", f"/canned_responses/{sales['id']}", json={"text": "Ho"}, ben=True)["text"] == "Ho", "it is his own"
    assert company.request("GET", f"/canned_responses/{support['id']}", ben=True).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("response_id", ["7", "hello", "-1", "01", "9" * 30, str(2**31)])
def test_unknown_response(company: Company, method: str, response_id: str) -> None:
    answer = company.request(method, f"/canned_responses/{response_id}", json={"text": 5 * ["x"]} if method == "PUT" else None)
    assert (answer.status_code, answer.json()["error"]) == (404, f"There is no canned response '{response_id}' here.")


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, ["text: is missing; accepted: a text of at most 10,000 characters"]),
        ({"text": "x" * 10_001}, ["text: 10,001 characters; accepted: at most 10,000 characters"]),
        ({"text": "x", "group": 7}, ["group: there is no group 7 in this account; accepted: an id that GET /groups lists"]),
        (
            {"text": "x", "group": "sales", "tags": ["x" * 101]},
            [
                "tags: 101 characters; accepted: at most 100 characters",
                "group: 'sales' is not a whole number; accepted: a whole number from 0 to 2147483647",
            ],
        ),
    ],
)
def test_all_that_is_wrong_is_named(company: Company, body: dict[str, Any], problems: list[str]) -> None:
    assert company.refused("/canned_responses", method="POST", json=body) == problems
    assert company.json("/canned_responses") == []


def test_a_change_that_is_refused_changes_nothing(company: Company) -> None:
    shown = answered(company, "POST", "/canned_responses", json={"text": "Hi"})
    path = f"/canned_responses/{shown['id']}"
    assert company.refused(path, method="PUT", json={}) == ["text, tags, group: nothing to change; accepted: at least one of them"]
    assert company.refused(path, method="PUT", json={"text": "Ho", "group": 7}) == [
        "group: there is no group 7 in this account; accepted: an id that GET /groups lists"
    ]
    assert company.json(path) == shown


def test_there_are_so_many_and_no_more() -> None:
    assert canned_responses.MOST == 10_000
