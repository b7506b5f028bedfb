"""What the load program is told and what it answers, and how it is run: as a process of its own. How it drives is in `driver`."""

import subprocess
import sys
from array import array

import msgspec


class Ask(msgspec.Struct, frozen=True, array_like=True):
    """One request as its bytes, and a piece of text that the answer's body must hold."""

    request: bytes
    expected: bytes


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

    `refused` answers were 503, which an overloaded server may say: they are neither requests nor latencies.
    """

    requests: int
    refused: int
    asked: int
    seconds: float
    cpu_seconds: float
    latencies: bytes
    looked_at: int
    complaints: list[str]

    def in_order(self) -> list[float]:
        """List the latencies in seconds, in the order of the answers."""
        found = array("d")
        found.frombytes(self.latencies)
        return found.tolist()


class LoadError(Exception):
    """The load could not be driven, or an answer was wrong."""


def drive(plan: Plan) -> Outcome:
    """Run the load program in a process of its own. Raises LoadError where any answer was wrong."""
    command = [sys.executable, "-m", "bench.driver"]
    done = subprocess.run(command, input=msgspec.msgpack.encode(plan), stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise LoadError("the load program failed; its reason is above")
    outcome = msgspec.msgpack.decode(done.stdout, type=Outcome)
    if outcome.complaints:
        raise LoadError("; ".join(outcome.complaints))
    return outcome
