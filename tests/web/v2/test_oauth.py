"""The OAuth server: consent, tokens, refreshing, ending and asking what a token is. What RFC 9700 warns of is in test_oauth_security.py."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from deskline.actions import oauth as act
from deskline.storage import oauth as stored
from tests.web.v2.apps import CALLBACK, SCOPES, VERIFIER, App, bearer, challenge_of, nobody, told, works
from tests.web.v2.companies import ANN, BEN, Company


@pytest.fixture
def app(company: Company) -> App:
    """An app with a secret."""
    return App(company)


def error_of(answer: Any, status: int = 400) -> str:
    """Read the protocol's word of a refusal, which has the shape of RFC 6749, 5.2, and that of every error here."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["message"] == body["error_description"]
    assert ("errors" in body) is (status == 400)
    assert "no-store" in answer.headers["cache-control"]
    error: str = body["error"]
    return error


def test_it_works(company: Company, app: App) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    page = app.opens()
    assert page.status_code == 200
    assert "Shop &lt;b&gt; asks for access to Company" in page.text
    assert "Read tickets, their messages and history" in page.text
    assert "https://shop.example" in page.text
    back = told(app.decided(page))
    assert {name: back[name] for name in ("state", "iss")} == {"state": "a b&c=d", "iss": company.url}
    answer = app.redeems(back["code"])
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    tokens = answer.json()
    access, refresh = tokens.pop("access_token"), tokens.pop("refresh_token")
    assert tokens == {
        "expires_in": 28_800,
        "token_type": "Bearer",
        "scope": "tickets_read reports_read",
        "entity_id": ANN.id,
        "license_id": company.id,
        "account_id": str(company.id),
        "organization_id": str(company.id),
    }
    assert company.get("/tickets/AAAAA", auth=bearer(access)).status_code == 200
    assert company.get("/v2/tickets", auth=bearer(access)).json()["total"] == 1
    assert company.get("/agents", auth=bearer(access)).status_code == 403
    new = app.refreshes(refresh).json()
    assert works(company, new["access_token"])
    assert new["refresh_token"] != refresh


def test_what_is_done_with_a_token_is_done_by_its_agent(company: Company) -> None:
    app = App(company, scopes=["tickets_write"])
    token = app.let_in(scope="tickets_write", login=BEN.id)["access_token"]
    made = company.post("/tickets", json={"message": "x", "requester": {"mail": "a@b.example"}}, auth=bearer(token)).json()
    answer = company.post(f"/tickets/{made['id']}/messages", json={"message": "y"}, auth=bearer(token))
    assert answer.json()["events"][-1]["author"]["id"] == BEN.id or answer.json()["assignee"]["id"] == BEN.id


def test_info_as_the_original_spells_it(company: Company, app: App) -> None:
    token = app.let_in()["access_token"]
    for path in ("/info", "/v2/info"):
        answer = company.get(path, auth=bearer(token))
        assert answer.headers["cache-control"] == "no-store"
        shown = answer.json()
        assert 28_700 < shown.pop("expires_in") <= 28_800
        assert shown == {
            "access_token": token,
            "client_id": app.id,
            "scope": "tickets_read,reports_read",
            "token_type": "Bearer",
            "entity_id": ANN.id,
            "license_id": company.id,
            "account_id": str(company.id),
            "organization_id": str(company.id),
        }


def test_v2_token_is_the_same(company: Company, app: App) -> None:
    form = {"grant_type": "authorization_code", "code": app.allowed()["code"], "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    answer = company.post("/v2/token", data=form, auth=(app.id, app.secret))
    assert works(company, answer.json()["access_token"])


def test_info_of_anything_but_an_access_token(company: Company, app: App) -> None:
    refresh = app.let_in()["refresh_token"]
    for auth in (bearer(refresh), bearer("desk-a1-" + "x" * 43), bearer("x")):
        answer = company.get("/info", auth=auth)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="Deskline", error="invalid_token"'
    assert company.get("/info", auth=nobody).status_code == 401
    assert company.get("/info").status_code == 401, "a key is no token"


@pytest.mark.parametrize("name", ["token", "code", "bearer"])
def test_delete_token_as_the_original_spells_it(company: Company, app: App, name: str) -> None:
    tokens = app.let_in()
    access = tokens["access_token"]
    assert works(company, access)
    if name == "bearer":
        answer = company.request("DELETE", "/v2/token", auth=bearer(access))
    else:
        answer = company.request("DELETE", "/token", params={name: access}, auth=nobody)
    assert (answer.status_code, answer.json()) == (200, {})
    dies(company, access)
    assert app.refreshes(tokens["refresh_token"]).status_code == 200, "an access token ends alone"


def dies(company: Company, token: str) -> None:
    """Wait until a token opens nothing: less than a second, and for good."""
    began = time.monotonic()
    while works(company, token):
        assert time.monotonic() < began + 1
    answer = company.get("/tickets", auth=bearer(token))
    assert answer.headers["www-authenticate"] == 'Bearer realm="Deskline", error="invalid_token"'


def test_revoke_a_refresh_token_and_all_of_its_grant_ends(company: Company, app: App) -> None:
    tokens, others = app.let_in(), app.let_in()
    assert works(company, tokens["access_token"])
    answer = company.post("/revoke", data={"token": tokens["refresh_token"]}, auth=(app.id, app.secret))
    assert (answer.status_code, answer.json()) == (200, {})
    dies(company, tokens["access_token"])
    assert error_of(app.refreshes(tokens["refresh_token"])) == "invalid_grant"
    assert works(company, others["access_token"])


def test_revoke_what_is_no_token_is_done_already(company: Company, app: App) -> None:
    for token in ("x", "desk-a1-" + "x" * 43, f"desk-r{company.id}-" + "x" * 43):
        assert company.post("/revoke", data={"token": token}, auth=(app.id, app.secret)).json() == {}
        assert company.request("DELETE", "/token", params={"token": token}, auth=nobody).json() == {}


def test_another_apps_token_is_not_revoked_and_not_told_about(company: Company, app: App) -> None:
    other, token = App(company, name="Other"), app.let_in()["access_token"]
    answer = company.post("/revoke", data={"token": token}, auth=(other.id, other.secret))
    assert error_of(answer) == "unauthorized_client"
    assert other.introspects(token) == {"active": False}
    assert works(company, token)


def test_introspect(company: Company, app: App) -> None:
    tokens = app.let_in()
    said = app.introspects(tokens["access_token"])
    assert 28_000 < said.pop("exp") - said.pop("iat") <= 28_800
    assert said == {
        "active": True,
        "scope": "tickets_read reports_read",
        "client_id": app.id,
        "username": ANN.id,
        "sub": ANN.id,
        "token_type": "Bearer",
        "iss": company.url,
        "license_id": company.id,
    }
    assert app.introspects(tokens["refresh_token"])["token_type"] == "refresh_token"
    app.refreshes(tokens["refresh_token"])
    assert app.introspects(tokens["refresh_token"]) == {"active": False}
    assert app.introspects("x") == {"active": False}
    assert error_of(company.post("/introspect", data={"token": "x"}, auth=nobody), 401) == "invalid_client"
    assert error_of(company.post("/introspect", data={}, auth=(app.id, app.secret))) == "invalid_request"


def test_the_server_says_what_it_can_do(company: Company) -> None:
    said = company.get("/.well-known/oauth-authorization-server", auth=nobody).json()
    assert said["issuer"] == company.url
    assert said["token_endpoint"] == f"{company.url}/token"
    assert (said["response_types_supported"], said["code_challenge_methods_supported"]) == (["code"], ["S256"])
    assert "tickets_read" in said["scopes_supported"]


def test_the_description_says_how_an_app_gets_in(company: Company) -> None:
    document = company.json("/openapi.json")
    flow = document["components"]["securitySchemes"]["app"]["flows"]["authorizationCode"]
    assert (flow["authorizationUrl"], flow["tokenUrl"]) == ("/authorize", "/token")
    assert flow["scopes"]["tickets_read"] == "Read tickets, their messages and history"
    assert {"app": ["tickets_read"]} in document["paths"]["/tickets"]["get"]["security"]
    assert document["paths"]["/apps"]["get"]["security"] == [{"key": []}], "a key alone"


# Scopes


def test_without_a_scope_all_that_the_app_is_registered_for(app: App) -> None:
    assert app.let_in(scope=None)["scope"] == "tickets_read reports_read"


def test_less_may_be_asked_for_and_the_originals_words_are_understood(company: Company) -> None:
    app = App(company, scopes=["tickets_manage", "agents_read"])
    assert app.let_in(scope="agents--all:ro,archives_read")["scope"] == "agents_read"


@pytest.mark.parametrize("scope", ["tickets_write", "tickets_read agents_read", "nonsense", "archives_read", 'a"b\\c\u00e9'])
def test_what_the_app_may_not_ask_for(app: App, scope: str) -> None:
    back = told(app.opens(scope=scope))
    assert (back["error"], back["state"]) == ("invalid_scope", "a b&c=d")
    assert all(" " <= c <= "~" and c not in '"\\' for c in back["error_description"])


def test_a_refresh_may_ask_for_less_and_never_for_more(company: Company, app: App) -> None:
    refresh = app.let_in()["refresh_token"]
    less = app.refreshes(refresh, scope="reports_read").json()
    assert less["scope"] == "reports_read"
    assert company.get("/tickets", auth=bearer(less["access_token"])).status_code == 403
    assert error_of(app.refreshes(less["refresh_token"], scope="tickets_write")) == "invalid_scope"
    assert error_of(app.refreshes(less["refresh_token"], scope="x")) == "invalid_scope"
    assert app.refreshes(less["refresh_token"]).json()["scope"] == "tickets_read reports_read", "the grant is as it was"


def test_a_personal_token_gives_an_app_nothing(company: Company, app: App) -> None:
    """What an app is given would outlive the token, and work after it was revoked."""
    token = company.post("/personal_tokens", json={"scopes": list(SCOPES)}).json()["token"]
    answer = app.decided(app.opens(), key=token)
    assert (answer.status_code, "please use your API key" in answer.text) == (403, True)
    assert "location" not in answer.headers


# The page


def test_no_is_no(app: App) -> None:
    back = told(app.decided(app.opens(), decision="deny", login="", key=""))
    assert (back["error"], back["state"], "code" in back) == ("access_denied", "a b&c=d", False)


@pytest.mark.parametrize(
    "given",
    [
        {"key": "wrong-wrong"},
        {"key": ""},
        {"login": ""},
        {"login": BEN.id},
        {"key": "desk:1-" + "x" * 43},
        {"login": "é@example.com"},
    ],
    ids=repr,
)
def test_a_wrong_key_gets_the_page_again(app: App, given: dict[str, str]) -> None:
    answer = app.decided(app.opens(), **given)
    assert (answer.status_code, "This login and key do not open this account." in answer.text) == (403, True)
    assert app.company.key not in answer.text
    assert "www-authenticate" not in answer.headers, "a browser would ask in its own way"
    assert "code" in told(app.decided(answer)), "and the page still works"


def test_an_agent_of_another_account_is_a_stranger(app: App, found_live: Callable[..., Company]) -> None:
    other = found_live()
    assert app.decided(app.opens(), key=other.key).status_code == 403


def test_neither_yes_nor_no(app: App) -> None:
    answer = app.decided(app.opens(), decision="perhaps")
    assert (answer.status_code, "Please say whether the app may." in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"client_id": None}, "client_id_not_found"),
        ({"client_id": "x"}, "client_id_not_found"),
        ({"client_id": "1-" + "0" * 24}, "client_id_not_found"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_redirect_uri"),
        ({"state": "x" * 2_001}, "invalid_request"),
    ],
    ids=str,
)
def test_who_leads_nowhere_is_shown_a_page(app: App, fields: dict[str, str | None], error: str) -> None:
    answer = app.opens(**fields)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert f"<code>{error}</code>" in answer.text
    assert "<form" not in answer.text


def test_several_addresses_and_none_named(company: Company) -> None:
    app = App(company, redirect_uris=[CALLBACK, "https://shop.example/other"])
    assert "redirect_uri_not_set" in app.opens(redirect_uri=None).text


def test_one_address_need_not_be_named(app: App) -> None:
    code = app.allowed(redirect_uri=None)["code"]
    assert app.redeems(code, redirect_uri=None).status_code == 200
    assert app.redeems(app.allowed(redirect_uri=None)["code"]).status_code == 200


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
    ],
    ids=str,
)
def test_what_the_app_is_told(app: App, fields: dict[str, str | None], error: str) -> None:
    assert told(app.opens(**fields), fragment=fields["response_type"] == "token")["error"] == error


def test_an_address_with_a_query_keeps_it(company: Company) -> None:
    address = "https://shop.example/callback?shop=1"
    app = App(company, redirect_uris=[address])
    location = app.opens(redirect_uri=address, response_type=None).headers["location"]
    assert location.startswith(f"{address}&error=invalid_request&")


# Tokens


def test_how_an_app_says_who_it_is(company: Company, app: App) -> None:
    ways: list[tuple[Any, dict[str, Any]]] = [
        ((app.id, app.secret), {"client_id": None, "client_secret": None}),
        ((app.id, app.secret), {"client_secret": None}),
        (nobody, {}),
    ]
    for auth, fields in ways:
        assert app.redeems(app.allowed()["code"], auth=auth, **fields).status_code == 200
    code = app.allowed()["code"]
    assert error_of(app.redeems(code, auth=(app.id, app.secret))) == "invalid_request", "one way at a time (RFC 6749, 2.3)"
    wrong: list[tuple[Any, dict[str, Any]]] = [
        ((app.id, "wrong"), {"client_secret": None}),
        ((app.id, ""), {"client_secret": None}),
        (bearer("x"), {"client_secret": None}),
        (nobody, {"client_secret": None}),
        (nobody, {"client_secret": "wrong"}),
        (nobody, {"client_id": None}),
        (nobody, {"client_id": "1-" + "0" * 24}),
    ]
    for auth, fields in wrong:
        answer = app.redeems(code, auth=auth, **fields)
        assert error_of(answer, 401) == "invalid_client"
        assert answer.headers["www-authenticate"] == 'Basic realm="Deskline"'
    assert app.redeems(code).status_code == 200


def test_a_public_app_has_no_secret(company: Company) -> None:
    app = App(company, public=True)
    assert app.secret is None
    assert works(company, app.let_in()["access_token"])
    assert error_of(app.redeems(app.allowed()["code"], client_secret="x"), 401) == "invalid_client"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password", "username": ANN.id, "password": "x"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "x"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "x" * 2_001}, "invalid_request"),
    ],
    ids=str,
)
def test_what_gets_no_token(app: App, fields: dict[str, str | None], error: str) -> None:
    assert error_of(app.asks_for_tokens(**fields)) == error


def test_a_parameter_that_comes_twice(app: App) -> None:
    body = f"grant_type=refresh_token&grant_type=refresh_token&client_id={app.id}&client_secret={app.secret}&refresh_token=x"
    answer = app.company.post("/token", content=body, headers={"content-type": "application/x-www-form-urlencoded"}, auth=nobody)
    assert error_of(answer) == "invalid_request"


def test_an_agent_who_left_is_nobody(company: Company, app: App) -> None:
    tokens, code = app.let_in(login=BEN.id), app.allowed(login=BEN.id)["code"]

    assert company.request("DELETE", f"/agents/{BEN.id}").status_code == 200
    dies(company, tokens["access_token"])
    assert error_of(app.refreshes(tokens["refresh_token"])) == "invalid_grant"
    assert error_of(app.redeems(code)) == "invalid_grant"


def test_at_most_25_tokens_of_each_kind_for_an_app_and_an_agent(company: Company, app: App) -> None:
    """The oldest are revoked, as in the original."""
    first = app.let_in()
    bens = app.let_in(login=BEN.id)
    others = [app.let_in() for _ in range(24)]
    assert works(company, first["access_token"])
    others.append(app.let_in())
    dies(company, first["access_token"])
    assert error_of(app.refreshes(first["refresh_token"])) == "invalid_grant"
    assert all(works(company, each["access_token"]) for each in (*others, bens))


def test_a_token_ends_with_its_time(company: Company, app: App) -> None:
    async def long_ago(tx: Any) -> tuple[str, str]:
        found = await stored.find_client(tx, app.id)
        principal = await stored.find_signer(tx, act.hash_of(token))
        assert found is not None
        assert principal is not None
        consent = act.Consent(found[0], frozenset(SCOPES))
        return await act.give_code(tx, consent, principal.principal), (await act.give_token(tx, consent, principal.principal)).access

    token = app.let_in()["access_token"]
    code, access = company.past("2020-01-01T00:00:00Z", long_ago)
    assert not works(company, access)
    assert "its time of 60 seconds is over" in app.redeems(code, redirect_uri=None, code_verifier=None).text
    assert works(company, token)


# The implicit flow


def test_the_implicit_flow_where_it_is_switched_on(found_implicit: Callable[..., Company]) -> None:
    company = found_implicit()
    app = App(company, public=True)
    answer = app.decided(app.opens(response_type="token", code_challenge=None, code_challenge_method=None))
    back = told(answer, fragment=True)
    assert works(company, back.pop("access_token"))
    assert back == {
        "token_type": "Bearer",
        "expires_in": "28800",
        "scope": "tickets_read reports_read",
        "state": "a b&c=d",
        "iss": company.url,
    }
    assert told(app.opens(response_type="token", scope="x"), fragment=True)["error"] == "invalid_scope"
    said = company.get("/.well-known/oauth-authorization-server", auth=nobody).json()
    assert said["response_types_supported"] == ["code", "token"]


def test_the_challenge_is_that_of_rfc_7636() -> None:
    assert challenge_of(VERIFIER) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
