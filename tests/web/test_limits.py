"""429: how often a key may ask, how often an address may fail to sign in, and who is not counted. On the real server."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from deskline.config import Settings
from deskline.web.limits import network_of
from deskline.web.transport import Transport
from tests.cli.commands import KEY, LOGIN, done
from tests.faults.journals import WHO
from tests.serving import PATIENCE_SECONDS, Answer, Server, basic, serving
from tests.web.builders import a_request

GOOD = basic(LOGIN, KEY)
SIZE = 20
FAILURES = 5


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("limits")
    done("init", "--data", folder, *WHO)
    return folder


@pytest.fixture
def server(data: Path) -> Iterator[Server]:
    """A server that takes few requests, and from behind a proxy on this machine."""
    with serving(data, requests_per_minute=str(SIZE), failed_sign_ins_per_minute=str(FAILURES)) as running:
        yield running


def level(answer: Answer) -> tuple[int, int]:
    """Read how many requests are left, and in how many seconds all of them will be back."""
    found = re.fullmatch(r'"requests";r=(\d+);t=(\d+)', answer.header("ratelimit") or "")
    assert found is not None, answer.headers
    return int(found[1]), int(found[2])


def another_key(data: Path) -> dict[str, str]:
    made = done("key", "add", "--login", LOGIN, "--data", data, "--json").json
    return basic(LOGIN, made["key"])


def test_it_works(server: Server, data: Path) -> None:
    answers = [server.ask("GET", "/tickets", headers=GOOD) for _ in range(SIZE)]
    assert {answer.status for answer in answers} == {200}
    assert {answer.header("ratelimit-policy") for answer in answers} == {f'"requests";q={SIZE};w=60'}
    assert level(answers[0]) == (SIZE - 1, 3)
    refused = server.ask("GET", "/tickets", headers=GOOD)
    while refused.status == 200:  # as many as came back meanwhile
        refused = server.ask("GET", "/tickets", headers=GOOD)
    seconds = int(refused.header("retry-after") or 0)
    assert (refused.status, level(refused)[0]) == (429, 0)
    assert 1 <= seconds <= 60 // SIZE
    wait = "a second" if seconds == 1 else f"{seconds} seconds"
    text = f"Too many requests: {SIZE} a minute are accepted with one key; wait {wait}."
    assert refused.json == {"error": text, "message": text}
    assert server.ask("GET", "/tickets", headers=another_key(data)).status == 200, "it is the key that is counted"


def test_every_spelling_of_a_key_is_one_key(server: Server) -> None:
    lefts = [level(server.ask("GET", "/tickets", headers=basic(name, KEY)))[0] for name in (LOGIN, "1", LOGIN.upper())]
    assert lefts == sorted(lefts, reverse=True)
    assert lefts[0] > lefts[-1]


def test_refusals_count_and_probes_do_not(server: Server) -> None:
    assert level(server.ask("GET", "/tickets/NONE0", headers=GOOD))[0] == SIZE - 1
    assert level(server.ask("GET", "/tickets?page=x", headers=GOOD))[0] <= SIZE - 2 + 1
    assert server.ask("GET", "/nowhere", headers=GOOD).header("ratelimit") is None
    assert server.ask("GET", "/healthz", headers=GOOD).header("ratelimit") is None


def test_a_scope_that_is_missing_counts(server: Server, data: Path) -> None:
    made = done("token", "add", "--login", LOGIN, "--scope", "reports_read", "--data", data, "--json").json
    answers = [server.ask("GET", "/tickets", headers=basic(LOGIN, made["token"])) for _ in range(SIZE + 3)]
    assert (answers[0].status, level(answers[0])[0]) == (403, SIZE - 1)
    assert answers[-1].status == 429


def failing(server: Server, client: str | None, number: int = 0) -> Answer:
    """Try a key that is none, as a client of a proxy on this machine."""
    forwarded = {} if client is None else {"X-Forwarded-For": client, "X-Forwarded-Proto": "https"}
    return server.ask("GET", "/tickets", headers=basic(LOGIN, f"{number:032x}") | forwarded)


def test_an_address_that_fails_too_often(server: Server) -> None:
    statuses = [failing(server, "192.0.2.1", number).status for number in range(FAILURES + 2)]
    assert statuses == [401] * FAILURES + [429] * 2
    refused = failing(server, "192.0.2.1")
    assert 1 <= int(refused.header("retry-after") or 0) <= 60 // FAILURES
    assert refused.header("ratelimit-policy") == f'"failed-sign-ins";q={FAILURES};w=60'
    assert (refused.header("ratelimit") or "").startswith('"failed-sign-ins";r=0;t=')
    assert refused.json["error"].startswith(f"Too many sign-ins from your address failed: {FAILURES} a minute are accepted; wait ")
    assert failing(server, "192.0.2.2").status == 401, "another address is another matter"
    assert failing(server, "203.0.113.9, 192.0.2.1").status == 429, "what a client says before the proxy is not believed"


def test_a_key_that_was_good_before_is_heard_all_the_same(server: Server) -> None:
    """Who shares an address with somebody who guesses is not locked out."""
    behind = {"X-Forwarded-For": "192.0.2.3", "X-Forwarded-Proto": "https"}
    assert server.ask("GET", "/tickets", headers=GOOD | behind).status == 200
    for number in range(FAILURES + 1):
        failing(server, "192.0.2.3", number)
    assert server.ask("GET", "/tickets", headers=GOOD | behind).status == 200
    assert server.ask("GET", "/tickets", headers=basic("1", KEY) | behind).status == 429, "a stranger waits, also with a good key"


def test_a_revoked_key_is_a_stranger_again(data: Path) -> None:
    made = done("key", "add", "--login", LOGIN, "--data", data, "--json").json
    headers = basic(LOGIN, made["key"]) | {"X-Forwarded-For": "192.0.2.4", "X-Forwarded-Proto": "https"}
    with serving(data, requests_per_minute="0", failed_sign_ins_per_minute=str(FAILURES)) as server:
        statuses = [server.ask("GET", "/tickets", headers=headers).status]
        done("key", "revoke", made["key_id"], "--data", data)
        while statuses[-1] == 200:  # for less than a second
            statuses.append(server.ask("GET", "/tickets", headers=headers).status)
        statuses += [server.ask("GET", "/tickets", headers=headers).status for _ in range(FAILURES)]
    assert [status for status in statuses if status != 200] == [401] * FAILURES + [429]


def test_many_at_a_time_are_not_too_many(server: Server) -> None:
    def fail(number: int) -> int:
        with closing(HTTPConnection(*server.address, timeout=PATIENCE_SECONDS)) as connection:
            headers = basic(LOGIN, f"{number:032x}") | {"X-Forwarded-For": "192.0.2.5", "X-Forwarded-Proto": "https"}
            connection.request("GET", "/tickets", headers=headers)
            return connection.getresponse().status

    with ThreadPoolExecutor(16) as threads:
        statuses = list(threads.map(fail, range(32)))
    assert statuses.count(401) == FAILURES
    assert statuses.count(429) == 32 - FAILURES


def test_this_machine_and_who_sends_nothing_are_not_counted(server: Server) -> None:
    assert [failing(server, None, number).status for number in range(FAILURES + 2)] == [401] * (FAILURES + 2)
    behind = {"X-Forwarded-For": "192.0.2.6", "X-Forwarded-Proto": "https"}
    assert [server.ask("GET", "/tickets", headers=behind).status for _ in range(FAILURES + 2)] == [401] * (FAILURES + 2)


def test_limits_can_be_off(data: Path) -> None:
    with serving(data, requests_per_minute="0", failed_sign_ins_per_minute="0") as server:
        answer = server.ask("GET", "/tickets", headers=GOOD)
        assert (answer.status, answer.header("ratelimit")) == (200, None)
        assert {failing(server, "192.0.2.1", number).status for number in range(100)} == {401}


def test_the_defaults_are_far_from_what_integrations_do() -> None:
    """The known ones send 100 requests a minute; one that waits for each answer cannot send 1,000 a second for long."""
    assert (Settings().requests_per_minute, Settings().failed_sign_ins_per_minute) == (60_000, 60)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_what_counts_as_one_address(address: str, place: str) -> None:
    assert network_of(address) == place


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.1", "192.0.2.1"),
        ("127.0.0.1", None, ""),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.5", None, "10.0.0.5"),
        ("10.0.0.5", "198.51.100.1, 203.0.113.1", "203.0.113.1"),
        ("10.0.0.5", "198.51.100.1, 10.0.0.6", "198.51.100.1"),
        ("10.0.0.5", "10.0.0.7,10.0.0.6", "10.0.0.7"),
        ("10.0.0.5", "198.51.100.1, unknown", "10.0.0.5"),
        ("10.0.0.5", "", "10.0.0.5"),
        ("::1", "2001:db8::1", "2001:db8::1"),
    ],
)
def test_where_a_request_comes_from(peer: str, forwarded: str | None, client: str) -> None:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    assert Transport(trusted_proxies=("10.0.0.0/8",)).client_of(a_request(peer=peer, headers=headers)) == client
