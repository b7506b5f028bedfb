"""A pair of real PostgreSQL servers, one of which copies the other, and proxies that break connections at will."""

import asyncio
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg

from tests.clusters import Cluster, a_cluster, chown_to_nobody

PATIENCE_SECONDS = 30.0


def ask(cluster: Cluster, statement: str) -> Any:
    """Run a statement on a server, on a connection of its own; the first value of what it answers."""

    async def asked() -> Any:
        connection = await asyncpg.connect(cluster.dsn("postgres"))
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return _run(asked())


def wait_for(cluster: Cluster, condition: str) -> None:
    """Wait until a condition in SQL is true on a server."""

    async def waited() -> None:
        connection = await asyncpg.connect(cluster.dsn("postgres"))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await connection.fetchval(f"SELECT {condition}"):  # noqa: ASYNC110 - the server has nobody who would set an event
                    await asyncio.sleep(0.01)
        finally:
            await connection.close()

    _run(waited())


def wait_until_copied(primary: Cluster) -> None:
    """Wait until a stand-by that is not waited for has all that was written by now."""
    wait_for(primary, "(SELECT replay_lsn FROM pg_stat_replication) >= pg_current_wal_insert_lsn()")


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    with ThreadPoolExecutor(1) as thread:  # the caller may be on an event loop of its own
        return thread.submit(asyncio.run, work).result()


@contextmanager
def a_standby(primary: Cluster, **settings: str) -> Iterator[Cluster]:
    """Run a server that copies another one, from when it has caught up."""
    with a_spare() as standby:
        follow(standby, primary, None, **settings)
        yield standby


@contextmanager
def a_spare() -> Iterator[Cluster]:
    """A folder for a server that may `follow` another one; whatever runs in it at the end is stopped."""
    folder = Path(tempfile.mkdtemp(prefix="deskline-"))
    try:
        chown_to_nobody(folder)
        spare = Cluster(folder)
        try:
            yield spare
        finally:
            if spare.runs:
                spare.stop()
    finally:
        shutil.rmtree(folder)


def follow(standby: Cluster, primary: Cluster, by: "Proxy | None" = None, **settings: str) -> None:
    """Make a server that does not run a copy of another one, whatever it was before, and wait until it has caught up."""
    shutil.rmtree(standby.data, ignore_errors=True)
    name = standby.folder.name
    source = f"host={primary.folder} user=postgres application_name={name}"
    standby.run(
        "pg_basebackup", "--pgdata", str(standby.data), "--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--dbname", source
    )
    with (standby.data / "postgresql.auto.conf").open("a") as file:
        file.write("synchronous_standby_names = ''\n")
        if by is not None:
            file.write(f"primary_conninfo = 'host=127.0.0.1 port={by.port} user=postgres application_name={name}'\n")
    standby.start(**settings)
    wait_for(primary, f"EXISTS (SELECT FROM pg_stat_replication WHERE application_name = '{name}' AND state = 'streaming')")


@contextmanager
def a_pair(*, synchronous: bool = True) -> Iterator[tuple[Cluster, Cluster]]:
    """Run a primary and its stand-by; `synchronous`: a commit waits until the stand-by has it."""
    with a_cluster() as primary, a_standby(primary) as standby:
        if synchronous:
            wait_for_each_commit(primary, standby)
        try:
            yield primary, standby
        finally:
            if primary.runs:
                let_commits_go(primary)


def wait_for_each_commit(primary: Cluster, standby: Cluster) -> None:
    """Have every commit wait for the stand-by."""
    ask(primary, f"ALTER SYSTEM SET synchronous_standby_names = '\"{standby.folder.name}\"'")
    ask(primary, "SELECT pg_reload_conf()")
    wait_for(primary, "EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')")


def let_commits_go(primary: Cluster) -> None:
    """Have commits wait for no stand-by any more, those that wait already among them."""
    ask(primary, "ALTER SYSTEM RESET synchronous_standby_names")
    ask(primary, "SELECT pg_reload_conf()")


class Proxy:
    """A port of loopback that leads to a server, until it is told otherwise. `meddle` sees what clients send, and may cut."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._target = str(cluster.folder / ".s.PGSQL.5432")
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port: int = self._listener.getsockname()[1]
        self._flowing = threading.Event()
        self._flowing.set()
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        self.meddle: Callable[[bytes], str] = lambda _: "pass"
        self.cuts = 0
        self._is_closed = False

    @property
    def dsn(self) -> str:
        """The address of the server's own database by way of here."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def freeze(self) -> None:
        """Pass nothing on and answer nobody, as a machine does that has vanished; connections stay."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Pass everything on again."""
        self._flowing.set()

    def close(self) -> None:
        """Cut everything; what has not been passed on yet is lost."""
        self._is_closed = True
        self._flowing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for each in self._sockets:
                _shut(each)
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._start(self._serve, client)

    def _start(self, work: Callable[..., None], *values: object) -> None:
        thread = threading.Thread(target=work, args=values, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self, client: socket.socket) -> None:
        self._flowing.wait()
        with closing(client), closing(socket.socket(socket.AF_UNIX)) as server, suppress(OSError):
            with self._lock:
                self._sockets |= {client, server}
            try:
                server.connect(self._target)
                back = threading.Thread(target=self._pass, args=(server, client, None), daemon=True)
                back.start()
                self._pass(client, server, self._decide)
                back.join()
            finally:
                with self._lock:
                    self._sockets -= {client, server}

    def _decide(self, data: bytes) -> str:
        decision = self.meddle(data)
        self.cuts += decision != "pass"
        return decision

    def _pass(self, source: socket.socket, target: socket.socket, decide: Callable[[bytes], str] | None) -> None:
        """Pass bytes on. What is decided on them: "pass"; "drop", they never arrive; "mute", they do, but their answer does not."""
        with suppress(OSError):
            while data := source.recv(65_536):
                self._flowing.wait()
                if self._is_closed:
                    break
                decision = decide(data) if decide is not None else "pass"
                if decision == "mute":
                    _shut(source)  # the client's side first, so that no answer can come through
                if decision != "drop":
                    target.sendall(data)
                if decision != "pass":
                    break
        _shut(source)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def _shut(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)


@contextmanager
def a_proxy(cluster: Cluster) -> Iterator[Proxy]:
    """Lead a port of loopback to a server."""
    proxy = Proxy(cluster)
    try:
        yield proxy
    finally:
        proxy.close()
