"""Listeners: how soon those who listen for changes hear of one, and what they cost. On a server of its own, for its memory is read."""

import asyncio
import time
from pathlib import Path
from typing import Final

from bench import starts, tickets
from bench.results import Row, Table, Target
from bench.samples import Folder, Sample
from deskline.cli.bench.load import percentiles
from deskline.cli.bench.processes import Program, fetch, memory_bytes

HEARD: Final = Target(number="p99 ms", below=100)
MEMORY: Final = Target(number="resident MB", below=150)
EVENTS: Final = 2  # of a new ticket
MEGABYTE: Final = 1e6
PATIENCE_SECONDS: Final = 60
_READY: Final = b": changes follow\n"


def measure(folder: Folder, sample: Sample, count: int, changes: int, log: Path) -> Table:
    """GET /changes, streamed, by many clients at once; from the answer to a new ticket until each of them has it."""
    with starts.deskline(folder, log) as ours:
        before, _ = memory_bytes(ours.process.pid)
        cpu = ours.cpu_seconds()
        waits = asyncio.run(_measure(ours, folder, tickets.bodies(sample)[0], count, changes))
        after, _ = memory_bytes(ours.process.pid)
        micros = (ours.cpu_seconds() - cpu) * 1e6 / (count * changes)
    numbers = percentiles(sorted(waits)) | {"CPU µs": micros, "resident MB": after / MEGABYTE, "MB before": before / MEGABYTE}
    note = f"{count:,} clients listen; {changes} new tickets, each when all heard of the last. CPU for each that hears of one."
    return Table("Listeners", note, [Row("GET /changes, text/event-stream", numbers, (HEARD, MEMORY))])


async def _measure(ours: Program, folder: Folder, body: bytes, count: int, changes: int) -> list[float]:
    """Tell how many seconds after its acknowledgement each listener had each change."""
    request = folder.ask("/changes?since=now", b"").request.replace(b"\r\n", b"\r\nAccept: text/event-stream\r\n", 1)
    listeners: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    try:
        for _ in range(count):  # one after the other: a connection that says nothing for some seconds is closed
            reader, writer = await asyncio.open_connection("127.0.0.1", ours.port)
            listeners.append((reader, writer))
            writer.write(request)
            await asyncio.wait_for(reader.readuntil(_READY), PATIENCE_SECONDS)
        waits: list[float] = []
        for _ in range(changes):
            heard = [asyncio.create_task(_heard(reader)) for reader, _ in listeners]
            await asyncio.to_thread(fetch, ours.port, "/tickets", folder.headers, body)
            acknowledged = time.perf_counter()
            waits += [at - acknowledged for at in await asyncio.wait_for(asyncio.gather(*heard), PATIENCE_SECONDS)]
        return waits
    finally:
        for _, writer in listeners:
            writer.close()


async def _heard(reader: asyncio.StreamReader) -> float:
    """Read all events of a new ticket; when they were there."""
    for _ in range(EVENTS):
        await reader.readuntil(b"\ndata: ")
        await reader.readuntil(b"\n\n")
    return time.perf_counter()
