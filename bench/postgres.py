"""The same on PostgreSQL: Deskline on a server with the usual durability, and beside it what does least with the same database.

Reading is compared with a bare application that does one point read, sending with pgbench running the same statements. The CPU of the
database's processes counts for both sides. The data is that of the SQLite folder, ticket for ticket.
"""

import asyncio
import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import asyncpg

from bench import before, definitions, filters, growth, lists, loops, pairs, pgbench, reports, starts, tickets, walks
from bench.filters import Filter
from bench.results import Row, Table, Target
from bench.samples import LOGIN, ZONE, Folder, Sample
from bench.scale import Scale
from bench.trial import Trial
from bench.turns import Pair, turn
from deskline.actions.accounts import init_account
from deskline.cli.bench.load import Ask, Plan, drive, percentiles
from deskline.cli.bench.machine import Disturbance
from deskline.cli.bench.processes import UNLIMITED, Program, cpu_seconds, free_port, module, run
from deskline.domain.people import Agent
from deskline.storage.postgres import open_postgres
from deskline.web.v2.wire import show_ticket
from tests.clusters import Cluster, a_cluster

# What counts for durability stands as it is by default. The rest is what a small server is given.
SETTINGS: Final = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "2GB",
}
ACCOUNTS: Final = 64


TIMES: Final = 2  # what the core's times may be here


class Place(NamedTuple):
    """A database on a server that runs, and a folder for what the benchmark needs."""

    cluster: Cluster
    dsn: str
    folder: Path


class Server(Program):
    """A program whose database works in other processes: their CPU is its own."""

    def __init__(self, command: list[str], port: int, place: Place, environ: Mapping[str, str] | None = None) -> None:
        """Start it and wait until it is ready."""
        self._database = place.cluster.pid()
        super().__init__(command, port, place.folder / "postgres.log", environ)

    def cpu_seconds(self) -> float:
        """The CPU that it and the database have used."""
        return super().cpu_seconds() + self.database_seconds()

    def database_seconds(self) -> float:
        """The CPU that the database has used."""
        return cpu_seconds(self._database)


class Contender(NamedTuple):
    """An earlier program: its modules, and an account of a tenth of the tickets that it made."""

    modules: Path
    folder: Folder


def measure(
    trial: Trial,
    whole: Folder,
    part: Folder | None,
    earlier: Contender | None,
    *,
    sample: Sample,
    scale: Scale,
    place: Path,
    others: Disturbance,
) -> None:
    """Measure everything on a server of its own, which holds what the folders hold."""
    with a_cluster(**SETTINGS) as cluster, asyncio.Runner() as runner:

        def filled(folder: Folder, modules: Path | None = None) -> AbstractContextManager[Place]:
            return _filled(runner, cluster, folder, place, modules)

        try:
            with filled(whole) as there:
                _measured(trial, there, whole, sample, scale)
                if part is not None:
                    trial.part("Reports against a tenth of the tickets", lambda: _growing(there, whole, part, filled, sample, scale))
                    if earlier is not None:
                        trial.part("A new ticket, against the program before", lambda: _against(part, earlier, filled, sample, scale))
        finally:
            others.count_as_ours(cpu_seconds(cluster.pid()))


@contextmanager
def _filled(runner: asyncio.Runner, cluster: Cluster, folder: Folder, place: Path, modules: Path | None) -> Iterator[Place]:
    """Make a database of what a folder holds, by this program or an earlier one."""
    database = cluster.a_database(bare=True)
    dsn = runner.run(database.__aenter__())
    try:
        run(module("bench.copying", str(folder.database), dsn), None if modules is None else before.environ_of(modules))
        yield Place(cluster, dsn, place)
    finally:
        runner.run(database.__aexit__(None, None, None))


def _serving(place: Place) -> "Server":
    port = free_port()
    return Server(module("deskline", "serve", "--database", place.dsn, "--port", str(port), *UNLIMITED), port, place)


def _measured(trial: Trial, place: Place, folder: Folder, sample: Sample, scale: Scale) -> None:
    chosen = filters.choose(folder, sample)[:: scale.list_step]
    with _serving(place) as ours:
        idle = [starts.idle_memory(ours, "idle after the start", scale.idle_seconds)]
        trial.part("One ticket", lambda: _reading(ours, place, folder, sample, scale))
        trial.part("Lists, nothing changes", lambda: _listing(ours, folder, chosen, scale))
        trial.part("Reports", lambda: reports.measure(ours, folder, sample, scale.reports, times=TIMES))
        trial.part("Reports by filters", lambda: reports.measure_filtered(ours, folder, sample, scale.reports, times=TIMES))
        trial.part("Reports by definitions", lambda: definitions.measure(ours, folder, sample, scale.reports // 2, times=TIMES))
        trial.part("The loop", lambda: loops.measure(ours, folder, sample, scale.loop_seconds, scale.reports))
        trial.part(
            "Lists by two filters, last pages, searches", lambda: pairs.measure(ours, folder, chosen, sample, scale.pairs, times=TIMES)
        )
        trial.part("Lists by cursor", lambda: walks.measure(ours, folder, chosen, sample, scale.pairs, times=TIMES))
        body = tickets.bodies(sample)[0]
        changed = functools.partial(lists.measure_changed, ours, folder, chosen, scale.lists_after_changes, body, sample, times=TIMES)
        trial.part("Lists, just after a change", changed)
        trial.part("A new ticket", lambda: _sending(ours, place, folder, sample, scale))
        trial.part("Memory and disk", lambda: _resting(ours, idle, place, scale))


def _resting(ours: "Server", idle: list[Row], place: Place, scale: Scale) -> Table:
    rows = [*idle, starts.idle_memory(ours, "idle after all that", scale.idle_seconds), _size(place)]
    note = f"Memory of the server's process, when two readings {scale.idle_seconds:g} s apart are equal. The disk with all indexes."
    return Table("Memory and disk", note, rows)


Filling = Callable[..., AbstractContextManager[Place]]


def _growing(there: Place, whole: Folder, part: Folder, filled: Filling, sample: Sample, scale: Scale) -> Iterator[Table]:
    with filled(part) as few, _serving(there) as large, _serving(few) as small:
        yield from growth.measure(large, small, whole, part, sample, scale.growth)


def _against(part: Folder, earlier: Contender, filled: Filling, sample: Sample, scale: Scale) -> Table:
    with filled(part) as ours, filled(earlier.folder, earlier.modules) as theirs, _serving(ours) as server:
        port = free_port()
        command = module("deskline", "serve", "--database", theirs.dsn, "--port", str(port))
        with Server(command, port, theirs, before.environ_of(earlier.modules)) as other:
            return before.compare(server, other, part, sample, scale.rounds, scale.seconds)


def _size(place: Place) -> Row:
    """Read how much of the disk the tickets take, indexes included."""

    async def sizes() -> tuple[int, int, int]:
        connection = await asyncpg.connect(place.dsn)
        try:
            row = await connection.fetchrow("SELECT pg_database_size(current_database()), count(*), sum(octet_length(shown)) FROM ticket")
        finally:
            await connection.close()
        assert row is not None
        return row[0], row[1], row[2]

    size, count, json_size = asyncio.run(sizes())
    return starts.size_row(size, count, json_size)


def _reading(ours: Server, place: Place, folder: Folder, sample: Sample, scale: Scale) -> Table:
    """GET /tickets/<ID> beside a bare application that does one point read."""
    asks = [folder.ask(f"/tickets/{ticket_id}", b'"id":"%b"' % ticket_id.encode()) for ticket_id in sample.tickets]
    port = free_port()
    with Server(module("bench.reference_postgres", place.dsn, "1", str(port)), port, place) as bare:
        pair = Pair(ours, bare, scale.rounds, scale.seconds)
        row = Row("GET /tickets/<ID>", pair.compare(asks, tickets.READERS), (Target(number="ratio", at_least=0.5),))
    note = f"{tickets.READERS} connections, {len(asks):,} tickets in an order of chance, {pair.show()}. CPU with the database's."
    return Table("One ticket", f"{note} The bare application does one point read.", [row])


def _listing(ours: Server, folder: Folder, chosen: list[Filter], scale: Scale) -> Table:
    """GET /tickets while the account does not change."""
    lists.pages(ours, folder, chosen)
    rows = []
    for each in chosen:
        asks = [folder.ask(query.target, b'"tickets":[') for query in each.queries]
        outcome = drive(Plan(port=ours.port, asks=asks, connections=lists.CONNECTIONS, seconds=scale.list_seconds))
        numbers = {"requests/s": outcome.requests / outcome.seconds, **percentiles(sorted(outcome.in_order()))}
        rows.append(Row(each.name, numbers, (lists.p95(TIMES),)))
    note = f"{lists.CONNECTIONS} connections, {scale.list_seconds:g} s for each filter. Totals are what SQL counts."
    return Table("Lists, nothing changes", note, rows)


def _sending(ours: Server, place: Place, folder: Folder, sample: Sample, scale: Scale) -> Table:
    """POST /tickets of one account and of many, beside pgbench running the same statements with as many clients."""
    others = asyncio.run(_add_accounts(place.dsn, folder.key))
    recorded = asyncio.run(pgbench.record(place.dsn, 1, sample.messages[0]))
    rows = []
    for what, folders in (("one account", {1: folder}), (f"{len(others)} accounts", others)):
        bodies = tickets.bodies(sample)
        asks = [
            each.ask("/tickets", b'"status":"open"', body) for each, body in zip(itertools.cycle(folders.values()), bodies, strict=False)
        ]
        script = pgbench.write_script(recorded, list(folders), place.folder / "create.sql")
        rows.append(Row(f"POST /tickets, {what}", _compared(ours, place, asks, script, scale), (Target(number="ratio", at_least=0.5),)))
    note = (
        f"{tickets.WRITERS} connections and clients, {scale.rounds} rounds of {scale.seconds:g} s for each in turns; synchronous_commit=on."
    )
    return Table("A new ticket", f"{note} pgbench's CPU is the database's alone, without pgbench itself.", rows)


async def _add_accounts(dsn: str, secret: str) -> dict[int, Folder]:
    """Make accounts with a ticket each; answers whom their requests come from, by account."""
    database = await open_postgres(dsn, show=show_ticket)
    made = {}
    for account_id in range(2, 2 + ACCOUNTS):
        key = f"{account_id:04x}{secret[4:]}"
        async with database.write(account_id) as tx:
            await init_account(tx, f"Account {account_id}", ZONE, Agent(login=LOGIN, name="Bench"), secret=key)
        await pgbench.create(database, account_id, "The first.")
        made[account_id] = Folder(Path(), key)
    await database.close()
    return made


def _compared(ours: Server, place: Place, asks: list[Ask], script: pgbench.Script, scale: Scale) -> dict[str, float]:
    """Drive Deskline and pgbench in turns; medians of the rounds."""
    plan = Plan(port=ours.port, asks=asks, connections=tickets.WRITERS, seconds=scale.seconds, warm_seconds=scale.seconds / 8)
    mine, theirs = [], []
    commits, units = tickets.read_commits(ours)
    for _ in range(scale.rounds):
        mine.append(turn(ours, plan))
        before = ours.database_seconds()
        rate, count = pgbench.run(script, place.dsn, tickets.WRITERS, scale.seconds)
        theirs.append((rate, (ours.database_seconds() - before) / count * 1e6))
    commits_after, units_after = tickets.read_commits(ours)
    refused = sum(each.refused for each in mine)
    return {
        **({"refused": refused} if refused else {}),
        "requests/s": median(each.rate for each in mine),
        "pgbench/s": median(rate for rate, _ in theirs),
        "ratio": median(each.rate / rate for each, (rate, _) in zip(mine, theirs, strict=True)),
        "CPU µs": median(each.cpu_us for each in mine),
        "pgbench CPU µs": median(cpu for _, cpu in theirs),
        "load CPU µs": median(each.load_us for each in mine),
        tickets.BATCH: (units_after - units) / (commits_after - commits),
        **percentiles(sorted(second for each in mine for second in each.latencies)),
    }
