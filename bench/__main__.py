"""`python -m bench`: measures everything once and writes the results. `N` tickets (100,000); `QUICK=1` for a minute's smoke run."""

import functools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from bench import (
    before,
    definitions,
    edges,
    engine,
    filters,
    growth,
    imports,
    listeners,
    lists,
    loops,
    machine,
    pairs,
    postgres,
    reports,
    samples,
    starts,
    tickets,
    walks,
)
from bench.reference import Contents
from bench.results import Results, Table, a_page
from bench.samples import Folder, Sample
from bench.scale import Scale
from bench.trial import Told, Trial
from bench.turns import Pair
from deskline.cli.bench.machine import Disturbance
from deskline.cli.bench.processes import Program, ended_by_signals, fetch, free_port, module

RESULTS: Final = Path(__file__).parent / "results"


def measure(scale: Scale, place: Path, tell: Told, keep: Callable[[Results], object] = lambda results: None) -> Results:
    """Measure everything in a folder of its own. `tell` is told what is being done, and each table; `keep` is given all there is so far."""
    results = Results(machine.describe(place, scale.tickets), [], [], {})
    trial = Trial(results, tell, keep)
    disturbance = Disturbance()
    whole: list[Folder] = []
    if trial.part(f"Making {scale.tickets:,} tickets", lambda: whole.append(samples.filled(place / "data", scale.tickets))):
        _measure_all(trial, whole[0], scale, place, disturbance)
    results.machine["disturbance"] = disturbance.show()
    return results


def _measure_all(trial: Trial, whole: Folder, scale: Scale, place: Path, disturbance: Disturbance) -> None:
    sample = samples.look(whole)
    part, earlier = _parts(trial, scale, place)
    trial.part("A file", lambda: _on_a_file(trial, whole, sample, scale, place))
    trial.part("The edge", lambda: edges.measure(whole, sample, scale.edge_requests))
    if part is not None:
        trial.part("Reports against a tenth of the tickets", lambda: _growing(whole, part, sample, scale, place))
        if earlier is not None:
            trial.part("A new ticket, against the program before", lambda: _against(part, earlier, sample, scale, place))
    on_postgres = functools.partial(postgres.measure, sample=sample, scale=scale, place=place, others=disturbance)
    trial.part("PostgreSQL", lambda: on_postgres(trial.on("PostgreSQL"), whole, part, earlier))
    trial.part("History", lambda: imports.measure(whole, scale.tickets, scale.imported, place))
    trial.part("The bare engine", lambda: engine.measure(whole, sample, _batch(trial.results), scale.engine_tickets))


def _parts(trial: Trial, scale: Scale, place: Path) -> tuple[Folder | None, postgres.Contender | None]:
    """Make a tenth of the tickets, and as many by the earlier program; None where that fails."""
    parts: list[Folder] = []
    if not trial.part(f"Making {scale.part:,} tickets", lambda: parts.append(samples.filled(place / "part-of-data", scale.part))):
        return None, None
    part = parts[0]
    found: list[postgres.Contender] = []

    def make() -> None:
        modules = before.source(place)
        found.append(postgres.Contender(modules, before.fill(place, modules, scale.part, part.key)))

    trial.part(f"Making {scale.part:,} tickets by the program before", make)
    return part, found[0] if found else None


def _on_a_file(trial: Trial, whole: Folder, sample: Sample, scale: Scale, place: Path) -> None:
    log = place / "log"
    rows = [starts.measure(whole, log, scale.starts)]
    with starts.deskline(whole, log) as ours:
        rows.append(starts.idle_memory(ours, "idle after the start", scale.idle_seconds))
        with _bare(ours, whole, sample, place) as bare:
            _over_http(trial, scale, whole, sample, ours, bare)
        trial.part("Idle memory", lambda: rows.append(starts.idle_memory(ours, "idle after all that", scale.idle_seconds)))
    listening = functools.partial(listeners.measure, whole, sample, scale.listeners, scale.changes, log)
    trial.part("Listeners", listening)
    trial.part("Start, idle memory and disk", lambda: starts.table([*rows, starts.size(whole)], scale.idle_seconds))


def _growing(whole: Folder, part: Folder, sample: Sample, scale: Scale, place: Path) -> Iterator[Table]:
    with starts.deskline(whole, place / "log") as large, starts.deskline(part, place / "log") as small:
        yield from growth.measure(large, small, whole, part, sample, scale.growth)


def _against(part: Folder, earlier: postgres.Contender, sample: Sample, scale: Scale, place: Path) -> Table:
    log = place / "log"
    with starts.deskline(part, log) as ours, before.start(earlier.modules, log, "--data", str(earlier.folder.path)) as theirs:
        return before.compare(ours, theirs, part, sample, scale.rounds, scale.seconds)


def _batch(results: Results) -> int:
    """Say how many tickets a commit of the file had at most."""
    found = [row.numbers.get(tickets.BATCH, 1) for table in results.tables for row in table.rows if "PostgreSQL" not in table.title]
    return max(1, *map(round, found)) if found else 1


def _over_http(trial: Trial, scale: Scale, folder: Folder, sample: Sample, ours: Program, bare: Program) -> None:
    pair = Pair(ours, bare, scale.rounds, scale.seconds)
    brief = Pair(ours, bare, scale.list_rounds, scale.list_seconds)
    chosen = filters.choose(folder, sample)[:: scale.list_step]
    body = tickets.bodies(sample)[0]
    trial.part("One ticket", lambda: tickets.measure_reading(pair, folder, sample))
    trial.part("Lists, nothing changes", lambda: lists.measure_standing(brief, folder, chosen))
    trial.part("Reports", lambda: reports.measure(ours, folder, sample, scale.reports))
    trial.part("Reports by filters", lambda: reports.measure_filtered(ours, folder, sample, scale.reports))
    trial.part("Reports by definitions", lambda: definitions.measure(ours, folder, sample, scale.reports // 2))
    trial.part("The loop", lambda: loops.measure(ours, folder, sample, scale.loop_seconds, scale.reports))
    trial.part("Lists by two filters, last pages, searches", lambda: pairs.measure(ours, folder, chosen, sample, scale.pairs))
    trial.part("Lists by cursor", lambda: walks.measure(ours, folder, chosen, sample, scale.pairs))
    trial.part("Lists, a change a second", lambda: lists.measure_changing(brief, folder, chosen, body))
    changed = functools.partial(lists.measure_changed, ours, folder, chosen, scale.lists_after_changes, body, sample)
    trial.part("Lists, just after a change", changed)
    trial.part("A new ticket", lambda: tickets.measure_sending(pair, folder, sample))


def _bare(ours: Program, folder: Folder, sample: Sample, place: Path) -> Program:
    """Start the bare application with what Deskline answers."""
    pages = lists.pages(ours, folder, filters.choose(folder, sample))
    created = fetch(ours.port, "/tickets", folder.headers, tickets.bodies(sample)[0])
    file = place / "contents"
    file.write_bytes(msgspec.msgpack.encode(Contents(tickets=sample.tickets, pages=pages, created=created)))
    port = free_port()
    return Program(module("bench.reference", str(file), str(port)), port, place / "log")


def main() -> int:
    """Measure, print and write. Answers 0 whether or not the targets are met, which is for people to judge; 1 where a part failed."""
    scale = Scale.of(os.environ)
    started = time.monotonic()
    page = a_page(RESULTS)
    tell = functools.partial(print, flush=True)
    with ended_by_signals(), tempfile.TemporaryDirectory(prefix="deskline-bench-") as place:
        results = measure(scale, Path(place), tell, lambda so_far: so_far.write(page))
    results.write(page)
    failed = [f"FAILED: {failure.what}: {failure.why}" for failure in results.failures]
    tell(*results.misses(), *failed, f"{page} written after {time.monotonic() - started:.0f} s", sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
