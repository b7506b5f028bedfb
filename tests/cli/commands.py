"""Commands run as somebody would: in this process by calling `main`, or as programs of their own. What they do is the tests' matter."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskline.cli import main

PATIENCE_SECONDS = 30
LOGIN = "ann@example.com"
KEY = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it answered a program."""
        return json.loads(self.out)


def deskline(*arguments: str | Path) -> Ended:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return Ended(code, out.getvalue(), err.getvalue())


def done(*arguments: str | Path) -> Ended:
    """Run a command that must succeed."""
    ended = deskline(*arguments)
    assert (ended.code, ended.err) == (0, "")
    return ended


def init(folder: Path, *more: str, account: str = "Example", key: str = KEY) -> Ended:
    """Make a desk, or another account in one: Ann is its owner, with KEY."""
    who = ("--login", LOGIN, "--name", "Ann", "--key", key)
    return deskline("init", "--data", folder, "--account", account, "--timezone", "Europe/Warsaw", *who, *more)


def program(*arguments: str | Path, stdin: str | None = None, **environ: str) -> Ended:
    """Run a command as a program of its own; `environ` goes on top of the environment."""
    command = [sys.executable, "-m", "deskline", *map(str, arguments)]
    ended = subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=PATIENCE_SECONDS, env=os.environ | environ, check=False
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@dataclass
class Serving:
    """`deskline serve` that runs."""

    url: str
    process: "subprocess.Popen[str]"

    def stop(self, number: signal.Signals = signal.SIGTERM) -> Ended:
        """Ask it to end and wait until it has."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE_SECONDS)
        return Ended(self.process.returncode, out, err)


@contextmanager
def serving(*arguments: str | Path, **environ: str) -> Iterator[Serving]:
    """Run `deskline serve` on a free port until the end of the block."""
    command = [sys.executable, "-m", "deskline", "serve", "--port", "0", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | environ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()  # ends with the process at the latest
            assert "answers at http" in line, process.communicate(timeout=PATIENCE_SECONDS)
            yield Serving(line.split()[3], process)
        finally:
            process.kill()
