"""Lists of tickets against a second, naive way to find them: every filter alone, every two together, and any others."""

import asyncio
import itertools
import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import uvloop
from hypothesis import example, given
from hypothesis import strategies as st

from deskline.domain.events import SILENT, STATUSES, AnyEvent
from deskline.domain.searches import PAGE_SIZE, Page, Phrase, TicketFilter, phrases_of
from deskline.domain.timelines import Ticket, fold
from deskline.storage import search, sets, tickets, words
from deskline.storage.database import Database
from deskline.storage.search import find_page
from deskline.web.v2.wire import show_ticket
from tests.storage.builders import (
    ADA,
    BEN,
    CHATS,
    CLIENTS,
    DAY,
    NOON,
    OURS,
    SECOND,
    SOURCES,
    TAGS,
    THEIRS,
    WORDS,
    an_account,
    random_timeline,
)
from tests.storage.engines import kept_open, opener
from tests.storage.wholeness import texts_of, tokens

TICKETS = 300
INSTANTS = [NOON - 1, NOON, NOON + 1, NOON + SECOND, NOON + DAY, NOON + 2 * DAY, NOON + 5 * DAY, NOON + 60 * DAY]
ALONE: list[dict[str, Any]] = [
    {},
    {"status": "open"},
    {"status": "spam"},
    {"assignee": ADA.id},
    {"assigned": True},
    {"assigned": False},
    {"groups": (1,)},
    {"groups": (0, 2)},
    {"groups": (7,)},
    {"tags": ("sales",)},
    {"tags": ("bug", "vip", "none of ours")},
    {"tags": ("none of ours",)},
    {"tagged": True},
    {"tagged": False},
    {"values": ("area=apple",)},
    {"values": ("amount=2.5",)},
    {"values": ("due=2024-02-29", "paid=true")},
    {"values": ("area=none of ours",)},
    {"requester": "ann@client.example"},
    {"source": "mail"},
    {"source_id": CHATS[0]},
    {"words": phrases_of("apple")},
    {"words": phrases_of("ZOŁW pre-pa")},
    {"words": phrases_of("ann"), "sees_notes": False},
    {"since": NOON + 2 * DAY},
    {"until": NOON + 2 * DAY},
    {"since": NOON + DAY, "until": NOON + DAY + SECOND},
    {"since": NOON + DAY, "until": NOON + 4 * DAY},
    {"since": NOON + DAY, "until": NOON + 4 * DAY, "gaps": ((NOON + DAY + SECOND, NOON + 3 * DAY),)},
    {"until": NOON + 4 * DAY, "gaps": ((NOON + DAY, NOON + 3 * DAY),)},
    {"since": NOON + DAY, "gaps": ((NOON + 2 * DAY, NOON + 3 * DAY),)},
]


class Recount:
    """What a database holds, kept beside it as timelines, and lists found by looking at every one of them."""

    def __init__(self, timelines: dict[str, Sequence[AnyEvent]]) -> None:
        self.timelines = timelines
        self.tickets = [fold(ticket_id, events) for ticket_id, events in timelines.items()]
        self.texts = {ticket.id: texts_of(ticket, timelines[ticket.id]) for ticket in self.tickets}

    def list(self, wanted: TicketFilter, *, descending: bool) -> list[bytes]:
        """Every ticket that matches, as the API shows it, in order."""
        found = [ticket for ticket in self.tickets if self.matches(ticket, wanted)]
        found.sort(key=lambda ticket: (ticket.last_message_at, ticket.id), reverse=descending)
        return [show_ticket(ticket, self.timelines[ticket.id]) for ticket in found]

    def matches(self, ticket: Ticket, wanted: TicketFilter) -> bool:
        """Whether a ticket passes every filter."""
        events = self.timelines[ticket.id]
        active = [ticket.created_at, *(event.at for event in events if type(event) not in SILENT)]
        assignee = ticket.assignee.id if ticket.assignee else None
        return (
            ticket.aside is None
            and wanted.status in (None, ticket.status)
            and wanted.assignee in (None, assignee)
            and wanted.assigned in (None, assignee is not None)
            and (not wanted.groups or any(group.id in wanted.groups for group in ticket.groups))
            and (not wanted.tags or any(tag in wanted.tags for tag in ticket.tags))
            and wanted.tagged in (None, bool(ticket.tags))
            and all(value in self.values(ticket) for value in wanted.values)
            and wanted.requester in (None, ticket.requester.mail.lower())
            and wanted.source in (None, ticket.source.type)
            and wanted.source_id in (None, ticket.source.id or None)
            and all(self.has(ticket, phrase, sees_notes=wanted.sees_notes) for phrase in wanted.words)
            and any(
                (wanted.since is None or at >= wanted.since)
                and (wanted.until is None or at < wanted.until)
                and not any(start <= at < end for start, end in wanted.gaps)
                for at in active
            )
        )

    def values(self, ticket: Ticket) -> set[str]:
        """The values of a ticket's custom fields as filters spell them."""
        words = {True: "true", False: "false"}
        return {f"{key}={words[value] if isinstance(value, bool) else value}" for key, value in ticket.custom_fields}

    def has(self, ticket: Ticket, phrase: Phrase, *, sees_notes: bool) -> bool:
        """Whether a phrase is in one of a ticket's texts."""
        words = f" {' '.join(phrase.words)}{'' if phrase.is_open else ' '}"
        texts, notes = self.texts[ticket.id]
        return bool(phrase.words) and any(words in f" {' '.join(tokens(text))} " for text in (texts | notes if sees_notes else texts))


class Lists:
    """A database and its recount."""

    def __init__(self, database: Database, runner: asyncio.Runner, recount: Recount) -> None:
        self.database, self.runner, self.recount = database, runner, recount

    def find(self, wanted: TicketFilter, page: int, *, descending: bool) -> Page:
        """Find a page of the database."""
        return self.runner.run(find_page(self.database, OURS, wanted, page=page, descending=descending))

    def compare(self, wanted: TicketFilter, *, descending: bool) -> None:
        """Compare all pages with the recount, and one beyond the last."""
        expected = self.recount.list(wanted, descending=descending)
        for page in range(1, len(expected) // PAGE_SIZE + 3):
            self.compare_page(wanted, page, expected, descending=descending)

    def compare_page(self, wanted: TicketFilter, page: int, expected: list[bytes], *, descending: bool) -> None:
        """Compare one page with what all pages together should be."""
        part = tuple(expected[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
        assert self.find(wanted, page, descending=descending) == Page(part, len(expected))


async def fill(database: Database, account_id: int, timelines: dict[str, Sequence[AnyEvent]]) -> None:
    await an_account(database, account_id)
    async with database.write(account_id) as tx:
        made = [tickets.record(fold(ticket_id, events), events, show_ticket) for ticket_id, events in timelines.items()]
        await tickets.add_records(tx, made)


@pytest.fixture(
    scope="module", params=[("sqlite", 0, 1_000), ("sqlite", 1_000, 0), ("postgres", 0, 0)], ids=["walked", "sorted", "postgres"]
)
def lists(request: pytest.FixtureRequest, seed: str) -> Iterator[Lists]:
    """Tickets of two accounts under the same ids, many with their last message in the same instant.

    Ranges are met by walking the order of lists, or by sorting the matches, as the number of matches would decide; PostgreSQL decides
    by itself. Totals are counted, or what sets have in common, as the number of tickets would decide.
    """
    chance = random.Random(f"{seed} lists")

    def timelines() -> dict[str, Sequence[AnyEvent]]:
        starts = (NOON + chance.randrange(4) * DAY + chance.choice((0, 1, SECOND)) for _ in range(TICKETS))
        return {f"T{n:04}": random_timeline(chance, f"T{n:04}", start, chance.randrange(6)) for n, start in enumerate(starts)}

    ours, theirs = timelines(), timelines()

    engine, least, tickets_of_sets = request.param
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "SORTED", least)
        patch.setattr(sets, "LEAST_TICKETS", tickets_of_sets)
        patch.setattr(words, "FIRST_LOOKED_AT", 1)
        patch.setattr(words, "LOOKED_AT", 3)  # enough for some pages of words, and not for others
        with kept_open(runner, opener(request, engine)) as database:
            runner.run(fill(database, OURS, ours))
            runner.run(fill(database, THEIRS, theirs))
            yield Lists(database, runner, Recount(ours))


@pytest.mark.parametrize("wanted", ALONE, ids=str)
@pytest.mark.parametrize("descending", [True, False])
def test_each_filter_alone(lists: Lists, wanted: dict[str, Any], descending: bool) -> None:
    lists.compare(TicketFilter(**wanted), descending=descending)
    lists.compare(TicketFilter(**wanted), descending=descending)  # answers are remembered


def test_every_two_filters(lists: Lists) -> None:
    for one, other in itertools.combinations(ALONE, 2):
        if not one.keys() & other.keys():
            wanted = TicketFilter(**one, **other)
            lists.compare_page(wanted, 1, lists.recount.list(wanted, descending=True), descending=True)


def some(values: Sequence[Any], most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    """None, one or some of the values."""
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


FILTERS = st.builds(
    TicketFilter,
    status=st.none() | st.sampled_from(STATUSES),
    assignee=st.none() | st.sampled_from((ADA.id, BEN.id, "nobody@example.com")),
    assigned=st.none() | st.booleans(),
    groups=some((0, 1, 2, 7)),
    tags=some(TAGS),
    tagged=st.none() | st.booleans(),
    requester=st.none() | st.sampled_from([mail.lower() for mail in CLIENTS]),
    source=st.none() | st.sampled_from(SOURCES),
    source_id=st.none() | st.sampled_from(CHATS),
    words=st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join).map(phrases_of),
    sees_notes=st.booleans(),
    since=st.none() | st.sampled_from(INSTANTS),
    until=st.none() | st.sampled_from(INSTANTS),
    gaps=st.lists(st.tuples(st.sampled_from(INSTANTS), st.sampled_from(INSTANTS)), max_size=1).map(tuple),
)


@given(wanted=FILTERS, descending=st.booleans())
@example(wanted=TicketFilter(since=NOON + DAY, until=NOON), descending=True)
def test_any_filters(lists: Lists, wanted: TicketFilter, descending: bool) -> None:
    lists.compare(wanted, descending=descending)


@pytest.mark.parametrize(
    "word", ['"', '""', 'apple"', "OR", "NOT", "NEAR(apple pear)", "*", "appl*", "text:apple", "^apple", "(", "-", "'"]
)
def test_a_word_is_never_an_operator(lists: Lists, word: str) -> None:
    lists.compare(TicketFilter(words=phrases_of(word)), descending=True)


def test_ascending_is_descending_backwards(lists: Lists) -> None:
    listed = len(lists.recount.list(TicketFilter(), descending=True))
    pages = -(-listed // PAGE_SIZE)
    both = [
        [shown for page in range(1, pages + 1) for shown in lists.find(TicketFilter(), page, descending=descending).tickets]
        for descending in (True, False)
    ]
    assert both[0] == both[1][::-1]
    assert len(set(both[0])) == listed


def test_a_page_far_beyond_the_last_is_empty_and_its_total_exact(lists: Lists) -> None:
    assert lists.find(TicketFilter(), 2**31 - 1, descending=True) == Page((), len(lists.recount.list(TicketFilter(), descending=True)))
