"""Deskline and the bare reference driven in turns with the same requests, and what comes of it: rates, CPU, latencies, ratios.

Turns, because the machine is not the same from minute to minute: a ratio is taken within each round, and the median of the rounds counts.
"""

import itertools
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final, NamedTuple

import msgspec

from bench.results import Row, Target
from deskline.cli.bench.load import Ask, Plan, drive, percentiles
from deskline.cli.bench.processes import TICKS, Program

SERIES_SECONDS: Final = 150.0  # for a table; where it is far too slow, its rows say of how few answers they are


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One run against one server. `cpu_us` is the server's CPU for each request, `load_us` the load program's."""

    rate: float
    refused: int
    cpu_us: float
    load_us: float
    latencies: list[float]


class Comparison(msgspec.Struct, frozen=True):
    """All rounds, ours and bare in the order of the rounds."""

    ours: list[Turn]
    bare: list[Turn]

    def numbers(self) -> dict[str, float]:
        """Sum it up for a row of the results: medians of the rounds, percentiles of all requests together."""
        latencies = sorted(second for turn in self.ours for second in turn.latencies)
        refused = sum(turn.refused for turn in self.ours)
        return {
            **({"refused": refused} if refused else {}),
            "requests/s": median(turn.rate for turn in self.ours),
            "bare requests/s": median(turn.rate for turn in self.bare),
            "ratio": median(ours.rate / bare.rate for ours, bare in zip(self.ours, self.bare, strict=True)),
            "CPU µs": median(turn.cpu_us for turn in self.ours),
            "bare CPU µs": median(turn.cpu_us for turn in self.bare),
            "CPU ratio": median(bare.cpu_us / ours.cpu_us for ours, bare in zip(self.ours, self.bare, strict=True)),
            "load CPU µs": median(turn.load_us for turn in self.ours),
            **percentiles(latencies),
        }


class Pair(NamedTuple):
    """Deskline and the bare application, both running, and how long they are driven: so many rounds of so many seconds each."""

    ours: Program
    bare: Program
    rounds: int
    seconds: float

    def compare(self, asks: list[Ask], connections: int) -> dict[str, float]:
        """Drive both in turns with the same requests; the numbers of a row."""
        plan = Plan(port=0, asks=asks, connections=connections, seconds=self.seconds, warm_seconds=self.seconds / 8)
        found = Comparison([], [])
        for _ in range(self.rounds):
            found.ours.append(turn(self.ours, plan))
            found.bare.append(turn(self.bare, plan))
        return found.numbers()

    def show(self) -> str:
        """Say how long they are driven."""
        return f"{self.rounds} rounds of {self.seconds:g} s for each server in turns"


def turn(server: Program, plan: Plan) -> Turn:
    """Drive one server once; its CPU is taken over all requests, those of the warm-up too."""
    before = server.cpu_seconds()
    outcome = drive(msgspec.structs.replace(plan, port=server.port))
    used = max(server.cpu_seconds() - before, 1 / TICKS)  # the system counts no finer; a turn of a smoke run may be shorter
    return Turn(
        rate=outcome.requests / outcome.seconds,
        refused=outcome.refused,
        cpu_us=used / outcome.asked * 1e6,
        load_us=outcome.cpu_seconds / outcome.requests * 1e6,
        latencies=outcome.in_order(),
    )


class Series(NamedTuple):
    """Requests that are a row of results, its name and its target. Each step is sent as a whole; only its last request is counted."""

    name: str
    steps: list[list[Ask]]
    target: Target | None = None


def in_order(server: Program, series: Sequence[Series], wrong: list[str]) -> Iterator[Row]:
    """Send a step of each series, then the next of each, on one connection; what was never answered is added to `wrong`."""
    asks = [ask for turn in itertools.zip_longest(*map(_numbered, series, itertools.count(1))) for step in turn for ask in step or ()]
    plan = Plan(port=server.port, asks=asks, connections=1, seconds=SERIES_SECONDS, count=len(asks), in_order=True, sampled=2)
    outcome = drive(plan)
    for number, each in enumerate(series, 1):
        latencies = sorted(outcome.of_kind(number))
        if latencies:
            fewer = {"answers": len(latencies)} if len(latencies) < len(each.steps) else {}
            yield Row(each.name, percentiles(latencies) | fewer, () if each.target is None else (each.target,))
        else:
            wrong.append(f"{each.name}: none of {len(each.steps)} was answered in time")
    if outcome.refused:
        wrong.append(f"{outcome.refused} were refused with 503")


def _numbered(series: Series, number: int) -> list[list[Ask]]:
    return [[*step[:-1], msgspec.structs.replace(step[-1], kind=number)] for step in series.steps]
