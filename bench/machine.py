"""What the numbers were measured on: processor, system, Python and the parts that matter, as text by name."""

import datetime as dt
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Final

import apsw

from bench.processes import run
from tests.clusters import programs

PARTS: Final = ("granian", "uvloop", "msgspec", "apsw", "asyncpg", "starlette")


class Disturbance:
    """How much of the machine others use, from its making on: what is busy and is neither us nor a program of ours that has ended."""

    def __init__(self) -> None:
        self._busy, self._stolen, self._all = _ticks()
        self._ours = _our_seconds()

    def count_as_ours(self, seconds: float) -> None:
        """Count the CPU of a program that works for us and is not our child."""
        self._ours -= seconds

    def show(self) -> str:
        """Say it in percent of all cores."""
        busy, stolen, everything = (now - before for now, before in zip(_ticks(), (self._busy, self._stolen, self._all), strict=True))
        ours = (_our_seconds() - self._ours) * os.sysconf("SC_CLK_TCK")
        return f"{max(0.0, (busy - ours) / everything):.1%} of the CPU was used by others, {stolen / everything:.1%} stolen by the host"


def _ticks() -> tuple[int, int, int]:
    """Read what all cores have done: busy, stolen, everything, in ticks."""
    user, nice, system, idle, waiting, interrupt, soft, stolen = map(int, Path("/proc/stat").read_text("ascii").split()[1:9])
    busy = user + nice + system + interrupt + soft
    return busy, stolen, busy + idle + waiting + stolen


def _our_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def describe(folder: Path, tickets: int) -> dict[str, str]:
    """Describe this machine; `folder` is where the data lies."""
    return {
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC",
        "tickets": f"{tickets:,}",
        "Deskline": _version(),
        "processor": f"{_processor()}, {len(os.sched_getaffinity(0))} cores, load program and reference included",
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.1f} GB",
        "file system": _file_system(folder),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "parts": ", ".join(f"{part} {importlib.metadata.version(part)}" for part in PARTS),
        "SQLite": apsw.sqlite_lib_version(),
        "PostgreSQL": run([str(programs() / "postgres"), "--version"]).split()[-1],
    }


def _version() -> str:
    """The version, and the commit where this is a checkout."""
    version = importlib.metadata.version("deskline")
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return version
    return f"{version} ({done.stdout.strip()})"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _file_system(folder: Path) -> str:
    """The type of the file system that a folder is on: the mount with the longest path that leads there."""
    mounts = (line.split() for line in Path("/proc/mounts").read_text("utf-8").splitlines())
    leading = [(len(place), kind) for _, place, kind, *_ in mounts if folder.resolve().is_relative_to(place)]
    return max(leading)[1]
