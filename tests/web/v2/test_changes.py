"""GET /changes: pages, waiting, and the stream of server-sent events."""

import base64
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest

from deskline.domain.events import SILENT, AnyEvent
from deskline.web.v2 import wire, wire_changes
from tests.web.v2.companies import ANN, BEN, SALES, Company

PATIENCE_SECONDS = 20
NO_PLACE = "is no place in the changes; accepted: a `next` of an earlier answer, 0 for the beginning, or now"


def all_of(company: Company, **parameters: Any) -> list[Any]:
    """Read on until there is nothing more."""
    found: list[Any] = []
    since = "0"
    while True:
        page = company.json("/changes", since=since, **parameters)
        found += page["changes"]
        since = page["next"]
        if not page["more"]:
            return found


def end_of(company: Company) -> str:
    place: str = company.json("/changes", since="now")["next"]
    return place


def test_it_works(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z", groups=(SALES,))
    company.tagged("AAAAA", "2024-03-09T09:00:00Z", "late")
    company.replied("AAAAA", "2024-03-09T10:00:00Z", by=BEN)
    answer = company.get("/changes")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    page = answer.json()
    assert list(page) == ["changes", "next", "more"]
    assert page["more"] is False
    assert page["next"] == page["changes"][-1]["id"]
    assert {change["ticket_id"] for change in page["changes"]} == {"AAAAA"}
    shown = company.json("/tickets/AAAAA")
    created, message, tags, reply, assigned = (change["event"] for change in page["changes"])
    assert created == {
        "date": "2024-03-09T08:00:00Z",
        "type": "ticket_created",
        "requester": shown["requester"],
        "source": shown["source"],
        "subject": shown["subject"],
        "groups": shown["groups"],
        "tags": [],
        "ccs": [],
    }
    assert tags == {"date": "2024-03-09T09:00:00Z", "type": "tags_changed", "tags": ["late"], "author": {"id": ANN.id, "name": ANN.name}}
    assert [message, reply, assigned] == shown["events"]


def test_pages(company: Company) -> None:
    for number in range(5):
        company.created(f"T{number}", f"2024-03-09T0{number}:00:00Z")
    whole = company.json("/changes")["changes"]
    assert len(whole) == 10
    assert all_of(company, limit=3) == whole
    first = company.json("/changes", limit=3)
    assert (len(first["changes"]), first["more"]) == (3, True)
    assert company.json("/changes", since=first["next"])["changes"] == whole[3:]
    assert company.json("/changes", since=whole[-1]["id"]) == {"changes": [], "next": whole[-1]["id"], "more": False}


def test_now_is_the_end(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    place = company.json("/changes", since="now")
    assert place["changes"] == []
    company.tagged("AAAAA", "2024-03-09T09:00:00Z", "late")
    assert [change["event"]["type"] for change in company.json("/changes", since=place["next"])["changes"]] == ["tags_changed"]


def test_every_kind_of_event_has_a_form() -> None:
    assert set(wire_changes._SILENT) == SILENT
    assert set(wire._EVENTS) | SILENT == set(get_args(AnyEvent))


def test_dates_of_the_documentations_form(documented: Company) -> None:
    documented.created("AAAAA", "2024-03-09T08:00:00Z")
    assert [change["event"]["date"] for change in documented.json("/changes")["changes"]] == [1709971200] * 2


def test_two_companies(company: Company, found_live: Callable[..., Company]) -> None:
    other = found_live()
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    assert other.json("/changes") == {"changes": [], "next": "0", "more": False}
    assert other.refused("/changes?since=2") == [
        "since: 2 is beyond the last change of this account, 0; accepted: a `next` of an earlier answer"
    ]


# Waiting


def test_it_waits_for_the_next_change(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    since = end_of(company)
    thread = threading.Timer(0.3, lambda: company.tagged("AAAAA", "2024-03-09T09:00:00Z", "late"))
    thread.start()
    page = company.json("/changes", since=since, wait=PATIENCE_SECONDS)
    thread.join()
    assert [change["event"]["type"] for change in page["changes"]] == ["tags_changed"]


def test_it_does_not_wait_where_there_is_something(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    began = time.monotonic()
    assert len(company.json("/changes", wait=30)["changes"]) == 2
    assert time.monotonic() - began < PATIENCE_SECONDS


def test_a_wait_in_vain(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    since = end_of(company)
    began = time.monotonic()
    assert company.json("/changes", since=since, wait=1) == {"changes": [], "next": since, "more": False}
    assert time.monotonic() - began >= 1


def test_whose_key_is_revoked_while_waiting_hears_nothing_more(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    since = end_of(company)
    key = company.request("PUT", f"/agents/{BEN.id}/reset_api_key").json()["api_key"]

    def end() -> None:
        assert company.request("DELETE", f"/agents/{BEN.id}").status_code == 200
        while company.get("/agents", auth=(BEN.id, key)).status_code == 200:
            time.sleep(0.05)
        company.tagged("AAAAA", "2024-03-09T09:00:00Z", "late")

    thread = threading.Timer(0.3, end)
    thread.start()
    answer = company.get("/changes", params={"since": since, "wait": PATIENCE_SECONDS}, auth=(BEN.id, key))
    thread.join()
    assert answer.status_code == 401


# The stream


class Listener:
    """Listens to server-sent events, with the credentials of a company's owner."""

    def __init__(self, company: Company, **headers: str) -> None:
        place = urlsplit(company.url)
        assert place.hostname is not None
        self._connection = http.client.HTTPConnection(place.hostname, place.port, timeout=PATIENCE_SECONDS)
        signed_in = "Basic " + base64.b64encode(f"{company.owner.id}:{company.key}".encode()).decode()
        self._connection.request(
            "GET", "/changes?since=now", headers={"Authorization": signed_in, "Accept": "text/event-stream", **headers}
        )
        self.answer = self._connection.getresponse()

    def events(self) -> Iterator[tuple[str, Any]]:
        """Read events: (id, what it is)."""
        number = ""
        for line in iter(self.answer.readline, b""):
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "id":
                number = value
            elif name == "data":
                yield number, json.loads(value)

    def close(self) -> None:
        """Go away."""
        self.answer.close()
        self._connection.close()


@pytest.fixture
def listen(company: Company) -> Iterator[Callable[..., Listener]]:
    made: list[Listener] = []

    def start(**headers: str) -> Listener:
        made.append(Listener(company, **headers))
        return made[-1]

    yield start
    for each in made:
        each.close()


def test_changes_are_sent_as_they_happen(company: Company, listen: Callable[..., Listener]) -> None:
    listener = listen()
    assert listener.answer.status == 200
    assert listener.answer.headers["content-type"] == "text/event-stream"
    events = listener.events()
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    heard = [next(events), next(events)]
    company.tagged("AAAAA", "2024-03-09T09:00:00Z", "late")
    heard.append(next(events))
    assert heard == [(change["id"], change) for change in company.json("/changes")["changes"]]


def test_it_goes_on_where_it_was_left(company: Company, listen: Callable[..., Listener]) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.tagged("AAAAA", "2024-03-09T09:00:00Z", "late")
    whole = company.json("/changes")["changes"]
    events = listen(**{"Last-Event-ID": whole[0]["id"]}).events()
    assert [next(events)[1] for _ in whole[1:]] == whole[1:]


def test_many_hear_the_same(company: Company, listen: Callable[..., Listener]) -> None:
    heard = [listen().events() for _ in range(20)]
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    expected = company.json("/changes")["changes"]
    assert [[next(events)[1] for _ in expected] for events in heard] == [expected] * 20


def test_the_stream_ends_with_the_key(company: Company, listen: Callable[..., Listener]) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    listener = listen()
    answer = company.request("PUT", f"/agents/{ANN.id}/reset_api_key")
    signed_in = (ANN.id, answer.json()["api_key"])
    while company.get("/agents").status_code == 200:
        time.sleep(0.05)
    assert company.request("PUT", "/tickets/AAAAA/tags", json={"tag": ["late"]}, auth=signed_in).status_code == 200
    assert list(listener.events()) == []


def test_who_listens_catches_up_first(company: Company, listen: Callable[..., Listener]) -> None:
    for number in range(3):
        company.created(f"T{number}", f"2024-03-09T0{number}:00:00Z")
    whole = company.json("/changes")["changes"]
    events = listen(**{"Last-Event-ID": "0"}).events()
    assert [next(events)[1] for _ in whole] == whole


# What is refused


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        (
            "since=yesterday",
            "since: 'yesterday' is no place in the changes; accepted: a `next` of an earlier answer, 0 for the beginning, or now",
        ),
        ("since=-1", "since: '-1' is no place in the changes; accepted: a `next` of an earlier answer, 0 for the beginning, or now"),
        (
            "since=9999999999999",
            "since: 1099511627775 is beyond the last change of this account, 0; accepted: a `next` of an earlier answer",
        ),
        ("limit=0", "limit: '0' is out of range; accepted: a whole number from 1 to 1000"),
        ("limit=1001", "limit: '1001' is out of range; accepted: a whole number from 1 to 1000"),
        ("wait=31", "wait: '31' is out of range; accepted: a whole number from 0 to 30"),
    ],
)
def test_all_that_is_wrong_is_named(company: Company, query: str, problem: str) -> None:
    assert company.refused(f"/changes?{query}") == [problem]


def test_a_last_event_id_that_is_none(company: Company) -> None:
    answer = company.get("/changes", headers={"Accept": "text/event-stream", "Last-Event-ID": "x"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith("Last-Event-ID: 'x' is no place in the changes")
