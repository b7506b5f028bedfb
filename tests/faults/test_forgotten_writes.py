"""A stand-by that had not everything is promoted: what the lost writes had led to is not shown any more, also where it was remembered."""

import json
from pathlib import Path
from typing import Any

from tests.cli.commands import done
from tests.clusters import a_cluster
from tests.faults.journals import HEADERS, WHO
from tests.pairs import a_proxy, a_spare, follow
from tests.serving import Server, serving
from tests.workers import wait_until

WRITES_AGAIN = 10.0


def create(server: Server, text: str) -> Any:
    """Create a ticket and answer it; None where that was refused."""
    answer = server.ask("POST", "/tickets", json.dumps({"requester": {"mail": "c@client.example"}, "message": text}).encode(), HEADERS)
    return answer.json if answer.status == 200 else None


def listed(server: Server) -> set[str]:
    """List the tickets that are shown."""
    found = server.ask("GET", "/tickets", headers=HEADERS).json
    assert found["total"] == len(found["tickets"])
    return {ticket["id"] for ticket in found["tickets"]}


def test_nothing_of_a_lost_write_is_remembered(tmp_path: Path) -> None:
    with a_cluster() as one, a_spare() as other, a_proxy(one) as way:
        dsn = f"postgresql://postgres@/postgres?host={one.folder},{other.folder}"
        done("init", "--database", dsn, *WHO)
        with serving(tmp_path, database=dsn) as server:
            kept = create(server, "kept")["id"]
            follow(other, one, by=way)
            way.freeze()
            lost = create(server, "lost")["id"]  # acknowledged: this stand-by is not waited for
            assert listed(server) == {kept, lost}
            one.kill()
            other.promote()
            made: list[str] = []

            def is_made() -> bool:
                found = create(server, "made")
                made.extend([found["id"]] if found else [])
                return bool(found)

            wait_until(is_made, "it is written again", WRITES_AGAIN)
            assert listed(server) == {kept, *made}, "the account's position is what it was, and its tickets are others"
