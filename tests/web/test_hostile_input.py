"""Promises S4, S12 and S15 over HTTP: no input gives a 5xx or a traceback; each refusal can be read, and changes nothing.

A request that is not HTTP at all (two lengths, blanks in the target, a head of a megabyte) is refused by the HTTP server underneath,
with a bare 4xx and the end of the connection; everything else by us.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote

import apsw
import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskline.domain.people import Agent
from deskline.storage import people
from deskline.storage.postgres_clusters import places
from deskline.web.v2.routes import ROUTES
from tests import rounds
from tests.desks import KEY, OWNER, PLACES, add_ticket, any_desk
from tests.serving import Answer, Server, basic, exchange, serving
from tests.storage.engines import ENGINES, a_place
from tests.web.hostile import BEN, FORM_TEXTS, JSON_TEXTS, PUBLIC, SCRIPTS, SEARCH, SQL, Hostile, headed, queried, written

EXAMPLES = rounds.times(quick=160, long=4_000)
SIGNED_IN: Final = "Authorization: " + basic(OWNER.id, KEY)["Authorization"]
BARE_REFUSALS = {400, 408, 413, 414, 431}
OUR_HEADERS = {"content-type", "content-length", "x-content-type-options", "server", "cache-control", "etag", "date"} | {
    "connection",
    "allow",
    "link",
    "deskline-definition",
    "www-authenticate",
    "retry-after",
    "x-request-id",
    "pragma",
    "location",
    "content-security-policy",
    "x-frame-options",
    "referrer-policy",
    "ratelimit",
    "ratelimit-policy",
}
JSONP = re.compile(rb"/\*\*/ typeof ([\[\]\w$.]{1,128}) === 'function' && ([\[\]\w$.]{1,128})\((.*)\);", re.ASCII | re.DOTALL)


class Witness(Protocol):
    """Sees what is in the database, beside the server."""

    def look(self) -> None:
        """Remember what is there now."""

    def assert_nothing_changed(self) -> None:
        """See that all of it is as it was."""

    def close(self) -> None:
        """Let go of the database."""


class ServerWitness:
    """Sees the rows of a PostgreSQL database, all of them by one number."""

    def __init__(self, dsn: str) -> None:
        self._runner = asyncio.Runner()
        self._connection = self._runner.run(asyncpg.connect(dsn))
        sums = (f"(SELECT sum(hashtextextended(t::text, 0)) FROM {table} t)" for table in places())
        self._statement = f"SELECT {', '.join(sums)}"
        self._seen: Any = None
        self.look()

    def look(self) -> None:
        """Remember what is there now."""
        self._seen = self._runner.run(self._connection.fetchrow(self._statement))

    def assert_nothing_changed(self) -> None:
        """See that all of it is as it was."""
        before = self._seen
        self.look()
        assert self._seen == before

    def close(self) -> None:
        """Let go of the database."""
        self._runner.run(self._connection.close())
        self._runner.close()


class FileWitness:
    """Sees what is in a database file."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        self._tables = [
            name for (name,) in self._connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'search'")
        ]
        self._seen_at = -1
        self._seen: list[Any] = []
        self.look()

    def look(self) -> None:
        """Remember what is there now, every row of every table."""
        version = self._connection.pragma("data_version")
        if version != self._seen_at:
            self._seen = [self._connection.execute(f'SELECT * FROM "{table}"').fetchall() for table in self._tables]
            self._seen_at = version

    def assert_nothing_changed(self) -> None:
        """See that all of it is as it was: SQLite tells when nothing was written at all."""
        before = self._seen
        self.look()
        assert self._seen == before

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()


class Target:
    """A server under attack."""

    def __init__(self, server: Server, ticket_id: str) -> None:
        self.ids = [*[ticket_id] * 6, ticket_id.lower(), "00000", "ÓÓÓÓÓ"]
        self._server = server
        self._witness: Witness = ServerWitness(PLACES[server.data]) if server.data in PLACES else FileWitness(server.data / "deskline.db")
        self._log_size = server.log.stat().st_size

    def close(self) -> None:
        """Look no longer."""
        self._witness.close()

    def attack(self, request: Hostile, *more: str) -> Answer | None:
        """Send a request and see that whatever comes back is sound; None for a connection that was just closed."""
        return self.attack_raw(request.raw(*more), request.method, signed_in=SIGNED_IN in more)

    def attack_raw(self, raw: bytes, method: str, *, signed_in: bool = True) -> Answer | None:
        """Send bytes as they are, likewise."""
        self._witness.assert_nothing_changed()  # nor a moment after the last refusal
        with self._server.connect() as connection:
            answer = exchange(connection, raw, method)
        log = self._server.log.read_bytes()[self._log_size :]
        assert log == b""
        if answer is not None:
            assert_sound(answer, method)
            assert signed_in or answer.status >= 400 or any(path.encode() in raw.lower() for path in PUBLIC)
        if answer is not None and answer.status == 200 and method not in {"GET", "HEAD"}:
            self._witness.look()
        else:
            self._witness.assert_nothing_changed()
        return answer

    def ask(self, path: str, *, method: str = "GET", body: bytes | None = None, headers: tuple[str, ...] = ()) -> Answer:
        """Send a request that must be answered by us."""
        answer = self.attack(Hostile(method, path, headers, body), SIGNED_IN)
        assert answer is not None
        assert is_ours(answer)
        return answer


def is_ours(answer: Answer) -> bool:
    return answer.header("server") == "Deskline"


def assert_sound(answer: Answer, method: str) -> None:
    """See that an answer is one of those we promise."""
    if not is_ours(answer):
        assert answer.status in BARE_REFUSALS
        assert answer.body == b""
        return
    assert answer.status < 500, answer
    names = [name for name, _ in answer.headers]
    assert len(names) == len(set(names))
    assert set(names) <= OUR_HEADERS
    assert answer.header("x-content-type-options") == "nosniff"
    if method != "HEAD" and answer.status != 304:
        assert_readable(answer)


def assert_readable(answer: Answer) -> None:
    kind = answer.header("content-type")
    body = answer.body
    if kind == "text/javascript; charset=utf-8":
        wrapped = JSONP.fullmatch(body)
        assert wrapped is not None
        assert wrapped[1] == wrapped[2]
        body = wrapped[3]
        assert "\u2028" not in body.decode()
        assert "\u2029" not in body.decode()
    elif kind == "text/plain; version=0.0.4; charset=utf-8":
        return
    else:
        assert kind == "application/json; charset=utf-8"
    value = json.loads(body.decode(), parse_constant=pytest.fail)
    if answer.status == 400:
        assert set(value) == {"errors", "message"}
        assert value["errors"]
        assert all(isinstance(text, str) and text for text in value["errors"])
        assert value["message"] == value["errors"][0]
    elif answer.status > 400:
        assert set(value) == {"error", "message"}
        assert isinstance(value["error"], str)
        assert value["error"] == value["message"] != ""


@pytest.fixture(scope="module", params=ENGINES)
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A server for everything that may write."""
    with a_place(request, request.param, tmp_path_factory.mktemp("hostile")) as folder:
        yield from attacked(folder)


@pytest.fixture(scope="module", params=ENGINES)
def unwritten(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A server that is only read from: its thirty tickets stay what they are."""
    with a_place(request, request.param, tmp_path_factory.mktemp("unwritten")) as folder:
        yield from attacked(folder)


def attacked(folder: Path) -> Iterator[Target]:
    """Serve thirty tickets, and see at the end that the server is well and had nothing to say."""

    async def made() -> str:
        async with any_desk(folder) as database, database.write(1) as tx:
            await people.add_agent(tx, Agent(login=BEN, name="Ben"))
            shown = [await add_ticket(tx, f"Where is parcel {number}?", tags=("vip", "ż")[: number % 3]) for number in range(30)]
        return str(json.loads(shown[0])["id"])

    ticket_id = asyncio.run(made())
    with serving(folder, body_seconds="2", log_level="warning") as server:
        target = Target(server, ticket_id)
        yield target
        assert target.ask("/readyz").status == 200
        target.close()
        assert server.log.read_bytes() == b""


# Random requests.


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_any_query_is_answered(target: Target, data: st.DataObject) -> None:
    target.attack(data.draw(queried(target.ids)), SIGNED_IN)


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_any_body_is_answered(target: Target, data: st.DataObject) -> None:
    target.attack(data.draw(written(target.ids)), SIGNED_IN)


@settings(max_examples=EXAMPLES)
@given(data=st.data(), more=st.sampled_from([(SIGNED_IN,), (SIGNED_IN,), ()]))
def test_any_head_is_answered(target: Target, data: st.DataObject, more: tuple[str, ...]) -> None:
    target.attack(data.draw(headed(target.ids)), *more)


@settings(max_examples=EXAMPLES // 4)
@given(data=st.data())
def test_a_stranger_reads_and_changes_nothing(target: Target, data: st.DataObject) -> None:
    answer = target.attack(data.draw(queried(target.ids) | written(target.ids)))
    assert answer is None or answer.status in {200, 400, 401, 404, 405}  # 200 on public routes only, as `attack` sees


# Chosen ones.


@pytest.mark.parametrize("body", JSON_TEXTS)
@pytest.mark.parametrize("path", ["", "/{}", "/{}/tags", "/{}/messages", "/{}/rating"])
def test_odd_json_is_answered(target: Target, path: str, body: bytes) -> None:
    method = "POST" if path in {"", "/{}/messages"} else "PUT"
    target.ask("/tickets" + path.format(target.ids[0]), method=method, body=body, headers=("Content-Type: application/json",))


@pytest.mark.parametrize("body", FORM_TEXTS)
@pytest.mark.parametrize("path", ["", "/{}", "/{}/tags", "/{}/messages", "/{}/rating"])
def test_an_odd_form_is_answered(target: Target, path: str, body: bytes) -> None:
    method = "POST" if path in {"", "/{}/messages"} else "PUT"
    target.ask("/tickets" + path.format(target.ids[0]), method=method, body=body)


@pytest.mark.parametrize("callback", SCRIPTS)
@pytest.mark.parametrize("path", [*(route.path for route in ROUTES if route.method == "GET"), "/nowhere"])
def test_a_callback_runs_nothing_but_a_name(target: Target, path: str, callback: str) -> None:
    names = {
        "ticket_id": target.ids[0],
        "login": OWNER.id,
        "group_id": "0",
        "tag": "late",
        "response_id": "1",
        "name": "x",
        "field_key": "a",
    }
    path = path.format(**names, webhook_id="0" * 32, attachment_id="0" * 32)
    target.ask(f"{path}?callback={quote(callback)}")
    target.ask(f"{path}?callback={quote(callback)}&date_from=x&page=0")


@pytest.mark.parametrize("callback", ["f", "alert(1)", "a.b[0]"])
def test_a_callback_wraps_only_what_was_asked_for_with_credentials_and_read(target: Target, callback: str) -> None:
    answers = [
        target.attack(Hostile("GET", f"/tickets?callback={quote(callback)}", ("Cookie: session=1",))),
        target.attack(Hostile("POST", f"/tickets?callback={quote(callback)}", (), b"{}"), SIGNED_IN),
        target.attack(Hostile("PUT", f"/tickets/00000/tags?callback={quote(callback)}", (), b"tag=a"), SIGNED_IN),
    ]
    assert [answer and answer.header("content-type") for answer in answers] == ["application/json; charset=utf-8"] * 3


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("parcel where", 30),
        ('"parcel', 30),
        ("-parcel", 30),
        ("^where", 30),
        ("(parcel)", 30),
        ('"" parcel', 30),
        ("- * ^ parcel", 30),
        ("parce* where", 0),
        ("text:parcel", 0),
        ("{text}:parcel", 0),
        ("NEAR(parcel where)", 0),
        ("parcel NOT tax", 0),
        ("parcel AND where", 0),
        ("tax OR parcel", 0),
        ("where + parcel", 30),
        ("parcel" + " where" * 160, 30),
        (" ".join(f"w{number}" for number in range(190)), 0),
    ],
)
def test_no_word_of_a_search_is_an_operator(unwritten: Target, query: str, total: int) -> None:
    found = unwritten.ask(
        f"/tickets?query={quote(query)}&date_to=2100-01-01&tag[]=&order=asc&requester[mail]=client@example.com&source=lc2"
    )
    assert (found.status, found.json["total"]) == (200, total)


@pytest.mark.parametrize("piece", [*SQL, *SEARCH])
@pytest.mark.parametrize("name", ["assignee", "requester[mail]", "source_id", "tag", "tag[]", "query", "agent"])
def test_a_value_is_nothing_but_a_value(unwritten: Target, name: str, piece: str) -> None:
    found = unwritten.ask(f"/tickets?{name}={quote(piece)}&{name}=")
    assert found.status == 200
    assert found.json["total"] == 0 or name in {"agent", "query"}
    report = unwritten.ask(f"/reports/tickets/new_tickets?group_by=month&{name}={quote(piece)}")
    assert sum(row["new_tickets"] for row in report.json.values()) == (0 if name in {"tag", "tag[]"} else 30)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Apia", "Pacific/Marquesas", "Africa/Monrovia", "Etc/GMT+12", "UTC"])
@pytest.mark.parametrize(
    "days", ["date_from=9999-12-31", "date_to=1970-01-01", "date_from=1970-01-01", "date_from=9999-12-30&date_to=9999-12-31"]
)
@pytest.mark.parametrize("by", ["", "hour", "day", "month"])
def test_the_ends_of_time_are_answered(target: Target, days: str, zone: str, by: str) -> None:
    for path in ("/tickets", "/reports/tickets/new_tickets", "/reports/tickets/ratings/ranking"):
        assert target.ask(f"{path}?{days}&timezone={zone}&group_by={by}").status in {200, 400}


def test_a_report_of_eight_thousand_years_is_answered(target: Target) -> None:
    answer = target.ask("/reports/tickets/resolution_time?date_from=1970-01-01&date_to=9999-12-31&group_by=month&timezone=Pacific/Apia")
    assert (answer.status, len(answer.json)) == (200, 8_030 * 12)


def test_a_group_that_a_refused_ticket_names_is_not_made(target: Target) -> None:
    body = b"message=Hi&requester[mail]=t@t.com&group=4711&assignee[id]=nobody@example.com"
    assert target.ask("/tickets", method="POST", body=body).status == 400
    assert (
        target.ask("/tickets", method="POST", body=b"message=Hi&requester[mail]=t@t.com").status == 200
    )  # whatever was begun is there now
    assert target.ask("/groups/4711").status == 404


def test_ten_thousand_parameters_are_refused(target: Target) -> None:
    assert target.ask("/tickets?" + "a=1&" * 10_000).status == 413


def test_a_body_of_ten_megabytes_is_refused(target: Target) -> None:
    big = b"message=" + b"a" * 10_000_000
    for chunk in (0, 100_000):
        answer = target.attack(Hostile("POST", "/tickets", (), big, chunk), SIGNED_IN)
        assert answer is not None
        assert answer.status == 413


def test_an_answer_does_not_give_back_a_whole_megabyte(target: Target) -> None:
    """What is quoted of a request is short: in errors of values, of paths, of methods."""
    answers = [
        target.ask("/tickets/" + "a" * 60_000),
        target.ask("/agents/" + "a" * 60_000),
        target.ask("/groups/" + "1" * 60_000),
        target.ask("/tickets", method="A" * 60_000),
        target.ask("/tickets?status=" + "a" * 60_000),
        target.ask("/tickets?" + "a" * 60_000 + "=1"),
        target.ask("/tickets", method="POST", body=b"source=" + b"a" * 900_000),
        target.ask("/tickets", method="POST", body=b'{"' + b"a" * 900_000 + b'[":1}'),
    ]
    assert [len(answer.body) < 1_000 for answer in answers] == [True] * len(answers)


HEAD = f"Host: localhost\r\nConnection: close\r\n{SIGNED_IN}\r\n"
LINE = "X: a\r\n"
CHUNKED = f"POST /tickets HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n"
NOT_HTTP = {
    "no line": "\0\1\2\r\n\r\n",
    "no version": "GET /tickets\r\n\r\n",
    "another version": f"GET /tickets HTTP/2.0\r\n{HEAD}\r\n",
    "a preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no target": f"GET  HTTP/1.1\r\n{HEAD}\r\n",
    "a blank in the target": f"GET /tickets?query=a b HTTP/1.1\r\n{HEAD}\r\n",
    "a NUL in the target": f"GET /tic\0kets HTTP/1.1\r\n{HEAD}\r\n",
    "two lengths": f"POST /tickets HTTP/1.1\r\n{HEAD}Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
    "a list of lengths": f"POST /tickets HTTP/1.1\r\n{HEAD}Content-Length: 5, 5\r\n\r\nabcde",
    "a negative length": f"POST /tickets HTTP/1.1\r\n{HEAD}Content-Length: -1\r\n\r\nabcde",
    "a length with a sign": f"POST /tickets HTTP/1.1\r\n{HEAD}Content-Length: +5\r\n\r\nabcde",
    "an endless length": f"POST /tickets HTTP/1.1\r\n{HEAD}Content-Length: {'9' * 30}\r\n\r\nabcde",
    "a length of 64 bits": f"POST /tickets HTTP/1.1\r\n{HEAD}Content-Length: {2**64 - 1}\r\n\r\nabcde",
    "no length, but a word": f"POST /tickets HTTP/1.1\r\n{HEAD}Content-Length: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "another coding than chunks": f"POST /tickets HTTP/1.1\r\n{HEAD}Transfer-Encoding: gzip\r\n\r\nabc",
    "a folded header": f"GET /tickets HTTP/1.1\r\n{HEAD}X: a\r\n b\r\n\r\n",
    "a blank behind a header's name": f"GET /tickets HTTP/1.1\r\n{HEAD}X : a\r\n\r\n",
    "a NUL in a header": f"GET /tickets HTTP/1.1\r\n{HEAD}X: a\0b\r\n\r\n",
    "five hundred headers": f"GET /tickets HTTP/1.1\r\n{HEAD}{LINE * 500}\r\n",
    "a header of a megabyte": f"GET /tickets HTTP/1.1\r\n{HEAD}X: {'a' * 1_000_000}\r\n\r\n",
    "a target of a megabyte": f"GET /tickets?{'a' * 1_000_000} HTTP/1.1\r\n{HEAD}\r\n",
}
ODD_HTTP = {
    "an old version": f"GET /tickets HTTP/1.0\r\n{HEAD}\r\n",
    "no host": f"GET /tickets HTTP/1.1\r\nConnection: close\r\n{SIGNED_IN}\r\n\r\n",
    "a whole address": f"GET http://elsewhere/tickets HTTP/1.1\r\n{HEAD}\r\n",
    "a star": f"OPTIONS * HTTP/1.1\r\n{HEAD}\r\n",
    "a tunnel": f"CONNECT localhost:80 HTTP/1.1\r\n{HEAD}\r\n",
    "no slash": f"GET tickets HTTP/1.1\r\n{HEAD}\r\n",
    "a fragment": f"GET /tickets?a=b#c HTTP/1.1\r\n{HEAD}\r\n",
    "bare line ends": f"GET /tickets HTTP/1.1\r\n{HEAD}\r\n".replace("\r\n", "\n"),
    "one length twice": f"POST /tickets HTTP/1.1\r\n{HEAD}Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
    "a length beside chunks": f"{CHUNKED[:-2]}Content-Length: 3\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
    "a word for a length, behind chunks": f"{CHUNKED[:-2]}Content-Length: x\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
    "a chunk's length that is a word": f"{CHUNKED}zz\r\nabcde\r\n0\r\n\r\n",
    "a chunk without end": f"{CHUNKED}{'f' * 20}\r\nabcde\r\n0\r\n\r\n",
    "chunks that are extended": f"{CHUNKED}5;a=b;c\r\nabcde\r\n0\r\nX-Trailer: y\r\n\r\n",
    "a body that is never sent": f"POST /tickets HTTP/1.1\r\n{HEAD}Content-Length: 5\r\n\r\nab",
    "a body that is too long to be sent": f"POST /tickets HTTP/1.1\r\n{HEAD}Content-Length: 9999999999\r\n\r\nabcde",
    "credentials twice": f"GET /tickets HTTP/1.1\r\n{HEAD}Authorization: Basic x\r\n\r\n",
    "a web socket": f"GET /tickets HTTP/1.1\r\n{SIGNED_IN}\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
}


@pytest.mark.parametrize("raw", NOT_HTTP.values(), ids=NOT_HTTP)
def test_what_is_not_http_is_refused(target: Target, raw: str) -> None:
    answer = target.attack_raw(raw.encode(), "GET")
    assert answer is None or (answer.status in BARE_REFUSALS and not is_ours(answer))


@pytest.mark.parametrize("raw", ODD_HTTP.values(), ids=ODD_HTTP)
def test_odd_http_is_answered(target: Target, raw: str) -> None:
    answer = target.attack_raw(raw.encode(), raw.split(" ", 1)[0])
    assert answer is not None
    assert is_ours(answer)
