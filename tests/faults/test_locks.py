"""Another process holds the database for long: writes are refused in good time, reads go on, and nothing has to be restarted."""

import asyncio
from pathlib import Path

import pytest
import uvloop

from deskline.storage.sqlite_commit import BUSY_WAIT_SECONDS
from tests.faults.clients import Client
from tests.faults.programs import Program, serving
from tests.storage.another_process import held_by_another_process

NEW = {"message": "Hello", "requester[mail]": "ann@client.example"}
WRITERS = 32


@pytest.mark.faults
def test_a_database_that_another_process_holds_refuses_writes_and_nothing_else(data: Path) -> None:
    with serving(data) as program:
        with held_by_another_process(data / "deskline.db"):
            uvloop.run(refused(program))
        uvloop.run(accepted(program))
        assert program.terminate() == 0


async def refused(program: Program) -> None:
    """Have many write at once, and read meanwhile."""
    loop = asyncio.get_running_loop()
    clients = [Client(program.host, program.port) for _ in range(WRITERS)]
    started = loop.time()
    writing = asyncio.gather(*(client.ask("POST", "/tickets", NEW) for client in clients))
    reader, reads = Client(program.host, program.port), 0
    while not writing.done():
        assert (await reader.ask("GET", "/tickets"))[0] == 200
        reads += 1
    answers = await writing
    assert {status for status, _ in answers} == {503}
    assert all(b"try again" in body for _, body in answers)
    assert BUSY_WAIT_SECONDS <= loop.time() - started < 2 * BUSY_WAIT_SECONDS
    assert reads > 100
    for client in (*clients, reader):
        client.close()


async def accepted(program: Program) -> None:
    """Write as if nothing had been."""
    client = Client(program.host, program.port)
    assert (await client.ask("POST", "/tickets", NEW))[0] == 200
    client.close()
