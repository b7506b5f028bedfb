"""A client library that was written for any OAuth server, authlib, goes the whole way with ours; its metadata are all that it is told."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import httpx
import pytest
from authlib.integrations.base_client.errors import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]

from tests.web.v2.apps import CALLBACK, VERIFIER, App, nobody
from tests.web.v2.companies import ANN, Company


class Library:
    """An app made of the library, which finds the server by its metadata (RFC 8414)."""

    def __init__(self, company: Company, *, public: bool = False, method: str = "client_secret_basic") -> None:
        """Register it, and let the library read what the server can do."""
        self.app = App(company, public=public, scopes=["tickets_read", "tickets_write"])
        self.company = company
        self.metadata: dict[str, Any] = company.get("/.well-known/oauth-authorization-server", auth=nobody).json()
        self.client = OAuth2Session(
            client_id=self.app.id,
            client_secret=self.app.secret,
            token_endpoint_auth_method="none" if public else method,
            token_endpoint=self.metadata["token_endpoint"],
            revocation_endpoint=self.metadata["revocation_endpoint"],
            redirect_uri=CALLBACK,
            scope="tickets_read tickets_write",
            code_challenge_method="S256",
        )

    def let_in(self) -> dict[str, Any]:
        """Send a browser, have Ann allow it, and let the library fetch tokens with where the browser came back."""
        url, state = self.client.create_authorization_url(self.metadata["authorization_endpoint"], code_verifier=VERIFIER)
        with httpx.Client() as browser:
            page = browser.get(url)
            fields = {unescape(n): unescape(v) for n, v in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)}
            form = fields | {"login": ANN.id, "key": self.company.key, "decision": "allow"}
            back = browser.post(self.metadata["authorization_endpoint"], data=form).headers["location"]
        token: dict[str, Any] = self.client.fetch_token(authorization_response=back, state=state, code_verifier=VERIFIER)
        return token


@pytest.fixture
def libraries(company: Company) -> Iterator[Callable[..., Library]]:
    """Apps made of the library, closed at the end."""
    made: list[Library] = []

    def make(**options: Any) -> Library:
        made.append(Library(company, **options))
        return made[-1]

    yield make
    for library in made:
        library.client.close()


@pytest.mark.parametrize(
    "options",
    [{"public": True}, {"method": "client_secret_basic"}, {"method": "client_secret_post"}],
    ids=str,
)
def test_it_works(libraries: Callable[..., Library], company: Company, options: dict[str, Any]) -> None:
    library = libraries(**options)
    token = library.let_in()
    assert token["scope"] == "tickets_read tickets_write"
    client = library.client
    assert client.get(f"{company.url}/tickets").json()["total"] == 0
    made = client.post(f"{company.url}/tickets", json={"message": "x", "requester": {"mail": "a@b.example"}})
    assert made.status_code == 200
    assert client.get(f"{company.url}/reports/tickets/new_tickets").status_code == 403
    # The library refreshes by itself once the time is over.
    old = dict(client.token)
    client.token = {**old, "expires_at": 1}
    assert client.get(f"{company.url}/tickets").json()["total"] == 1
    assert client.token["access_token"] != old["access_token"]
    assert client.token["refresh_token"] != old["refresh_token"]
    # And ends what it has.
    assert client.revoke_token(library.metadata["revocation_endpoint"], client.token["refresh_token"], "refresh_token").status_code == 200
    with pytest.raises(OAuthError, match="invalid_grant"):
        client.refresh_token(library.metadata["token_endpoint"])


def self_revocation(library: Library) -> str:
    """Where the metadata say that tokens end."""
    endpoint: str = library.metadata["revocation_endpoint"]
    return endpoint


def test_the_library_reads_our_refusals(libraries: Callable[..., Library]) -> None:
    library = libraries()
    with pytest.raises(OAuthError, match="invalid_grant"):
        library.client.fetch_token(code="x", code_verifier=VERIFIER)
    library.client.client_secret = "wrong"
    with pytest.raises(OAuthError, match="invalid_client"):
        library.client.fetch_token(code="x", code_verifier=VERIFIER)
