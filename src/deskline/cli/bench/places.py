"""Where the account is made: a new folder, or a schema of its own in an empty database. Both are gone at the end, whatever ends it."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from deskline.cli.bench.machine import file_system
from deskline.config import VARIABLES
from deskline.errors import InvalidError

PREFIX: Final = "deskline-bench-"
TICKET_BYTES: Final = 20_000  # what a ticket takes at most while it is written: twice its rows and indexes
SPARE_BYTES: Final = 200_000_000
MEMORY_ONLY: Final = ("tmpfs", "ramfs")


class Place(msgspec.Struct, frozen=True):
    """A folder for data and log; on PostgreSQL the database's address and version, and its process where that is on this machine."""

    folder: Path
    database: str | None = None
    version: str = ""
    pid: int | None = None

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "log"

    @property
    def environ(self) -> dict[str, str]:
        """The environment of the programs that work here. No setting of whoever calls holds: it could name another database."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith(VARIABLES)}
        # Not a flag: a password in it would be seen by everybody on the machine.
        return ours | ({"DESKLINE_DATABASE_URL": self.database} if self.database is not None else {}) | {"DESKLINE_DATA": str(self.data)}

    def is_durable(self) -> bool:
        """Tell whether what is written here outlives a power cut; of a database server that is not known."""
        return self.database is not None or file_system(self.folder) not in MEMORY_ONLY

    def size_bytes(self) -> int:
        """Measure the disk that the account takes, indexes included."""
        if self.database is None:
            return sum(file.stat().st_size for file in self.data.glob("deskline.db*"))
        from deskline.storage import scratch

        return asyncio.run(scratch.size_bytes(self.database))


@contextmanager
def a_place(parent: Path | None, database: str | None, tickets: int) -> Iterator[Place]:
    """Make a place, and remove it. Raises ConflictError where the database holds something, InvalidError where the disk is too small."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    try:
        if database is None:
            _refuse_small(folder, tickets)
            yield Place(folder)
        else:
            with _a_schema(folder, database) as place:
                yield place
    finally:
        shutil.rmtree(folder)


def _refuse_small(folder: Path, tickets: int) -> None:
    needed, free = tickets * TICKET_BYTES + SPARE_BYTES, shutil.disk_usage(folder).free
    if free < needed:
        gigabytes = f"{free / 1e9:.1f} GB are free at {folder.parent}, and {needed / 1e9:.1f} are needed"
        raise InvalidError(f"--tickets {tickets}: {gigabytes}; take fewer, or name a folder on a larger disk with --folder")


@contextmanager
def _a_schema(folder: Path, database: str) -> Iterator[Place]:
    from deskline.storage import scratch

    server = asyncio.run(scratch.make(database))
    try:
        yield Place(folder, scratch.address_of(database), server.version, server.pid)
    finally:
        asyncio.run(scratch.drop(database))
