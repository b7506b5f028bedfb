"""How a message is sent: what counts as an answer, what a receiver can do to us, and which addresses are never spoken to."""

import asyncio
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from deskline.domain.addresses import may_send_to, read_networks
from deskline.domain.webhooks import Outcome
from deskline.jobs.sending import Sender
from deskline.web.certificates import self_signed
from tests.jobs.receivers import OK, answer, receiving

pytestmark = pytest.mark.anyio

NOW = 1_700_000_000_000
LOOPBACK = read_networks(["127.0.0.0/8"])


async def post(url: str, sender: Sender | None = None, *, seconds: float = 5.0) -> Outcome:
    """Send a message, to loopback too."""
    sender = sender or Sender(LOOPBACK, seconds=seconds)
    try:
        return await sender.post(url, {"webhook-id": "msg_1"}, b"{}", now=NOW)
    finally:
        sender.close()


async def test_it_works() -> None:
    async with receiving() as receiver:
        assert await post(receiver.url) == Outcome(200)
    (got,) = receiver.got
    assert (got.target, got.content, got.name) == ("/hook?a=1", b"{}", "msg_1")
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert got.headers["user-agent"].startswith("Deskline/")


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (answer(204), Outcome(204)),
        (answer(500), Outcome(500, "status")),
        (answer(410), Outcome(410, "status")),
        (answer(302, "Location: http://127.0.0.1:1/"), Outcome(302, "status")),
        (answer(429, "Retry-After: 120"), Outcome(429, "status", 120_000)),
        (answer(503, "retry-after: Tue, 14 Nov 2023 22:14:20 GMT"), Outcome(503, "status", 60_000)),
        (answer(503, "Retry-After: soon"), Outcome(503, "status")),
        (answer(503, "Retry-After: -5"), Outcome(503, "status")),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n" + OK, Outcome(200)),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 9 + OK, Outcome(failure="not_http")),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", Outcome(failure="not_http")),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", Outcome(failure="not_http")),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5_000 + b"\r\n", Outcome(failure="not_http")),
        (b"HTTP/1.1 200 OK\r\nX:", Outcome(failure="not_http")),
        (b"", Outcome(failure="not_http")),
        (b"\xff" * 100 + b"\n\n", Outcome(failure="not_http")),
    ],
)
async def test_what_is_answered(said: bytes, outcome: Outcome) -> None:
    async with receiving() as receiver:
        receiver.answers = lambda _: said
        assert await post(receiver.url) == outcome
        assert len(receiver.got) == 1, "and nothing was followed"


async def test_the_body_of_an_answer_is_not_read() -> None:
    async with receiving() as receiver:
        receiver.answers = lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 100_000
        assert await post(receiver.url) == Outcome(200)


@pytest.mark.parametrize("drips", [False, True])
async def test_one_that_hangs_or_drips(drips: bool) -> None:
    async with receiving() as receiver:
        receiver.drips = drips
        receiver.answers = lambda _: OK if drips else None
        assert await post(receiver.url, seconds=0.3) == Outcome(failure="timeout")


async def test_one_that_is_not_there() -> None:
    async with receiving() as receiver:
        url = receiver.url
    assert await post(url) == Outcome(failure="not_connected")


async def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*self_signed(tmp_path, "127.0.0.1"))
    async with receiving(tls=tls) as receiver:
        assert await post(receiver.url.replace("http:", "https:")) == Outcome(failure="tls")
        assert receiver.got == []


async def test_tls_is_verified_against_the_name_and_not_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = self_signed(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    async with receiving(tls=tls) as receiver:
        outcomes = [
            await post(f"https://{host}:{receiver.port}/", Sender(LOOPBACK, resolve=resolve)) for host in ("127.0.0.1", "other.example")
        ]
        assert outcomes == [Outcome(200), Outcome(failure="tls")]


async def test_names_are_asked_for_once_and_the_answer_is_spoken_to() -> None:
    """What a name server says a moment later (DNS rebinding) changes nothing: nobody asks."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    async with receiving() as receiver:
        url = f"http://hooks.example:{receiver.port}/"
        assert await post(url, Sender(LOOPBACK, resolve=resolve)) == Outcome(200)
        assert receiver.got[0].headers["host"] == f"hooks.example:{receiver.port}"
        assert asked == ["hooks.example"]


@pytest.mark.parametrize("found", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"], ["::1"], []])
async def test_a_name_that_leads_inside_is_not_spoken_to(found: list[str]) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return found

    async with receiving() as receiver:
        url = f"http://hooks.example:{receiver.port}/"
        outcome = await post(url, Sender((), resolve=resolve))
        assert outcome == Outcome(failure="address_refused" if found else "no_address")
        assert receiver.got == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:7f00:1]", "localhost", "0.0.0.0"])
async def test_however_loopback_is_written(host: str) -> None:
    async with receiving() as receiver:
        assert (await post(f"http://{host}:{receiver.port}/", Sender(()))).failure == "address_refused"
        assert receiver.got == []


async def test_a_name_that_nobody_has() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    assert await post("http://nobody.example/", Sender((), resolve=resolve)) == Outcome(failure="no_address")


async def test_a_name_server_that_hangs() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    assert await post("http://slow.example/", Sender((), resolve=resolve, seconds=0.1)) == Outcome(failure="timeout")


@pytest.mark.parametrize(
    "inside",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.9.9.9",
        "168.63.129.16",
        "169.254.169.254",
        "169.254.1.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001::1",
        "2001:db8::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "nonsense",
        "1.2.3",
        "127.1",
    ],
)
def test_addresses_inside_are_refused(inside: str) -> None:
    assert not may_send_to(inside, ())


@pytest.mark.parametrize(
    "outside", ["1.1.1.1", "93.184.216.34", "172.15.0.1", "172.32.0.1", "::ffff:1.1.1.1", "64:ff9b::101:101", "2606:4700::1111", "2a00::1"]
)
def test_addresses_of_the_internet_are_open(outside: str) -> None:
    assert may_send_to(outside, ())


def test_named_networks_are_open_and_nothing_beside_them() -> None:
    allowed = read_networks(["10.1.0.0/16", "fd00::1"])
    assert [may_send_to(each, allowed) for each in ("10.1.2.3", "::ffff:10.1.2.3", "fd00::1", "10.2.0.1", "fd00::2", "127.0.0.1")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


async def test_names_whose_servers_hang_hold_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes two threads at most, as long as it hangs; whoever sends to it waits for itself."""
    over = threading.Event()
    asked: Counter[str] = Counter()

    def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked[host] += 1
        if host.startswith("hangs"):
            assert over.wait(30)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr("deskline.jobs.sending.socket.getaddrinfo", getaddrinfo)
    sender = Sender(LOOPBACK, seconds=1.0)

    async def sent(url: str) -> Outcome:
        return await sender.post(url, {}, b"{}", now=NOW)

    async with receiving() as receiver:
        hanging = [asyncio.create_task(sent(f"http://hangs{number % 20}.example/")) for number in range(100)]
        await asyncio.sleep(0)
        well = f"http://well.example:{receiver.port}/"
        assert [await sent(well) for _ in range(5)] == [Outcome(200)] * 5
        assert {await task for task in hanging} == {Outcome(failure="timeout")}
        assert await sent(well) == Outcome(200), "also while threads hang that nobody waits for"
    over.set()
    sender.close()
    assert max(asked[f"hangs{number}.example"] for number in range(20)) == 2
