"""A process of its own that writes to a database of the tests. Called as `python -m tests.storage.another_process PATH VERB ARGUMENT`."""

import subprocess
import sys
from pathlib import Path

import uvloop

from deskline.actions import tickets as actions
from deskline.domain.tickets import Changes
from deskline.storage import people
from deskline.storage.sqlite import SqliteDatabase
from deskline.web.v2.wire import show_ticket
from tests.storage.builders import ADA, OURS, a_ticket


def write_elsewhere(database: SqliteDatabase, verb: str, argument: str) -> None:
    """Have another process do something to the database's file, and wait until it is done."""
    command = [sys.executable, "-m", __name__, str(database.path), verb, argument]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2])


async def write(path: Path, verb: str, argument: str) -> None:
    """Create so many tickets, solve one, or revoke a key."""
    database = SqliteDatabase(path, show=show_ticket)
    if verb == "create":
        for _ in range(int(argument)):
            await a_ticket(database)
    elif verb == "solve":
        async with database.write(OURS) as tx:
            await actions.change(tx, argument, Changes(status="solved"), ADA)
    else:
        async with database.write(OURS) as tx:
            assert await people.revoke_key(tx, argument)
    await database.close()


if __name__ == "__main__":
    uvloop.run(write(Path(sys.argv[1]), *sys.argv[2:]))
