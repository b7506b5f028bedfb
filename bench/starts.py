"""Starts: how long until the first answer, and what memory the server keeps when it has nothing to do."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

from bench import samples
from bench.results import Row, Table, Target
from bench.samples import Folder, looking, value
from deskline.cli.bench.load import LoadError
from deskline.cli.bench.processes import UNLIMITED, Program, free_port, memory_bytes, module

MOST_READINGS: Final = 30
MEGABYTE: Final = 1_000_000


def deskline(folder: Folder, log: Path) -> Program:
    """Start the real server on a port that is free."""
    port = free_port()
    return Program(module("deskline", "serve", "--data", str(folder.path), "--port", str(port), *UNLIMITED), port, log)


def measure(folder: Folder, log: Path, count: int) -> Row:
    """Start the server some times."""
    seconds = []
    for _ in range(count):
        with deskline(folder, log) as server:
            seconds.append(server.start_seconds)
    return Row("start to first answer", {"median s": median(seconds), "longest s": max(seconds)}, (Target(number="longest s", below=1),))


def idle_memory(server: Program, what: str, pause: float) -> Row:
    """Read the memory of a server until two readings in a row are equal: it has come to rest."""
    resident, proportional = settled(lambda: memory_bytes(server.process.pid), pause)
    numbers = {"resident MB": resident / MEGABYTE, "proportional MB": proportional / MEGABYTE}
    return Row(what, numbers, (Target(number="resident MB", below=100),))


def size(folder: Folder) -> Row:
    """Read how much of the disk the tickets take, indexes included."""
    with looking(folder) as connection:
        count = value(connection, "SELECT count(*) FROM ticket")
    return size_row(sum(file.stat().st_size for file in folder.path.glob("deskline.db*")), count, samples.json_bytes(folder))


def size_row(taken: int, count: int, json_bytes: int) -> Row:
    """Hold the disk that is taken against the JSON of the tickets."""
    numbers = {"MB": taken / MEGABYTE, "kB/ticket": taken / count / 1_000, "× the JSON": taken / json_bytes}
    return Row("the database", numbers, (Target(number="× the JSON", at_most=3),))


def table(rows: list[Row], pause: float) -> Table:
    """Put start and memory together."""
    memory = f"Memory of the process and its children, when two readings {pause:g} s apart are equal."
    note = f"{memory} The disk with all indexes, held against the JSON of all tickets as GET answers it."
    return Table("Start, idle memory and disk", note, rows)


def settled(read: Callable[[], tuple[int, int]], pause: float) -> tuple[int, int]:
    """Read until the first of the two numbers stays. Raises LoadError where it never does."""
    before = read()
    for _ in range(MOST_READINGS):
        time.sleep(pause)
        now = read()
        if now[0] == before[0]:
            return now
        before = now
    raise LoadError("the memory of the idle server never stays the same")
