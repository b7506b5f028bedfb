"""Programs that are measured: starting and stopping them, and what the system says of their CPU and memory, children included."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from deskline.errors import DesklineError

PROC: Final = Path("/proc")
UNLIMITED: Final = ("--requests-per-minute", "0")  # one key asks as fast as the server answers
TICKS: Final = os.sysconf("SC_CLK_TCK")
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 40.0
POLL_SECONDS: Final = 0.002


class ProgramError(DesklineError):
    """A program that is measured did not start, or ended with an error."""


class Program:
    """A server that runs: its process, its port, and how long it took from its start to its first answer."""

    def __init__(self, command: Sequence[str], port: int, log: Path, environ: Mapping[str, str] | None = None) -> None:
        """Start it in a session of its own, and wait until `/readyz` answers 200. Raises ProgramError."""
        self.port = port
        self._log = log
        started = time.perf_counter()
        with log.open("ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output, env=environ, start_new_session=True)
        try:
            self._wait_ready(started + START_SECONDS)
        except BaseException:
            self.kill()
            raise
        self.start_seconds = time.perf_counter() - started

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            self.kill()
        else:
            self.stop()

    def kill(self) -> None:
        """End it and all that it has started, at once."""
        end_session(self.process)

    def stop(self) -> None:
        """Ask it to end, and wait for it. Raises ProgramError where it ended with an error."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            code = end_session(self.process)
        if code != 0:
            raise ProgramError(f"{self.process.args!r} ended with {code}:\n{self._log.read_text('utf-8')[-2_000:]}")

    def cpu_seconds(self) -> float:
        """The CPU that it and its children have used, in user and system mode."""
        return cpu_seconds(self.process.pid)

    def _wait_ready(self, until: float) -> None:
        while time.perf_counter() < until:
            if self.process.poll() is not None:
                raise ProgramError(f"{self.process.args!r} did not start:\n{self._log.read_text('utf-8')[-2_000:]}")
            with contextlib.suppress(OSError):
                fetch(self.port, "/readyz")
                return
            time.sleep(POLL_SECONDS)
        raise ProgramError(f"{self.process.args!r} was not ready in {START_SECONDS:g} seconds")


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Until the end of the block: end as after Ctrl+C when asked to in another way, and clean up without being disturbed."""

    def end(number: int, frame: Any) -> None:
        for each in caught:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    caught = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for each, before in caught.items():
        if before is not signal.SIG_IGN:  # as for what nohup runs
            signal.signal(each, end)
    try:
        yield
    finally:
        for each, before in caught.items():
            signal.signal(each, before)


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs a module with this interpreter."""
    return [sys.executable, "-m", name, *arguments]


def end_session(process: subprocess.Popen[bytes]) -> int:
    """Kill a program that was started in a session of its own, and all that it has started. Answers its code."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def run(command: Sequence[str], environ: Mapping[str, str] | None = None, *, is_shown: bool = False) -> str:
    """Run a program to its end and return what it printed; `is_shown`: what it says beside is for the terminal. Raises ProgramError."""
    errors = None if is_shown else subprocess.PIPE
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environ, start_new_session=True) as process:
        try:
            out, err = process.communicate()
        except BaseException:
            end_session(process)
            raise
    if process.returncode != 0:
        said = f"{out[-1_000:].decode()}{(err or b'')[-2_000:].decode()}"
        raise ProgramError(f"{command!r} ended with {process.returncode}:\n{said}")
    return out.decode()


def fetch(port: int, target: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> bytes:
    """GET from a server on this machine, or POST a body to it. Raises ProgramError where the answer is not 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET" if body is None else "POST", target, body, headers or {})
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise ProgramError(f"{target}: {answer.status} {content[:200]!r}")
    return content


def free_port() -> int:
    """Find a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def tree(pid: int) -> Iterator[int]:
    """List a process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                parents.setdefault(int(_stat(int(folder.name))[1]), []).append(int(folder.name))
    waiting = [pid]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += parents.get(found, ())


def cpu_seconds(pid: int) -> float:
    """The CPU that a process, its children and its ended children have used."""
    ticks = 0
    for each in tree(pid):
        with contextlib.suppress(OSError):
            ticks += sum(map(int, _stat(each)[11:15]))
    return ticks / TICKS


def memory_bytes(pid: int) -> tuple[int, int]:
    """The memory of a process and its children: resident, and proportional (what is shared counts in shares)."""
    resident = proportional = 0
    for each in tree(pid):
        with contextlib.suppress(OSError):
            lines = (PROC / str(each) / "smaps_rollup").read_text("ascii").splitlines()[1:]
            found = {line.split(":")[0]: int(line.split()[1]) << 10 for line in lines}
            resident += found["Rss"]
            proportional += found["Pss"]
    return resident, proportional


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on: the name before them may hold blanks and brackets."""
    return (PROC / str(pid) / "stat").read_text("utf-8").rpartition(")")[2].split()
