"""GET /openapi.json and GET /docs, as they are served."""

import pytest

from deskline.web.openapi.document import describe
from deskline.web.openapi.pages import POLICY, show_page
from deskline.web.v2.descriptions import CHAPTERS
from deskline.web.v2.routes import ROUTES
from tests.web.v2.companies import Company
from tests.web.v2.test_every_route import nobody


def test_it_works(company: Company) -> None:
    answer = company.get("/openapi.json", auth=nobody)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    document = answer.json()
    assert document["openapi"] == "3.1.1"
    described = describe(ROUTES, CHAPTERS)
    assert {path: document["paths"][path] for path in described["paths"]} == described["paths"]
    assert set(document["paths"]) - set(described["paths"]) == {
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/docs",
        "/tickets/new",
    } | {*("/authorize", "/token", "/info", "/revoke", "/introspect", "/.well-known/oauth-authorization-server")}


def test_the_page(company: Company) -> None:
    answer = company.get("/docs", auth=nobody)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.text == show_page(company.json("/openapi.json"))


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_it_needs_no_sign_in_and_says_nothing_of_an_account(company: Company, path: str) -> None:
    assert company.get(path, auth=nobody).content == company.get(f"/v2{path}").content


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_it_is_not_sent_again_while_it_is_known(company: Company, path: str) -> None:
    tag = company.get(path).headers["etag"]
    again = company.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert company.request("HEAD", path).headers["etag"] == tag


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_another_sites_page_is_not_let_in(company: Company, path: str) -> None:
    assert company.get(path, headers={"Origin": "https://evil.example"}).status_code == 403


def test_a_server_that_answers_as_documented_says_so(documented: Company) -> None:
    schemas = documented.json("/openapi.json")["components"]["schemas"]
    assert schemas["Instant"]["type"] == schemas["TicketGroup"]["type"] == "integer"
