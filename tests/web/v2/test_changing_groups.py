"""POST /groups, PUT /groups/<id>, DELETE /groups/<id>"""

from typing import Any

import httpx
import pytest

from tests.web.v2.companies import ANN, SALES, SUPPORT, Company

HOURS = {"days": {"monday": "09:00-17:00"}}


def answered(company: Company, method: str, path: str, **options: Any) -> Any:
    answer = company.request(method, path, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_it_works(company: Company) -> None:
    billing = {"id": 3, "name": "Billing", "language": "pl", "agents": ["ann@example.com", "ben@example.com"], "status": "offline"}
    asked = {"name": " Billing ", "language": "pl", "agents": ["BEN@example.com", "ann@example.com", "ben@example.com"]}
    assert answered(company, "POST", "/groups", json=asked) == billing
    assert company.json("/groups/3") == billing
    renamed = billing | {"name": "Invoices"}
    assert answered(company, "PUT", "/groups/3", json={"name": "Invoices"}) == renamed
    assert answered(company, "PUT", "/groups/3", json={"language": "pt-BR"}) == renamed | {"language": "pt-BR"}
    assert answered(company, "PUT", "/groups/3", data={"agents[0]": "ann@example.com"})["agents"] == ["ann@example.com"]
    assert answered(company, "PUT", "/groups/3", json={"agents": []})["agents"] == []
    assert answered(company, "DELETE", "/groups/3") == {"result": "group removed successfully"}
    assert company.get("/groups/3").status_code == 404
    assert [group["id"] for group in company.json("/groups")] == [0, 1, 2]


def test_a_form_and_defaults(company: Company) -> None:
    shown = answered(company, "POST", "/groups", data={"name": "Billing"})
    assert shown == {"id": 3, "name": "Billing", "language": "en", "agents": [], "status": "offline"}


def test_what_a_group_leaves_behind(company: Company) -> None:
    """Its tickets keep it and reports count them under it; nobody's new group takes its id."""
    company.created("AAAAA", "2024-03-09T08:00:00Z", groups=(SUPPORT,))
    assert answered(company, "PUT", f"/working_hours/{SUPPORT}", json=HOURS)["group"] == SUPPORT
    answered(company, "POST", "/tags", json={"tag": "late", "group": SUPPORT})
    canned = answered(company, "POST", "/canned_responses", json={"text": "Hello", "group": SUPPORT})
    before = company.get("/tickets/AAAAA").json()
    answered(company, "DELETE", f"/groups/{SUPPORT}")
    assert company.get("/tickets/AAAAA").json() == before
    assert before["groups"][0]["name"] == "Support"
    assert company.ids(group=SUPPORT) == ["AAAAA"]
    days = {"date_from": "2024-03-09", "date_to": "2024-03-09", "group_by": "day"}
    assert company.json("/reports/tickets/new_tickets", group=SUPPORT, **days)["2024-03-09"]["new_tickets"] == 1
    assert company.json("/working_hours")["groups"] == []
    assert [tag["group"] for tag in company.json("/tags")] == [0]
    assert company.json(f"/canned_responses/{canned['id']}")["group"] == 0
    assert answered(company, "POST", "/groups", json={"name": "Another"})["id"] == SUPPORT + 1


@pytest.mark.parametrize(("method", "path"), [("POST", "/groups"), ("PUT", "/groups/1"), ("DELETE", "/groups/1")])
def test_who_may_not(company: Company, method: str, path: str) -> None:
    before = company.json("/groups")
    answer = company.request(method, path, json={"name": "Mine"}, ben=True)
    verb = {"POST": "made", "PUT": "changed", "DELETE": "deleted"}[method]
    words = f"Groups are {verb} by an owner or an administrator of the account; ben@example.com is neither."
    assert (answer.status_code, answer.json()) == (403, {"error": words, "message": words})
    assert company.json("/groups") == before


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("group", ["7", "sales", "-1", "01", "9" * 30, str(2**31)])
def test_unknown_group(company: Company, method: str, group: str) -> None:
    answer = company.request(method, f"/groups/{group}", json={"name": 5 * ["x"]})
    assert (answer.status_code, answer.json()["error"]) == (404, f"There is no group '{group}' here.")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_everybodys_group_stays(company: Company, method: str) -> None:
    answer = company.request(method, "/groups/0", json={"name": "Nobody"})
    assert answer.status_code == 409
    assert answer.json()["error"] == "Group 0 is everybody's: it is not changed, and not deleted."


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, ["name: is missing; accepted: a text of at most 250 characters"]),
        ({"name": "  "}, ["name: is blank; accepted: a text with letters"]),
        ({"name": "x" * 251}, ["name: 251 characters; accepted: at most 250 characters"]),
        (
            {"name": "x", "language": "Polish, please"},
            ["language: 'Polish, please' is no language; accepted: a code such as en, pl or pt-BR"],
        ),
        (
            {"name": "x", "agents": ["ben@example.com", "zoe@example.com", "max@example.com"]},
            [
                "agents: there is no agent 'zoe@example.com' in this account; accepted: logins that GET /agents lists",
                "agents: there is no agent 'max@example.com' in this account; accepted: logins that GET /agents lists",
            ],
        ),
    ],
)
def test_all_that_is_wrong_is_named(company: Company, body: dict[str, Any], problems: list[str]) -> None:
    before = company.json("/groups")
    assert company.refused("/groups", method="POST", json=body) == problems
    assert company.json("/groups") == before


def test_a_change_that_is_refused_changes_nothing(company: Company) -> None:
    before = company.json(f"/groups/{SALES}")
    assert company.refused(f"/groups/{SALES}", method="PUT", json={}) == [
        "name, language, agents: nothing to change; accepted: at least one of them"
    ]
    assert company.refused(f"/groups/{SALES}", method="PUT", json={"name": " "}) == ["name: is blank; accepted: a text with letters"]
    assert company.refused(f"/groups/{SALES}", method="PUT", json={"name": "Other", "agents": ["nobody"]}) == [
        "agents: there is no agent 'nobody' in this account; accepted: logins that GET /agents lists"
    ]
    assert company.json(f"/groups/{SALES}") == before


def named(company: Company, group: int, **options: Any) -> httpx.Response:
    body = {"message": "Hello", "requester": {"mail": "a@b.example"}, "group": [group]}
    return company.request("POST", "/tickets", json=body, **options)


def test_who_may_make_no_groups_makes_none_by_naming_one(company: Company) -> None:
    words = (
        "group: there is no group 99 in this account; accepted: an id that GET /groups lists (an owner or an administrator makes a group "
        "by naming it)"
    )
    ticket = named(company, SALES, ben=True).json()["id"]
    token = company.post("/personal_tokens", json={"scopes": ["tickets_read", "tickets_write"]}).json()["token"]
    for options in ({"ben": True}, {"auth": (company.owner.id, token)}):
        assert named(company, 99, **options).json()["errors"] == [words]
        for path, body in ((f"/tickets/{ticket}", {"group": [99]}), ("/tickets", {"ids": [ticket], "group": [99]})):
            answer = company.request("PUT", path, json=body, **options)
            assert (answer.status_code, answer.json()["errors"]) == (400, [words])
    assert company.get("/groups/99").status_code == 404
    wider = company.post("/personal_tokens", json={"scopes": ["tickets_write", "groups_write"]}).json()["token"]
    assert named(company, 99, auth=(company.owner.id, wider)).status_code == 200
    assert company.json("/groups/99")["name"] == "Group 99"


def test_a_group_of_the_highest_id_is_not_the_end_of_groups(company: Company) -> None:
    assert named(company, 2**31 - 1).status_code == 200
    made = [company.post("/groups", json={"name": name, "agents": [ANN.id]}).json()["id"] for name in ("One", "Other")]
    assert len({*made, SALES, SUPPORT, 0, 2**31 - 1}) == 6
    assert company.request("DELETE", f"/groups/{2**31 - 1}").status_code == 200
    assert company.post("/groups", json={"name": "Third", "agents": [ANN.id]}).status_code == 200


def test_the_id_of_a_group_is_not_given_again_while_the_trash_may_have_it(company: Company) -> None:
    first = company.post("/groups", json={"name": "First", "agents": [ANN.id]}).json()["id"]
    ticket, merged, other = (named(company, first).json()["id"] for _ in range(3))
    company.request("DELETE", f"/tickets/{ticket}")
    company.post(f"/tickets/{merged}/merge", json={"into": other})
    company.put(f"/tickets/{other}", json={"group": [SALES]})
    company.request("DELETE", f"/groups/{first}")
    second = company.post("/groups", json={"name": "Second", "agents": [ANN.id]}).json()["id"]
    assert second > first
    restored = company.post(f"/tickets/{ticket}/restore").json()
    assert restored["groups"][0]["name"] == "First"
    assert company.ids(group=second) == []
