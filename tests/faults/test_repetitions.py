"""Promise R4 where it is needed: the server dies between an effect and its answer, and 50 twins come to several processes at once."""

import asyncio
import http.client
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests import rounds
from tests.cli.commands import done
from tests.clusters import Cluster
from tests.desks import rows_in
from tests.faults.clients import BrokenError, Client
from tests.faults.journals import HEADERS, WHO
from tests.faults.programs import Program, serving, start
from tests.serving import PATIENCE_SECONDS, Server
from tests.serving import serving as serving_with
from tests.storage.engines import ENGINES, a_place
from tests.storage.wholeness import contradictions

KILLS = rounds.times(quick=2, long=40)
WRITERS = 12
TWINS = 50
WORKERS = "3"
TICKETS = rounds.times(quick=4, long=60)
FORM = {"message": "parcel", "requester[mail]": "mary@client.example"}
# The server as it is, but for one thing: where a client wants it, it is killed when all is done and nothing of the answer was sent.
DYING = """
import os, signal, sys
from deskline.web import server
finished = server.finish
def finish(request, answer, **options):
    if b"x-die" in request.headers and answer.status == 200:
        os.kill(os.getpid(), signal.SIGKILL)
    return finished(request, answer, **options)
server.finish = finish
from deskline.cli import main
sys.exit(main())
"""


async def ask(program: Program, key: str, *, die: bool = False) -> tuple[int, bytes]:
    """Ask for a ticket with a key, and maybe for the server's death. Raises BrokenError, ConnectionRefusedError."""
    client = Client(program.host, program.port, headers={"Idempotency-Key": f'"{key}"'} | ({"X-Die": "1"} if die else {}))
    try:
        return await client.ask("POST", "/tickets", FORM)
    finally:
        client.close()


@pytest.fixture(params=ENGINES)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A data folder with an account, on each engine."""
    with a_place(request, request.param, tmp_path) as folder:
        done("init", "--data", folder, *WHO)
        yield folder


def test_killed_between_the_effect_and_its_answer(desk: Path) -> None:
    key = str(uuid4())

    async def die(program: Program) -> None:
        with pytest.raises(BrokenError):
            await ask(program, key, die=True)

    async def repeat(program: Program) -> list[tuple[int, bytes]]:
        return [await ask(program, key) for _ in range(2)]

    with serving(desk, command=(sys.executable, "-c", DYING)) as program:
        asyncio.run(die(program))
    assert len(rows_in(desk, "SELECT 1 FROM ticket")) == 1
    with serving(desk) as program:
        answers = asyncio.run(repeat(program))
        assert program.terminate() == 0
    ((shown,),) = rows_in(desk, "SELECT shown FROM ticket")
    assert answers == [(200, bytes(shown))] * 2


def test_killed_at_any_moment(desk: Path) -> None:
    """Every request is repeated until it is answered: each was done once, and who had an answer gets the same again."""
    keys = [[str(uuid4()) for _ in range(KILLS * 20)] for _ in range(WRITERS)]
    answers: dict[str, set[bytes]] = {}
    port = 0
    for _ in range(KILLS):
        program = start(desk, port=port)
        port = program.port
        asyncio.run(asked_until_killed(program, keys, answers))
    with serving(desk, port=port) as program:
        asyncio.run(ask_all(program, answers))
        assert program.terminate() == 0
    assert {len(shown) for shown in answers.values()} == {1}
    texts = Counter(bytes(shown) for (shown,) in rows_in(desk, "SELECT shown FROM ticket"))
    assert texts == Counter(shown.pop() for shown in answers.values())
    if (desk / "deskline.db").exists():
        assert contradictions(desk / "deskline.db") == []


async def asked_until_killed(program: Program, keys: list[list[str]], answers: dict[str, set[bytes]]) -> None:
    """Have writers ask, and kill the server while they do."""
    enough = asyncio.Event()

    async def write(mine: list[str]) -> None:
        while mine:
            key = mine.pop()
            answers.setdefault(key, set())
            try:
                status, body = await ask(program, key)
            except (BrokenError, ConnectionError):
                return
            assert status == 200
            answers[key].add(body)
            if sum(map(len, answers.values())) % 40 == 0:
                enough.set()

    writers = [asyncio.create_task(write(mine)) for mine in keys]
    async with asyncio.timeout(PATIENCE_SECONDS):
        await enough.wait()
        program.kill()
        await asyncio.gather(*writers)


async def ask_all(program: Program, answers: dict[str, set[bytes]]) -> None:
    for key, shown in answers.items():
        status, body = await ask(program, key)
        assert status == 200
        shown.add(body)


@pytest.fixture
def workers(cluster: Cluster, tmp_path: Path) -> Iterator[Server]:
    """A server of several processes."""
    with asyncio.Runner() as runner:
        database = cluster.a_database(bare=True)
        url = runner.run(database.__aenter__())
        done("init", "--database", url, *WHO)
        with serving_with(tmp_path, database=url, workers=WORKERS) as server:
            yield server
        runner.run(database.__aexit__(None, None, None))


def test_twins_in_several_processes_are_one(workers: Server) -> None:
    barrier = threading.Barrier(TWINS)
    kinds = Counter[int]()

    def twin(key: str) -> bytes:
        """Ask on a connection of one's own, which any worker may take, as long as somebody else is at it."""
        with closing(http.client.HTTPConnection(*workers.address, timeout=PATIENCE_SECONDS)) as connection:
            connection.connect()
            barrier.wait(PATIENCE_SECONDS)
            while True:
                body = b'{"message":"parcel","requester":{"mail":"mary@client.example"}}'
                connection.request("POST", "/tickets", body, HEADERS | {"Idempotency-Key": key})
                answer = connection.getresponse()
                shown = answer.read()
                kinds[answer.status] += 1
                if answer.status == 200:
                    return shown
                assert answer.status == 409, shown

    told: list[Any] = []
    with ThreadPoolExecutor(TWINS) as threads:
        for _ in range(TICKETS):
            key = str(uuid4())
            told.append({each.result() for each in [threads.submit(twin, key) for _ in range(TWINS)]})
    assert [len(shown) for shown in told] == [1] * TICKETS
    assert len(set.union(*told)) == TICKETS
    assert kinds[200] == TWINS * TICKETS
    answer = workers.ask("GET", "/tickets", headers=HEADERS)
    assert answer.json["total"] == TICKETS


def test_fifty_clients_of_several_processes_add_fifty_tags(workers: Server) -> None:
    """Promise R10, where the writers know nothing of each other but through the database."""
    created = workers.ask("POST", "/tickets", b'{"message":"parcel","requester":{"mail":"mary@client.example"}}', HEADERS)
    path = f"/tickets/{created.json['id']}"
    barrier = threading.Barrier(TWINS)

    def add(number: int) -> int:
        with closing(http.client.HTTPConnection(*workers.address, timeout=PATIENCE_SECONDS)) as connection:
            connection.connect()
            barrier.wait(PATIENCE_SECONDS)
            connection.request("PUT", f"{path}/tags/t{number}", headers=HEADERS)
            return connection.getresponse().status

    with ThreadPoolExecutor(TWINS) as threads:
        assert list(threads.map(add, range(TWINS))) == [200] * TWINS
    tags = workers.ask("GET", path, headers=HEADERS).json["tags"]
    assert sorted(tags) == sorted(f"t{number}" for number in range(TWINS))
