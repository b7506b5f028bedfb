"""Several processes that serve one address, and the parent that starts, watches and stops them. What they serve is not known here.

The parent serves nothing and opens nothing: it has no thread and no event loop, so it can fork at any time. Between it and each worker
is a pair of sockets. The worker says on it when it serves; the parent says on it when to stop; and whichever of both is gone, the
other one hears that as the end of it. So no worker outlives its parent, whatever ended that.
"""

import asyncio
import os
import selectors
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

import structlog

from deskline.web.listening import spread

READY, STOP, HURRY = b"r", b"s", b"h"
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 10.0
SOUND_SECONDS = 10.0  # a worker that served for so long was well: the next one is started at once
LATE_SECONDS = 10.0  # beyond its time of grace, a worker that does not end is ended
FAILED: Final = 1
_log = structlog.get_logger("deskline.workers")


class Worker(NamedTuple):
    """What a worker is given: its number from 1 on, of how many, its listening socket, the line to its parent, and a folder for all."""

    number: int
    workers: int
    listener: socket.socket
    parent: socket.socket
    folder: Path

    def say_ready(self) -> None:
        """Tell the parent that this worker serves."""
        with suppress(OSError):  # it is gone, which the end of the line says
            self.parent.send(READY)

    @contextmanager
    def orders(self, stop: asyncio.Event, hurry: asyncio.Event) -> Iterator[None]:
        """Take orders from the parent, and from nobody else: a terminal and a supervisor signal all processes, and the parent hears it.

        A parent that is gone is an order to stop.
        """

        def hear() -> None:
            try:
                said = self.parent.recv(16)
            except BlockingIOError:
                return
            except OSError:
                said = b""
            stop.set()
            if HURRY in said:
                hurry.set()
            if not said:
                loop.remove_reader(self.parent)

        loop = asyncio.get_running_loop()
        self.parent.setblocking(False)
        loop.add_reader(self.parent, hear)
        try:
            yield
        finally:
            loop.remove_reader(self.parent)


Work = Callable[[Worker], int]  # serves until it is told to stop; answers the exit code


class _Slot:
    """A worker's place: its socket, its process while there is one, and when the next one may be started."""

    def __init__(self, number: int, listener: socket.socket) -> None:
        self.number = number
        self.listener = listener
        self.pid = 0
        self.line: socket.socket | None = None
        self.is_ready = False
        self.started_at = 0.0
        self.pause_seconds = 0.0
        self.next_at = 0.0


class Workers:
    """The parent's side: forks workers, and another one in the place of one that died."""

    def __init__(self, listeners: Sequence[socket.socket], work: Work, *, grace_seconds: float) -> None:
        """Take the sockets that listen together, one for each worker, what each does, and how long one that stops may take."""
        self._slots = [_Slot(number, listener) for number, listener in enumerate(listeners, 1)]
        self._work = work
        self._grace_seconds = grace_seconds
        self._signals = 0
        self._selector = selectors.DefaultSelector()
        self._has_served = False
        self._is_stopping = False
        self._code = 0

    def run(self, ready: Callable[[], None]) -> int:
        """Run the workers until SIGTERM or SIGINT; `ready` is called once all of them serve. Answers the exit code.

        The code is 0, or that of a worker which ended otherwise; a worker that cannot be started at all is the end of everything.
        """
        with tempfile.TemporaryDirectory(prefix="deskline-") as folder, self._hearing():
            self._folder = Path(folder)
            try:
                self._run(ready)
                self._stop()
            finally:
                self._kill()
        return self._code

    def _run(self, ready: Callable[[], None]) -> None:
        """Start the first, then the others: what is wrong with the settings is said once. Then see that they stay."""
        for slots in (self._slots[:1], self._slots[1:]):
            for slot in slots:
                self._fork(slot)
            while not self._signals and not all(slot.is_ready for slot in slots):
                for slot in self._wait(None):
                    self._bury(slot)
                    _log.error("a worker ended before it served", worker=slot.number, code=self._code)
                    return
        if not self._signals:
            self._has_served = True
            ready()
        while not self._signals:
            for slot in self._wait(self._until_next()):
                self._lose(slot)
            for slot in self._slots:
                if not slot.pid and slot.next_at <= time.monotonic() and not self._signals:
                    self._fork(slot)

    def _lose(self, slot: _Slot) -> None:
        """Note that a worker died, and when to start the next: later each time, unless it had served for a while."""
        was_sound = slot.is_ready and time.monotonic() - slot.started_at > SOUND_SECONDS
        pid, status = slot.pid, self._reap(slot)
        self._spread()
        slot.pause_seconds = FIRST_PAUSE_SECONDS if was_sound else min(LONGEST_PAUSE_SECONDS, slot.pause_seconds * 2 or FIRST_PAUSE_SECONDS)
        slot.next_at = time.monotonic() + slot.pause_seconds
        _log.error("a worker died; another one is started", worker=slot.number, process=pid, code=status, seconds=slot.pause_seconds)

    def _spread(self) -> None:
        """Have new connections go to the workers that serve. Those that wait for one that died wait for the next one in its place.

        Nothing to do once the listening sockets are closed: a worker may still say that it serves after it was told to stop.
        """
        serving = [place for place, slot in enumerate(self._slots) if slot.is_ready]
        if serving and not self._is_stopping:
            spread(self._slots[0].listener, serving)

    def _bury(self, slot: _Slot) -> None:
        code = self._reap(slot)
        self._code = self._code or (code if code >= 0 else FAILED) or (0 if self._signals else FAILED)

    def _stop(self) -> None:
        """Have all stop, and wait until they have. A second signal makes them hurry."""
        self._is_stopping = True
        for slot in self._slots:  # who asks for a connection after the worker has let go of it hears that nobody is there
            slot.listener.close()
        self._tell(STOP)
        said, end = max(self._signals, 1), time.monotonic() + self._grace_seconds + LATE_SECONDS
        self._signals = said
        while any(slot.pid for slot in self._slots) and time.monotonic() < end:
            for slot in self._wait(end - time.monotonic()):
                self._bury(slot)
            if self._signals > said:
                said = self._signals
                self._tell(HURRY)

    def _kill(self) -> None:
        for slot in self._slots:
            if slot.pid:
                _log.error("a worker did not end and is killed", worker=slot.number, process=slot.pid)
                with suppress(ProcessLookupError):
                    os.kill(slot.pid, signal.SIGKILL)
                self._reap(slot)
                self._code = self._code or FAILED

    def _tell(self, order: bytes) -> None:
        for slot in self._slots:
            if slot.line is not None:
                with suppress(OSError):  # it ends already
                    slot.line.send(order)

    def _until_next(self) -> float | None:
        waiting = [slot.next_at for slot in self._slots if not slot.pid]
        return max(0.0, min(waiting) - time.monotonic()) if waiting else None

    def _wait(self, seconds: float | None) -> list[_Slot]:
        """Wait for a signal or for a worker's word. Answers the workers that are gone."""
        gone = []
        for key, _ in self._selector.select(seconds):
            slot = key.data
            if slot is None:
                self._woken.recv(64)
                continue
            assert slot.line is not None
            try:
                said = slot.line.recv(16)
            except OSError:
                said = b""
            if said:
                slot.is_ready = True
                self._spread()
                if self._has_served:
                    _log.info("a worker serves again", worker=slot.number, process=slot.pid)
            else:
                gone.append(slot)
        return gone

    def _reap(self, slot: _Slot) -> int:
        """Let go of a worker that is gone. Answers its exit code, or the negative number of the signal that ended it."""
        assert slot.line is not None
        self._selector.unregister(slot.line)
        slot.line.close()
        _, status = os.waitpid(slot.pid, 0)
        slot.line, slot.pid, slot.is_ready = None, 0, False
        return os.waitstatus_to_exitcode(status)

    def _fork(self, slot: _Slot) -> None:
        ours, theirs = socket.socketpair()
        slot.started_at = time.monotonic()
        slot.is_ready = False
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if not pid:
            ours.close()
            self._be(Worker(slot.number, len(self._slots), slot.listener, theirs, self._folder))
        theirs.close()
        slot.pid, slot.line = pid, ours
        self._selector.register(ours, selectors.EVENT_READ, slot)

    def _be(self, worker: Worker) -> NoReturn:
        """Be a worker, in the process that was just made, to its end. What the parent has is not its own."""
        code = 70
        try:
            signal.set_wakeup_fd(-1)
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            self._selector.close()
            for line in (self._woken, self._waker, *(slot.line for slot in self._slots)):
                if line is not None:  # a line that is held here would not end with the parent
                    line.close()
            for slot in self._slots:
                if slot.number != worker.number:
                    slot.listener.close()
            code = self._work(worker)
        except BaseException:  # noqa: BLE001 - the process ends here, whatever it is
            traceback.print_exc()
        finally:
            with suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    @contextmanager
    def _hearing(self) -> Iterator[None]:
        """Hear SIGTERM and SIGINT; each wakes whoever waits."""

        def hear(*_: object) -> None:
            self._signals += 1

        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        before = {number: signal.signal(number, hear) for number in SIGNALS}
        wakeup = signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._selector.close()
            self._woken.close()
            self._waker.close()
