"""`python -m bench`: measures everything once and writes the results. `N` tickets (100,000); `QUICK=1` for a minute's smoke run."""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from bench import engine, filters, imports, lists, machine, postgres, reports, samples, starts, tickets
from bench.reference import Contents
from bench.results import Results, Table
from bench.samples import Folder, Sample
from bench.scale import Scale
from bench.turns import Pair
from deskline.cli.bench.machine import Disturbance
from deskline.cli.bench.processes import Program, fetch, free_port, module

RESULTS: Final = Path(__file__).parent / "results"


def measure(scale: Scale, place: Path, tell: Callable[[str], None]) -> Results:
    """Measure everything in a folder of its own. `tell` is told what is being done, and each table."""
    described = machine.describe(place, scale.tickets)
    disturbance = Disturbance()
    tell(f"Making {scale.tickets:,} tickets …")
    folder = samples.make(place / "data")
    samples.fill(folder, scale.tickets)
    tables = []
    for table in _tables(scale, folder, place, disturbance):
        tell(table.show())
        tables.append(table)
    return Results(described | {"disturbance": disturbance.show()}, tables)


def _tables(scale: Scale, folder: Folder, place: Path, disturbance: Disturbance) -> Iterator[Table]:
    sample = samples.look(folder)
    yield from postgres.measure(folder, sample, filters.choose(folder, sample)[:: scale.list_step], scale, place, disturbance)
    yield imports.measure(folder, scale.tickets, place)
    log = place / "log"
    batch = 1
    rows = [starts.measure(folder, log, scale.starts)]
    with starts.deskline(folder, log) as ours:
        rows.append(starts.idle_memory(ours, "idle after the start", scale.idle_seconds))
        with _bare(ours, folder, sample, place) as bare:
            for table in _over_http(scale, folder, sample, ours, bare):
                yield table
                batch = max(batch, *(round(row.numbers.get(tickets.BATCH, 1)) for row in table.rows))
        rows.append(starts.idle_memory(ours, "idle after all that", scale.idle_seconds))
    yield starts.table([*rows, starts.size(folder)], scale.idle_seconds)
    yield engine.measure(folder, sample, batch, scale.engine_tickets)


def _over_http(scale: Scale, folder: Folder, sample: Sample, ours: Program, bare: Program) -> Iterator[Table]:
    pair = Pair(ours, bare, scale.rounds, scale.seconds)
    brief = Pair(ours, bare, scale.list_rounds, scale.list_seconds)
    chosen = filters.choose(folder, sample)[:: scale.list_step]
    body = tickets.bodies(sample)[0]
    yield tickets.measure_reading(pair, folder, sample)
    yield lists.measure_standing(brief, folder, chosen)
    yield from reports.measure(ours, folder, sample, scale.reports)
    yield lists.measure_changing(brief, folder, chosen, body)
    yield from lists.measure_changed(ours, folder, chosen, scale.lists_after_changes, body, sample)
    yield tickets.measure_sending(pair, folder, sample)


def _bare(ours: Program, folder: Folder, sample: Sample, place: Path) -> Program:
    """Start the bare application with what Deskline answers."""
    pages = lists.pages(ours, folder, filters.choose(folder, sample))
    created = fetch(ours.port, "/tickets", folder.headers, tickets.bodies(sample)[0])
    file = place / "contents"
    file.write_bytes(msgspec.msgpack.encode(Contents(tickets=sample.tickets, pages=pages, created=created)))
    port = free_port()
    return Program(module("bench.reference", str(file), str(port)), port, place / "log")


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
