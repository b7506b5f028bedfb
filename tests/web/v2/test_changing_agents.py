"""POST /agents, PUT /agents/<login>, PUT and POST /agents/<login>/reset_api_key, DELETE /agents/<login>"""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from deskline.domain.people import PERMISSIONS
from tests.web.v2.companies import ANN, BEN, SALES, SUPPORT, Company

PATIENCE_SECONDS = 30
MAX = "max@example.com"
NEW = {"login": MAX, "name": "Max"}
SHOWN: dict[str, Any] = {
    "login": MAX,
    "name": "Max",
    "login_status": "accepting chats",
    "permission": "normal",
    "daily_summary": 0,
    "job_title": "",
    "avatar": "",
    "notifications": {"new_visitor": 0, "returning_visitor": 0, "queued_visitor": 0, "visitor_is_typing": 0, "new_goal": 0},
    "max_chats_count": 0,
    "groups": [],
    "status": "offline",
    "last_logout": 0,
}


def answered(company: Company, method: str, path: str, **options: Any) -> Any:
    answer = company.request(method, path, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    words: str = answer.json()["error"]
    return words


def test_it_works(company: Company) -> None:
    assert answered(company, "POST", "/agents", json={"login": MAX, "name": " Max "}) == SHOWN
    assert company.json(f"/agents/{MAX}") == SHOWN
    asked = {
        "name": "Maximilian",
        "job_title": "Support",
        "login_status": "not accepting chats",
        "password": "12345",
        "groups": [SUPPORT, SALES, SALES, 0],
        "notifications": {"new_visitor": 1, "new_goal": 1},
        "daily_summary": 1,
        "max_chats_count": 6,
        "status": "accepting chats",
    }
    changed = {
        **SHOWN,
        "name": "Maximilian",
        "job_title": "Support",
        "login_status": "not accepting chats",
        "daily_summary": 1,
        "notifications": {**SHOWN["notifications"], "new_visitor": 1, "new_goal": 1},
        "max_chats_count": 6,
        "groups": [{"id": 1, "name": "Sales"}, {"id": 2, "name": "Support"}],
        "status": "accepting chats",
    }
    assert answered(company, "PUT", f"/agents/{MAX}", json=asked) == changed == company.json(f"/agents/{MAX}")
    assert company.json("/status") == {"status": "online"}
    assert answered(company, "PUT", f"/agents/{MAX}", json={"notifications": {"new_goal": 0}})["notifications"]["new_visitor"] == 1
    assert MAX in company.json(f"/groups/{SUPPORT}")["agents"]
    began = int(time.time())
    gone = answered(company, "PUT", f"/agents/{MAX}", data={"status": "offline", "groups[]": SUPPORT})
    assert (gone["status"], gone["groups"]) == ("offline", [{"id": 2, "name": "Support"}])
    assert began <= gone["last_logout"] <= time.time()
    assert answered(company, "PUT", f"/agents/{MAX}", json={"groups": []})["groups"] == []
    assert answered(company, "DELETE", f"/agents/{MAX}") == {"result": f"{MAX} removed successfully"}
    assert company.get(f"/agents/{MAX}").status_code == 404
    assert [agent["login"] for agent in company.json("/agents")] == [ANN.id, BEN.id]


def test_all_fields_of_a_new_agent(company: Company) -> None:
    asked = NEW | {"permission": "owner", "groups[0]": SALES, "notifications[new_goal]": 1, "max_chats_count": 2}
    shown = answered(company, "POST", "/agents", data=asked)
    assert (shown["permission"], shown["groups"], shown["max_chats_count"]) == ("owner", [{"id": 1, "name": "Sales"}], 2)
    assert (shown["notifications"]["new_goal"], shown["status"], shown["last_logout"]) == (1, "offline", 0)


# Keys


def a_key(company: Company, login: str, **options: Any) -> tuple[str, str]:
    return login, answered(company, "PUT", f"/agents/{login}/reset_api_key", **options)["api_key"]


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_key_is_made_anew(company: Company, method: str) -> None:
    answered(company, "POST", "/agents", json={"login": MAX, "name": "Max"})
    first = answered(company, method, f"/agents/{MAX}/reset_api_key")["api_key"]
    assert company.get("/tickets", auth=(MAX, first)).status_code == 200
    second = answered(company, method, f"/agents/{MAX}/reset_api_key", auth=(MAX, first))["api_key"]
    deadline = time.monotonic() + 1
    while company.get("/tickets", auth=(MAX, first)).status_code == 200:
        assert time.monotonic() < deadline, "a revoked key opens nothing within a second"
    assert company.get("/tickets", auth=(MAX, second)).status_code == 200


def test_a_token_makes_no_key(company: Company) -> None:
    """It may do less than a key."""
    token = answered(company, "POST", "/personal_tokens", json={"scopes": ["agents_write", "agents_read"]})["token"]
    assert company.request("PUT", f"/agents/{ANN.id}/reset_api_key", auth=(ANN.id, token)).status_code == 403
    assert company.get("/agents", auth=(ANN.id, token)).status_code == 200


# Who may what


def hired(company: Company, permission: str, login: str = MAX) -> tuple[str, str]:
    answered(company, "POST", "/agents", json={"login": login, "name": "Max", "permission": permission})
    return a_key(company, login)


TABLE = {
    # what is done: who may do it to a normal agent, to an owner
    ("PUT", "/agents/{}", "job_title"): ({"owner", "administrator"}, {"owner"}),
    ("PUT", "/agents/{}", "permission"): ({"owner", "administrator"}, {"owner"}),
    ("PUT", "/agents/{}/reset_api_key", ""): ({"owner", "administrator"}, {"owner"}),
    ("DELETE", "/agents/{}", ""): ({"owner", "administrator"}, {"owner"}),
}


@pytest.mark.parametrize("permission", PERMISSIONS)
@pytest.mark.parametrize(("method", "path", "field"), TABLE)
def test_who_may_touch_others(company: Company, method: str, path: str, field: str, permission: str) -> None:
    by = hired(company, permission)
    bodies = {"job_title": {"job_title": "x"}, "permission": {"permission": "administrator"}, "": None}
    for login, may in zip((BEN.id, ANN.id), TABLE[method, path, field], strict=True):
        answer = company.request(method, path.format(login), json=bodies[field], auth=by)
        assert answer.status_code == (200 if permission in may else 403), answer.text


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_who_may_add(company: Company, permission: str) -> None:
    by = hired(company, permission)
    for given in PERMISSIONS:
        body = {"login": f"{given}@example.com", "name": "New", "permission": given}
        may = permission == "owner" or (permission == "administrator" and given != "owner")
        assert company.request("POST", "/agents", json=body, auth=by).status_code == (200 if may else 403)


def test_what_agents_change_of_themselves(company: Company) -> None:
    mine = f"/agents/{BEN.id}"
    assert answered(company, "PUT", mine, json={"status": "accepting chats", "name": "Benjamin"}, ben=True)["name"] == "Benjamin"
    words = "an owner or an administrator of the account; ben@example.com is neither."
    assert refused(company.request("PUT", mine, json={"permission": "owner"}, ben=True), 403) == f"Permissions are changed by {words}"
    assert refused(company.request("PUT", mine, json={"groups": [0]}, ben=True), 403) == f"The groups of agents are changed by {words}"
    assert refused(company.request("DELETE", mine, ben=True), 403) == f"Agents are deleted by {words}"
    assert company.json(mine)["permission"] == "normal"
    assert a_key(company, BEN.id, ben=True)[0] == BEN.id


def test_an_account_keeps_an_owner(company: Company) -> None:
    words = f"{ANN.id} is the only owner of the account; make somebody else an owner first."
    assert refused(company.request("DELETE", f"/agents/{ANN.id}"), 409) == words
    assert refused(company.request("PUT", f"/agents/{ANN.id}", json={"permission": "normal"}), 409) == words
    answered(company, "PUT", f"/agents/{BEN.id}", json={"permission": "owner"})
    assert answered(company, "PUT", f"/agents/{ANN.id}", json={"permission": "administrator"})["permission"] == "administrator"


# Who is deleted


def test_history_names_who_was_deleted(company: Company) -> None:
    for ticket_id in ("AAAAA", "BBBBB", "CCCCC"):
        company.created(ticket_id, "2024-03-09T08:00:00Z")
        company.replied(ticket_id, "2024-03-09T09:00:00Z", by=BEN)
    company.solved("BBBBB", "2024-03-09T10:00:00Z", by=BEN)
    company.changed("CCCCC", "2024-03-09T10:00:00Z", status="pending")
    before = company.json("/tickets/BBBBB")
    by_agent = company.json("/reports/tickets/solved_tickets", agent=BEN.id, date_from="2024-03-09", date_to="2024-03-09", group_by="day")
    key = a_key(company, BEN.id)
    answered(company, "DELETE", f"/agents/{BEN.id}")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any("assignee" in company.json(f"/tickets/{ticket_id}") for ticket_id in ("AAAAA", "CCCCC")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for ticket_id in ("AAAAA", "CCCCC"):
        shown = company.json(f"/tickets/{ticket_id}")
        assert shown["events"][-1]["type"] == "assignee_removed"
        assert shown["events"][-1]["author"] == {"id": ANN.id, "name": ANN.name, "type": "agent"}, "as captured lives have it"
        assert {"id": BEN.id, "name": BEN.name, "type": "agent"} in [event.get("author") for event in shown["events"]]
    assert company.json("/tickets/BBBBB") == before
    assert before["assignee"]["id"] == BEN.id
    days = {"date_from": "2024-03-09", "date_to": "2024-03-09", "group_by": "day"}
    assert company.json("/reports/tickets/solved_tickets", agent=BEN.id, **days) == by_agent
    assert company.get("/tickets", auth=key).status_code == 401
    answer = company.request("PUT", "/tickets/AAAAA", json={"assignee": {"id": BEN.id}})
    assert answer.status_code == 400
    assert company.json(f"/groups/{SALES}")["agents"] == []


def test_who_was_deleted_comes_back(company: Company) -> None:
    """With nothing of before: no key, no group, no permission."""
    answered(company, "PUT", f"/agents/{BEN.id}", json={"permission": "administrator", "job_title": "Chief", "max_chats_count": 3})
    key = a_key(company, BEN.id)
    answered(company, "DELETE", f"/agents/{BEN.id}")
    shown = answered(company, "POST", "/agents", json={"login": BEN.id.upper(), "name": "Ben"})
    assert shown == {**SHOWN, "login": BEN.id, "name": "Ben"}
    assert company.get("/tickets", auth=key).status_code == 401
    assert company.get("/tickets", auth=a_key(company, BEN.id)).status_code == 200


# What is refused


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        (
            {},
            [
                "login: is missing; accepted: a text of at most 254 characters",
                "name: is missing; accepted: a text of at most 250 characters",
            ],
        ),
        ({"login": "max", "name": "Max"}, ["login: 'max' is not accepted; accepted: a mail address without blanks and colons"]),
        (NEW | {"name": "\n"}, ["name: '' is not accepted; accepted: 1 to 200 characters that can be printed"]),
        (NEW | {"password": "1234"}, ["password: is too short; accepted: at least 5 characters"]),
        (
            NEW | {"permission": "god"},
            ["permission: 'god' is not one of them; accepted: owner, administrator, normal"],
        ),
        (
            NEW | {"groups": [7]},
            ["groups: there is no group 7 in this account; accepted: ids that GET /groups lists"],
        ),
        (
            NEW | {"notifications": {"new_goal": 2}, "max_chats_count": -1},
            [
                "notifications[new_goal]: '2' is not a truth value; accepted: 0, 1, true, false",
                "max_chats_count: '-1' is out of range; accepted: a whole number from 0 to 1000",
            ],
        ),
    ],
)
def test_all_that_is_wrong_is_named(company: Company, body: dict[str, Any], problems: list[str]) -> None:
    assert sorted(company.refused("/agents", method="POST", json=body)) == sorted(problems)
    assert [agent["login"] for agent in company.json("/agents")] == [ANN.id, BEN.id]


def test_an_agent_who_is_there(company: Company) -> None:
    answer = company.request("POST", "/agents", json={"login": "Ben@Example.com", "name": "Ben"})
    assert refused(answer, 409) == "There is an agent 'Ben@Example.com' in this account already."


def test_a_change_that_is_refused_changes_nothing(company: Company) -> None:
    before = company.json(f"/agents/{BEN.id}")
    assert company.refused(f"/agents/{BEN.id}", method="PUT", json={}) == [
        "name, status, permission, groups, …: nothing to change; accepted: at least one field of an agent"
    ]
    assert company.refused(f"/agents/{BEN.id}", method="PUT", json={"name": "Other", "groups": [7]}) == [
        "groups: there is no group 7 in this account; accepted: ids that GET /groups lists"
    ]
    assert company.json(f"/agents/{BEN.id}") == before


@pytest.mark.parametrize(("method", "path"), [("PUT", ""), ("DELETE", ""), ("PUT", "/reset_api_key"), ("POST", "/reset_api_key")])
def test_an_unknown_agent(company: Company, found_live: Callable[..., Company], method: str, path: str) -> None:
    answer = company.request(method, f"/agents/nobody@example.com{path}", json={"permission": 5})
    assert refused(answer, 404) == "There is no agent 'nobody@example.com' here."
