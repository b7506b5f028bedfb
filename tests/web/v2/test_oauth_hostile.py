"""Anything at all, sent to the OAuth server: it is refused in its shape, and nobody is sent to an address that is no app's."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import rounds
from tests.web.hostile import LISTS, ODD_TEXTS, PATHS, SCRIPTS, SQL
from tests.web.v2.apps import CALLBACK, CHALLENGE, VERIFIER, App, nobody
from tests.web.v2.companies import ANN, Company

EXAMPLES: Final = rounds.times(quick=100, long=5_000)
PLACES: Final = (
    *(("GET", "/authorize"), ("POST", "/authorize"), ("POST", "/token"), ("POST", "/revoke"), ("POST", "/introspect")),
    *(("DELETE", "/token"), ("GET", "/info"), ("GET", "/.well-known/oauth-authorization-server")),
)
WORDS: Final = {
    "response_type": ["code", "token"],
    "redirect_uri": [CALLBACK, "https://evil.example/", "javascript:alert(1)", "http://127.0.0.1:1/"],
    "scope": ["tickets_read", "tickets_manage agents--all:ro"],
    "state": ["x"],
    "code_challenge": [CHALLENGE],
    "code_challenge_method": ["S256", "plain"],
    "grant_type": ["authorization_code", "refresh_token", "password"],
    "code_verifier": [VERIFIER],
    "token_type_hint": ["access_token"],
    "decision": ["allow", "deny"],
    "login": [ANN.id],
}
SECRETS: Final = ("client_id", "client_secret", "code", "refresh_token", "token", "key")
ODD: Final = st.sampled_from([*SCRIPTS, *PATHS, *ODD_TEXTS, *SQL, *LISTS]) | st.text(max_size=60)


@pytest.fixture(scope="module")
def apps(found_live: Callable[..., Company], found_implicit: Callable[..., Company]) -> tuple[App, App]:
    """An app on a server as everybody has it, and one on a server that offers the implicit flow."""
    return App(found_live()), App(found_implicit())


def fields_of(app: App, data: st.DataObject) -> list[tuple[str, str]]:
    """Draw fields, most of them such as the server likes to hear, some twice, some under odder names."""
    known = {"client_id": app.id, "client_secret": app.secret or "", "key": app.company.key}
    found = []
    for name in (*WORDS, *SECRETS):
        likely = st.sampled_from(WORDS.get(name) or [known.get(name, f"desk-a{app.company.id}-" + "x" * 43)])
        if data.draw(st.integers(0, 9)) < 8:
            found.append((name, data.draw(st.one_of(likely, likely, likely, ODD), label=name)))
    more = data.draw(st.lists(st.tuples(st.sampled_from(["state", "scope[]", "client_id[a]", "x"]) | ODD, ODD), max_size=1))
    return [*found, *more]


@pytest.mark.hypothesis
@pytest.mark.parametrize(("method", "path"), PLACES)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_anything_is_refused_in_its_shape(apps: tuple[App, App], method: str, path: str, data: st.DataObject) -> None:
    app = data.draw(st.sampled_from(apps))
    raw = urlencode(fields_of(app, data), errors="surrogatepass")
    auth: Any = data.draw(st.sampled_from([nobody, (app.id, app.secret or ""), (app.id, "wrong"), (ANN.id, "x")]))
    if method == "POST":
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = app.company.request(method, path, content=raw, headers=headers, auth=auth)
    else:
        answer = app.company.request(method, f"{path}?{raw}", auth=auth)
    assert answer.status_code in {200, 303, 400, 401, 403, 413, 429}, answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    if answer.status_code == 303:
        assert answer.headers["location"].startswith((f"{CALLBACK}?", f"{CALLBACK}#"))
        assert path == "/authorize"
    elif answer.headers["content-type"].startswith("text/html"):
        is_page(answer)
    elif answer.status_code >= 400:
        assert {"message"} <= answer.json().keys()


def is_page(answer: httpx.Response) -> None:
    """Make sure that nothing of a request is markup or policy on a page."""
    assert "<script" not in answer.text
    assert answer.text.count("<form") <= 1
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "evil.example" not in answer.headers["content-security-policy"]
