"""A process of its own that writes to a database of the tests, or keeps others from it. No assertions about what comes of it.

Called as `python -m tests.storage.another_process PATH VERB ARGUMENT`.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop

from deskline.actions import tickets as actions
from deskline.domain.tickets import Changes
from deskline.storage.sqlite import SqliteDatabase
from deskline.web.v2.wire import show_ticket
from tests.storage.builders import ADA, OURS, a_ticket

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


@contextmanager
def held_by_another_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the write lock until it is told to let go."""
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        if process.poll() is None:
            process.communicate("let go\n")


def write_elsewhere(database: SqliteDatabase, verb: str, argument: str) -> None:
    """Have another process do something to the database's file, and wait until it is done."""
    command = [sys.executable, "-m", __name__, str(database.path), verb, argument]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2])


async def write(path: Path, verb: str, argument: str) -> None:
    """Create so many tickets, or solve one."""
    database = SqliteDatabase(path, show=show_ticket)
    if verb == "create":
        for _ in range(int(argument)):
            await a_ticket(database)
    else:
        async with database.write(OURS) as tx:
            await actions.change(tx, argument, Changes(status="solved"), ADA)
    await database.close()


if __name__ == "__main__":
    uvloop.run(write(Path(sys.argv[1]), *sys.argv[2:]))
