"""Opened numbers: what a row of a report is made of, ticket by ticket, told so that anybody can do the sum again.

Pure: a fact and its ticket's timeline come in; instants, stretches and seconds go out.
"""

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Final

import msgspec

from deskline.domain.events import AnyEvent, Created, Messaged, Rated, StatusChanged
from deskline.domain.facts import Fact, open_stretches
from deskline.domain.reports import Definition, Report
from deskline.domain.searches import PAGE_SIZE
from deskline.domain.sums import SUMS, Added
from deskline.domain.timelines import Ticket
from deskline.domain.working_hours import Calendars, excluded

Stretch = tuple[int, int]
MOST_STRETCHES: Final = 50
MOST_INSTANTS: Final = 100


class Instant(msgspec.Struct, frozen=True):
    """When something happened to a ticket that a report may count: `what` it was, and who did it (None: nobody by hand)."""

    at: int
    what: str
    agent: str | None = None


class Part(msgspec.Struct, frozen=True):
    """One fact that went into a number, and all that it follows from. Instants are milliseconds UTC.

    Where time is measured, it began at `start`; `excluded` are the stretches since that do not count, the first `MOST_STRETCHES` of
    `excluded_count`, and together they take `excluded_seconds`. `seconds` is what went into the number. `instants` are the first
    `MOST_INSTANTS` of `instant_count`.
    """

    ticket: Ticket
    fact: Fact
    instants: tuple[Instant, ...]
    instant_count: int
    start: int | None = None
    seconds: int | None = None
    excluded: tuple[Stretch, ...] = ()
    excluded_count: int = 0
    excluded_seconds: int = 0


class Opened(msgspec.Struct, frozen=True):
    """A page of what a row is made of, `total` parts in all; `sums` are those of the report, by name, added up of the parts."""

    parts: tuple[Part, ...]
    total: int
    sums: dict[str, int]

    @property
    def pages(self) -> int:
        """The number of pages, at least one."""
        return max(1, -(-self.total // PAGE_SIZE))


def opened_by(report: Report, definition: Definition) -> Report:
    """Tell which sums a report's rows are opened into: its own by the definition, and those that measure what it only counts."""
    own = report.defined(definition)
    if report.opened_as is None:
        return own
    return msgspec.structs.replace(own, sums=tuple(dict.fromkeys((*own.sums, *report.opened_as.defined(definition).sums))))


def count_of(sums: dict[str, int]) -> int:
    """Tell how many facts some sums are of; no fact is in two sums that count."""
    return sum(amount for name, amount in sums.items() if SUMS[name].added is None)


def seconds_of(sums: dict[str, int]) -> int | None:
    """Tell how many seconds some sums are of, None where nothing is measured."""
    return next((amount for name, amount in sums.items() if SUMS[name].added is not None), None)


def measured(report: Report) -> Added | None:
    """Tell which of a fact's sorts of seconds go into a report, None where it measures nothing."""
    return next((SUMS[name].added for name in report.sums if SUMS[name].added is not None), None)


def part(fact: Fact, added: Added | None, ticket: Ticket, events: Sequence[AnyEvent], calendars: Calendars) -> Part:
    """Tell what a fact follows from, measured by one of its sorts of seconds."""
    instants = _instants(events)
    shown = tuple(instants[:MOST_INSTANTS])
    if added is None or fact.seconds is None:
        return Part(ticket, fact, shown, len(instants))
    start = began(fact)
    left_out = _excluded(added, start, fact.at, ticket, calendars)
    return Part(
        *(ticket, fact, shown, len(instants)),
        start=start,
        seconds=getattr(fact, added),
        excluded=tuple(left_out[:MOST_STRETCHES]),
        excluded_count=len(left_out),
        excluded_seconds=sum(end // 1000 - begin // 1000 for begin, end in left_out),
    )


def _excluded(added: Added, start: int, end: int, ticket: Ticket, calendars: Calendars) -> Sequence[Stretch]:
    if added == "open_seconds":
        return _not_open(ticket, start, end)
    if added == "worked_seconds":
        return excluded(calendars.of(group.id for group in ticket.groups), start, end)
    return ()


def began(fact: Fact) -> int:
    """Tell since when a fact was measured, in whole seconds as everything is: nothing but its instant and its seconds is needed."""
    return (fact.at // 1000 - (fact.seconds or 0)) * 1000


def _not_open(ticket: Ticket, start: int, end: int) -> list[Stretch]:
    """List the stretches of a time in which a ticket was not open."""
    borders = (start, *chain.from_iterable(open_stretches(ticket.opened, end)), end)
    # The end of each open stretch, and the start of the one after it.
    return [(begin, until) for begin, until in list(pairwise(borders))[::2] if begin // 1000 < until // 1000]


def _instants(events: Sequence[AnyEvent]) -> list[Instant]:
    """List what a report may go by: the creation, the public messages of agents after the opening one, changes of status, ratings."""
    found: list[Instant] = []
    has_opening = False
    for event in events:
        match event:
            case Created():
                found.append(Instant(event.at, "created"))
            case Messaged():
                if has_opening and event.author.kind == "agent" and not event.private:
                    found.append(Instant(event.at, "answer", event.author.id))
                has_opening = True
            case StatusChanged():
                by_hand = event.by is not None and event.by.kind == "agent"
                found.append(Instant(event.at, event.current, event.by.id if by_hand and event.by is not None else None))
            case Rated():
                found.append(Instant(event.at, f"rated_{event.rate}"))
    return found
