"""Long lists by cursor: page after page along the links, with a reply to some ticket before each. No ticket may come twice."""

import http.client
import itertools
import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Final

from bench.filters import Filter
from bench.lists import p95
from bench.results import Row, Table
from bench.samples import Folder, Sample
from deskline.cli.bench.load import LoadError, percentiles
from deskline.cli.bench.processes import Program

NEXT: Final = re.compile(r'<([^>]*)>; rel="next"')
REPLY: Final = b'{"message":"It is on its way."}'


def measure(server: Program, folder: Folder, chosen: Sequence[Filter], sample: Sample, count: int, *, times: float = 1) -> Table:
    """GET /tickets?cursor=…, from the beginning of each filter's list."""
    replies = itertools.cycle(f"/tickets/{ticket_id}/messages" for ticket_id in sample.tickets)
    rows = []
    for each in chosen:
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
            found = sorted(_walk(connection, folder, each, replies, count))
        rows.append(Row(each.name, percentiles(found) | {"pages": len(found)}, (p95(times),)))
    note = f"One connection, the first {count} pages of each list along the links, before each a reply; no ticket comes twice."
    return Table("Lists by cursor", note, rows)


def _walk(connection: http.client.HTTPConnection, folder: Folder, chosen: Filter, replies: Iterator[str], count: int) -> Iterator[float]:
    """Walk along a list: how many seconds each page took. Raises LoadError where a ticket comes twice."""
    target = chosen.queries[0].target
    target += f"{'&' if '?' in target else '?'}cursor=start"
    seen: set[str] = set()
    for _ in range(count):
        _ask(connection, folder, "POST", next(replies), REPLY)
        started = time.perf_counter()
        link, body = _ask(connection, folder, "GET", target)
        yield time.perf_counter() - started
        shown = [ticket["id"] for ticket in json.loads(body)["tickets"]]
        if not seen.isdisjoint(shown):
            raise LoadError(f"{target}: a ticket is shown again")
        seen.update(shown)
        following = NEXT.search(link)
        if following is None:
            return
        target = f"/tickets{following[1]}"


def _ask(connection: http.client.HTTPConnection, folder: Folder, method: str, target: str, body: bytes | None = None) -> tuple[str, bytes]:
    """Send a request: the answer's links and body. Raises LoadError where it is not 200."""
    connection.request(method, target, body, folder.headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise LoadError(f"{method} {target}: {answer.status} {content[:200]!r}")
    return answer.getheader("Link") or "", content
