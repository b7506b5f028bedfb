"""One measurement from its beginning to its end: make the tickets, start the server, send requests, look whether all is as it must be."""

import platform
import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final

import msgspec

from deskline import __version__
from deskline.cli.bench import mixes
from deskline.cli.bench.capacities import Alone, Capacity, Latencies, Mixed
from deskline.cli.bench.clients import Client
from deskline.cli.bench.load import Outcome, Plan, drive, percentile
from deskline.cli.bench.machine import Disturbance, describe
from deskline.cli.bench.mixes import MIX, Known
from deskline.cli.bench.places import Place
from deskline.cli.bench.processes import TICKS, UNLIMITED, Program, cpu_seconds, free_port, memory_bytes, module, run

LOGIN: Final = "bench@example.com"
FIRST, LAST = date(2023, 7, 1), date(2026, 6, 30)
MEGABYTE: Final = 1_000_000
ALONE_ASKS: Final = 2_000  # of a kind; then they begin anew


class Order(msgspec.Struct, frozen=True):
    """What is wanted."""

    tickets: int
    seconds: float
    connections: int
    seed: int


class Round:
    """A server with an account that is full, and what has been sent to it."""

    def __init__(self, place: Place, order: Order, server: Program, client: Client) -> None:
        self.place, self.order, self.server, self.client = place, order, server, client
        self.done: dict[int, int] = {}
        self.refused = 0
        self.complaints: list[str] = []

    def send(self, asks: list[Any], seconds: float) -> tuple[Outcome, float]:
        """Send requests over and over. Answers the outcome, and the CPU seconds that each took."""
        warm = seconds / 8
        plan = Plan(
            port=self.server.port,
            asks=asks,
            connections=self.order.connections,
            seconds=seconds - warm,
            warm_seconds=warm,
            seed=self.order.seed,
        )
        before = self._cpu_seconds()
        outcome = drive(plan, is_strict=False)
        used = max(self._cpu_seconds() - before, 1 / TICKS)
        for kind, count in outcome.done.items():
            self.done[kind] = self.done.get(kind, 0) + count
        self.refused += outcome.refused
        self.complaints += outcome.complaints
        return outcome, used / outcome.asked

    def _cpu_seconds(self) -> float:
        database = cpu_seconds(self.place.pid) if self.place.pid is not None else 0.0
        return self.server.cpu_seconds() + database

    def alone(self, number: int, known: Known, seconds: float) -> Alone:
        """Send one kind only."""
        asks = mixes.asks_of(number, known, self.client, ALONE_ASKS, self.order.seed + 1)
        outcome, cpu = self.send(asks, seconds)
        return Alone(
            kind=MIX[number].name,
            requests_per_second=outcome.requests / outcome.seconds,
            cpu_us=cpu * 1e6,
            latencies=latencies(outcome.in_order()),
        )


def latencies(found: list[float]) -> Latencies:
    """Sum up how long answers took."""
    ordered = sorted(found)
    p50, p95, p99 = (percentile(ordered, share) * 1e3 for share in (50, 95, 99))
    return Latencies(requests=len(ordered), p50_ms=p50, p95_ms=p95, p99_ms=p99)


def measure(place: Place, order: Order, tell: Callable[[str], None], *, shows_progress: bool) -> Capacity:
    """Measure in a place that is empty. Raises LoadError, ProgramError where that cannot be done."""
    key = secrets.token_hex(16)
    disturbance = Disturbance()
    database_before = cpu_seconds(place.pid) if place.pid is not None else 0.0
    tell(f"Making {order.tickets:,} tickets …")
    made_seconds = fill(place, order, key, shows_progress=shows_progress)
    port = free_port()
    tell("Starting the server …")
    with (
        Program(module("deskline", "serve", "--port", str(port), *UNLIMITED), port, place.log, place.environ) as server,
        Client(port, LOGIN, key) as client,
    ):
        found = _measured(Round(place, order, server, client), made_seconds, tell)
    if place.pid is not None:
        disturbance.count_as_ours(cpu_seconds(place.pid) - database_before)
    others, stolen = disturbance.shares()
    return msgspec.structs.replace(found, others_share=others, stolen_share=stolen)


def fill(place: Place, order: Order, key: str, *, shows_progress: bool) -> float:
    """Make the account and its tickets. Answers how many seconds the tickets took."""
    account = ["--account", "Bench", "--timezone", "Europe/Warsaw", "--login", LOGIN, "--name", "Bench", "--key", key]
    run(module("deskline", "init", *account), place.environ)
    days = ["--from", str(FIRST), "--to", str(LAST)]
    generating = module("deskline", "generate", "--count", str(order.tickets), "--seed", str(order.seed), *days, "--json")
    return float(msgspec.json.decode(run(generating, place.environ, is_shown=shows_progress))["seconds"])


def _measured(turn: Round, made_seconds: float, tell: Callable[[str], None]) -> Capacity:
    order, place = turn.order, turn.place
    memory_at_start = memory_bytes(turn.server.process.pid)[0]
    wrong = _totals(turn, created=0)
    tell("Looking for what to ask for …")
    known = mixes.look(turn.client, FIRST, LAST, Random(order.seed))
    alone = []
    for number, kind in enumerate(MIX):
        tell(f"Sending {kind.name} …")
        alone.append(turn.alone(number, known, order.seconds / 2 / len(MIX)))
    tell("Sending all of it …")
    outcome, cpu = turn.send(mixes.asks_of_all(known, turn.client, order.seed), order.seconds / 2)
    tell("Counting …")
    created = turn.done.get(mixes.number_of(mixes.CREATE), 0)
    wrong += [*turn.complaints, *_totals(turn, created), *_replies(turn, known)]
    memory = memory_bytes(turn.server.process.pid)[0]
    size = place.size_bytes()
    return Capacity(
        machine={"machine": describe(place.folder), "Deskline": f"{__version__}, Python {platform.python_version()}"},
        engine=_engine(place),
        tickets=order.tickets,
        seed=order.seed,
        connections=order.connections,
        seconds=order.seconds,
        made_seconds=made_seconds,
        alone=alone,
        mix=[_mixed(outcome, number) for number in range(len(MIX))],
        mix_requests_per_second=outcome.requests / outcome.seconds,
        mix_cpu_us=cpu * 1e6,
        load_cpu_us=outcome.cpu_seconds / outcome.requests * 1e6,
        created_per_second=alone[mixes.number_of(mixes.CREATE)].requests_per_second,
        is_durable=place.is_durable(),
        memory_mb=memory / MEGABYTE,
        memory_mb_at_start=memory_at_start / MEGABYTE,
        disk_mb=size / MEGABYTE,
        disk_bytes_per_ticket=size / (order.tickets + created),
        refused=turn.refused,
        others_share=0.0,
        stolen_share=0.0,
        wrong=wrong,
    )


def _mixed(outcome: Outcome, number: int) -> Mixed:
    found = outcome.of_kind(number)
    return Mixed(kind=MIX[number].name, share=MIX[number].share, latencies=latencies(found) if found else None)


def _engine(place: Place) -> str:
    if place.database is not None:
        return f"PostgreSQL {place.version}"
    import apsw

    return f"SQLite {apsw.sqlite_lib_version()}"


def _totals(turn: Round, created: int) -> list[str]:
    """Look whether the list and the report of new tickets count every ticket, and each once."""
    total = turn.client.get("/tickets")["total"]
    by_status = {status: turn.client.get("/tickets", status=status)["total"] for status in ("open", "pending", "solved", "spam")}
    # Days are the account's; a ticket of this minute may be tomorrow's there.
    until = datetime.now(UTC).date() + timedelta(days=1)
    report = turn.client.get("/reports/tickets/new_tickets", date_from=FIRST, date_to=max(LAST, until), group_by="day")
    reported = sum(row["new_tickets"] for row in report.values())
    expected = turn.order.tickets + created
    return [
        *_differing("GET /tickets, total", total, expected, turn.refused),
        *_differing("GET /tickets, the totals of all statuses together", sum(by_status.values()), expected, turn.refused),
        *_differing("the report of new tickets, summed up", reported, expected - by_status["spam"], turn.refused),
    ]


def _replies(turn: Round, known: Known) -> list[str]:
    """Look whether every reply that was acknowledged is there, and once."""
    shown = (turn.client.get(f"/tickets/{ticket['id']}") for ticket in known.tickets)
    found = sum(event.get("message") == mixes.REPLY for ticket in shown for event in ticket["events"])
    return _differing("the replies in all tickets", found, turn.done.get(mixes.number_of(mixes.ANSWER), 0), turn.refused)


def _differing(what: str, found: int, expected: int, refused: int) -> list[str]:
    """Compare two counts; of what was refused with 503 nobody knows whether it was stored."""
    if expected <= found <= expected + refused:
        return []
    return [f"{what}: {found:,} where {expected:,} must be"]
