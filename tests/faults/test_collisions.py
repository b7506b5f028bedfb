"""Transactions of somebody else collide with ours, really: PostgreSQL gives ours up, and it is done again; its client hears of none."""

import asyncio
import json
from pathlib import Path

import asyncpg
import pytest

from tests.cli.commands import done
from tests.clusters import Cluster
from tests.faults.journals import HEADERS, WHO
from tests.serving import Server, serving

pytestmark = pytest.mark.anyio
MARY = {"requester": {"mail": "mary@client.example"}, "message": "Where is my parcel?"}


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of who meddles."""
    return "asyncio"


async def post(server: Server, target: str, asked: object) -> int:
    answer = await asyncio.to_thread(server.ask, "POST", target, json.dumps(asked).encode(), HEADERS)
    return answer.status


async def waited_for(admin: "asyncpg.Connection[asyncpg.Record]", condition: str) -> None:
    while not await admin.fetchval(f"SELECT {condition}"):  # noqa: ASYNC110 - the server has nobody who would set an event
        await asyncio.sleep(0.01)


async def test_a_deadlock_that_we_lose_is_done_again(cluster: Cluster, tmp_path: Path) -> None:
    async with cluster.a_database(bare=True) as dsn:
        await asyncio.to_thread(done, "init", "--database", dsn, *WHO)
        meddler, watcher = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
        with serving(tmp_path, database=dsn) as server:
            assert await post(server, "/tickets", MARY) in {200, 201}
            ticket_id = await watcher.fetchval("SELECT ticket_id FROM ticket")
            async with asyncio.timeout(20), meddler.transaction():
                await meddler.execute("SET LOCAL deadlock_timeout = '1min'")  # so that it is ours that finds the deadlock and gives way
                await meddler.execute("SELECT 1 FROM ticket FOR UPDATE")
                answered = asyncio.create_task(post(server, f"/tickets/{ticket_id}/messages", {"message": "Still waiting"}))
                await waited_for(watcher, "EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
                await meddler.execute("SELECT 1 FROM account FOR UPDATE")
                await waited_for(watcher, "(SELECT deadlocks > 0 FROM pg_stat_database WHERE datname = current_database())")
            assert await answered in {200, 201}
            shown = (await asyncio.to_thread(server.ask, "GET", f"/tickets/{ticket_id}", headers=HEADERS)).json
            assert [event["message"] for event in shown["events"] if "message" in event] == ["Where is my parcel?", "Still waiting"]
        await meddler.close()
        await watcher.close()
    assert "Traceback" not in (tmp_path / "server.log").read_text()
