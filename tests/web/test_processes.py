"""Two servers on one PostgreSQL, one of them with two workers: whoever is asked, the answer is the same, and at once."""

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import asyncpg
import pytest

from deskline.domain.searches import PAGE_SIZE
from tests import rounds
from tests.cli.commands import LOGIN, deskline, done
from tests.clusters import Cluster
from tests.faults.clients import Client
from tests.faults.journals import WHO, writing
from tests.faults.programs import PATIENCE_SECONDS
from tests.serving import Server, serving

EACH: Final = 12  # connections to each server: that all of them go to one of two workers is as likely as 1 in 2,048
REVOKED_SECONDS: Final = 1.0
STEPS = rounds.times(quick=150, long=5_000)
OWN_WRITES = rounds.times(quick=15, long=500)
TAGS: Final = ("parcel", "refund", "urgent")
WORDS: Final = ("parcel", "money", "late", "broken", "thanks", "again")
JANE: Final = "jane@example.com"


@dataclass
class Desk:
    """Servers on one database."""

    url: str
    servers: list[Server]


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A server with two workers and one alone, on a database with an account."""
    with asyncio.Runner() as runner, ExitStack() as stack:
        database = cluster.a_database()
        url = runner.run(database.__aenter__())
        stack.callback(lambda: runner.run(database.__aexit__(None, None, None)))
        monkeypatch.setenv("DESKLINE_DATABASE_URL", url)
        done("init", *WHO)
        servers = []
        for name, workers in (("one", "2"), ("other", "1")):
            (tmp_path / name).mkdir()
            servers.append(stack.enter_context(serving(tmp_path / name, database=url, workers=workers)))
        yield Desk(url, servers)


@asynccontextmanager
async def clients(desk: Desk, login: str, key: str, each: int = EACH) -> AsyncIterator[list[Client]]:
    """Keep connections to every server; those to workers are spread over them."""
    found = [Client(*server.address, login=login, key=key) for server in desk.servers for _ in range(each)]
    try:
        yield found
    finally:
        for client in found:
            client.close()


async def died(desk: Desk, key: str, end: Callable[[], Awaitable[None]]) -> float:
    """Ask as Jane on all connections while her right to do so ends. Answers after how many seconds the last of them was let in."""
    last_good: list[float] = []

    async def ask_until_refused(client: Client, warm: asyncio.Barrier) -> None:
        assert (await client.ask("GET", "/agents"))[0] == 200
        await warm.wait()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                asked = time.monotonic()
                status, _ = await client.ask("GET", "/agents")
                if status == 401:
                    return
                assert status == 200
                last_good.append(asked)

    async with clients(desk, JANE, key) as asking:
        warm = asyncio.Barrier(len(asking) + 1)
        tasks = [asyncio.create_task(ask_until_refused(client, warm)) for client in asking]
        await warm.wait()
        await end()
        ended = time.monotonic()
        await asyncio.gather(*tasks)
        for client in asking:
            assert (await client.ask("GET", "/agents"))[0] == 401
    return max(last_good) - ended


def a_key() -> Any:
    """Have Jane sign in."""
    if JANE not in done("agent", "list").out:
        done("agent", "add", "--login", JANE, "--name", "Jane")
    return done("key", "add", "--login", JANE, "--json").json


def test_a_revoked_key_is_dead_everywhere_in_less_than_a_second(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    slowest = 0.0
    for _ in range(rounds.times(quick=1, long=20)):
        key = a_key()

        async def revoke(key_id: str = key["key_id"]) -> None:
            assert (await asyncio.to_thread(deskline, "key", "revoke", key_id)).code == 0

        slowest = max(slowest, asyncio.run(died(desk, key["key"], revoke)))
    with capsys.disabled():
        print(f"\nS1: a revoked key was let in for the last time {slowest:.2f} s after the command had ended")
    assert slowest < REVOKED_SECONDS


def test_an_agent_who_signs_in_no_more_is_out_everywhere_in_less_than_a_second(desk: Desk) -> None:
    async def shut_out() -> None:
        connection = await asyncpg.connect(desk.url)
        assert await connection.execute("UPDATE agent SET signs_in = 0 WHERE login = $1", JANE) == "UPDATE 1"
        await connection.close()

    assert asyncio.run(died(desk, a_key()["key"], shut_out)) < REVOKED_SECONDS


def test_a_key_that_was_refused_works_at_once_when_it_is_there(desk: Desk) -> None:
    secret = "f" * 32

    async def refused_then_welcome() -> None:
        async with clients(desk, LOGIN, secret) as asking:
            for client in asking:
                assert (await client.ask("GET", "/agents"))[0] == 401
            assert (await asyncio.to_thread(deskline, "key", "add", "--login", LOGIN, "--key", secret)).code == 0
            for client in asking:
                assert (await client.ask("GET", "/agents"))[0] == 200

    asyncio.run(refused_then_welcome())


@dataclass
class Model:
    """What is there, by what was answered to the writes: each ticket as it was shown last, in the order of the last messages."""

    tickets: dict[str, Any] = field(default_factory=dict)  # the oldest message first

    def note(self, body: bytes, *, is_message: bool) -> None:
        """Note a ticket as a write has answered it."""
        shown = json.loads(body)
        if is_message:
            self.tickets.pop(shown["id"], None)
        self.tickets[shown["id"]] = shown

    def matching(self, wanted: dict[str, str]) -> list[str]:
        """List the ids that match, as a list should have them."""
        tests: dict[str, Callable[[Any, str], bool]] = {
            "status": lambda ticket, status: ticket["status"] == status,
            "tag[]": lambda ticket, tag: tag in ticket["tags"],
            "tagged": lambda ticket, flag: bool(ticket["tags"]) == (flag == "1"),
            "assigned": lambda ticket, flag: bool(ticket.get("assignee")) == (flag == "1"),
            "requester[mail]": lambda ticket, mail: ticket["requester"]["mail"] == mail,
            "query": lambda ticket, word: (
                word in ticket["tags"] or any(word in str(event.get("message", "")).split() for event in ticket["events"])
            ),
        }
        return [
            ticket_id
            for ticket_id, ticket in reversed(self.tickets.items())
            if all(tests[name](ticket, value) for name, value in wanted.items())
        ]


async def write(client: Client, model: Model, chance: random.Random) -> None:
    """Change something through one process."""
    ticket_id = chance.choice(list(model.tickets)) if model.tickets else ""
    kind = chance.choice(("create", "create", "reply", "tags", "status")) if ticket_id else "create"
    text = " ".join(chance.choices(WORDS, k=2))
    mail = f"{chance.choice('abc')}@client.example"
    method, target, form = {
        "create": ("POST", "/tickets", {"requester[mail]": mail, "message": text}),
        "reply": ("POST", f"/tickets/{ticket_id}/messages", {"message": text}),
        "tags": ("PUT", f"/tickets/{ticket_id}/tags", {"tag[]": chance.choice(TAGS)}),
        "status": ("PUT", f"/tickets/{ticket_id}", {"status": chance.choice(("open", "pending", "solved"))}),
    }[kind]
    status, body = await client.ask(method, target, form)
    assert status == 200, body
    model.note(body, is_message=kind in {"create", "reply"})
    await asyncio.sleep(0.002)  # two messages of one millisecond are in the order of their ids, which this model does not know


async def read(client: Client, model: Model, chance: random.Random) -> None:
    """Read a page of some list through one process and hold it against what is there."""
    choices = {
        "status": ("open", "pending", "solved"),
        "tag[]": TAGS,
        "tagged": ("0", "1"),
        "assigned": ("0", "1"),
        "requester[mail]": tuple(f"{name}@client.example" for name in "abc"),
        "query": WORDS,
    }
    wanted = {name: chance.choice(choices[name]) for name in chance.sample(sorted(choices), chance.choice((0, 1, 1, 1, 2)))}
    page, order = chance.choice((1, 1, 1, 2, 3, 6)), chance.choice(("asc", "desc"))
    status, body = await client.ask("GET", f"/tickets?{urlencode({**wanted, 'page': page, 'order': order})}")
    assert status == 200, body
    found = json.loads(body)
    expected = model.matching(wanted)[:: 1 if order == "desc" else -1]
    assert found["total"] == len(expected), wanted
    assert [ticket["id"] for ticket in found["tickets"]] == expected[(page - 1) * PAGE_SIZE : page * PAGE_SIZE], wanted
    assert all(ticket == model.tickets[ticket["id"]] for ticket in found["tickets"])


def test_lists_are_right_at_once_whoever_wrote_and_whoever_is_asked(desk: Desk, chance: random.Random) -> None:
    """A recount by a plain loop over what the writes have answered."""

    async def interleaved() -> None:
        model = Model()
        async with clients(desk, LOGIN, WHO[-1], each=6) as everybody:
            for _ in range(STEPS):
                for _ in range(chance.choice((0, 1, 1, 2, 7))):
                    await write(chance.choice(everybody), model, chance)
                asked = [chance.choice(everybody) for _ in range(4)]
                again = random.Random(chance.random()).getstate()
                for client in asked:  # the same list of all, so that some find it remembered
                    same = random.Random()
                    same.setstate(again)
                    await read(client, model, same)

    asyncio.run(interleaved())


def test_writers_at_the_same_time_find_their_own_tickets_counted_in_every_process(desk: Desk) -> None:
    """Each has a client of its own, so it knows what is to be found whatever the others do meanwhile."""

    async def one(number: int, everybody: list[Client]) -> None:
        mail = f"client{number}@client.example"
        target = f"/tickets?{urlencode({'requester[mail]': mail})}"
        order = itertools.cycle(everybody)
        for written in range(1, OWN_WRITES + 1):
            status, body = await next(order).ask("POST", "/tickets", {"requester[mail]": mail, "message": "Where is it?"})
            assert status == 200, body
            newest = json.loads(body)["id"]
            for _ in range(3):
                found = json.loads((await next(order).ask("GET", target))[1])
                assert found["total"] == written
                assert newest in {ticket["id"] for ticket in found["tickets"]} or written > PAGE_SIZE

    async def all_of_them() -> None:
        async with clients(desk, LOGIN, WHO[-1]) as everybody:
            await asyncio.gather(*(one(number, everybody[number::6]) for number in range(6)))

    asyncio.run(all_of_them())


def test_changes_are_told_in_one_order_whoever_wrote_and_whoever_is_asked(desk: Desk) -> None:
    """Each listener goes on behind what it has heard, through one process; in the end all have heard the same, and all there is."""

    async def write_some(number: int, everybody: list[Client]) -> None:
        order = itertools.cycle(everybody)
        for _ in range(OWN_WRITES):
            form = {"requester[mail]": f"client{number}@client.example", "message": "Where is it?"}
            status, body = await next(order).ask("POST", "/tickets", form)
            assert status == 200, body
            assert (await next(order).ask("PUT", f"/tickets/{json.loads(body)['id']}/tags", {"tag[]": TAGS[0]}))[0] == 200

    async def listen(client: Client, until: asyncio.Event) -> list[Any]:
        heard: list[Any] = []
        since = "0"
        while True:
            is_last = until.is_set()
            status, body = await client.ask("GET", f"/changes?since={since}&limit=7&wait=1")
            assert status == 200, body
            page = json.loads(body)
            heard += page["changes"]
            since = page["next"]
            if is_last and not page["more"] and not page["changes"]:
                return heard

    async def all_of_them() -> None:
        ended = asyncio.Event()
        async with clients(desk, LOGIN, WHO[-1]) as writers, clients(desk, LOGIN, WHO[-1], each=4) as listeners:
            listening = [asyncio.create_task(listen(client, ended)) for client in listeners]
            await asyncio.gather(*(write_some(number, writers[number::6]) for number in range(6)))
            ended.set()
            heard = await asyncio.gather(*listening)
        assert all(each == heard[0] for each in heard)
        numbers = [int(change["id"]) for change in heard[0]]
        assert numbers == sorted(set(numbers))
        assert Counter(change["event"]["type"] for change in heard[0]) == {
            "ticket_created": 6 * OWN_WRITES,
            "message": 6 * OWN_WRITES,
            "tags_changed": 6 * OWN_WRITES,
        }

    asyncio.run(all_of_them())


def test_a_history_is_exported_and_imported_beside_servers_that_are_written_to(desk: Desk, tmp_path: Path) -> None:
    one = desk.servers[0]
    out = tmp_path / "history.json"
    theirs = "e" * 32
    assert deskline("init", "--account", "Theirs", "--timezone", "UTC", "--login", LOGIN, "--name", "Ann", "--key", theirs).code == 0
    with writing(one) as journal:
        journal.wait_for_more(60)
        before = len({ticket for ticket, _ in journal.acknowledged})
        assert deskline("export", "livechat", "--account", "Example", "--out", out).code == 0
        exported = json.loads(out.read_bytes())["tickets"]
        assert len(exported) >= before
        assert {ticket for ticket, _ in journal.acknowledged[:before]} <= {ticket["id"] for ticket in exported}
        ended = deskline("import", "livechat", "--account", "Theirs", out)
        assert ended.out.startswith(f"{len(exported)} added, 0 continued"), ended
        for server in desk.servers:
            connection = Client(*server.address, login=LOGIN, key=theirs)
            status, body = asyncio.run(told(connection, "/tickets"))
            assert (status, json.loads(body)["total"]) == (200, len(exported))
        journal.wait_for_more(20)
        assert journal.lost() == []
    assert [account["differences"] for account in done("check", "--json").json["accounts"]] == [0, 0]


async def told(client: Client, target: str) -> tuple[int, bytes]:
    """Ask once."""
    try:
        return await client.ask("GET", target)
    finally:
        client.close()
