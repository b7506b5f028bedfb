"""The data folder that is measured: made by Deskline's own commands, then looked into for what to ask. No server runs meanwhile."""

import base64
import hashlib
import os
import random
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import apsw
import msgspec

from deskline.cli.bench.load import Ask
from deskline.cli.bench.processes import module, run

ZONE: Final = "Europe/Warsaw"
LOGIN: Final = "bench@example.com"
DAYS: Final = ("2023-07-01", "2026-06-30")
MOST_TICKETS: Final = 5_000
KEY: Final = "bench-key"
MODULES: Final = Path(__file__).parents[1] / "src"


class Folder(msgspec.Struct, frozen=True):
    """A data folder, and the key that opens its one account."""

    path: Path
    key: str

    @property
    def database(self) -> Path:
        """The database file."""
        return self.path / "deskline.db"

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every request."""
        credentials = base64.b64encode(f"{LOGIN}:{self.key}".encode()).decode()
        return {"Authorization": f"Basic {credentials}", "X-API-Version": "2", "Content-Type": "application/json"}

    def ask(self, target: str, expected: bytes, body: bytes = b"") -> Ask:
        """Make a request as its bytes: a GET, or with a body a POST of JSON."""
        headers = {"Host": "127.0.0.1", **self.headers, **({"Content-Length": str(len(body))} if body else {})}
        lines = [f"{'POST' if body else 'GET'} {target} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items())]
        return Ask("\r\n".join([*lines, "", ""]).encode() + body, expected)


def make(path: Path, environ: Mapping[str, str] | None = None, key: str | None = None) -> Folder:
    """Make a data folder with an empty account; another program's, where its environment says so."""
    folder = Folder(path, key or secrets.token_hex(16))
    account = ["--account", "Bench", "--timezone", ZONE, "--login", LOGIN, "--name", "Bench", "--key", folder.key]
    run(module("deskline", "init", "--data", str(path), *account), environ)
    return folder


def fill(folder: Folder, tickets: int, environ: Mapping[str, str] | None = None) -> None:
    """Fill the account with believable tickets of three years, the same at every run."""
    run(module("deskline", "generate", "--data", str(folder.path), "--count", str(tickets), "--from", DAYS[0], "--to", DAYS[1]), environ)


def filled(
    path: Path,
    tickets: int,
    modules: Path = MODULES,
    environ: Mapping[str, str] | None = None,
    key: str | None = None,
) -> Folder:
    """Make a data folder and fill it; where `DATA` names a folder, copy what an earlier run has kept there, or keep it for the next."""
    keeping = os.environ.get("DATA")
    if not keeping:
        folder = make(path, environ, key)
        fill(folder, tickets, environ)
        return folder
    store = Path(keeping) / f"{tickets}-{_schema(modules)}-{key or 'any'}"
    if not store.is_dir():
        folder = make(path, environ, key)
        fill(folder, tickets, environ)
        begun = store.with_name(f"{store.name}.begun")
        shutil.rmtree(begun, ignore_errors=True)
        shutil.copytree(path, begun)
        (begun / KEY).write_text(folder.key, "ascii")
        begun.rename(store)
        return folder
    shutil.copytree(store, path, ignore=shutil.ignore_patterns(KEY))
    return Folder(path, (store / KEY).read_text("ascii"))


def _schema(modules: Path) -> str:
    """Name what a program keeps with tickets: data that was made before another table or column are of no use."""
    files = sorted((modules / "deskline" / "storage" / "sql").rglob("*.sql"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


@contextmanager
def looking(folder: Folder) -> Iterator[apsw.Connection]:
    """Look into the database, which a server may have open."""
    connection = apsw.Connection(str(folder.database), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(10_000)
    try:
        yield connection
    finally:
        connection.close()


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to ask for: tickets by id as the API shows them, opening messages, and the span of the data in milliseconds."""

    tickets: dict[str, bytes]
    messages: list[str]
    zone: ZoneInfo
    first: int
    last: int


def look(folder: Folder, seed: int = 1) -> Sample:
    """Choose some tickets by chance."""
    with looking(folder) as connection:
        keys = [key for (key,) in connection.execute("SELECT ticket_key FROM ticket ORDER BY ticket_key")]
        chosen = random.Random(seed).sample(keys, min(len(keys), MOST_TICKETS))
        tickets: dict[str, bytes] = {}
        for key in chosen:
            tickets.update(connection.execute("SELECT ticket_id, shown FROM ticket WHERE ticket_key = ?", (key,)))
        first, last = connection.execute("SELECT min(created_at), max(last_activity_at) FROM ticket").fetchone() or (0, 0)
    messages = [msgspec.json.decode(shown)["events"][0]["message"] for shown in tickets.values()]
    return Sample(tickets=tickets, messages=messages, zone=ZoneInfo(ZONE), first=first, last=last)


def json_bytes(folder: Folder) -> int:
    """Measure the JSON of all tickets, each as `GET /tickets/<ID>` answers it."""
    with looking(folder) as connection:
        return int(value(connection, "SELECT sum(length(CAST(shown AS BLOB))) FROM ticket"))


def value(connection: apsw.Connection, query: str, *values: Any) -> Any:
    """Fetch the one value that a statement answers."""
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return row[0]
