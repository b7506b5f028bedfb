"""What the numbers were measured on: processor, system, Python and the parts that matter, as text by name."""

import datetime as dt
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Final

import apsw

from deskline.cli.bench.machine import file_system, processor
from deskline.cli.bench.processes import run
from tests.clusters import programs

PARTS: Final = ("granian", "uvloop", "msgspec", "apsw", "asyncpg", "starlette")


def describe(folder: Path, tickets: int) -> dict[str, str]:
    """Describe this machine; `folder` is where the data lies."""
    return {
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC",
        "tickets": f"{tickets:,}",
        "Deskline": _version(),
        "processor": f"{processor()}, {len(os.sched_getaffinity(0))} cores, load program and reference included",
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.1f} GB",
        "file system": file_system(folder),
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
