"""Worker processes: each takes a request in bytes and gives an answer in bytes, one after the other. What is worked out is not known here.

Not the pool of the standard library: its processes share a pipe whose other end this one keeps open, so that a worker that is killed
within an answer (by a system short of memory, say) is waited for without end. Here each has a pipe of its own, which ends with it.
"""

import asyncio
import gc
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue

from deskline.errors import UnavailableError

MOST_WORKERS = 4  # beyond these the one writer is the bottleneck
COLLECT_AFTER = 50_000  # new objects: a tenth of the time went into looking for cycles that tickets do not make
_SPAWNING = get_context("spawn")
Work = Callable[[bytes], bytes]


class _Worker:
    """A process and its pipe."""

    def __init__(self, work: Work) -> None:
        self._pipe, theirs = _SPAWNING.Pipe()
        self._process = _SPAWNING.Process(target=_serve, args=(theirs, work), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, request: bytes) -> bytes:
        """Have a request worked out. Raises UnavailableError where the process has ended."""
        try:
            self._pipe.send_bytes(request)
            return self._pipe.recv_bytes()
        except (EOFError, OSError) as error:
            raise UnavailableError("A process that read tickets has ended; run the same import again to go on.") from error

    def end(self) -> None:
        """Let the process end."""
        self._pipe.close()
        self._process.join()


@contextmanager
def workers(work: Work, *, alone: bool) -> Iterator[tuple[Callable[[bytes], asyncio.Future[bytes]], int]]:
    """Start processes; give how to ask them, and how many requests to have under way. `alone` works in a thread, without any process."""
    count = 1 if alone else min(MOST_WORKERS, max(1, (os.cpu_count() or 1) - 1))
    started = [] if alone else [_Worker(work) for _ in range(count)]
    idle: SimpleQueue[_Worker] = SimpleQueue()
    for worker in started:
        idle.put(worker)

    def ask(request: bytes) -> bytes:
        if alone:
            return work(request)
        worker = idle.get()
        try:
            return worker.ask(request)
        finally:
            idle.put(worker)

    threads = ThreadPoolExecutor(count, "deskline-import")
    try:
        yield lambda request: asyncio.get_running_loop().run_in_executor(threads, ask, request), count + 2
    finally:
        threads.shutdown(cancel_futures=True)
        for worker in started:
            worker.end()


def _serve(pipe: Connection, work: Work) -> None:
    """Answer requests until the process that asks closes the pipe or ends; Ctrl-C is left to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
    try:
        while True:
            pipe.send_bytes(work(pipe.recv_bytes()))
    except (EOFError, OSError):
        return


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Look for cycles less often while this lasts."""
    before = gc.get_threshold()
    gc.set_threshold(COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
