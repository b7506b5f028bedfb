"""What is asked for: the kinds of requests, how often each occurs in the mix, and requests made of what the account holds.

Everything is found out as a client does, over the API, so that it is the same on every engine.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import msgspec

from deskline.cli.bench.clients import Client
from deskline.cli.bench.load import Ask

PAGES: Final = 80  # of 25 tickets each, looked at for what to ask for
ASKS: Final = 5_000  # of the mix; then they begin anew
REPLY: Final = "It is on its way. (deskline bench)"
CREATED_BY: Final = "bench-client-"
REPORTS: Final = ("new_tickets", "first_response_time", "solved_tickets", "resolution_time", "ticket_sources", "ratings", "ratings/ranking")
MONTH_DAYS: Final = 30
COMMON_WORDS: Final = 20
_WORD: Final = re.compile(r"[^\W\d_]{4,}")


class Kind(NamedTuple):
    """A kind of request, and how many of a hundred requests of the mix are of it."""

    name: str
    share: int
    asks: Callable[["Known", Client, Random, int], Iterator[Ask]]  # of a number, without end


class Known(msgspec.Struct, frozen=True):
    """What is known of the account: some of its tickets as the API shows them, and the days of its history."""

    tickets: list[dict[str, Any]]
    first: date
    last: date
    common: list[str]  # words that many of the tickets hold, and words that few do
    rare: list[str]


def look(client: Client, first: date, last: date, chance: Random) -> Known:
    """Look at some pages by chance."""
    count = client.get("/tickets")["pages"]
    pages = chance.sample(range(1, count + 1), min(PAGES, count))
    tickets = [ticket for page in pages for ticket in client.get("/tickets", page=page)["tickets"]]
    held = Counter(word for ticket in tickets for word in {word.lower() for word in _WORD.findall(_opening(ticket))})
    by_count = [word for word, _ in sorted(held.items(), key=lambda each: (-each[1], each[0]))]
    return Known(tickets, first, last, by_count[:COMMON_WORDS], by_count[len(by_count) * 3 // 4 :])


def _opening(ticket: dict[str, Any]) -> str:
    return str(ticket["events"][0]["message"])


def _reading(known: Known, client: Client, chance: Random, kind: int) -> Iterator[Ask]:
    while True:
        ticket_id = chance.choice(known.tickets)["id"]
        yield client.ask(f"/tickets/{ticket_id}", b'"id":"%b"' % ticket_id.encode(), kind=kind)


def _listing(filters: int) -> Callable[[Known, Client, Random, int], Iterator[Ask]]:
    """Lists by so many filters at once, with values of a ticket that there is: none is empty."""

    def asks(known: Known, client: Client, chance: Random, kind: int) -> Iterator[Ask]:
        while True:
            values = _values(chance.choice(known.tickets))
            chosen = sorted(chance.sample(sorted(values), filters))
            yield client.ask(f"/tickets?{urlencode([(name, values[name]) for name in chosen])}", b'"tickets":[{', kind=kind)

    return asks


def _values(ticket: dict[str, Any]) -> dict[str, str]:
    """Say which filters a ticket would be found by."""
    found = {"status": ticket["status"], "group": str(ticket["currentGroup"]["id"]), "source": ticket["source"]["type"]}
    if "assignee" in ticket:
        found["assignee"] = ticket["assignee"]["id"]
    if ticket["tags"]:
        found["tag[]"] = ticket["tags"][0]
    return found


def _searching(known: Known, client: Client, chance: Random, kind: int) -> Iterator[Ask]:
    """Search in turns for two words that many tickets hold, and for one that few do."""
    while True:
        for words in (chance.sample(known.common, min(2, len(known.common))), [chance.choice(known.rare)]):
            yield client.ask(f"/tickets?{urlencode({'query': ' '.join(words)})}", b'"tickets":[', kind=kind)


def _reporting(days: int | None) -> Callable[[Known, Client, Random, int], Iterator[Ask]]:
    """Reports by day, each in turn, over so many days or nearly all there are; a range comes again only after very many."""

    def asks(known: Known, client: Client, chance: Random, kind: int) -> Iterator[Ask]:
        span = (known.last - known.first).days
        while True:
            for report in REPORTS:
                since = known.first + timedelta(chance.randrange(max(1, span // 8 if days is None else span - days)))
                until = known.last - timedelta(chance.randrange(max(1, span // 8))) if days is None else since + timedelta(days - 1)
                grouping = {} if report == "ratings/ranking" else {"group_by": "day"}
                yield client.ask(
                    f"/reports/tickets/{report}?{urlencode({'date_from': since, 'date_to': until} | grouping)}", b"{", kind=kind
                )

    return asks


def _creating(known: Known, client: Client, chance: Random, kind: int) -> Iterator[Ask]:
    while True:
        text = _opening(chance.choice(known.tickets))
        number = chance.randrange(1_000_000)
        requester = {"mail": f"{CREATED_BY}{number}@example.org", "name": f"Client {number}"}
        body: dict[str, object] = {"message": text, "subject": text.split("\n", 1)[0][:60], "requester": requester}
        yield client.ask("/tickets", b'"status":"open"', body, kind=kind)


def _replying(known: Known, client: Client, chance: Random, kind: int) -> Iterator[Ask]:
    while True:
        yield client.ask(f"/tickets/{chance.choice(known.tickets)['id']}/messages", REPLY.encode(), {"message": REPLY}, kind=kind)


READ, CREATE, ANSWER = "one ticket", "a new ticket", "a reply"
# What an agents' application and its integrations do in a busy hour: mostly looking, a change in five.
MIX: Final = (
    Kind(READ, 40, _reading),
    Kind("a list, one filter", 16, _listing(1)),
    Kind("a list, two filters", 10, _listing(2)),
    Kind("a search", 8, _searching),
    Kind("a report, 30 days", 5, _reporting(MONTH_DAYS)),
    Kind("a report, all years", 1, _reporting(None)),
    Kind(CREATE, 8, _creating),
    Kind(ANSWER, 12, _replying),
)


def number_of(name: str) -> int:
    """Say which number in the mix a kind has."""
    return [kind.name for kind in MIX].index(name)


def asks_of(number: int, known: Known, client: Client, count: int, seed: int) -> list[Ask]:
    """Make so many requests of the kind with a number, the same for the same account and seed."""
    asks = MIX[number].asks(known, client, Random(f"{seed} {number}"), number)
    return [next(asks) for _ in range(count)]


def asks_of_all(known: Known, client: Client, seed: int) -> list[Ask]:
    """Make the mix; in which order they are sent is the load program's chance."""
    return [ask for number, kind in enumerate(MIX) for ask in asks_of(number, known, client, ASKS * kind.share // 100, seed)]
