"""Idempotency-Key: a repeated request is done once, and gets the first answer byte for byte."""

import http.client
import threading
from base64 import b64encode
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deskline.storage.database import Writer
from tests.serving import PATIENCE_SECONDS
from tests.web.v2.companies import ANN, Company

NEW = {"message": "Where is my parcel?", "requester": {"mail": "mary@client.example"}}
TWINS = 50


def keyed(key: str | None = None) -> dict[str, str]:
    return {"Idempotency-Key": f'"{uuid4()}"' if key is None else key}


def same(first: httpx.Response, second: httpx.Response) -> bool:
    """Compare everything but what is of each request."""
    passing = {"date", "x-request-id", "ratelimit"}
    headers = [[pair for pair in answer.headers.multi_items() if pair[0] not in passing] for answer in (first, second)]
    return (first.status_code, first.content, headers[0]) == (second.status_code, second.content, headers[1])


@pytest.fixture
def desk(company: Company) -> Company:
    """A company with one ticket, AAAAA."""
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    return company


def test_it_works(company: Company) -> None:
    headers = keyed()
    first = company.post("/tickets", json=NEW, headers=headers)
    second = company.post("/tickets", json=NEW, headers=headers)
    assert first.status_code == 200
    assert same(first, second)
    assert company.ids() == [first.json()["id"]]
    assert company.get(f"/tickets/{first.json()['id']}").content == first.content


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/tickets/AAAAA", {"status": "pending"}),
        ("PUT", "/tickets/AAAAA/tags", {"tag": ["a", "b"]}),
        ("POST", "/tickets/AAAAA/tags", {"tag": ["a", "b"]}),
        ("PUT", "/tickets/AAAAA/tags/c", None),
        ("DELETE", "/tickets/AAAAA/tags/c", None),
        ("PUT", "/tickets", {"ids": ["ZZZZZ", "AAAAA"], "status": "pending"}),
        ("DELETE", "/tickets/AAAAA", None),
        ("POST", "/groups", {"name": "Returns", "agents": ["ann@example.com"]}),
        ("PUT", "/tickets/AAAAA/rating", {"rate": "good"}),
        ("POST", "/tickets/AAAAA/messages", {"message": "It is on its way."}),
        ("PUT", "/working_hours", {"days": {"monday": "09:00-17:00"}}),
        ("DELETE", "/working_hours", None),
    ],
)
def test_every_write(desk: Company, method: str, path: str, body: Any) -> None:
    headers = keyed()
    first = desk.request(method, path, json=body, headers=headers)
    assert first.status_code == 200
    assert same(first, desk.request(method, path, json=body, headers=headers))
    shown = desk.get("/tickets/AAAAA").content
    assert same(first, desk.request(method, path, json=body, headers=headers))
    assert desk.get("/tickets/AAAAA").content == shown


def test_the_first_answer_stays_though_the_ticket_moves_on(desk: Company) -> None:
    headers = keyed()
    first = desk.put("/tickets/AAAAA/tags", json={"tag": "a"}, headers=headers)
    desk.put("/tickets/AAAAA/tags", json={"tag": "b"})
    assert same(first, desk.put("/tickets/AAAAA/tags", json={"tag": "a"}, headers=headers))
    assert desk.json("/tickets/AAAAA")["tags"] == ["b"]


def test_a_key_of_another_request(desk: Company) -> None:
    headers = keyed()
    assert desk.put("/tickets/AAAAA/tags", json={"tag": "a"}, headers=headers).status_code == 200
    desk.created("BBBBB", "2024-03-09T08:00:00Z")
    others = [
        desk.put("/tickets/AAAAA/tags", json={"tag": "b"}, headers=headers),
        desk.put("/tickets/BBBBB/tags", json={"tag": "a"}, headers=headers),
        desk.put("/tickets/AAAAA/tags?x=1", json={"tag": "a"}, headers=headers),
        desk.put("/tickets/AAAAA/tags", json={"tag": "a"}, headers=headers, ben=True),
    ]
    text = (
        "Idempotency-Key: this key stands for another request to this route in the last 24 hours; "
        "repeat that one as it was, or send this one with a new key."
    )
    assert [(answer.status_code, answer.json()) for answer in others] == [(422, {"error": text, "message": text})] * 4
    assert (desk.json("/tickets/AAAAA")["tags"], desk.json("/tickets/BBBBB")["tags"]) == (["a"], [])


def test_keys_are_of_a_route_and_an_account(found_live: Any) -> None:
    ours, theirs, headers = found_live(), found_live(), keyed()
    for company in (ours, theirs):
        company.created("AAAAA", "2024-03-09T08:00:00Z")
        assert company.put("/tickets/AAAAA/tags", json={"tag": str(company.id)}, headers=headers).json()["tags"] == [str(company.id)]
        assert company.post("/tickets/AAAAA/messages", json={"message": "Hi"}, headers=headers).status_code == 200


@pytest.mark.parametrize("others", [('"a-1"', "a-1"), ('"a\\"b"', '"a\\"b"'), ("é".encode(), None)])
def test_a_key_has_quotes_or_none(company: Company, others: tuple[Any, Any]) -> None:
    first, second = (None if key is None else company.post("/tickets", json=NEW, headers={b"Idempotency-Key": key}) for key in others)
    assert first is not None
    assert first.status_code == (400 if second is None else 200)
    assert second is None or same(first, second)


NO_KEYS = ["", '""', '"', '"a', "a b", "a,b", "a;b", "x" * 256, f'"{"x" * 256}"', '"a\\b"', '"a", "b"', '"é"']


@pytest.mark.parametrize("key", NO_KEYS)
def test_a_key_that_is_none(company: Company, key: str) -> None:
    body = b"message=Hi&requester[mail]=mary@client.example"
    head = f"POST /tickets HTTP/1.1\nHost: localhost\nAuthorization: {{basic}}\nContent-Length: {len(body)}\nIdempotency-Key: {key}"
    answer = company.send(head, body)
    problem = "Idempotency-Key: is not readable; accepted: 1 to 255 characters of ASCII, best a new UUID for each request"
    assert (answer.status, answer.json) == (400, {"errors": [problem], "message": problem})
    assert company.ids() == []


def test_what_could_not_be_read_may_be_put_right(desk: Company) -> None:
    headers = keyed()
    assert desk.post("/tickets/AAAAA/messages", json={"message": ""}, headers=headers).status_code == 400
    assert desk.put("/tickets/AAAAA", json={"assignee": "nobody@example.com"}, headers=headers).status_code == 400
    assert desk.post("/tickets/AAAAA/messages", json={"message": "Hi"}, headers=headers).status_code == 200
    assert desk.put("/tickets/AAAAA", json={"status": "solved"}, headers=headers).status_code == 200


def test_a_refusal_that_was_decided_is_kept(desk: Company) -> None:
    unknown, spam = keyed(), keyed()
    first = desk.put("/tickets/BBBBB/tags", json={"tag": "a"}, headers=unknown)
    desk.created("BBBBB", "2024-03-09T08:00:00Z")
    assert first.status_code == 404
    assert same(first, desk.put("/tickets/BBBBB/tags", json={"tag": "a"}, headers=unknown))
    desk.put("/tickets/AAAAA", json={"status": "spam"})
    refused = desk.put("/tickets/AAAAA/rating", json={"rate": "good"}, headers=spam)
    desk.put("/tickets/AAAAA", json={"status": "open"})
    assert refused.status_code == 409
    assert same(refused, desk.put("/tickets/AAAAA/rating", json={"rate": "good"}, headers=spam))
    assert (desk.json("/tickets/BBBBB")["tags"], desk.json("/tickets/AAAAA")["rate"]) == ([], "not_rated")


def test_reading_needs_no_key(desk: Company) -> None:
    headers = keyed()
    before = desk.get("/tickets/AAAAA", headers=headers).content
    desk.put("/tickets/AAAAA/tags", json={"tag": "a"})
    assert desk.get("/tickets/AAAAA", headers=headers).content != before


def test_after_a_day_a_key_is_free(desk: Company) -> None:
    """The registry's clock is not the server's: what it writes is as old as it says."""
    headers = keyed('"old"')
    first = desk.post("/tickets/AAAAA/messages", json={"message": "Hi"}, headers=headers)
    assert first.status_code == 200
    aged = "UPDATE kept_answer SET answered_at = answered_at - 86400000 WHERE account_id = $1 AND idempotency_key = 'old' RETURNING 1"

    async def age(tx: Writer) -> None:
        assert len(await tx.rows(aged)) == 1

    desk.past(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", age)
    again = desk.post("/tickets/AAAAA/messages", json={"message": "Again"}, headers=headers)
    assert again.status_code == 200
    assert same(again, desk.post("/tickets/AAAAA/messages", json={"message": "Again"}, headers=headers))
    texts = [event["message"] for event in desk.json("/tickets/AAAAA")["events"] if event["type"] == "message"]
    assert texts[-2:] == ["Hi", "Again"]


def test_one_in_flight(desk: Company) -> None:
    """Somebody else writes, so the first waits; the second is not let wait with it."""
    headers = keyed()

    def ask() -> httpx.Response:
        return desk.put("/tickets/AAAAA/tags", json={"tag": "a"}, headers=headers)

    with ThreadPoolExecutor(2) as threads:

        async def hold(tx: Writer) -> tuple[Any, Any]:
            await tx.run("UPDATE account SET name = name WHERE account_id = $1")
            return wait([threads.submit(ask), threads.submit(ask)], PATIENCE_SECONDS, FIRST_COMPLETED)

        done, waiting = desk.past("2024-03-09T08:00:01Z", hold)
        (refused,), (answered,) = ([each.result() for each in some] for some in (done, waiting))
    text = "Idempotency-Key: a request with this key is being worked on; repeat yours in a moment to get its answer."
    assert (refused.status_code, refused.json(), refused.headers["retry-after"]) == (409, {"error": text, "message": text}, "1")
    assert answered.status_code == 200
    assert same(answered, ask())


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/tickets", b"message=Hi&requester[mail]=mary@client.example"),
        ("POST", "/tickets/AAAAA/messages", b"message=Hi"),
    ],
)
def test_twins_are_one(desk: Company, method: str, path: str, body: bytes) -> None:
    """50 at a time: each gets the one answer, or is told that somebody is at it and asks again."""
    credentials = b64encode(f"{ANN.id}:{desk.key}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/x-www-form-urlencoded", **keyed()}
    barrier = threading.Barrier(TWINS)

    def twin() -> tuple[bytes, int]:
        connection = http.client.HTTPConnection(*desk.server.address, timeout=PATIENCE_SECONDS)
        try:
            connection.connect()
            barrier.wait(PATIENCE_SECONDS)
            refusals = 0
            while True:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                shown = answer.read()
                if answer.status == 200:
                    return shown, refusals
                assert (answer.status, answer.headers["retry-after"]) == (409, "1"), shown
                assert b"is being worked on" in shown
                refusals += 1
        finally:
            connection.close()

    with ThreadPoolExecutor(TWINS) as threads:
        done = [each.result() for each in [threads.submit(twin) for _ in range(TWINS)]]
    assert len({shown for shown, _ in done}) == 1
    tickets = desk.json("/tickets")["tickets"]
    assert sum(event.get("message") == "Hi" for ticket in tickets for event in ticket["events"]) == 1
