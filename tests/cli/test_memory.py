"""What memory a server keeps once it has had much to do: caches and what is remembered are bounded."""

import sys
from pathlib import Path

import pytest

from tests.cli.commands import KEY, LOGIN, done, init
from tests.serving import Server, basic, serving

TICKETS = 6_000  # about 40 MB, more than all caches together may hold
IDLE_BYTES = 100_000_000


def resident_bytes(server: Server) -> int:
    """How much of the machine's memory the server's process holds."""
    rollup = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text("ascii")
    return next(int(line.split()[1]) << 10 for line in rollup.splitlines() if line.startswith("Rss:"))


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_server_that_has_read_everything_is_small(tmp_path: Path) -> None:
    init(tmp_path)
    done("generate", "--data", tmp_path, "--count", str(TICKETS))
    signed_in = basic(LOGIN, KEY) | {"X-API-Version": "2"}
    with serving(tmp_path) as server:
        for order in ("desc", "asc"):
            for page in range(1, TICKETS // 25 + 1):
                answer = server.ask("GET", f"/tickets?page={page}&order={order}", headers=signed_in)
                for ticket in answer.json["tickets"] if order == "asc" else ():
                    assert server.ask("GET", f"/tickets/{ticket['id']}", headers=signed_in).status == 200
        assert resident_bytes(server) < IDLE_BYTES
