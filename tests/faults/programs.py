"""Deskline as people run it: programs of their own, started, told to stop, and killed. What is asked of them is the tests' matter."""

import base64
import os
import re
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PATIENCE_SECONDS: Final = 30  # a program that does not start or stop fails the test instead of hanging it
OWNER: Final = "ann@example.com"
KEY: Final = "0123456789abcdef0123456789abcdef"
DESKLINE: Final = (sys.executable, "-m", "deskline")


def run(*arguments: str) -> str:
    """Run a command to its good end. Answers what it printed."""
    done = subprocess.run([*DESKLINE, *arguments], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def init(data: Path, *, account: str = "Example", login: str = OWNER, key: str = KEY) -> None:
    """Make an account, and the database where there is none."""
    run("init", "--data", str(data), "--account", account, "--timezone", "Europe/Warsaw", "--login", login, "--name", "Ann", "--key", key)


@dataclass
class Program:
    """A server that runs: where it listens, and the file that its log goes to."""

    host: str
    port: int
    log: Path
    process: "subprocess.Popen[str]"

    def terminate(self) -> int:
        """Ask it to stop and wait for it. Answers its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> int:
        """Wait until it ends by itself. Answers its exit code."""
        code = self.process.wait(PATIENCE_SECONDS)
        self._let_go()
        return code

    def kill(self) -> None:
        """End it as the kernel does: at once, wherever it is."""
        self.process.kill()
        self.process.wait()
        self._let_go()

    def _let_go(self) -> None:
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def serving(data: Path, *, port: int = 0, command: Sequence[str] = DESKLINE, log: Path | None = None) -> Iterator[Program]:
    """Serve a data folder; whatever is left of the server in the end is killed."""
    program = start(data, port=port, command=command, log=log)
    try:
        yield program
    finally:
        program.kill()


def start(data: Path, *, port: int = 0, command: Sequence[str] = DESKLINE, log: Path | None = None) -> Program:
    """Start a server and wait until it says where it listens. Who calls it ends it."""
    log = log or data / "server.log"
    arguments = [*command, "serve", "--data", str(data), "--port", str(port)]
    with log.open("ab") as errors:
        process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, env=os.environ | {"PYTHONUTF8": "1"}
        )
    try:
        address = re.search(r"http://([\d.]+):(\d+)", _first_line(process))
        assert address, f"the server did not start:\n{log.read_text()}"
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return Program(address[1], int(address[2]), log, process)


def _first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        return process.stdout.readline() if selector.select(PATIENCE_SECONDS) else ""


def on_disk(disk: str) -> tuple[str, ...]:
    """The command of Deskline on a disk of the tests: `disk` is the Python expression that makes it, as every database's."""
    code = f"import sys; from tests.faults import disks; disk = {disk}; from deskline.cli import main; sys.exit(main())"
    return (sys.executable, "-c", code)


def basic(login: str, key: str) -> bytes:
    """The header line that signs a request in."""
    return b"Authorization: Basic " + base64.b64encode(f"{login}:{key}".encode()) + b"\r\n"
