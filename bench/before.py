"""New tickets by this program beside the one before all that is kept with each ticket since then, in turns, on accounts alike.

The earlier program is its source: by default that of the commit named below, taken from this checkout's history; `BEFORE` names another
commit, or a folder with `src/deskline` or `deskline` in it, such as a checkout or a wheel that was unpacked. It runs with the same Python
and packages.
"""

import io
import os
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench import samples, tickets
from bench.results import Row, Table, Target
from bench.samples import Folder, Sample
from bench.turns import Pair
from deskline.cli.bench.load import LoadError
from deskline.cli.bench.processes import Program, free_port, module

COMMIT: Final = "b2d7958"
ROOT: Final = Path(__file__).parents[1]
TARGET: Final = Target(number="ratio", at_least=0.7)


def source(place: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Find the earlier program's modules. Raises LoadError where there is none."""
    wanted = environ.get("BEFORE", COMMIT)
    for folder in (Path(wanted) / "src", Path(wanted)):
        if (folder / "deskline" / "__init__.py").is_file():
            return folder.resolve()
    done = subprocess.run(["git", "-C", str(ROOT), "archive", wanted, "src/deskline"], capture_output=True, check=False)
    if done.returncode != 0:
        raise LoadError(f"BEFORE: there is no folder and no commit {wanted!r} here: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(place / "before", filter="data")
    return place / "before" / "src"


def environ_of(modules: Path) -> dict[str, str]:
    """The environment in which the earlier program runs."""
    return dict(os.environ) | {"PYTHONPATH": f"{modules}{os.pathsep}{ROOT}"}


def fill(place: Path, modules: Path, count: int, key: str) -> Folder:
    """Have the earlier program make an account with a key and fill it."""
    return samples.filled(place / "data-before", count, modules, environ_of(modules), key)


def start(modules: Path, log: Path, *arguments: str) -> Program:
    """Start the earlier program's server."""
    port = free_port()
    return Program(module("deskline", "serve", *arguments, "--port", str(port)), port, log, environ_of(modules))


def compare(ours: Program, earlier: Program, folder: Folder, sample: Sample, rounds: int, seconds: float) -> Table:
    """POST /tickets to both in turns; both accounts have the key of `folder`."""
    pair = Pair(ours, earlier, rounds, seconds)
    asks = [folder.ask("/tickets", b'"status":"open"', body) for body in tickets.bodies(sample)]
    numbers = {name.replace("bare", "before:"): number for name, number in pair.compare(asks, tickets.WRITERS).items()}
    note = f"{tickets.WRITERS} connections, {pair.show()}; accounts of as many tickets, each made by its own program."
    return Table("A new ticket, against the program before", note, [Row("POST /tickets", numbers, (TARGET,))])
