"""What the numbers were measured on, and how much of it others used meanwhile, as the system (Linux) says."""

import os
import platform
from pathlib import Path


class Disturbance:
    """How much of the machine others use, from its making on: what is busy and is neither us nor a program of ours that has ended."""

    def __init__(self) -> None:
        self._busy, self._stolen, self._all = _ticks()
        self._ours = _our_seconds()

    def count_as_ours(self, seconds: float) -> None:
        """Count the CPU of a program that works for us and is not our child."""
        self._ours -= seconds

    def shares(self) -> tuple[float, float]:
        """Say which share of all cores others used, and which share the host took away."""
        busy, stolen, everything = (now - before for now, before in zip(_ticks(), (self._busy, self._stolen, self._all), strict=True))
        ours = (_our_seconds() - self._ours) * os.sysconf("SC_CLK_TCK")
        return max(0.0, (busy - ours) / max(1, everything)), stolen / max(1, everything)

    def show(self) -> str:
        """Say it in percent of all cores."""
        others, stolen = self.shares()
        return f"{others:.1%} of the CPU was used by others, {stolen:.1%} stolen by the host"


def _ticks() -> tuple[int, int, int]:
    """Read what all cores have done: busy, stolen, everything, in ticks."""
    user, nice, system, idle, waiting, interrupt, soft, stolen = map(int, Path("/proc/stat").read_text("ascii").split()[1:9])
    busy = user + nice + system + interrupt + soft
    return busy, stolen, busy + idle + waiting + stolen


def _our_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def processor() -> str:
    """Name the processor."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def file_system(folder: Path) -> str:
    """The type of the file system that a folder is on: the mount with the longest path that leads there."""
    mounts = (line.split() for line in Path("/proc/mounts").read_text("utf-8").splitlines())
    leading = [(len(place), kind) for _, place, kind, *_ in mounts if folder.resolve().is_relative_to(place)]
    return max(leading)[1]


def describe(folder: Path) -> str:
    """Describe this machine in a line; `folder` is where the data lies."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return f"{processor()}, {cores} cores, {memory:.1f} GB, {file_system(folder)}, {platform.system()} {platform.release()}"
