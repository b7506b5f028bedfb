"""Single tickets: reading one at 16 connections, sending one at 64, each beside the bare application that answers the same bytes."""

import re

import msgspec

from bench.results import Row, Table, Target
from bench.samples import Folder, Sample
from bench.turns import Pair
from deskline.cli.bench.processes import Program, fetch

READERS = 16
WRITERS = 64
BATCH = "tickets/commit"
COMMITS = re.compile(rb"^(deskline_commits_total|deskline_written_units_total) ([0-9.e+]+)$", re.MULTILINE)


def bodies(sample: Sample) -> list[bytes]:
    """Make the bodies of new tickets: the opening messages of the sample, each from another requester."""
    return [
        msgspec.json.encode(
            {
                "message": message,
                "subject": message.split("\n", 1)[0][:60],
                "requester": {"mail": f"client{number}@example.org", "name": f"Client {number}"},
                "group": [0],
            }
        )
        for number, message in enumerate(sample.messages)
        if message.strip()
    ]


def measure_reading(pair: Pair, folder: Folder, sample: Sample) -> Table:
    """GET /tickets/<ID>, authenticated."""
    asks = [folder.ask(f"/tickets/{ticket_id}", b'"id":"%b"' % ticket_id.encode()) for ticket_id in sample.tickets]
    targets = (Target(number="ratio", at_least=0.6), Target(number="p99 ms", below=10))
    row = Row("GET /tickets/<ID>", pair.compare(asks, READERS), targets)
    return Table("One ticket", f"{READERS} connections, {len(asks):,} tickets in an order of chance, {pair.show()}.", [row])


def measure_sending(pair: Pair, folder: Folder, sample: Sample) -> Table:
    """POST /tickets, durable before the answer."""
    asks = [folder.ask("/tickets", b'"status":"open"', body) for body in bodies(sample)]
    commits, units = read_commits(pair.ours)
    numbers = pair.compare(asks, WRITERS)
    commits_after, units_after = read_commits(pair.ours)
    numbers[BATCH] = (units_after - units) / (commits_after - commits)
    targets = (Target(number="ratio", at_least=0.4), Target(number=BATCH, at_least=2))
    note = f"{WRITERS} connections, {len(asks):,} bodies, {pair.show()}. A commit is one fsync."
    return Table("A new ticket", note, [Row("POST /tickets", numbers, targets)])


def read_commits(server: Program) -> tuple[float, float]:
    """Read from `/metrics` how many commits there were, and of how many requests."""
    found = dict(COMMITS.findall(fetch(server.port, "/metrics")))
    return float(found[b"deskline_commits_total"]), float(found[b"deskline_written_units_total"])
