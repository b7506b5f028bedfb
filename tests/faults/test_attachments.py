"""Files that were acknowledged are there, whole, after the server was killed at any moment; those that were not leave nothing behind."""

import hashlib
import http.client
import json
import random
import threading
from pathlib import Path

import uvloop

from deskline.storage.sqlite import SqliteDatabase
from deskline.web.v2.wire import show_ticket
from tests import rounds
from tests.cli.commands import done
from tests.faults.journals import HEADERS, WHO
from tests.serving import PATIENCE_SECONDS, Server, serving
from tests.workers import wait_until

KILLS = rounds.times(quick=2, long=20)
SENDERS = 4


class Sender(threading.Thread):
    """Sends files with tickets until the server is gone. `kept` is what was acknowledged: ids of files, and their SHA-256."""

    def __init__(self, server: Server, seed: int) -> None:
        super().__init__()
        self.kept: dict[str, str] = {}
        self._chance = random.Random(seed)
        self._server = server

    def run(self) -> None:
        connection = http.client.HTTPConnection(*self._server.address, timeout=PATIENCE_SECONDS)
        try:
            while True:
                content = self._chance.randbytes(self._chance.choice((10, 70_000, 500_000)))
                file_id = self._ask(connection, "/attachments?name=a.bin", content)["id"]
                body = {"message": "Hello", "requester": {"mail": "a@b.example"}, "attachments": [file_id]}
                self._ask(connection, "/tickets", json.dumps(body).encode())
                self.kept[file_id] = hashlib.sha256(content).hexdigest()
        except (OSError, http.client.HTTPException):  # it was killed
            connection.close()

    def _ask(self, connection: http.client.HTTPConnection, path: str, body: bytes) -> dict[str, str]:
        connection.request("POST", path, body, HEADERS)
        answer = connection.getresponse()
        said: dict[str, str] = json.loads(answer.read())
        assert answer.status == 200, said
        return said


async def rows(path: Path) -> dict[str, bool]:
    """Tell of each file that the database knows whether a message has named it."""
    database = SqliteDatabase(path, show=show_ticket)
    async with database.read(1) as tx:
        found = {row[0]: row[1] is None for row in await tx.rows("SELECT attachment_id, expires_at FROM attachment WHERE account_id = $1")}
    await database.close()
    return found


def test_what_was_acknowledged_is_there_whole(tmp_path: Path, chance: random.Random) -> None:
    done("init", "--data", str(tmp_path), *WHO)
    kept: dict[str, str] = {}
    for _ in range(KILLS):
        with serving(tmp_path) as server:
            senders = [Sender(server, chance.randrange(2**32)) for _ in range(SENDERS)]
            for sender in senders:
                sender.start()
            wait_until(lambda senders=senders: min(len(sender.kept) for sender in senders) >= 3, "each has sent some")  # type: ignore[misc]
            server.is_killed = True
            server.process.kill()
            for sender in senders:
                sender.join(PATIENCE_SECONDS)
                kept |= sender.kept
    with serving(tmp_path) as server:
        for file_id, digest in kept.items():
            answer = server.ask("GET", f"/attachments/{file_id}", headers=HEADERS)
            assert answer.status == 200
            assert hashlib.sha256(answer.body).hexdigest() == digest
    known = uvloop.run(rows(tmp_path / "deskline.db"))
    assert {file_id for file_id, is_named in known.items() if is_named} >= kept.keys()
    on_disk = {path.stem for path in (tmp_path / "attachments").rglob("*") if path.is_file()}
    assert on_disk <= known.keys(), "whatever is on the disk has a row by which it is found"
