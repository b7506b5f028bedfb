"""Lists: page 1 for each filter alone: between changes, while a ticket a second comes in, and just after a change of two kinds.

What a list of Deskline derives is remembered until the account changes, so the first is mostly memory. After a new ticket the total
is carried on from what is remembered, the page is not; after a change of a ticket that was counted, nothing holds.
"""

import itertools
import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from bench import counting
from bench.filters import Filter
from bench.results import Row, Table, Target
from bench.samples import Folder, Sample
from bench.turns import Pair
from deskline.cli.bench.load import Ask, LoadError, Plan, drive, percentiles
from deskline.cli.bench.processes import Program, fetch

CONNECTIONS: Final = 16
PAUSE_SECONDS: Final = 1.0
RATIO: Final = Target(number="ratio", at_least=0.3)


def p95(times: float = 1) -> Target:
    """What all but the slowest twentieth must keep to; `times` for an engine that may take longer."""
    return Target(number="p95 ms", below=10 * times)


def pages(server: Program, folder: Folder, chosen: Sequence[Filter]) -> dict[bytes, bytes]:
    """Fetch every page, by query string, checking its total. Raises LoadError where one is not what SQL counts."""
    found = {}
    for query in itertools.chain.from_iterable(each.queries for each in chosen):
        body = fetch(server.port, query.target, folder.headers)
        total = json.loads(body)["total"]
        counted = counting.count(folder, query.conditions)
        if total != counted:
            raise LoadError(f"{query.target}: the total is {total}, SQL counts {counted}")
        found[query.target.encode().partition(b"?")[2]] = body
    return found


def measure_standing(pair: Pair, folder: Folder, chosen: Sequence[Filter]) -> Table:
    """GET /tickets while the account does not change: totals and pages are remembered."""
    rows = [_compared(pair, folder, each) for each in chosen]
    return Table("Lists, nothing changes", f"{CONNECTIONS} connections, {pair.show()}. Totals are what SQL counts.", rows)


def measure_changing(pair: Pair, folder: Folder, chosen: Sequence[Filter], body: bytes) -> Table:
    """GET /tickets while one ticket a second comes in, each of which makes all that is remembered void."""
    with writing(pair.ours, folder, body) as written:
        rows = [_compared(pair, folder, each) for each in chosen]
    pages(pair.ours, folder, chosen)
    note = f"The same while a ticket a second is created, {len(written)} in all. Totals are what SQL counts, afterwards too."
    return Table("Lists, a change a second", note, rows)


def measure_changed(
    ours: Program, folder: Folder, chosen: Sequence[Filter], count: int, body: bytes, sample: Sample, *, times: float = 1
) -> Iterator[Table]:
    """GET /tickets right after each change: a new ticket, then a reply to an old one, whichever."""
    create = folder.ask("/tickets", b'"status":"open"', body)
    yield _changed(ours, folder, chosen, count, "a new ticket", itertools.repeat(create), times)
    reply = b'{"message":"It is on its way."}'
    replies = [folder.ask(f"/tickets/{ticket_id}/messages", b'"status":', reply) for ticket_id in sample.tickets]
    yield _changed(ours, folder, chosen, count, "a reply", itertools.cycle(replies), times)


def _changed(ours: Program, folder: Folder, chosen: Sequence[Filter], count: int, kind: str, changes: Iterator[Ask], times: float) -> Table:
    """GET /tickets right after a change of one kind."""
    rows = []
    for each in chosen:
        asks: list[Ask] = []
        for query in itertools.islice(itertools.cycle(each.queries), count):
            asks += [next(changes), folder.ask(query.target, b'"tickets":[')]
        plan = Plan(port=ours.port, asks=asks, connections=1, seconds=60, count=len(asks), in_order=True, sampled=2)
        latencies = drive(plan).in_order()[1::2]
        rows.append(Row(each.name, percentiles(sorted(latencies)), (p95(times),)))
    return Table(f"Lists, just after {kind}", f"One connection; before each of the {count} lists of a filter, {kind}.", rows)


def _compared(pair: Pair, folder: Folder, chosen: Filter) -> Row:
    asks = [folder.ask(query.target, b'"tickets":[') for query in chosen.queries]
    return Row(chosen.name, pair.compare(asks, CONNECTIONS), (RATIO, p95()))


@contextmanager
def writing(server: Program, folder: Folder, body: bytes) -> Iterator[list[float]]:
    """Create a ticket a second until the block is left. Yields how many seconds each took. Raises ProgramError where one is refused."""
    over = threading.Event()
    seconds: list[float] = []

    def write() -> None:
        while True:
            started = time.perf_counter()
            fetch(server.port, "/tickets", folder.headers, body)
            seconds.append(time.perf_counter() - started)
            if over.wait(PAUSE_SECONDS):
                return

    with ThreadPoolExecutor(1) as threads:
        written = threads.submit(write)
        try:
            yield seconds
        finally:
            over.set()
        written.result()
