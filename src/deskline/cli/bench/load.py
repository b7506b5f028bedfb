"""What the load program is told and what it answers, and how it is run: as a process of its own. How it drives is in `driver`."""

import subprocess
import sys
from array import array
from collections.abc import Sequence

import msgspec

from deskline.errors import DesklineError


class Ask(msgspec.Struct, frozen=True, array_like=True):
    """One request as its bytes, a piece of text that the answer's body must hold, and the number of its kind where several are mixed."""

    request: bytes
    expected: bytes
    kind: int = 0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to send: `asks` in an order made from `seed`, over and over, until `seconds` are over or `count` are answered.

    Latencies are kept and requests counted only after `warm_seconds`. Of every `sampled`-th answer the body is looked at.
    """

    port: int
    asks: list[Ask]
    connections: int
    seconds: float
    count: int = 1 << 62
    warm_seconds: float = 0.0
    seed: int = 1
    sampled: int = 16
    in_order: bool = False


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What happened. `latencies` are doubles, seconds; `cpu_seconds` is the load program's own; `asked` counts the warm-up too.

    `refused` answers were 503, which an overloaded server may say: they are neither requests nor latencies. `kinds` are the asks' kinds,
    four bytes each, in the order of the latencies; `done` says how many of each kind were answered, those of the warm-up too.
    """

    requests: int
    refused: int
    asked: int
    seconds: float
    cpu_seconds: float
    latencies: bytes
    kinds: bytes
    done: dict[int, int]
    looked_at: int
    complaints: list[str]

    def in_order(self) -> list[float]:
        """List the latencies in seconds, in the order of the answers."""
        found = array("d")
        found.frombytes(self.latencies)
        return found.tolist()

    def of_kind(self, kind: int) -> list[float]:
        """List the latencies of one kind in seconds, in the order of the answers."""
        kinds = array("I")
        kinds.frombytes(self.kinds)
        return [seconds for seconds, each in zip(self.in_order(), kinds, strict=True) if each == kind]


class LoadError(DesklineError):
    """The load could not be driven, or an answer was wrong."""


def drive(plan: Plan, *, is_strict: bool = True) -> Outcome:
    """Run the load program in a process of its own. Raises LoadError; `is_strict`: where any answer was wrong, too."""
    # A session of its own: Ctrl+C is for whoever drives, who ends it.
    command = [sys.executable, "-m", "deskline.cli.bench.driver"]
    done = subprocess.run(command, input=msgspec.msgpack.encode(plan), stdout=subprocess.PIPE, start_new_session=True, check=False)
    if done.returncode != 0:
        raise LoadError("the load program failed; its reason is above")
    outcome = msgspec.msgpack.decode(done.stdout, type=Outcome)
    if outcome.complaints and is_strict:
        raise LoadError("; ".join(outcome.complaints))
    return outcome


def percentiles(latencies: Sequence[float]) -> dict[str, float]:
    """Name the 50th, 95th and 99th percentile of sorted latencies, in milliseconds."""
    return {f"p{share} ms": percentile(latencies, share) * 1e3 for share in (50, 95, 99)}


def percentile(ordered: Sequence[float], share: int) -> float:
    """The value that `share` percent of the sorted values do not exceed."""
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]
