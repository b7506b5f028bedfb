"""An app of another company that asks agents for tokens, as its developer would write it by hand: no library, every step seen."""

import base64
import hashlib
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.web.v2.companies import ANN, BEN, Company

CALLBACK = "https://shop.example/callback"
SCOPES = ("tickets_read", "reports_read")
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def nobody(request: httpx.Request) -> httpx.Request:
    """Sign nobody in."""
    return request


def challenge_of(verifier: str) -> str:
    """Make the code challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


class App:
    """An app that is registered with a company."""

    def __init__(self, company: Company, **facts: Any) -> None:
        """Register it, as Ann."""
        usual: dict[str, Any] = {"name": "Shop <b>", "redirect_uris": [CALLBACK], "scopes": list(SCOPES)}
        answer = company.post("/apps", json=usual | facts)
        assert answer.status_code == 200, answer.text
        self.company = company
        self.facts: dict[str, Any] = answer.json()
        self.id: str = self.facts["client_id"]
        self.secret: str | None = self.facts.get("client_secret")

    def asks(self, **fields: str | None) -> dict[str, str]:
        """The fields of an authorization request; None leaves one out."""
        usual = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": CALLBACK,
            "scope": " ".join(SCOPES),
            "state": "a b&c=d",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (usual | fields).items() if value is not None}

    def opens(self, **fields: str | None) -> httpx.Response:
        """Send a browser to the page."""
        return self.company.get("/authorize", params=self.asks(**fields), auth=nobody)

    def decided(self, page: httpx.Response, *, decision: str = "allow", **given: str) -> httpx.Response:
        """Fill the form of a page in and send it, as Ann unless told otherwise, with all that the form itself has."""
        hidden = {unescape(n): unescape(v) for n, v in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)}
        who = {"login": ANN.id, "key": self.company.key}
        return self.company.post("/authorize", data=hidden | who | {"decision": decision} | given, auth=nobody)

    def allowed(self, *, login: str = ANN.id, key: str = "", **fields: str | None) -> dict[str, str]:
        """Have an agent allow what is asked, and read what comes back."""
        keys = {ANN.id: self.company.key, BEN.id: self.company.bens_key}
        page = self.opens(**fields)
        assert page.status_code == 200, page.text
        return told(self.decided(page, login=login, key=key or keys[login]))

    def asks_for_tokens(self, *, auth: Any = None, **fields: str | None) -> httpx.Response:
        """POST /token, as the app unless told otherwise; None leaves a field out."""
        usual = {"client_id": self.id, "client_secret": self.secret}
        form = {name: value for name, value in (usual | fields).items() if value is not None}
        return self.company.post("/token", data=form, auth=auth or nobody)

    def redeems(self, code: str, **fields: Any) -> httpx.Response:
        """Ask for tokens for a code."""
        usual = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return self.asks_for_tokens(**(usual | fields))

    def refreshes(self, token: str, **fields: Any) -> httpx.Response:
        """Ask for tokens for a refresh token."""
        return self.asks_for_tokens(**({"grant_type": "refresh_token", "refresh_token": token} | fields))

    def let_in(self, **options: Any) -> dict[str, Any]:
        """Go the whole way to tokens."""
        answer = self.redeems(self.allowed(**options)["code"])
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def introspects(self, token: str) -> dict[str, Any]:
        """Ask what a token is."""
        answer = self.company.post("/introspect", data={"token": token}, auth=(self.id, self.secret or ""))
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said


def told(answer: httpx.Response, address: str = CALLBACK, *, fragment: bool = False) -> dict[str, str]:
    """Read what a redirect tells the app."""
    assert answer.status_code == 303, answer.text
    parts = urlsplit(answer.headers["location"])
    assert answer.headers["location"].startswith(f"{address}{'#' if fragment else '?'}")
    pairs = parse_qsl(parts.fragment if fragment else parts.query, keep_blank_values=True, strict_parsing=True)
    found = dict(pairs)
    assert len(found) == len(pairs)
    return found


def bearer(token: str) -> Any:
    """Sign a request in with a token of an app."""

    def sign(request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return sign


def works(company: Company, token: str) -> bool:
    """Tell whether an access token opens a list."""
    status = company.get("/tickets", auth=bearer(token)).status_code
    assert status in {200, 401}
    return status == 200
