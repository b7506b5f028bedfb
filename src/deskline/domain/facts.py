"""Facts: the few things about a ticket that reports count, found in one pass over its timeline. How they are counted is in `reports`.

Each fact is one event that counts, or (`backlog`) a stretch of time. The rules are those of the page on reports.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import msgspec

from deskline.domain.events import AnyEvent, Assigned, Created, Messaged, Rated, Status, StatusChanged, Unassigned
from deskline.domain.timelines import Interval, Ticket

FactKind = Literal["created", "responded", "answered", "messaged", "noted", "solved", "reopened", "rated", "backlog"]
"""What happened. `responded`: the first answer of an agent; `answered`: a later one to a message that waited; `messaged`: any other
public message of an agent; `noted`: a private one; `reopened`: a solved ticket became open or pending; `backlog`: it was neither solved
nor spam for a while."""

SolveLabel = Literal["only", "first", "again", "last"]
"""Which change to `solved` it was. A ticket solved once has one fact, `only`. Else the first one is `first`, each later one `again`, and
the last one `last` beside that: `again` is measured from when the ticket last left `solved`, `last` from its creation."""

BACKLOG: Final[tuple[Status, ...]] = ("open", "pending")
Measured = Callable[[int, int], int]


class Fact(msgspec.Struct, frozen=True, array_like=True):
    """One countable thing about a ticket.

    `at` is milliseconds UTC, `seq` the number of the event in the timeline; `agent` the login credited (None for nobody), of `backlog` the
    assignee. `label` tells kinds apart further: the channel of `created`, `good` or `bad` of `rated`, a SolveLabel of `solved`, the status
    of `backlog`. `seconds` is how long it took, `open_seconds` how much of that the ticket was open (where it was the last solve),
    `worked_seconds` how much was working time. `until` (milliseconds UTC) is the end of `backlog`, None while it lasts.
    """

    kind: FactKind
    at: int
    seq: int
    agent: str | None = None
    label: str | None = None
    seconds: int | None = None
    open_seconds: int | None = None
    worked_seconds: int | None = None
    until: int | None = None


def seconds_between(start: int, end: int) -> int:
    """Measure whole seconds between two instants in milliseconds, as anybody would who reads them in whole seconds on the wire."""
    return end // 1000 - start // 1000


def facts(ticket: Ticket, events: Sequence[AnyEvent], worked: Measured = seconds_between) -> tuple[Fact, ...]:
    """List what reports count of a ticket and its whole timeline; nothing of one that is spam now, or set aside.

    `worked` measures the working time between two instants in seconds; where nobody said when work is done, that is all of it.
    """
    if ticket.status == "spam" or ticket.aside is not None:
        return ()
    found = _Pass(ticket, worked)
    for seq, event in enumerate(events):
        step = _STEPS.get(type(event))
        if step is not None:
            step(found, seq, event)
    return found.result()


class _Solve(msgspec.Struct, frozen=True):
    """A change to `solved`, and since when the ticket was not."""

    at: int
    seq: int
    agent: str | None
    since: int


class _Pass:
    """One walk along a timeline: what it has found so far, and what it must remember for what comes."""

    __slots__ = (
        *("assignee", "facts", "held_seq", "held_since", "last_solve_seq", "messages", "rated", "responded"),
        *("solves", "status", "ticket", "unsolved_since", "waiting_since", "worked"),
    )

    def __init__(self, ticket: Ticket, worked: Measured) -> None:
        self.ticket = ticket
        self.worked = worked
        self.facts = [Fact("created", ticket.created_at, 0, label=ticket.source.type)]
        self.status: Status = "open"
        self.assignee: str | None = None
        self.held_since, self.held_seq = ticket.created_at, 0
        self.messages = 0
        self.responded = False
        self.waiting_since: int | None = None  # the first message of the client that nobody has answered
        self.unsolved_since = ticket.created_at
        self.solves: list[_Solve] = []
        self.last_solve_seq = 0
        self.rated: Fact | None = None

    def creation(self, _: int, event: Created) -> None:
        if event.assignee is not None:
            self.assignee = event.assignee.id

    def message(self, seq: int, event: Messaged) -> None:
        at, is_opening = event.at, self.messages == 0
        self.messages += 1
        if event.author.kind != "agent":
            if self.responded and not event.private and self.waiting_since is None:
                self.waiting_since = at
            return
        agent = event.author.id
        if event.private:
            self.facts.append(Fact("noted", at, seq, agent))
        elif is_opening:  # which is never a response, whoever wrote it
            self.facts.append(Fact("messaged", at, seq, agent))
        elif not self.responded:
            self.responded = True
            self._took("responded", self.ticket.created_at, at, seq, agent)
        elif self.waiting_since is not None:
            self._took("answered", self.waiting_since, at, seq, agent)
            self.waiting_since = None
        else:
            self.facts.append(Fact("messaged", at, seq, agent))

    def _took(self, kind: FactKind, since: int, at: int, seq: int, agent: str) -> None:
        self.facts.append(Fact(kind, at, seq, agent, seconds=seconds_between(since, at), worked_seconds=self.worked(since, at)))

    def assignment(self, seq: int, event: Assigned | Unassigned) -> None:
        self._hand_over(event.at, seq, self.status, event.to.id if isinstance(event, Assigned) else None)

    def status_change(self, seq: int, event: StatusChanged) -> None:
        before = self.status
        self._hand_over(event.at, seq, event.current, self.assignee)
        if event.current == "solved":
            self.last_solve_seq = seq
            if before != "solved":
                by_hand = event.by is not None and event.by.kind == "agent"
                agent = event.by.id if by_hand and event.by is not None else self.assignee
                self.solves.append(_Solve(event.at, seq, agent, self.unsolved_since))
        elif before == "solved":
            self.unsolved_since = event.at
            if event.current in BACKLOG and self.solves:
                solve = self.solves[-1]
                self.facts.append(Fact("reopened", event.at, seq, solve.agent, seconds=seconds_between(solve.at, event.at)))

    def rating(self, seq: int, event: Rated) -> None:
        rating = self.ticket.rating  # the one that counts now: the last, with whom it is credited to
        if rating is not None:
            self.rated = Fact("rated", rating.at, seq, rating.agent, label=rating.rate)

    def _hand_over(self, at: int, seq: int, status: Status, assignee: str | None) -> None:
        """End a stretch of the backlog where its status or its assignee changes; one that took no time never was."""
        if (status, assignee) == (self.status, self.assignee):
            return
        if at > self.held_since:
            self._held(at)
            self.held_since, self.held_seq = at, seq
        self.status, self.assignee = status, assignee

    def _held(self, until: int | None) -> None:
        if self.status in BACKLOG:
            self.facts.append(Fact("backlog", self.held_since, self.held_seq, self.assignee, label=self.status, until=until))

    def result(self) -> tuple[Fact, ...]:
        self._held(None)
        if self.rated is not None:
            self.facts.append(self.rated)
        if self.solves:
            self._add_solves()
        return tuple(self.facts)

    def _add_solves(self) -> None:
        first, last = self.solves[0], self.ticket.solve
        assert last is not None  # whoever was ever solved has a last solve
        # A history may say twice in a row that it was solved; the last word counts, but it is no second solve.
        if len(self.solves) == 1 and last.at == first.at:
            self.facts.append(self._solved("only", first.at, self.last_solve_seq, last.agent))
            return
        self.facts.append(Fact("solved", first.at, first.seq, first.agent, "first", seconds_between(first.since, first.at)))
        for each in self.solves[1:]:
            self.facts.append(Fact("solved", each.at, each.seq, each.agent, "again", seconds_between(each.since, each.at)))
        self.facts.append(self._solved("last", last.at, self.last_solve_seq, last.agent))

    def _solved(self, label: SolveLabel, at: int, seq: int, agent: str | None) -> Fact:
        created = self.ticket.created_at
        open_seconds = sum(seconds_between(start, end) for start, end in open_stretches(self.ticket.opened, at))
        return Fact("solved", at, seq, agent, label, seconds_between(created, at), open_seconds, self.worked(created, at))


def open_stretches(opened: Sequence[Interval], until: int) -> list[tuple[int, int]]:
    """List the stretches in which a ticket was open, up to an instant."""
    return [(each.start, until if each.end is None else min(each.end, until)) for each in opened if each.start < until]


_STEPS: dict[type[Any], Callable[[_Pass, int, Any], None]] = {
    Created: _Pass.creation,
    Messaged: _Pass.message,
    Assigned: _Pass.assignment,
    Unassigned: _Pass.assignment,
    StatusChanged: _Pass.status_change,
    Rated: _Pass.rating,
}
