"""The load program, a process of its own: C connections, one request in flight on each, every latency kept, every status checked.

Raw sockets and `epoll`, so that it costs a fraction of what it measures (its own CPU is part of the outcome). No waiting between requests,
no pipelining. What is asked is in the plan; what is made of the outcome is not decided here.
"""

import random
import select
import socket
import sys
import time
from array import array
from typing import Final

import msgspec

from deskline.cli.bench.load import Ask, LoadError, Outcome, Plan

READ_BYTES: Final = 1 << 18
LATE_SECONDS: Final = 3.0  # how long a first counted answer is waited for where a busy machine has used the time up
SILENCE_SECONDS: Final = 30.0
MOST_HEAD_BYTES: Final = 2_048
MOST_COMPLAINTS: Final = 5


class _Connection:
    """A socket with at most one request in flight."""

    __slots__ = ("answer", "ask", "is_looked_at", "is_refused", "left", "sent_at", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.ask = Ask(b"", b"")
        self.is_looked_at = False
        self.is_refused = False
        self.sent_at = 0.0
        self.answer = b""  # what came so far: until the head is whole, and to the end where the body is looked at
        self.left = -1  # bytes still to come, -1 while that is not known

    def send(self, ask: Ask, *, is_looked_at: bool) -> None:
        self.ask = ask
        self.is_looked_at = is_looked_at
        self.answer = b""
        self.left = -1
        self.sent_at = time.perf_counter()
        if self.socket.send(ask.request) != len(ask.request):
            raise LoadError("a request did not fit into the socket's buffer")


class _Driver:
    """Send, receive and note, until the plan is fulfilled."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.asks = list(plan.asks)
        if not plan.in_order:
            random.Random(plan.seed).shuffle(self.asks)
        self.sent = 0
        self.refused = 0
        self.looked_at = 0
        self.counted_from = self.counted_at = self.counted_cpu = 0.0
        self.complaints: list[str] = []
        self.latencies = array("d")
        self.kinds = array("I")
        self.done: dict[int, int] = {}
        self.buffer = bytearray(READ_BYTES)
        self.view = memoryview(self.buffer)

    def run(self) -> Outcome:
        epoll = select.epoll()
        connections = {}
        for _ in range(self.plan.connections):
            connection = _Connection(self.plan.port)
            connections[connection.socket.fileno()] = connection
            epoll.register(connection.socket, select.EPOLLIN)
        self.counted_from = time.perf_counter() + self.plan.warm_seconds
        for connection in connections.values():
            self._send(connection)
        self._loop(epoll, connections)
        ended, cpu = time.perf_counter(), time.process_time()
        if not self.latencies:
            raise LoadError("nothing was answered after the warm-up")
        return Outcome(
            requests=len(self.latencies),
            refused=self.refused,
            asked=self.sent,
            seconds=ended - self.counted_at,
            cpu_seconds=cpu - self.counted_cpu,
            latencies=self.latencies.tobytes(),
            kinds=self.kinds.tobytes(),
            done=self.done,
            looked_at=self.looked_at,
            complaints=self.complaints,
        )

    def _loop(self, epoll: select.epoll, connections: dict[int, _Connection]) -> None:
        busy = len(connections)
        until = self.counted_from + self.plan.seconds
        while busy:
            ready = epoll.poll(SILENCE_SECONDS)
            if not ready:
                raise LoadError(f"no answer came for {SILENCE_SECONDS:g} seconds")
            for descriptor, _ in ready:
                connection = connections[descriptor]
                if not self._receive(connection):
                    continue
                now = self._note(connection)
                is_time = now < until or (not self.latencies and now < until + LATE_SECONDS)
                if is_time and len(self.latencies) + busy <= self.plan.count:
                    self._send(connection)
                else:
                    connection.socket.close()
                    busy -= 1

    def _send(self, connection: _Connection) -> None:
        ask = self.asks[self.sent % len(self.asks)]
        connection.send(ask, is_looked_at=self.sent % self.plan.sampled == 0)
        self.sent += 1

    def _note(self, connection: _Connection) -> float:
        now = time.perf_counter()
        if connection.is_refused:
            self.refused += 1
            return now
        kind = connection.ask.kind
        self.done[kind] = self.done.get(kind, 0) + 1
        if connection.sent_at >= self.counted_from:
            if not self.latencies:
                self.counted_at, self.counted_cpu = connection.sent_at, time.process_time()
            self.latencies.append(now - connection.sent_at)
            self.kinds.append(kind)
        return now

    def _receive(self, connection: _Connection) -> bool:
        """Take what has come; True when the answer is whole."""
        size = connection.socket.recv_into(self.buffer)
        if not size:
            raise LoadError("the server closed a connection")
        if connection.left < 0:
            before = len(connection.answer)
            kept = size if connection.is_looked_at else min(size, MOST_HEAD_BYTES)
            connection.answer += self.view[:kept]
            cut = connection.answer.find(b"\r\n\r\n")
            if cut < 0:
                return False
            connection.left = self._read_head(connection, connection.answer[:cut]) + cut + 4 - before - size
        else:
            connection.left -= size
            if connection.is_looked_at:
                connection.answer += self.view[:size]
        if connection.left < 0:
            raise LoadError("more came than the answer's length says")
        if connection.left == 0 and connection.is_looked_at and not connection.is_refused:
            self._look(connection)
        return connection.left == 0

    def _read_head(self, connection: _Connection, head: bytes) -> int:
        """Read the status and return the length of the body."""
        connection.is_refused = head[9:12] == b"503"
        if head[9:12] != b"200" and not connection.is_refused:
            self._complain(f"an answer was not 200: {head.decode('latin-1')!r}")
        lower = head.lower()
        at = lower.find(b"\r\ncontent-length:")
        if at < 0:
            raise LoadError(f"an answer without Content-Length: {head.decode('latin-1')!r}")
        return int(lower[at + 17 :].split(b"\r\n", 1)[0])

    def _look(self, connection: _Connection) -> None:
        self.looked_at += 1
        if connection.ask.expected not in connection.answer:
            asked = connection.ask.request.split(b"\r\n", 1)[0].decode("latin-1")
            self._complain(f"{asked}: the answer does not hold {connection.ask.expected.decode()!r}")

    def _complain(self, text: str) -> None:
        if len(self.complaints) < MOST_COMPLAINTS:
            self.complaints.append(text)


def main() -> int:
    """Read a plan from the standard input, carry it out, write the outcome to the standard output."""
    try:
        plan = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Plan)
    except msgspec.DecodeError:
        return 1  # whoever drives was ended while writing it: nobody is there to be told
    sys.stdout.buffer.write(msgspec.msgpack.encode(_Driver(plan).run()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
