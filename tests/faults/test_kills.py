"""The server is killed under load: everything that a client was told is there afterwards, and the database is whole."""

import asyncio
import json
import random
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from tests import rounds
from tests.faults.clients import BrokenError, Client, Told, writer
from tests.faults.programs import PATIENCE_SECONDS, Program, serving
from tests.storage.wholeness import contradictions

KILLS = rounds.times(quick=3, long=30)
WRITERS = 16


@dataclass
class Heard:
    """What somebody who listens for changes has heard, and where they go on."""

    changes: list[Any] = field(default_factory=list)
    since: str = "0"

    async def read(self, client: Client, wait: int) -> bool:
        """Read on; whether there was anything."""
        status, body = await client.ask("GET", f"/changes?since={self.since}&wait={wait}&limit=50")
        assert status == 200, body
        page = json.loads(body)
        self.changes += page["changes"]
        self.since = page["next"]
        return bool(page["changes"])

    async def read_to_the_end(self, client: Client, wait: int = 0) -> None:
        """Read on until there is nothing more, or with a `wait` until the server is gone."""
        with suppress(BrokenError, ConnectionRefusedError):
            while await self.read(client, wait) or wait:
                pass
        client.close()


def test_what_clients_were_told_outlives_kills(data: Path, chance: random.Random) -> None:
    """Who follows the changes all the while hears each once, and none that is gone after a kill."""
    told, heard, port = Told(), Heard(), 0
    for _ in range(KILLS):
        with serving(data, port=port) as program:
            port = program.port
            uvloop.run(write_until_killed(program, told, heard, chance))
            assert told.complaints == []
    with serving(data, port=port) as program:
        assert uvloop.run(count(program)) >= len(told.tickets)
        whole = Heard()
        for each in (heard, whole):
            uvloop.run(each.read_to_the_end(Client(program.host, program.port)))
        assert heard.changes == whole.changes
        assert {change["ticket_id"] for change in whole.changes} >= set(told.tickets)
        assert program.terminate() == 0
    assert told.missing(data / "deskline.db") == []
    assert contradictions(data / "deskline.db") == []


async def write_until_killed(program: Program, told: Told, heard: Heard, chance: random.Random) -> None:
    """Have writers write and somebody listen, kill the server after some answers, and wait until they have noticed."""
    clients = [Client(program.host, program.port) for _ in range(WRITERS)]
    writers = [asyncio.create_task(writer(client, told, random.Random(chance.random()))) for client in clients]
    listening = asyncio.create_task(heard.read_to_the_end(Client(program.host, program.port), wait=1))
    await told.wait(chance.randrange(50, 500))
    program.kill()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*writers, listening)


async def count(program: Program) -> int:
    """Ask how many tickets there are."""
    client = Client(program.host, program.port)
    status, body = await client.ask("GET", "/tickets")
    client.close()
    assert status == 200
    return int(body.split(b'"total":')[1].split(b",")[0])
