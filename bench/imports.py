"""Exporting a history to a file and importing it into an empty account: tickets a second, and memory that must not grow with the file."""

import itertools
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench import samples
from bench.results import Row, Table, Target
from bench.samples import Folder, looking, value
from deskline.cli.bench.load import LoadError
from deskline.cli.bench.processes import ProgramError, memory_bytes, module

SAMPLE_SECONDS: Final = 0.05
MEGABYTE: Final = 1_000_000
PART: Final = 10
ENOUGH: Final = 50_000  # in a smaller file, the start of the program and empty caches are what is measured
TARGETS: Final = (Target(number="tickets/s", at_least=5_000), Target(number="memory, × that of a tenth", below=1.5))


def measure(folder: Folder, tickets: int, imported: int, place: Path) -> Table:
    """Export all, then import so many of them and a tenth of these into new data folders."""
    all_of_them, whole, part = place / "tickets.jsonl", place / "whole.jsonl", place / "part.jsonl"
    exporting = _timed(module("deskline", "export", "livechat", "--data", str(folder.path), "--lines", "--out", str(all_of_them)), tickets)
    imported = min(tickets, imported)
    small = _import(_first(all_of_them, imported // PART, part), imported // PART, place / "part")
    large = _import(_first(all_of_them, imported, whole), imported, place / "whole")
    large["memory, × that of a tenth"] = large["most MB"] / small["most MB"]
    targets = TARGETS if imported >= ENOUGH else ()
    rows = [
        Row(f"export {tickets:,} tickets", exporting),
        Row(f"import {imported // PART:,} of them", small),
        Row(f"import {imported:,} tickets", large, targets),
    ]
    size = all_of_them.stat().st_size / MEGABYTE
    return Table("History", f"A file of {size:,.0f} MB, a ticket a line. Time from the start of the program to its end.", rows)


def _first(file: Path, count: int, part: Path) -> Path:
    """Take the first lines of a file."""
    with file.open("rb") as lines, part.open("wb") as some:
        some.writelines(itertools.islice(lines, count))
    return part


def _import(file: Path, tickets: int, path: Path) -> dict[str, float]:
    folder = samples.make(path)
    found = _timed(module("deskline", "import", "livechat", "--data", str(path), str(file)), tickets)
    with looking(folder) as connection:
        stored = value(connection, "SELECT count(*) FROM ticket")
    if stored != tickets:
        raise LoadError(f"{stored} tickets are there after importing {tickets}")
    return found


def _timed(command: Sequence[str], tickets: int) -> dict[str, float]:
    """Run a program and watch the memory of it and its children. Raises ProgramError."""
    most = 0
    over = threading.Event()
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def watch() -> None:
        nonlocal most
        while not over.wait(SAMPLE_SECONDS):
            most = max(most, memory_bytes(process.pid)[1])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        printed = process.communicate()[0]
        seconds = time.perf_counter() - started
    finally:
        over.set()
        watcher.join()
    if process.returncode != 0:
        raise ProgramError(f"{command!r} ended with {process.returncode}:\n{printed[-2_000:].decode()}")
    return {"tickets/s": tickets / seconds, "seconds": seconds, "most MB": most / MEGABYTE}
