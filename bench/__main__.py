"""`python -m bench`: measures everything once and writes the results. `N` tickets (100,000); `QUICK=1` for a minute's smoke run."""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from bench import engine, filters, imports, lists, machine, reports, samples, starts, tickets
from bench.processes import Program, fetch, free_port, module
from bench.reference import Contents
from bench.results import Results, Table
from bench.turns import Pair

RESULTS: Final = Path(__file__).parent / "results"


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured. Rounds and seconds are those of each server."""

    tickets: int = 100_000
    rounds: int = 5
    seconds: float = 2.0
    list_rounds: int = 3
    list_seconds: float = 1.0
    lists_after_changes: int = 40
    reports: int = 60
    starts: int = 5
    engine_tickets: int = 5_000

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Scale":
        """Take the scale from `N` and `QUICK`."""
        wanted = int(environ.get("N", cls.tickets))
        return QUICK if environ.get("QUICK") else cls(tickets=wanted)


QUICK: Final = Scale(
    tickets=5_000, rounds=2, seconds=0.5, list_rounds=1, list_seconds=0.2, lists_after_changes=5, reports=20, starts=2, engine_tickets=1_000
)
TINY: Final = Scale(
    tickets=500, rounds=1, seconds=0.1, list_rounds=1, list_seconds=0.02, lists_after_changes=2, reports=2, starts=1, engine_tickets=100
)


def measure(scale: Scale, place: Path, tell: Callable[[str], None]) -> Results:
    """Measure everything in a folder of its own. `tell` is told what is being done."""
    described = machine.describe(place, scale.tickets)
    tell(f"making {scale.tickets:,} tickets")
    folder = samples.make(place / "data")
    samples.fill(folder, scale.tickets)
    log = place / "log"
    tables = []

    def take(table: Table) -> None:
        tables.append(table)
        tell(table.show())

    tell("importing")
    history = imports.measure(folder, scale.tickets, place)
    take(starts.measure(folder, log, scale.starts))
    sample = samples.look(folder)
    with starts.deskline(folder, log) as ours:
        chosen = filters.choose(folder, sample)
        body = tickets.bodies(sample)[0]
        created = fetch(ours.port, "/tickets", folder.headers, body)
        with _bare(place, log, Contents(tickets=sample.tickets, pages=lists.pages(ours, folder, chosen), created=created)) as bare:
            pair = Pair(ours, bare, scale.rounds, scale.seconds)
            brief = Pair(ours, bare, scale.list_rounds, scale.list_seconds)
            take(tickets.measure_reading(pair, folder, sample))
            take(lists.measure_standing(brief, folder, chosen))
            for table in reports.measure(ours, folder, sample, scale.reports):
                take(table)
            take(lists.measure_changing(brief, folder, chosen, body))
            take(lists.measure_changed(ours, folder, chosen, scale.lists_after_changes, body))
            sending = tickets.measure_sending(pair, folder, sample)
            take(sending)
    take(history)
    take(engine.measure(folder, sample, round(sending.rows[0].numbers[tickets.BATCH]), scale.engine_tickets))
    return Results(described, tables)


def _bare(place: Path, log: Path, contents: Contents) -> Program:
    file = place / "contents"
    file.write_bytes(msgspec.msgpack.encode(contents))
    port = free_port()
    return Program(module("bench.reference", str(file), str(port)), port, log)


def main() -> int:
    """Measure, print and write. Answers 0 whether or not the targets are met: that is for people to judge."""
    scale = Scale.of(os.environ)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="deskline-bench-") as place:
        results = measure(scale, Path(place), print)
    page = results.write(RESULTS)
    print(*results.misses(), f"{page} written after {time.monotonic() - started:.0f} s", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
