"""What holds for every path: how it may be written, HEAD, ETag, JSONP, who is let in, and what is refused before anything is read."""

import re
import time
from collections.abc import Callable

import httpx
import pytest

from deskline.domain.canned_responses import CannedResponse
from deskline.domain.custom_fields import CustomField
from deskline.domain.webhooks import Webhook
from deskline.storage import canned_responses, custom_fields, webhooks
from deskline.web.v2.routes import ROUTES
from tests.web.test_descriptions import HOW, OPERATIONS
from tests.web.v2.companies import BEN, Company

DENIED = "You have no rights to access this data. Check your API Key and/or username"
NOWHERE = "There is no such path here."
WEBHOOK = "0123456789abcdef0123456789abcdef"
FILE = "fedcba9876543210fedcba9876543210"
# A path for each GET route of the table, so that a new route is tried as well.
NAMES = {
    "{ticket_id}": "AAAAA",
    "{login}": "ann@example.com",
    "{group_id}": "1",
    "{token_id}": "00000000",
    "{tag}": "sales",
    "{response_id}": "1",
    "{field_key}": "area",
    "{client_id}": "1-000000000000000000000000",
    "{webhook_id}": WEBHOOK,
    "{attachment_id}": FILE,
    "{name}": "a.txt",
    "{delivery_id}": f"msg_{WEBHOOK}_1",
}


def filled(path: str) -> str:
    for name, value in NAMES.items():
        path = path.replace(name, value)
    return path


# One day, so that reports are short; a filter where lists are asked for, and ignored elsewhere.
DAY = "date_from=2014-01-10&date_to=2014-01-10"
GETS = [filled(route.path) for route in ROUTES if route.method == "GET"]
STRONG = {filled(route.path) for route in ROUTES if route.state is not None or FILE in filled(route.path)}
ALL = [(route.method, filled(route.path)) for route in ROUTES]
every_get = pytest.mark.parametrize("path", GETS)
every_route = pytest.mark.parametrize(("method", "path"), ALL)


@pytest.fixture(scope="module")
def desk(found_live: Callable[..., Company]) -> Company:
    """A company with one ticket, AAAAA, that the tests of this file only read."""
    company = found_live()
    company.created("AAAAA", "2014-01-10T08:00:00Z", text="line\u2028end", tags=("sales",))
    canned = CannedResponse(id=1, text="Hello", tags=("hi",), created_at=1, created_by="ann@example.com")
    company.past("2014-01-10T08:00:00Z", lambda tx: canned_responses.add_response(tx, canned))
    area = CustomField(key="area", name="Area", type="text", created_at=1, created_by="ann@example.com")
    company.past("2014-01-10T08:00:00Z", lambda tx: custom_fields.save_field(tx, area))
    kept = Webhook(
        account_id=company.id, id=WEBHOOK, event_type="*", url="https://example.com/", token="t", secret="s", created_at=1, after=2**60
    )
    company.past("2014-01-10T08:00:00Z", lambda tx: webhooks.add(tx, kept))
    company.sent("2014-01-10T08:00:00Z", FILE, b"line\xe2\x80\xa8end")
    return company


def test_the_paths_of_the_original_are_all_there() -> None:
    assert {("GET", "/tickets"), ("POST", "/tickets"), ("GET", "/tickets/AAAAA"), ("PUT", "/tickets/AAAAA/tags")} <= set(ALL)
    reports = {path.removeprefix("/reports/tickets/") for _, path in ALL if path.startswith("/reports/tickets/")}
    times = {"first_response_time", "resolution_time"}
    all_seven = times | {"new_tickets", "solved_tickets", "ticket_sources", "ratings", "ratings/ranking"}
    more = {
        "backlog",
        "reopened_tickets",
        "next_response_time",
        "messages",
        "agents",
        "groups",
        "tags",
    }  # ours, and what opens their numbers and those of the seven
    assert reports == all_seven | more | {f"{report}/tickets" for report in all_seven | more}


def test_every_route_is_described() -> None:
    missing = [f"{route.method} {route.path}" for route in ROUTES if f"{route.method} {route.path}" not in OPERATIONS]
    assert missing == [], f"These routes have no description: {', '.join(missing)}.\n{HOW}"


# Spelling of paths


@every_get
def test_a_path_may_be_written_in_many_ways(desk: Company, path: str) -> None:
    expected = desk.get(f"{path}?{DAY}")
    assert expected.status_code == 200
    for other in (f"{path}/", path.upper(), f"/v2{path}", f"/V2{path}/", f"/{path}", path.replace("t", "%74")):
        answer = desk.send(f"GET {other}?{DAY}& HTTP/1.1\nHost: localhost\nAuthorization: {{basic}}\n")
        assert (answer.status, answer.body) == (200, expected.content), other


@every_get
def test_any_version_but_1_is_2(desk: Company, path: str) -> None:
    for version in ("", "2", "{}", "3", "2.0"):
        assert desk.get(f"{path}?{DAY}", headers={"X-API-VERSION": version}).status_code == 200, version


@every_route
def test_version_1(desk: Company, method: str, path: str) -> None:
    for prefix in ("", "/v2"):
        assert desk.refused(prefix + path, method=method, headers={"x-api-version": "1"}) == [
            "X-API-Version: version 1 of the API is not offered here; accepted: 2"
        ]


# HEAD, ETag


@every_get
def test_head_is_get_without_its_body(desk: Company, path: str) -> None:
    got, headed = desk.get(f"{path}?{DAY}"), desk.request("HEAD", f"{path}?{DAY}")
    assert (headed.status_code, headed.content) == (200, b"")
    dates = {"date", "x-request-id", "ratelimit"}
    assert {n: v for n, v in headed.headers.items() if n not in dates} == {n: v for n, v in got.headers.items() if n not in dates}
    assert int(headed.headers["content-length"]) == len(got.content)


def test_head_of_what_is_not_there(desk: Company) -> None:
    for path in ("/tickets/ZZZZZ", "/nowhere"):
        answer = desk.request("HEAD", path)
        assert (answer.status_code, answer.content) == (404, b"")


@every_get
def test_an_answer_that_is_known_is_not_sent_again(desk: Company, path: str) -> None:
    is_strong, path = path in STRONG, f"{path}?{DAY}"
    first = desk.get(path)
    tag = first.headers["etag"]
    assert re.fullmatch('"[^"]+"' if is_strong else 'W/"[^"]+"', tag)  # those that may be a condition, and files
    assert "no-cache" in first.headers["cache-control"]
    for known in (tag, tag.removeprefix("W/"), f"W/{tag.removeprefix('W/')}", f'"x", {tag}', "*"):
        again = desk.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), known
    assert desk.request("HEAD", path, headers={"If-None-Match": tag}).status_code == 304
    assert desk.get(path, headers={"If-None-Match": 'W/"0-other"'}).content == first.content


def test_another_answer_has_another_tag(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    tags = [company.get(path).headers["etag"] for path in ("/tickets", "/tickets/AAAAA")]
    company.put("/tickets/AAAAA/tags", json={"tag": ["new"]})
    for path, tag in zip(("/tickets", "/tickets/AAAAA"), tags, strict=True):
        assert company.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_a_write_or_an_error_has_no_tag(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    answers = (
        company.put("/tickets/AAAAA/tags", headers={"If-None-Match": "*"}),
        company.get("/tickets/ZZZZZ", headers={"If-None-Match": "*"}),
    )
    assert [(answer.status_code, answer.headers.get("etag")) for answer in answers] == [(200, None), (404, None)]


# JSONP


def jsonp(name: str, body: bytes) -> bytes:
    escaped = body.replace("\u2028".encode(), b"\\u2028")
    return f"/**/ typeof {name} === 'function' && {name}(".encode() + escaped + b");"


@pytest.mark.parametrize("path", [path for path in GETS if FILE not in path])
def test_jsonp(desk: Company, path: str) -> None:
    path = f"{path}?{DAY}"
    answer = desk.get(f"{path}&callback=example")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content == jsonp("example", desk.get(path).content)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("callback=a.b%5B0%5D;alert(1)", "a.b[0]alert1"),
        ("callback=a&callback=b", "a"),
        ("callback[]=a&callback[]=b", "a"),
        ("status=open?callback=a", "a"),  # the first PHP client appends it to whatever there is
        ("callback=jQuery111_$1", "jQuery111_$1"),
    ],
)
def test_the_name_of_a_callback_is_filtered(desk: Company, query: str, name: str) -> None:
    assert desk.get(f"/tickets?{query}").content == jsonp(name, desk.get("/tickets").content)


@pytest.mark.parametrize("query", ["callback=", "callback=%3C%3E()", "callback"])
def test_without_a_name_it_is_json(desk: Company, query: str) -> None:
    answer = desk.get(f"/tickets?{query}")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.content == desk.get("/tickets").content


def test_a_name_that_is_too_long(desk: Company) -> None:
    answer = desk.get(f"/tickets?callback={'a' * 129}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json()["errors"][0].startswith("callback: ")


def test_errors_are_wrapped_with_their_status(desk: Company) -> None:
    for path, status in (("/tickets?page=0&", 400), ("/tickets/ZZZZZ?", 404), ("/nowhere?", 404)):
        plain, wrapped = desk.get(path), desk.get(f"{path}callback=f")
        assert (plain.status_code, wrapped.status_code) == (status, status)
        assert wrapped.headers["content-type"] == "text/javascript; charset=utf-8"
        assert wrapped.content == jsonp("f", plain.content)


def test_jsonp_is_never_opened_by_anything_but_the_header(desk: Company) -> None:
    answer = desk.send("GET /tickets?callback=f HTTP/1.1\nHost: localhost\nCookie: session=1\n")
    assert (answer.status, answer.header("content-type")) == (401, "application/json; charset=utf-8")


def test_no_jsonp_for_writes(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    answer = company.put("/tickets/AAAAA/tags?callback=f", json={"tag": ["a"]})
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json()["tags"] == ["a"]


# Who is let in


def nobody(request: httpx.Request) -> httpx.Request:
    """Sign nobody in."""
    return request


def is_denied(answer: httpx.Response) -> bool:
    headers = (answer.headers.get("content-type"), answer.headers.get("www-authenticate"))
    return (answer.status_code, answer.text, *headers) == (
        401,
        f'{{"error":"{DENIED}","message":"{DENIED}"}}',
        "application/json; charset=utf-8",
        'Basic realm="Deskline"',
    )


@every_route
def test_without_credentials(desk: Company, method: str, path: str) -> None:
    assert is_denied(desk.request(method, path, auth=nobody))


@every_route
def test_with_a_wrong_key(desk: Company, method: str, path: str) -> None:
    assert is_denied(desk.request(method, path, auth=("ann@example.com", "0" * 32)))


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!!",
        "Basic YW5u",  # ann
        "Basic :",
        "Basic YW5uQGV4YW1wbGUuY29tOg==",  # ann@example.com:
        "Bearer {key}",
        "Basic ben@example.com:{key}",  # somebody else's key
        "Basic ANN@example.com:{key}x",
        "Basic \xff\xff",
        "",
    ],
)
def test_headers_that_let_nobody_in(desk: Company, header: str) -> None:
    answer = desk.send(f"GET /tickets HTTP/1.1\nHost: localhost\nAuthorization: {header}\n")
    assert (answer.status, answer.json) == (401, {"error": DENIED, "message": DENIED})


@pytest.mark.parametrize("header", ["{basic}", "Basic ann@example.com:{key}", "basic ANN@Example.COM:{key}", "Basic {number}:{key}"])
def test_headers_that_let_ann_in(desk: Company, header: str) -> None:
    header = header.replace("{number}", str(desk.id))
    answer = desk.send(f"GET /tickets HTTP/1.1\nHost: localhost\nAuthorization: {header}\n")
    assert answer.status == 200, answer.body


def test_the_accounts_number_as_the_user(desk: Company) -> None:
    assert desk.get("/tickets", auth=(str(desk.id), desk.key)).status_code == 200
    assert is_denied(desk.get("/tickets", auth=(str(desk.id + 1), desk.key)))


def test_a_revoked_key_opens_nothing_a_second_later(company: Company) -> None:
    assert company.get("/tickets", ben=True).status_code == 200
    company.dismissed(BEN.id)
    revoked_at = sent_at = time.monotonic()
    while company.get("/tickets", ben=True).status_code == 200:
        assert sent_at < revoked_at + 1
        sent_at = time.monotonic()
    assert is_denied(company.get("/tickets", ben=True))
    assert company.get("/tickets").status_code == 200


# Paths and methods


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize(
    "path", ["/", "/nowhere", "/tickets/AAAAA/nothing", "/reports/tickets", "/reports/tickets/nothing", "/v2", "/v2/v2/tickets"]
)
def test_an_unknown_path_is_404_whoever_asks(desk: Company, method: str, path: str) -> None:
    for auth in (("ann@example.com", desk.key), ("ann@example.com", "wrong"), nobody):
        answer = desk.request(method, path, auth=auth)
        assert (answer.status_code, answer.json()) == (404, {"error": NOWHERE, "message": NOWHERE})
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_unknown_ticket_is_401_for_a_stranger(desk: Company) -> None:
    assert is_denied(desk.get("/tickets/ZZZZZ", auth=("ann@example.com", "wrong")))
    assert is_denied(desk.put("/tickets/ZZZZZ/tags", auth=("ann@example.com", "wrong")))


def test_a_wrong_parameter_is_401_for_a_stranger(desk: Company) -> None:
    assert is_denied(desk.get("/tickets?page=0", auth=("ann@example.com", "wrong")))


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/tickets", "GET, HEAD, POST, PUT"),
        ("OPTIONS", "/tickets", "GET, HEAD, POST, PUT"),
        ("POST", "/tickets/AAAAA", "GET, HEAD, PUT, DELETE"),
        ("GET", "/tickets/AAAAA/tags", "PUT, POST"),
        ("GET", "/tickets/AAAAA/messages", "POST"),
        ("POST", "/tickets/AAAAA/rating", "PUT"),
        ("POST", "/reports/tickets/new_tickets", "GET, HEAD"),
        ("POST", "/reports/tickets/ratings", "GET, HEAD"),
        ("DELETE", "/agents", "GET, HEAD, POST"),
        ("PUT", "/groups", "GET, HEAD, POST"),
        ("GET", "/tags/sales", "DELETE"),
        ("PUT", "/status", "GET, HEAD"),
        ("BREW", "/tickets", "GET, HEAD, POST, PUT"),
    ],
)
def test_a_method_that_is_not_offered(desk: Company, method: str, path: str, allowed: str) -> None:
    answer = desk.request(method, path)
    text = f"{method} is not offered here; accepted: {allowed}."
    assert (answer.status_code, answer.json(), answer.headers["allow"]) == (405, {"error": text, "message": text}, allowed)


# Bytes that are no request for us


@every_get
def test_a_query_that_cannot_be_read_is_refused_or_ignored(desk: Company, path: str) -> None:
    for query in ("%ff=1", "a=%00", "=1", "&&&", "a[b[c]]]=1", "[]=1", "a" * 300 + "=1"):
        assert desk.get(f"{path}?{DAY}&{query}").status_code in {200, 400}, query


def test_too_many_parameters(desk: Company) -> None:
    answer = desk.get("/tickets?" + "&".join(f"a{number}=1" for number in range(1_001)))
    assert answer.status_code == 413
    assert answer.json()["error"] == answer.json()["message"] == "More than 1,000 parameters were sent; accepted: at most 1,000."


@pytest.mark.parametrize("path", ["/tickets/%00", "/tickets/%ff", "/agents/%c3%28"])
def test_a_path_that_is_no_text(desk: Company, path: str) -> None:
    assert desk.get(path).status_code == 404


@every_get
def test_json_as_the_content_type_of_nothing_is_no_matter(desk: Company, path: str) -> None:
    answer = desk.send(f"GET {path}?{DAY} HTTP/1.1\nHost: localhost\nAuthorization: {{basic}}\nContent-Type: application/json\n")
    assert answer.status == 200


@every_get
def test_no_answer_speaks_of_other_sites(desk: Company, path: str) -> None:
    path = f"{path}?{DAY}"
    answer = desk.get(path, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert set(answer.json()) == {"error", "message"}
    for each in (answer, desk.get(path)):
        assert not [name for name in each.headers if name.startswith("access-control")]
