"""What the client libraries of the original send, byte for byte as it was recorded, under `/tickets` and under `/v2/tickets`."""

import json
from typing import Any, Final

import pytest

from deskline.domain.events import Requester, Source
from tests.serving import Answer
from tests.web.v2.companies import BEN, Company

# The heads as each client writes them; the target and the length of the body come in.
PHP: Final = """
{method} {target} HTTP/1.1
Host: api.livechatinc.com
Authorization: {basic}
Accept: */*
X-API-Version: 2
"""
NODE: Final = """
{method} {target} HTTP/1.1
X-API-Version: 2
Authorization: {basic}
Host: api.livechatinc.com
Connection: close
"""
RUBY: Final = """
{method} {target} HTTP/1.1
Accept: application/json
Accept-Charset: utf-8
Content-Type: application/json
User-Agent: livechat-ruby/0.0.1
X-Api-Version: 2
Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3
Authorization: {basic}
Connection: close
Host: api.livechatinc.com
"""
CS: Final = """
{method} {target} HTTP/1.1
Accept: application/json
x-api-version: 2
User-Agent: LiveChatApiClientCSharp/1.0.1
Authorization: {basic}
Host: api.livechatinc.com
"""
R: Final = """
{method} {target} HTTP/1.1
Host: api.livechatinc.com
Authorization: {basic}
User-Agent: curl/7.35.0
Accept: */*
X-API-Version:2
"""
FORM: Final = "Content-Type: application/x-www-form-urlencoded\n"
NET_FORM: Final = "Content-Type: application/x-www-form-urlencoded; charset=utf-8\n"

under_both = pytest.mark.parametrize("prefix", ["", "/v2"], ids=["plain", "v2"])


def send(company: Company, head: str, method: str, target: str, body: str | None = None, *, form: str = "") -> Answer:
    """Send what a client sends; answers must be 200 and nothing else, since one of the clients takes 201 for a failure."""
    head = head.replace("{method}", method).replace("{target}", target.replace("{", "{{").replace("}", "}}"))
    if body is not None:
        head += f"{form}Content-Length: {len(body.encode())}\n"
    answer = company.send(head, (body or "").encode())
    assert answer.status == 200, answer.body
    assert answer.header("content-type") == "application/json; charset=utf-8"
    return answer


def ids(answer: Answer) -> list[str]:
    assert isinstance(answer.json, dict)
    return [ticket["id"] for ticket in answer.json["tickets"]]


# GET /tickets


@pytest.fixture
def desk(company: Company) -> Company:
    """Twenty-six tickets that the recorded filters find, so that the second page has the oldest, and one that no filter finds."""
    wanted: dict[str, Any] = {"requester": Requester("t@t.com", "Ó"), "text": "a long b"}
    for number in range(26):
        company.created(f"T{number:04}", f"2024-03-09T08:{number:02}:00Z", tags=("sales", "a" if number % 2 else "b c"), **wanted)
    company.created("OTHER", "2024-03-09T07:00:00Z", text="a", tags=("c",), assignee=BEN, source=Source("lc2"))
    return company


@under_both
@pytest.mark.parametrize(
    ("head", "query", "total", "shown"),
    [
        (PHP, "status=open&query=a+b&requester[mail]=t%40t.com&tag[]=sales&page=2&assigned=0", 26, 1),
        (NODE, "status=open&tag%5B0%5D=a&tag%5B1%5D=b%20c&requester%5Bmail%5D=t%40t.com&page=2", 26, 1),
        (NODE, "tag%5B%5D%5B0%5D=a&assigned=0&query=", 13, 13),
        (RUBY, "tag%5B%5D=b+c", 13, 13),
        (RUBY, "tag=%5B%22a%22%2C+%22b+c%22%5D&page=2", 26, 1),
        (CS, "requester[mail]=t%40t.com&tag[]=sales&query=a+b&page=2", 26, 1),
        (R, "date_from=2015-01-01&page=2&", 27, 2),
        (PHP, "", 27, 25),
        (CS, "tag[]=c&assignee=ben%40example.com&source=lc2", 1, 1),
    ],
)
def test_lists(desk: Company, prefix: str, head: str, query: str, total: int, shown: int) -> None:
    answer = send(desk, head, "GET", f"{prefix}/tickets?{query}" if query else f"{prefix}/tickets")
    assert (answer.json["total"], len(answer.json["tickets"])) == (total, shown)
    assert answer.json["pages"] == -(-total // 25)


@under_both
def test_php_reads_a_ticket(desk: Company, prefix: str) -> None:
    assert send(desk, PHP, "GET", f"{prefix}/tickets/T0000").json["id"] == "T0000"


@under_both
def test_ruby_says_json_where_there_is_none(desk: Company, prefix: str) -> None:
    assert send(desk, RUBY, "GET", f"{prefix}/tickets/T0000").json["id"] == "T0000"
    assert send(desk, RUBY, "GET", f"{prefix}/status/").json == {"status": "offline"}


def test_the_first_php_client_appends_a_callback_to_everything(desk: Company) -> None:
    answer = desk.send(PHP.replace("{method}", "GET").replace("{target}", "/tickets?status=open?callback=x"))
    assert answer.status == 200
    assert answer.body.startswith(b'/**/ typeof x === \'function\' && x({"pages":2,"total":27,')


# POST /tickets

SPELLED: Final = {
    "php": (PHP, FORM, "message=h+i&requester%5Bmail%5D=t%40t.com&requester%5Bname%5D=%C3%93&group%5B0%5D=0&group%5B1%5D=1&x=1"),
    "node": (
        NODE,
        FORM,
        "message=h%20i&requester%5Bmail%5D=t%40t.com&requester%5Bname%5D=%C3%93&group%5B0%5D=0&group%5B1%5D=1&source%5Btype%5D=mail",
    ),
    "ruby": (RUBY, "", '{"message":"h i","requester":{"mail":"t@t.com","name":"Ó"},"group":[0,1]}'),
    "c#": (CS, NET_FORM, "message=h+i&requester[mail]=t%40t.com&requester[name]=%c3%93&group[]=0&group[]=1"),
}


@under_both
@pytest.mark.parametrize("client", SPELLED)
def test_new_tickets(company: Company, prefix: str, client: str) -> None:
    head, form, body = SPELLED[client]
    ticket = send(company, head, "POST", f"{prefix}/tickets", body, form=form).json
    assert ticket["events"][0]["message"] == "h i"
    assert ticket["requester"] == {"mail": "t@t.com", "name": "Ó"}
    assert [group["id"] for group in ticket["groups"]] == [0, 1]
    assert ticket["source"] == {"type": "mail" if client == "node" else "lc2"}


@under_both
def test_net_framework_waits_to_be_told_to_go_on(company: Company, prefix: str) -> None:
    """It sends the head of every request with a body by itself, and the body only after the interim answer."""
    body = b"message=h+i&requester[mail]=t%40t.com"
    head = f"POST {prefix}/tickets HTTP/1.1\r\nAuthorization: Basic ann@example.com:{company.key}\r\nx-api-version: 2\r\n"
    head += (
        f"Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nHost: api.livechatinc.com\r\nContent-Length: {len(body)}\r\n"
    )
    with company.connect() as connection:
        connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        interim = b""
        while not interim.endswith(b"\r\n\r\n"):
            interim += connection.recv(1)
        assert interim.startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert connection.recv(1_000).startswith(b"HTTP/1.1 200 ")
    assert company.json("/tickets")["total"] == 1


def test_a_form_without_its_type(company: Company) -> None:
    assert send(company, NODE, "POST", "/tickets", SPELLED["node"][2]).json["events"][0]["message"] == "h i"


def test_the_esb_connector(company: Company) -> None:
    body = {
        "message": "Hi",
        "requester": {"mail": "t@t.com", "name": "T"},
        "assignee": {"id": "ben@example.com"},
        "source": {"type": "chat-window", "url": "http://example.com"},
        "subject": "Shoes",
        "group": [0],
    }
    head = NODE + "Content-Type: application/json\n"
    ticket = send(company, head, "POST", "/tickets", json.dumps(body)).json
    assert ticket["assignee"]["id"] == "ben@example.com"
    assert ticket["source"] == body["source"]
    found = send(company, head, "GET", "/tickets?requester[mail]=t%40t.com&source=chat-window&order=asc&page=1")
    assert ids(found) == [ticket["id"]]


# PUT /tickets/<ID>/tags

TAGGED: Final = {
    "php": (PHP, FORM, "tag%5B0%5D=a+b&tag%5B1%5D=c", ["a b", "c"]),
    "php, none": (PHP, FORM, "", []),
    "php, wrong keys": (PHP, FORM, "0=sale", []),
    "node": (NODE, FORM, "tag%5B0%5D=a&tag%5B1%5D=b", ["a", "b"]),
    "node, none": (NODE, "", "", []),
    "ruby": (RUBY, "", '{"tag":["a","b"]}', ["a", "b"]),
    "ruby, none": (RUBY, "", '{"tag":[]}', []),
    "ruby, nothing": (RUBY, "", None, []),
    "c#": (CS, NET_FORM, "tag[]=a&tag[]=b", ["a", "b"]),
    "c#, none": (CS, NET_FORM, "", []),
}


@under_both
@pytest.mark.parametrize("client", TAGGED)
def test_tags(company: Company, prefix: str, client: str) -> None:
    company.created("ABCDE", "2024-03-09T08:00:00Z", tags=("old",))
    head, form, body, tags = TAGGED[client]
    assert send(company, head, "PUT", f"{prefix}/tickets/ABCDE/tags", body, form=form).json["tags"] == tags


# Reports


@under_both
@pytest.mark.parametrize(
    ("head", "zone"), [(PHP, "Europe%2FWarsaw"), (NODE, "Europe%2FWarsaw"), (CS, "Europe%2fWarsaw"), (RUBY, "Europe/Warsaw")]
)
@pytest.mark.parametrize("report", ["new_tickets", "first_response_time", "solved_tickets", "resolution_time", "ticket_sources", "ratings"])
def test_reports(three_days: Company, prefix: str, head: str, zone: str, report: str) -> None:
    target = f"{prefix}/reports/tickets/{report}?date_from=2014-01-10&date_to=2014-01-12&timezone={zone}&tag[]=vip"
    assert list(send(three_days, head, "GET", target).json) == ["2014-01-10", "2014-01-11", "2014-01-12"]


@under_both
def test_php_asks_for_the_ranking(three_days: Company, prefix: str) -> None:
    answer = send(three_days, PHP, "GET", f"{prefix}/reports/tickets/ratings/ranking?date_from=2012-01-01&timezone=Europe%2FWarsaw")
    assert [place["name"] for place in answer.json["ranking"]] == ["ben@example.com", "ann@example.com"]


def test_a_script_that_greps_for_counts(three_days: Company) -> None:
    """It looks for `"count":` with the number right behind it."""
    answer = send(three_days, R, "GET", "/reports/tickets/resolution_time?date_from=2014-01-12&date_to=2014-01-12&group_by=month")
    assert b'"count":2,' in answer.body


# Other callers


@under_both
def test_only_a_basic_header(desk: Company, prefix: str) -> None:
    answer = desk.send(f"GET {prefix}/tickets HTTP/1.1\nHost: localhost\nAuthorization: {{basic}}\n")
    assert (answer.status, answer.json["total"]) == (200, 27)


def test_an_express_application(desk: Company) -> None:
    head = NODE + "x-region: dal\ncontent-type: application/json\n"
    assert send(desk, head, "GET", "/tickets?agent[]=a%40b&date_from=2024-03-09&page=2&search=x").json["total"] == 27


def test_a_replayed_collection_with_its_placeholders(company: Company) -> None:
    head = R.replace("X-API-Version:2", "X-API-Version: {{}}")
    answer = company.send(head.replace("{method}", "GET").replace("{target}", "/tickets?date_from=%7B%7D&status=%7B%7D"))
    assert answer.status == 400
    assert [problem.partition(":")[0] for problem in answer.json["errors"]] == ["date_from", "status"]
    assert send(company, head, "GET", "/tickets").json["total"] == 0


def test_errors_that_php_and_ruby_can_read(company: Company) -> None:
    """PHP reads `error`, else `errors` as a list of texts, and fails on objects in it; Ruby reads `message`, and fails on no object."""
    for target, key in (("/tickets?order=up", "errors"), ("/tickets/ZZZZZ", "error"), ("/reports/chats", "error")):
        body = company.send(PHP.replace("{method}", "GET").replace("{target}", target)).json
        texts = body[key] if key == "errors" else [body[key]]
        assert set(body) == {key, "message"}
        assert body["message"] == texts[0]
        assert all(isinstance(text, str) and text for text in texts)


@pytest.mark.parametrize("path", ["chats", "ratings", "ratings/ranking", "queued_visitors", "availability", "goals", "dashboard/agent/1"])
def test_reports_on_chats_are_not_here(company: Company, path: str) -> None:
    answer = company.send(NODE.replace("{method}", "GET").replace("{target}", f"/reports/{path}"))
    assert (answer.status, answer.header("content-type")) == (404, "application/json; charset=utf-8")
