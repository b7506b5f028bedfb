"""The advice of RFC 9700 (Best Current Practice for OAuth 2.0 Security): what a server can keep of it. Numbers are its sections."""

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from deskline.domain.scopes import SCOPES as ALL_SCOPES
from tests.web.v2.apps import CALLBACK, CHALLENGE, VERIFIER, App, bearer, challenge_of, nobody, told, works
from tests.web.v2.companies import ANN, Company
from tests.web.v2.test_oauth import dies, error_of


@pytest.fixture
def app(company: Company) -> App:
    """An app with a secret."""
    return App(company)


@pytest.fixture
def public(company: Company) -> App:
    """An app that can keep no secret."""
    return App(company, public=True)


# 2.1, 4.1: where answers go


@pytest.mark.parametrize(
    "address",
    [
        CALLBACK + "/",
        CALLBACK + "/../evil",
        CALLBACK + "?a=b",
        CALLBACK + "#a",
        CALLBACK.upper(),
        CALLBACK.replace("https", "http"),
        "https://shop.example:443/callback",
        "https://shop.example.evil.example/callback",
        "https://evil.example/?https://shop.example/callback",
        "https://shop.example@evil.example/callback",
        "https://x.shop.example/callback",
        "javascript:alert(1)",
        " " + CALLBACK,
        CALLBACK + "%0d%0aSet-Cookie:a=b",
    ],
)
def test_an_address_is_compared_to_the_letter(app: App, address: str) -> None:
    """2.1 and 4.1.3: exact string matching; a wrong address gets no redirect, whatever else is wrong."""
    for more in ({}, {"response_type": "nonsense"}, {"scope": "nonsense"}):
        answer = app.opens(redirect_uri=address, **more)
        assert (answer.status_code, "location" in answer.headers) == (400, False)
        assert "invalid_redirect_uri" in answer.text
    assert app.decided(app.opens(), redirect_uri=address).status_code == 400, "nor by a form that was changed"


def test_another_port_on_the_own_machine_is_the_same_address(company: Company) -> None:
    """4.1.3, and RFC 8252, 7.3: the one exception, since a native app cannot know its port before it runs."""
    app = App(company, public=True, redirect_uris=["http://127.0.0.1/cb"])
    address = "http://127.0.0.1:51004/cb"
    code = told(app.decided(app.opens(redirect_uri=address)), address)["code"]
    assert app.redeems(code, redirect_uri=address).status_code == 200
    for other in (
        "http://127.0.0.1:51004/cb2",
        "http://127.0.0.2:51004/cb",
        "http://127.0.0.1:51004@evil.example/cb",
        "http://127.0.0.1:1x/cb",
    ):
        assert app.opens(redirect_uri=other).status_code == 400, other


def test_a_code_is_for_the_address_that_it_was_sent_to(company: Company) -> None:
    """4.1, 4.5 and RFC 6749, 4.1.3."""
    app = App(company, redirect_uris=[CALLBACK, "https://shop.example/other"])
    code = app.allowed()["code"]
    for address in ("https://shop.example/other", None, CALLBACK + "/"):
        assert error_of(app.redeems(code, redirect_uri=address)) == "invalid_grant"
    assert app.redeems(code).status_code == 200


# 2.1.1, 4.5, 4.8: PKCE


@pytest.mark.parametrize("fields", [{"code_challenge": None, "code_challenge_method": None}, {"code_challenge": None}], ids=str)
def test_no_request_without_pkce(app: App, public: App, fields: dict[str, None]) -> None:
    """2.1.1: public apps must use PKCE, and all others should."""
    for each in (app, public):
        assert told(each.opens(**fields))["error"] == "invalid_request"


@pytest.mark.parametrize("method", ["plain", None, "s256", "S512"])
def test_only_challenges_that_do_not_show_the_verifier(app: App, method: str | None) -> None:
    """2.1.1: S256 is the one method that shows nothing; RFC 7636, 4.3: none named is `plain`."""
    assert told(app.opens(code_challenge_method=method))["error"] == "invalid_request"


@pytest.mark.parametrize("challenge", ["x", CHALLENGE + "=", CHALLENGE[:-1], CHALLENGE[:-1] + "+", VERIFIER * 4])
def test_a_challenge_that_is_none(app: App, challenge: str) -> None:
    assert told(app.opens(code_challenge=challenge))["error"] == "invalid_request"


@pytest.mark.parametrize("verifier", [None, VERIFIER[:-1] + "A", CHALLENGE, VERIFIER[:42], "\u00e9" * 43, VERIFIER + " "])
def test_a_stolen_code_is_worth_nothing_without_its_verifier(public: App, verifier: str | None) -> None:
    """4.5.3.1: also to whoever knows the challenge, which stands in an address."""
    code = public.allowed()["code"]
    assert error_of(public.redeems(code, code_verifier=verifier)) == "invalid_grant"
    assert public.redeems(code).status_code == 200, "and whoever began gets the tokens"


def test_a_code_of_another_session_does_not_fit(public: App) -> None:
    """4.5.3.1: a code that is injected into somebody's session meets a verifier that is not its own."""
    other = challenge_of("another-verifier-another-verifier-another-verifier")
    code = public.allowed(code_challenge=other)["code"]
    assert error_of(public.redeems(code)) == "invalid_grant"


def test_pkce_cannot_be_taken_out_of_the_middle(company: Company) -> None:
    """4.8.2: a verifier for a request that had no challenge means that somebody took the challenge out."""
    app = App(company, pkce="optional")
    without: dict[str, Any] = {"code_challenge": None, "code_challenge_method": None}
    code = app.allowed(**without)["code"]
    assert error_of(app.redeems(code)) == "invalid_grant"
    assert app.redeems(code, code_verifier=None).status_code == 200
    assert error_of(app.redeems(app.allowed()["code"], code_verifier=None)) == "invalid_grant"


# 2.1.2, 4.3.2, 4.6: no tokens in addresses


def test_there_is_no_implicit_flow(app: App) -> None:
    """2.1.2: it is off unless somebody who runs the server switches it on."""
    for kind in ("token", "id_token", "code token", "id_token token"):
        back = told(app.opens(response_type=kind), fragment=kind == "token")
        assert (back["error"], "access_token" in back) == ("unsupported_response_type", False)


def test_a_token_in_an_address_or_a_form_opens_nothing(company: Company, app: App) -> None:
    """4.3.2: only the header is read, so nobody gets used to addresses that end in logs and histories."""
    token = app.let_in()["access_token"]
    assert company.get("/tickets", params={"access_token": token}, auth=nobody).status_code == 401
    assert company.get("/info", params={"access_token": token, "token": token}, auth=nobody).status_code == 401
    assert company.post("/tickets", data={"access_token": token, "message": "x"}, auth=nobody).status_code == 401
    assert company.get("/tickets", headers={"Cookie": f"access_token={token}"}, auth=nobody).status_code == 401


# 2.2.2, 4.14: refresh tokens


def test_a_refresh_token_that_comes_again_ends_its_grant(company: Company, public: App) -> None:
    """2.2.2 and 4.14.2: rotation, and all of the grant ends since nobody knows which of both is the thief."""
    first, other = public.let_in(), public.let_in()
    second = public.refreshes(first["refresh_token"]).json()
    assert works(company, first["access_token"])
    assert works(company, second["access_token"])
    assert error_of(public.refreshes(first["refresh_token"])) == "invalid_grant"
    dies(company, second["access_token"])
    dies(company, first["access_token"])
    assert error_of(public.refreshes(second["refresh_token"])) == "invalid_grant"
    assert works(company, other["access_token"]), "another consent is another grant"


def test_a_refresh_token_is_the_apps_alone(company: Company, app: App) -> None:
    """2.2.2 and RFC 6749, 10.4: bound to the app, which says who it is each time."""
    other, tokens = App(company), app.let_in()
    assert error_of(other.refreshes(tokens["refresh_token"])) == "invalid_grant"
    assert error_of(app.refreshes(tokens["refresh_token"], client_secret=None), 401) == "invalid_client"
    assert error_of(app.refreshes(tokens["access_token"])) == "invalid_grant", "and an access token is none"
    assert app.refreshes(tokens["refresh_token"]).status_code == 200


def test_of_many_at_once_one_gets_tokens(app: App) -> None:
    """4.5 and 4.14: being used once holds also for requests that come together."""
    code, token = app.allowed()["code"], app.let_in()["refresh_token"]
    assert at_once(lambda: app.redeems(code)) == [200] + [400] * 7
    assert at_once(lambda: app.refreshes(token)) == [200] + [400] * 7


def at_once(ask: Callable[[], httpx.Response]) -> list[int]:
    """Ask eight times at the same moment."""
    barrier = threading.Barrier(8)

    def go(_: int) -> int:
        barrier.wait()
        return ask().status_code

    with ThreadPoolExecutor(8) as pool:
        return sorted(pool.map(go, range(8)))


# 2.3, 4.9, 4.10: what a token may do


def test_a_token_does_what_its_scopes_name_and_no_more(company: Company) -> None:
    """2.3: privileges as few as possible. Every route with every scope is in test_personal_tokens.py: both kinds take one way."""
    app = App(company, scopes=list(ALL_SCOPES))
    token = app.let_in(scope="tags_read")["access_token"]
    paths = ("/tags", "/tickets", "/agents", "/groups", "/personal_tokens", "/apps")
    opened = {path: company.get(path, auth=bearer(token)).status_code for path in paths}
    assert opened == dict.fromkeys(opened, 403) | {"/tags": 200}


def test_a_token_of_one_account_is_nothing_in_another(company: Company, app: App, found_live: Callable[..., Company]) -> None:
    """4.10: a token says which account it is for, and that is looked up, not believed."""
    other, token = found_live(), app.let_in()["access_token"]
    forged = re.sub(r"^desk-a\d+-", f"desk-a{other.id}-", token)
    assert forged != token
    assert not works(company, forged)
    assert company.get("/info", auth=bearer(token)).json()["license_id"] == company.id


def test_an_access_token_lives_for_hours(app: App) -> None:
    """2.2.1: tokens are not bound to their sender here, so they are short."""
    assert app.let_in()["expires_in"] <= 8 * 3_600


# 2.4: passwords


def test_no_app_gets_a_password(app: App) -> None:
    """2.4: the resource owner password credentials grant must not be used."""
    form = {"grant_type": "password", "username": ANN.id, "password": app.company.key}
    assert error_of(app.asks_for_tokens(**form)) == "unsupported_grant_type"


# 2.5, 2.6: apps say who they are; the server says what it can


def test_an_app_with_a_secret_must_show_it(app: App) -> None:
    """2.5."""
    assert error_of(app.redeems(app.allowed()["code"], client_secret=None), 401) == "invalid_client"


def test_metadata_say_that_pkce_is_there(company: Company) -> None:
    """2.1.1 and 2.6: apps learn from the metadata that they may rely on it."""
    said = company.get("/.well-known/oauth-authorization-server", auth=nobody).json()
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert "password" not in said["grant_types_supported"]


# 4.2: referrers


def test_nothing_of_the_page_leaks_by_the_referrer(app: App) -> None:
    """4.2.4: no script, nothing from elsewhere, and no referrer to other sites; the redirect has none at all."""
    page = app.opens()
    assert page.headers["referrer-policy"] == "same-origin"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.search(r"<(script|img|link|iframe)|src=|https?://(?!shop\.example)[^<]*<a ", page.text)
    assert app.decided(page).headers["referrer-policy"] == "no-referrer"


def test_a_code_is_used_once(company: Company, app: App) -> None:
    """4.2.4, 4.3.1 and 4.5: a code from a history or a referrer is worth nothing, and ends what came of it."""
    code = app.allowed()["code"]
    tokens = app.redeems(code).json()
    assert works(company, tokens["access_token"])
    assert error_of(app.redeems(code)) == "invalid_grant"
    dies(company, tokens["access_token"])
    assert error_of(app.refreshes(tokens["refresh_token"])) == "invalid_grant"


def test_a_stranger_cannot_end_a_grant_with_an_old_code(company: Company, app: App) -> None:
    """Another app that found a used code gets nothing and harms nobody."""
    code = app.allowed()["code"]
    tokens = app.redeems(code).json()
    assert error_of(App(company).redeems(code)) == "invalid_grant"
    assert works(company, tokens["access_token"])


# 4.4: mix-up


def test_each_answer_says_whose_it_is(company: Company, app: App) -> None:
    """4.4.2.1: `iss` (RFC 9207) in every answer, good or bad, and as the metadata have it."""
    metadata = company.get("/.well-known/oauth-authorization-server", auth=nobody).json()
    assert metadata["authorization_response_iss_parameter_supported"] is True
    answers = (app.opens(scope="x"), app.decided(app.opens()), app.decided(app.opens(), decision="deny"))
    assert [told(answer)["iss"] for answer in answers] == [metadata["issuer"]] * 3


# 4.7: cross-site request forgery


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
    ],
    ids=str,
)
def test_another_site_cannot_send_the_form(app: App, headers: dict[str, str]) -> None:
    """4.7: it is refused, and would be worth nothing: each answer proves who it is from, and no cookie does."""
    form = app.asks() | {"login": ANN.id, "key": app.company.key, "decision": "allow"}
    answer = app.company.post("/authorize", data=form, headers=headers, auth=nobody)
    assert (answer.status_code, "location" in answer.headers) == (403, False)


def test_nothing_that_a_browser_adds_by_itself_allows_anything(app: App) -> None:
    """4.7: neither a cookie nor remembered Basic credentials are looked at."""
    form = app.asks() | {"decision": "allow"}
    for auth in (nobody, (ANN.id, app.company.key)):
        answer = app.company.post("/authorize", data=form, headers={"Cookie": "session=1"}, auth=auth)
        assert answer.status_code == 403
    assert "set-cookie" not in app.opens().headers


def test_a_following_of_the_apps_link_is_let_in(app: App) -> None:
    """What a browser sends when somebody follows a link from the app's site, and then sends the page's own form."""
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Referer": "https://shop.example/"}
    assert app.company.get("/authorize", params=app.asks(), headers=headers, auth=nobody).status_code == 200
    form = app.asks() | {"login": ANN.id, "key": app.company.key, "decision": "allow"}
    own = {"Origin": app.company.url, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
    assert "code" in told(app.company.post("/authorize", data=form, headers=own, auth=nobody))


# 4.11: open redirection


def test_nobody_is_sent_to_an_address_that_is_no_apps(app: App) -> None:
    """4.11.2: only registered addresses, and apps are registered by people who run the desk."""
    for fields in ({"client_id": "x"}, {"client_id": None}, {"redirect_uri": "https://evil.example/"}):
        answer = app.opens(**fields)
        assert (answer.status_code, "location" in answer.headers) == (400, False)
        assert "evil.example" not in answer.text


# 4.12: redirects that carry the form on


def test_the_browser_leaves_the_form_behind(app: App) -> None:
    """4.12: 303, since 307 would send login and key on to the app."""
    assert app.decided(app.opens()).status_code == 303
    assert app.decided(app.opens(), decision="deny").status_code == 303
    assert app.opens(scope="x").status_code == 303


# 4.13: transport; tests/web/test_transport.py has the proxies


def test_nothing_is_asked_or_told_without_https(app: App) -> None:
    """4.13 and 2.6: what a proxy says came over plain HTTP is refused, on these routes as on all."""
    plain = {"X-Forwarded-Proto": "http"}
    for method, path in (("GET", "/authorize"), ("POST", "/authorize"), ("POST", "/token"), ("DELETE", "/token"), ("GET", "/info")):
        assert app.company.request(method, path, headers=plain, auth=nobody).status_code == 403, path


# 4.15: an app that passes for an agent


def test_an_apps_id_is_no_login(company: Company, app: App) -> None:
    """4.15: client ids are made here and hold no `@`; a token is always an agent's."""
    assert "@" not in app.id
    assert company.get("/tickets", auth=(app.id, app.secret or "")).status_code == 401
    assert error_of(app.asks_for_tokens(grant_type="client_credentials")) == "unsupported_grant_type"


# 4.16: clickjacking


def test_the_page_is_in_no_frame_and_sends_its_form_nowhere_else(app: App) -> None:
    """4.16."""
    for page in (app.opens(), app.opens(client_id="x"), app.decided(app.opens(), key="wrong-wrong")):
        policy = page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert page.headers["x-frame-options"] == "DENY"
        assert page.headers["cache-control"] == "no-store"
    assert "form-action 'self' https://shop.example;" in app.opens().headers["content-security-policy"]


def test_what_an_app_sends_is_text_on_the_page(company: Company) -> None:
    """4.16 and beyond: neither its name nor its state are markup, and none of it is in the policy."""
    app = App(company, name='"><script>alert(1)</script>')
    state = "\"'><img src=x onerror=alert(1)>\u2028</form>; script-src *"
    page = app.opens(state=state)
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert told(app.decided(page))["state"] == state
    assert "script-src" not in page.headers["content-security-policy"]


# Guessing (4.14.2 speaks of it; RFC 6749, 10.10)


def test_who_guesses_keys_waits(app: App) -> None:
    page = app.opens()
    statuses = [app.decided(page, login="zoe@example.com", key=f"{number:032x}").status_code for number in range(11)]
    assert statuses == [403] * 10 + [429]
    answer = app.decided(page, login="ZOE@example.com")
    assert (answer.status_code, 0 < int(answer.headers["retry-after"]) <= 6) == (429, True)
    assert "too many wrong keys" in answer.text
    assert "code" in told(app.decided(page)), "others do not wait"
    for _ in range(11):
        assert app.decided(page).status_code == 303, "and who is right is not counted"


def test_nobody_locks_an_app_out(app: App) -> None:
    """Secrets are 256 random bits, which nobody guesses; counting wrong ones would hand a switch to whoever knows the app's id."""
    assert {app.refreshes("x", client_secret="wrong").status_code for _ in range(30)} == {401}
    assert app.let_in()


def test_what_is_stored_opens_nothing(company: Company, app: App) -> None:
    """A copy of the database, or the log, holds no secret, code or token: 2.5, 4.2 and 4.3."""
    tokens = app.let_in()
    personal = company.post("/personal_tokens", json={"scopes": ["tags_read"]}).json()["token"]
    secrets = [app.allowed()["code"], tokens["access_token"], tokens["refresh_token"], personal, app.secret or ""]

    async def rows(tx: Any) -> str:
        tables = ("api_key", "personal_token", "oauth_client", "oauth_code", "oauth_token")
        return repr([await tx.rows(f"SELECT * FROM {table} WHERE account_id = $1") for table in tables])

    stored = company.past("2024-01-01T00:00:00Z", rows)
    kept = b"".join(path.read_bytes() for path in company.server.data.rglob("*") if path.is_file())
    assert app.id in stored
    for text in secrets:
        random = text[-43:]
        assert text.startswith("desk")
        assert random not in stored
        assert random.encode() not in kept


def test_unknown_and_wrong_take_the_same_words(company: Company, app: App) -> None:
    """An unknown app and a wrong secret are told alike, and so are unknown, foreign and ended tokens."""
    assert app.redeems("x", client_id="1-" + "0" * 24, client_secret="x").text == app.redeems("x", client_secret="x").text
    dead = app.let_in()["access_token"]
    company.request("DELETE", "/token", params={"token": dead}, auth=nobody)
    began = time.monotonic()
    while works(company, dead):
        assert time.monotonic() < began + 1
    tokens = (dead, "x", f"desk-a{company.id}-" + "x" * 43, "desk-a9-" + "x" * 43)
    answers = {company.get("/tickets", auth=bearer(token)).text for token in tokens}
    assert len(answers) == 1


# What is refused costs its sender


def test_an_address_may_be_refused_so_often_and_what_is_granted_is_not_counted(company: Company, public: App) -> None:
    """60 a minute, as of sign-ins; an address that a proxy of this machine names."""
    mine, theirs = (f"2001:db8:0a:{company.id:x}{number}::1" for number in (1, 2))
    good = public.allowed()["code"]

    def asked(path: str, form: dict[str, str], address: str = mine) -> httpx.Response:
        return company.post(path, data=form, headers={"X-Forwarded-For": address}, auth=nobody)

    form = {"grant_type": "authorization_code", "client_id": public.id, "code": good, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    token = asked("/token", form).json()["refresh_token"]
    wrong = {"grant_type": "authorization_code", "client_id": public.id, "code": "desk-c1-" + "x" * 43}
    statuses = [asked("/token", wrong).status_code for _ in range(62)]
    assert statuses == [400] * 60 + [429] * 2
    refused = asked("/introspect", {"token": token, "client_id": public.id})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.json()["message"].startswith("Too many requests from your address were refused: 60 a minute are accepted; wait ")
    assert asked("/introspect", {"token": token, "client_id": public.id}, theirs).json()["active"] is True
