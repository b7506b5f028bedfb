"""What was measured, as values, as JSON, and as the table that people read. Nothing is measured here."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

PAUSE_SECONDS: Final = 5.0  # between two requests of an agent in a busy hour, by what the agents' application and integrations ask for
MUCH: Final = 0.05  # of the CPU, for somebody else
LOAD: Final = 0.5  # of what the machine can do; the rest is for bursts, backups, and everything else on it


class Latencies(msgspec.Struct, frozen=True, kw_only=True):
    """How long answers took, and how many there were."""

    requests: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


class Alone(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of requests, sent without any other: `cpu_us` is the server's for each, with that of a database on this machine."""

    kind: str
    requests_per_second: float
    cpu_us: float
    latencies: Latencies


class Mixed(msgspec.Struct, frozen=True, kw_only=True):
    """One kind within the mix; `share` of a hundred requests. No latencies where none of it was sent."""

    kind: str
    share: int
    latencies: Latencies | None


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """What this machine carries, and how that was found out."""

    machine: dict[str, str]
    engine: str
    tickets: int
    seed: int
    connections: int
    seconds: float  # for which requests were sent, in all
    made_seconds: float  # for making the tickets, in batches
    alone: list[Alone]
    mix: list[Mixed]
    mix_requests_per_second: float
    mix_cpu_us: float
    load_cpu_us: float  # of the load program for a request of the mix
    created_per_second: float
    is_durable: bool
    memory_mb: float
    memory_mb_at_start: float
    disk_mb: float
    disk_bytes_per_ticket: float
    refused: int
    others_share: float
    stolen_share: float
    wrong: list[str]

    @property
    def agents(self) -> int:
        """How many agents at work that is."""
        return int(self.mix_requests_per_second * PAUSE_SECONDS * LOAD)

    def show(self) -> str:
        """Write it for people."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{self.tickets:,} tickets of three years on {self.engine}, seed {self.seed}"
        yield from (f"  {name}: {value}" for name, value in self.machine.items())
        yield f"  made in {self.made_seconds:,.1f} s, {self.tickets / self.made_seconds:,.0f} tickets/s"
        heads = ("requests/s", "CPU µs", "p50 ms", "p95 ms", "p99 ms")
        yield ""
        yield f"Each kind alone, {self.connections} connections (lists that nothing changes are remembered)"
        rows = [(each.kind, (f"{each.requests_per_second:,.0f}", f"{each.cpu_us:,.0f}", *_times(each.latencies))) for each in self.alone]
        yield from _table(heads, rows)
        yield ""
        rate = f"{self.mix_requests_per_second:,.0f} requests/s, {self.mix_cpu_us:,.0f} µs of CPU each"
        yield f"All mixed, {self.connections} connections: {rate}"
        mixed = [
            (each.kind, (str(each.share), f"{each.latencies.requests:,}", *_times(each.latencies)))
            for each in self.mix
            if each.latencies is not None
        ]
        yield from _table(("of 100", "answers", *heads[2:]), mixed)
        yield ""
        yield f"New tickets stored durably: {self.created_per_second:,.0f} a second"
        if not self.is_durable:
            yield "  but the folder is kept in memory, where nothing is durable: name one on a disk with --folder"
        yield f"Memory of the server: {self.memory_mb_at_start:,.0f} MB at first, {self.memory_mb:,.0f} MB at the end"
        yield f"Disk: {self.disk_mb:,.0f} MB, {self.disk_bytes_per_ticket / 1_000:.1f} kB a ticket, indexes included"
        if self.refused:
            yield f"Refused as too much at once (503): {self.refused:,}"
        others = f"Others used {self.others_share:.1%} of the CPU meanwhile, and the host took {self.stolen_share:.1%}"
        yield others + (": by itself the machine carries more" if self.others_share + self.stolen_share > MUCH else "")
        yield ""
        yield (
            f"This machine carries about {self.agents:,} agents at work: one who asks for something every {PAUSE_SECONDS:g} s,"
            f" with {1 - LOAD:.0%} of the machine left free."
        )
        yield from (f"WRONG: {text}" for text in self.wrong)


def _times(found: Latencies) -> tuple[str, str, str]:
    return _number(found.p50_ms), _number(found.p95_ms), _number(found.p99_ms)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, tuple[str, ...]]]) -> Iterator[str]:
    """Lay out rows under their heads, numbers at the right."""
    first = max(len(name) for name, _ in rows)
    widths = [max(map(len, column)) for column in zip(heads, *(cells for _, cells in rows), strict=True)]
    for name, cells in (("", heads), *rows):
        yield "  " + "  ".join([name.ljust(first), *(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))])
