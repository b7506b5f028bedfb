"""What tests see of a server with several processes: who they are, and what they tell of themselves."""

import http.client
import re
import time
from collections.abc import Callable
from pathlib import Path

from tests.serving import PATIENCE_SECONDS, Server


def processes(server: Server) -> list[int]:
    """List the workers of a server that runs."""
    parent = server.process.pid
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()]


def is_there(pid: int) -> bool:
    """Say whether a process runs; one that is dead and was not collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> float:
    """Wait for something. Answers how many seconds that took."""
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() < begun + seconds, f"not within {seconds} s: {what}"
        time.sleep(0.01)
    return time.monotonic() - begun


def numbers(server: Server, name: str) -> dict[int, float]:
    """Scrape the server and add the numbers of one name up, worker by worker."""
    found: dict[int, float] = {}
    for labels, value in re.findall(rf"^{name}\{{(.*)\}} (\S+)$", ask_anew(server, "/metrics")[1].decode(), re.MULTILINE):
        worker = int(re.search(r'worker="(\d+)"', labels)[1])  # type: ignore[index]
        found[worker] = found.get(worker, 0.0) + float(value)
    return found


def ask_anew(server: Server, target: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """GET something on a connection of its own, which any worker may take."""
    connection = http.client.HTTPConnection(*server.address, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", target, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
