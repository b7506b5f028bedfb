"""The server is restarted under load: nobody who got through to it is left without a good answer."""

import asyncio
import itertools
import random
from pathlib import Path

import uvloop

from tests import rounds
from tests.faults.clients import BrokenError, Client, Told, use
from tests.faults.programs import Program, start
from tests.storage.wholeness import contradictions

REQUESTS = rounds.times(quick=1_000, long=10_000)
RESTARTS = rounds.times(quick=2, long=10)
CLIENTS = 16


def test_no_request_fails_when_the_server_is_restarted(data: Path, chance: random.Random) -> None:
    told = Told()
    program = start(data)
    try:
        program = uvloop.run(load(data, program, told, chance))
        assert program.terminate() == 0, program.log.read_text()
    finally:
        program.kill()
    assert told.complaints == []
    assert told.answers == REQUESTS
    assert told.missing(data / "deskline.db") == []
    assert contradictions(data / "deskline.db") == []


async def load(data: Path, program: Program, told: Told, chance: random.Random) -> Program:
    """Ask so many things, and restart the server meanwhile. Answers the server that runs in the end."""
    numbers = itertools.count()
    at = {REQUESTS * (number + 1) // (RESTARTS + 1) for number in range(RESTARTS)}
    due: asyncio.Queue[int] = asyncio.Queue()

    async def client(chance: random.Random) -> None:
        connection, mine = Client(program.host, program.port), list[str]()
        for number in numbers:
            if number >= REQUESTS:
                break
            if number in at:
                due.put_nowait(number)
            try:
                await use(connection, told, chance, mine)
            except BrokenError as error:
                told.complaints.append(f"request {number}: {error}")
        connection.close()

    clients = asyncio.gather(*(client(random.Random(chance.random())) for _ in range(CLIENTS)))
    for _ in range(RESTARTS):
        await due.get()
        program = await asyncio.to_thread(restarted, data, program)
    await clients
    return program


def restarted(data: Path, program: Program) -> Program:
    """Stop a server and start another on its port."""
    assert program.terminate() == 0, program.log.read_text()
    return start(data, port=program.port)
