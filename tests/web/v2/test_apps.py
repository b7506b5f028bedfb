"""/apps: who registers what, and what of it is refused."""

import re
import time
from typing import Any

import pytest

from deskline.actions import apps as act
from tests.web.v2.apps import CALLBACK, App, bearer, works
from tests.web.v2.companies import Company

SHOP: dict[str, Any] = {"name": "Shop", "redirect_uris": [CALLBACK], "scopes": ["tickets_read"]}


def test_it_works(company: Company) -> None:
    made = company.post("/apps", json=SHOP).json()
    assert re.fullmatch(rf"{company.id}-[0-9a-f]{{24}}", made["client_id"])
    assert re.fullmatch(rf"desk-s{company.id}-[A-Za-z0-9_-]{{43}}", made.pop("client_secret"))
    assert {name: value for name, value in made.items() if name not in {"client_id", "created_at"}} == {
        **SHOP,
        "public": False,
        "pkce": "required",
    }
    assert company.json("/apps") == [made], "and the secret is not shown again"
    assert company.request("DELETE", f"/apps/{made['client_id']}").json() == {"ok": True}
    assert company.json("/apps") == []
    assert company.request("DELETE", f"/apps/{made['client_id']}").status_code == 404


def test_a_public_app(company: Company) -> None:
    made = company.post("/apps", json=SHOP | {"public": True}).json()
    assert (made["public"], "client_secret" in made) == (True, False)


@pytest.mark.parametrize(
    "address",
    [
        "https://shop.example",
        "https://shop.example:8443/a/b?c=d",
        "http://127.0.0.1/cb",
        "http://[::1]:9000/cb",
        "http://localhost/cb",
        "com.example.app:/cb",
    ],
)
def test_addresses_that_an_app_may_have(company: Company, address: str) -> None:
    assert company.post("/apps", json=SHOP | {"redirect_uris": [address]}).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "http://shop.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://localhost@evil.example/",
        "https://shop.example/#a",
        "https://",
        "https:///cb",
        "https://user:password@shop.example/",
        "https://shop.example/*",
        "https://*.shop.example/",
        "https://shop.example/; script-src *",
        "https://shop.example/'",
        'https://shop.example/"><script>',
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "myapp:/cb",
        "com.example.app:cb",
        "//shop.example/",
        "/cb",
        "https://shop.example/\r\nSet-Cookie: a=b",
        "https://sh\u00f6p.example/",
        "https://shop.example/" + "a" * 2_000,
    ],
)
def test_addresses_that_no_app_may_have(company: Company, address: str) -> None:
    (problem,) = company.refused("/apps", method="POST", json=SHOP | {"redirect_uris": [address]})
    assert problem.startswith("redirect_uris: ")
    assert company.json("/apps") == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "name: is missing"),
        ({"name": "x" * 101}, "name: 101 characters"),
        ({"name": "a\nb"}, "name: accepted"),
        ({"redirect_uris": None}, "redirect_uris: "),
        ({"redirect_uris": []}, "redirect_uris: 0 addresses"),
        ({"redirect_uris": [f"{CALLBACK}{n}" for n in range(21)]}, "redirect_uris: 21 values"),
        ({"scopes": ["all"]}, "scope: 'all' is no scope"),
        ({"public": "perhaps"}, "public: "),
        ({"pkce": "never"}, "pkce: "),
        ({"public": True, "pkce": "optional"}, "pkce: a public app cannot do without"),
    ],
    ids=str,
)
def test_what_no_app_can_be(company: Company, change: dict[str, Any], words: str) -> None:
    assert company.refused("/apps", method="POST", json=SHOP | change)[0].startswith(words)


def test_who_may_register_and_remove(company: Company) -> None:
    app = App(company)
    for method, path in (("POST", "/apps"), ("DELETE", f"/apps/{app.id}")):
        answer = company.request(method, path, ben=True, json=SHOP)
        assert (answer.status_code, "Apps are registered by an owner or an administrator" in answer.json()["error"]) == (403, True)
    assert company.get("/apps", ben=True).json() == company.json("/apps"), "everybody sees what they may let in"
    assert company.get("/apps", auth=bearer(app.let_in()["access_token"])).status_code == 403


def test_an_account_has_a_bounded_number_of_apps(company: Company) -> None:
    async def many(tx: Any) -> None:
        for _ in range(act.MOST):
            await act.create(tx, "x", [CALLBACK], ["tags_read"])

    company.past("2024-01-01T00:00:00Z", many)
    assert company.post("/apps", json=SHOP).status_code == 409


def test_the_tokens_of_an_app_that_is_removed_are_dead_within_a_second(company: Company) -> None:
    app, other = App(company), App(company)
    tokens, others = app.let_in(), other.let_in()
    code = app.allowed()["code"]
    assert works(company, tokens["access_token"])
    company.request("DELETE", f"/apps/{app.id}")
    removed_at = time.monotonic()
    while works(company, tokens["access_token"]):
        assert time.monotonic() < removed_at + 1
    assert app.refreshes(tokens["refresh_token"]).status_code == 401
    assert app.redeems(code).status_code == 401
    assert app.opens().status_code == 400
    assert works(company, others["access_token"])


def test_an_agent_takes_back_what_they_gave(company: Company) -> None:
    app = App(company)
    anns, bens, code = app.let_in(), app.let_in(login="ben@example.com"), app.allowed()["code"]
    assert company.request("DELETE", f"/apps/{app.id}/tokens").json() == {"revoked": 2}
    assert company.request("DELETE", f"/apps/{app.id}/tokens").json() == {"revoked": 0}
    assert app.introspects(anns["access_token"]) == {"active": False}
    assert app.redeems(code).status_code == 400
    assert app.refreshes(anns["refresh_token"]).status_code == 400
    assert works(company, bens["access_token"])
