"""/personal_tokens, and what a token opens: every route of the table with every scope."""

import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from deskline.actions import personal_tokens as act
from deskline.domain.scopes import SCOPES
from deskline.web.v2.routes import ROUTES
from tests.web.v2.companies import ANN, BEN, Company
from tests.web.v2.test_every_route import DAY, DENIED, filled, is_denied

KEY_ONLY = {
    ("GET", "/personal_tokens"),
    ("POST", "/personal_tokens"),
    ("DELETE", "/personal_tokens/{token_id}"),
    ("GET", "/apps"),
    ("POST", "/apps"),
    ("DELETE", "/apps/{client_id}"),
    ("DELETE", "/apps/{client_id}/tokens"),
    # A token must not open a door that nobody signs in at.
    ("GET", "/ticket_form"),
    ("PUT", "/ticket_form"),
    ("DELETE", "/ticket_form"),
    # A token must not become a key.
    ("PUT", "/agents/{login}/reset_api_key"),
    ("POST", "/agents/{login}/reset_api_key"),
}


@pytest.fixture(scope="module")
def desk(found_live: Callable[..., Company]) -> Company:
    """A company with one ticket."""
    company = found_live()
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    return company


def made(company: Company, *scopes: str, **options: Any) -> dict[str, Any]:
    """Make a token of Ann's, or of Ben's."""
    ben = options.pop("ben", False)
    answer = company.post("/personal_tokens", json={"scopes": list(scopes)} | options, ben=ben)
    assert answer.status_code == 200, answer.text
    token: dict[str, Any] = answer.json()
    return token


def test_it_works(company: Company) -> None:
    token = made(company, "reports_read", "tickets_read", label="dashboard", expires_in_days=90)
    secret = token.pop("token")
    assert re.fullmatch(rf"desk:{company.id}-[A-Za-z0-9_-]{{43}}", secret)
    assert {name: value for name, value in token.items() if not name.endswith("_at") and name != "id"} == {
        "login": ANN.id,
        "scopes": ["tickets_read", "reports_read"],
        "label": "dashboard",
    }
    assert company.json("/personal_tokens") == [token], "and the secret is not shown again"
    for user in (ANN.id, ANN.id.upper(), str(company.id)):
        assert company.get("/tickets", auth=(user, secret)).status_code == 200
    assert company.send(f"GET /tickets HTTP/1.1\nHost: localhost\nAuthorization: Basic {ANN.id}:{secret}\n").status == 200
    refused = company.get("/agents", auth=(ANN.id, secret))
    text = "This token does not have the scope 'agents_read', which this request needs."
    assert (refused.status_code, refused.json()) == (403, {"error": text, "message": text})
    assert refused.headers["www-authenticate"] == 'Bearer realm="Deskline", error="insufficient_scope", scope="agents_read"'


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_opens_the_routes_that_name_it_and_no_others(desk: Company, scope: str) -> None:
    auth = (ANN.id, made(desk, scope)["token"])
    for route in ROUTES:
        answer = desk.request(route.method, f"{filled(route.path)}?{DAY}", auth=auth)
        if route.scope == scope:
            assert answer.status_code not in {401, 403}, (route.method, route.path, answer.text)
        else:
            assert answer.status_code == 403, (route.method, route.path)
            wanted = f', scope="{route.scope}"' if route.scope else ""
            assert answer.headers["www-authenticate"] == f'Bearer realm="Deskline", error="insufficient_scope"{wanted}'


def test_every_route_names_a_scope_that_there_is_or_wants_a_key() -> None:
    assert {route.scope for route in ROUTES} - {""} <= SCOPES.keys()
    assert {(route.method, route.path) for route in ROUTES if not route.scope and not route.public} == KEY_ONLY


def test_a_key_opens_everything_as_before(desk: Company) -> None:
    for route in ROUTES:
        if route.method == "GET":
            assert desk.get(f"{filled(route.path)}?{DAY}").status_code in {200, 404}


def test_a_missing_scope_is_said_before_anything_is_read(desk: Company) -> None:
    auth = (ANN.id, made(desk, "reports_read")["token"])
    assert desk.get("/tickets/ZZZZZ", auth=auth).status_code == 403
    assert desk.get("/tickets?page=0", auth=auth).status_code == 403
    assert desk.request("PUT", "/tickets/AAAAA/tags", auth=auth, content=b"\xff").status_code == 403
    assert desk.request("HEAD", "/tickets", auth=auth).status_code == 403
    assert desk.get("/nowhere", auth=auth).status_code == 404


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (["tickets_manage"], ["tickets_read", "tickets_write"]),
        (["tickets_read,reports_read tags_read"], ["tickets_read", "reports_read", "tags_read"]),
        (["agents--all:ro", "groups--all:rw"], ["agents_read", "groups_read", "groups_write"]),
        (["webhooks--all:rw", "reports--all:ro"], ["reports_read", "webhooks_manage"]),
        (["archives_read", "tickets_read", "goals_write"], ["tickets_read"]),
    ],
)
def test_words_of_the_original_mean_ours(company: Company, asked: list[str], given: list[str]) -> None:
    assert made(company, *asked)["scopes"] == given


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "scopes: is missing; accepted: one or more of tickets_read, "),
        ({"scopes": ["archives_read"]}, "scope: none that opens anything"),
        ({"scopes": ["tickets_eat"]}, "scope: 'tickets_eat' is no scope; accepted: tickets_read, "),
        ({"scopes": ["agents--my:ro"]}, "scope: 'agents--my:ro' is no scope"),
        ({"scopes": ["webhooks--all:ro"]}, "scope: 'webhooks--all:ro' is no scope"),
        ({"scopes": ["tickets_read"] * 101}, "scopes: 101 values"),
        ({"scopes": ["tickets_read " * 101]}, "scope: 101 words"),
        ({"scopes": ["tickets_read"], "label": "x" * 201}, "label: "),
        ({"scopes": ["tickets_read"], "label": "a\nb"}, "label: "),
        ({"scopes": ["tickets_read"], "expires_in_days": 0}, "expires_in_days: '0' is out of range"),
        ({"scopes": ["tickets_read"], "expires_in_days": "x"}, "expires_in_days: "),
    ],
    ids=str,
)
def test_what_no_token_can_be(company: Company, body: dict[str, Any], words: str) -> None:
    assert company.refused("/personal_tokens", method="POST", json=body)[0].startswith(words)
    assert company.json("/personal_tokens") == []


def test_a_token_makes_lists_and_revokes_no_tokens(company: Company) -> None:
    token = made(company, *SCOPES)
    auth = (ANN.id, token["token"])
    for method, path in (("GET", ""), ("POST", ""), ("DELETE", f"/{token['id']}")):
        answer = company.request(method, f"/personal_tokens{path}", auth=auth, json={"scopes": ["tickets_read"]})
        assert (answer.status_code, answer.json()["error"]) == (
            403,
            "No token opens this, whatever its scopes; sign in with an API key.",
        )
        assert answer.headers["www-authenticate"] == 'Bearer realm="Deskline", error="insufficient_scope"'


def test_a_token_can_do_nothing_that_its_agent_cannot(company: Company) -> None:
    auth = (BEN.id, made(company, "groups_write", ben=True)["token"])
    answer = company.put("/working_hours", auth=auth, json={"days": {"monday": "09:00-17:00"}})
    assert answer.status_code == 403
    assert "www-authenticate" not in answer.headers, "no scope would help"


def test_nobody_elses_token_signs_in(company: Company, found_live: Callable[..., Company]) -> None:
    token = made(company, "tickets_read")["token"]
    other = found_live()
    assert is_denied(company.get("/tickets", auth=(BEN.id, token)))
    assert is_denied(company.get("/tickets", auth=(str(other.id), token)))
    for wrong in (token[:-1], token + "x", token.replace(f":{company.id}-", f":{other.id}-"), token.replace(":", "-"), token.upper()):
        assert is_denied(company.get("/tickets", auth=(ANN.id, wrong))), wrong
    for account in ("0", "00", "-1", "9999999", "99999999999999999999"):
        assert is_denied(company.get("/tickets", auth=(ANN.id, f"desk:{account}-{'A' * 43}"))), account


def test_a_token_is_dead_a_second_after_it_was_revoked(company: Company) -> None:
    token = made(company, "tickets_read")
    auth = (ANN.id, token["token"])
    assert company.get("/tickets", auth=auth).status_code == 200
    assert company.request("DELETE", f"/personal_tokens/{token['id']}").json() == {"ok": True}
    revoked_at = sent_at = time.monotonic()
    while company.get("/tickets", auth=auth).status_code == 200:
        assert sent_at < revoked_at + 1
        sent_at = time.monotonic()
    answer = company.get("/tickets", auth=auth)
    assert (answer.status_code, answer.json()) == (401, {"error": DENIED, "message": DENIED})
    assert company.request("DELETE", f"/personal_tokens/{token['id']}").status_code == 404, "it works no more"
    assert company.json("/personal_tokens")[0]["revoked_at"] is not None


def test_a_token_is_dead_when_its_time_is_over(company: Company) -> None:
    async def long_ago(tx: Any) -> str:
        return (await act.create(tx, ANN.id, ["tickets_read"], days=1)).secret

    assert is_denied(company.get("/tickets", auth=(ANN.id, company.past("2020-01-01T00:00:00Z", long_ago))))


def test_agents_see_their_own_tokens_and_the_owner_all(company: Company) -> None:
    anns, bens = made(company, "tickets_read"), made(company, "tags_read", ben=True)
    assert [token["id"] for token in company.get("/personal_tokens", ben=True).json()] == [bens["id"]]
    assert {token["id"] for token in company.json("/personal_tokens")} == {anns["id"], bens["id"]}
    assert company.request("DELETE", f"/personal_tokens/{anns['id']}", ben=True).status_code == 404
    assert company.get("/tickets", auth=(ANN.id, anns["token"])).status_code == 200
    assert company.request("DELETE", f"/personal_tokens/{bens['id']}").status_code == 200


def test_an_agent_has_a_bounded_number_of_tokens(company: Company) -> None:
    async def many(tx: Any) -> None:
        for _ in range(act.MOST - 1):
            await act.create(tx, ANN.id, ["tickets_read"])

    company.past("2024-01-01T00:00:00Z", many)
    last = made(company, "tickets_read")
    answer = company.post("/personal_tokens", json={"scopes": ["tickets_read"]})
    assert (answer.status_code, answer.json()["error"].partition(" has ")[2][:10]) == (409, "100 tokens")
    company.request("DELETE", f"/personal_tokens/{last['id']}")
    made(company, "tickets_read")


def test_a_token_in_the_address_opens_nothing(company: Company) -> None:
    token = made(company, "tickets_read")["token"]

    def nobody(request: httpx.Request) -> httpx.Request:
        return request

    for name in ("access_token", "token", "key"):
        assert is_denied(company.get(f"/tickets?{name}={token}", auth=nobody))
