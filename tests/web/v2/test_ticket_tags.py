"""PUT, POST and DELETE /tickets/<ID>/tags/<tag>: single tags, which several people add and remove at a time."""

import http.client
import json
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest

from tests.serving import PATIENCE_SECONDS
from tests.web.v2.companies import ANN, Company

CLIENTS = 50
CAREFUL = 12
Ask = Callable[[str, str, bytes | None, Mapping[str, str]], tuple[int, http.client.HTTPMessage, bytes]]


@pytest.fixture
def tagged(company: Company) -> Company:
    """A company with one ticket, AAAAA, that is tagged `old`."""
    company.created("AAAAA", "2024-03-09T08:00:00Z", tags=("old",))
    return company


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_it_works(tagged: Company, method: str) -> None:
    before = tagged.json("/tickets/AAAAA")
    answer = tagged.request(method, "/tickets/AAAAA/tags/sales")
    assert answer.status_code == 200
    assert answer.json() == {**before, "tags": ["old", "sales"], "modified": answer.json()["modified"]}
    assert tagged.get("/tickets/AAAAA").text == answer.text
    assert (tagged.ids(tag="sales"), tagged.ids(tag="old")) == (["AAAAA"], ["AAAAA"])
    assert [tag["name"] for tag in tagged.json("/tags")] == ["old", "sales"]


def test_it_is_removed(tagged: Company) -> None:
    tagged.put("/tickets/AAAAA/tags/sales")
    answer = tagged.request("DELETE", "/tickets/AAAAA/tags/old")
    assert (answer.status_code, answer.json()["tags"]) == (200, ["sales"])
    assert (tagged.ids(tag="sales"), tagged.ids(tag="old")) == (["AAAAA"], [])


@pytest.mark.parametrize(("method", "tag"), [("PUT", "old"), ("POST", "old"), ("DELETE", "sales")])
def test_nothing_changes_where_it_is_so(tagged: Company, method: str, tag: str) -> None:
    before = tagged.get("/tickets/AAAAA")
    answer = tagged.request(method, f"/tickets/AAAAA/tags/{tag}")
    assert (answer.status_code, answer.content) == (200, before.content)
    assert tagged.get("/tickets/AAAAA").headers["etag"] == before.headers["etag"]


@pytest.mark.parametrize(
    ("spelled", "tag"),
    [
        ("a%20b", "a b"),
        ("a+b", "a b"),
        ("a%2Bb", "a+b"),
        ("%20a%20", "a"),
        ("za%C5%BC%C3%B3%C5%82%C4%87", "zażółć"),
        ("a%2Fb", "a/b"),
        ("tags", "tags"),
    ],
)
def test_every_spelling(tagged: Company, spelled: str, tag: str) -> None:
    assert tagged.put(f"/tickets/AAAAA/tags/{spelled}").json()["tags"] == ["old", tag]
    assert tagged.request("DELETE", f"/tickets/AAAAA/tags/{spelled}").json()["tags"] == ["old"]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_what_is_no_tag(tagged: Company, method: str) -> None:
    assert tagged.refused("/tickets/AAAAA/tags/%20", method=method) == ["tag: is blank; accepted: a text"]
    assert tagged.refused(f"/tickets/AAAAA/tags/{'x' * 101}", method=method) == ["tag: 101 characters; accepted: at most 100"]
    assert tagged.json("/tickets/AAAAA")["tags"] == ["old"]


def test_no_more_than_a_hundred(tagged: Company) -> None:
    tagged.put("/tickets/AAAAA/tags", json={"tag": [str(number) for number in range(100)]})
    text = "Ticket AAAAA would have 101 tags; at most 100 are accepted."
    answer = tagged.put("/tickets/AAAAA/tags/another")
    assert (answer.status_code, answer.json()) == (409, {"error": text, "message": text})
    assert "another" not in [tag["name"] for tag in tagged.json("/tags")]
    assert tagged.put("/tickets/AAAAA/tags/7").status_code == 200
    assert tagged.request("DELETE", "/tickets/AAAAA/tags/7").status_code == 200
    assert tagged.put("/tickets/AAAAA/tags/another").json()["tags"][-2:] == ["99", "another"]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_ticket_that_is_not_there(tagged: Company, method: str) -> None:
    assert tagged.request(method, "/tickets/ZZZZZ/tags/a").status_code == 404


def together(company: Company, count: int, work: Callable[[Ask, int], Any]) -> list[Any]:
    """Have clients do something at the same moment, each over a connection of its own."""
    credentials = {"Authorization": "Basic " + b64encode(f"{ANN.id}:{company.key}".encode()).decode()}
    barrier = threading.Barrier(count)

    def client(number: int) -> Any:
        with closing(http.client.HTTPConnection(*company.server.address, timeout=PATIENCE_SECONDS)) as connection:

            def ask(method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, http.client.HTTPMessage, bytes]:
                connection.request(method, path, body, {**credentials, **headers})
                answer = connection.getresponse()
                return answer.status, answer.headers, answer.read()

            connection.connect()
            barrier.wait(PATIENCE_SECONDS)
            return work(ask, number)

    with ThreadPoolExecutor(count) as threads:
        return [each.result() for each in [threads.submit(client, number) for number in range(count)]]


def test_fifty_clients_that_add_tags_leave_fifty(tagged: Company) -> None:
    """Promise R10. Half of them remove the tag of another afterwards."""
    names = [f"tag {number}" for number in range(CLIENTS)]
    statuses = together(tagged, CLIENTS, lambda ask, number: ask("PUT", f"/tickets/AAAAA/tags/{quote(names[number])}", None, {})[0])
    assert statuses == [200] * CLIENTS
    assert sorted(tagged.json("/tickets/AAAAA")["tags"]) == sorted(["old", *names])
    together(tagged, CLIENTS // 2, lambda ask, number: ask("DELETE", f"/tickets/AAAAA/tags/{quote(names[number])}", None, {})[0])
    assert sorted(tagged.json("/tickets/AAAAA")["tags"]) == sorted(["old", *names[CLIENTS // 2 :]])
    assert tagged.ids(tag=names[-1]) == ["AAAAA"]


def test_clients_that_look_before_they_replace_lose_nothing(tagged: Company) -> None:
    """Each reads the list, adds its own tag, and replaces the list if nobody else did in between; it begins again until then."""

    def add(ask: Ask, number: int) -> int:
        for tries in range(1, CAREFUL + 1):
            _, headers, body = ask("GET", "/tickets/AAAAA", None, {})
            tags = json.loads(body)["tags"]
            form = "&".join(f"tag[]={tag}" for tag in [*tags, f"t{number}"]).encode()
            status, _, told = ask(
                "PUT", "/tickets/AAAAA/tags", form, {"If-Match": headers["ETag"], "Content-Type": "application/x-www-form-urlencoded"}
            )
            if status == 200:
                return tries
            assert status == 412, told
        raise AssertionError("of those who try at a time one succeeds, so nobody fails more often than there are others")

    tries = together(tagged, CAREFUL, add)
    assert sorted(tagged.json("/tickets/AAAAA")["tags"]) == sorted(["old", *(f"t{number}" for number in range(CAREFUL))])
    assert max(tries) > 1, "nobody met anybody: nothing was tried"
