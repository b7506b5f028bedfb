"""The server is killed under load: everything that a client was told is there afterwards, and the database is whole."""

import asyncio
import random
from pathlib import Path

import uvloop

from tests import rounds
from tests.faults.clients import Client, Told, writer
from tests.faults.programs import PATIENCE_SECONDS, Program, serving
from tests.storage.wholeness import contradictions

KILLS = rounds.times(quick=3, long=30)
WRITERS = 16


def test_what_clients_were_told_outlives_kills(data: Path, chance: random.Random) -> None:
    told, port = Told(), 0
    for _ in range(KILLS):
        with serving(data, port=port) as program:
            port = program.port
            uvloop.run(write_until_killed(program, told, chance))
            assert told.complaints == []
    with serving(data, port=port) as program:
        assert uvloop.run(count(program)) >= len(told.tickets)
        assert program.terminate() == 0
    assert told.missing(data / "deskline.db") == []
    assert contradictions(data / "deskline.db") == []


async def write_until_killed(program: Program, told: Told, chance: random.Random) -> None:
    """Have writers write, kill the server after some answers, and wait until they have noticed."""
    clients = [Client(program.host, program.port) for _ in range(WRITERS)]
    writers = [asyncio.create_task(writer(client, told, random.Random(chance.random()))) for client in clients]
    await told.wait(chance.randrange(50, 500))
    program.kill()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*writers)


async def count(program: Program) -> int:
    """Ask how many tickets there are."""
    client = Client(program.host, program.port)
    status, body = await client.ask("GET", "/tickets")
    client.close()
    assert status == 200
    return int(body.split(b'"total":')[1].split(b",")[0])
