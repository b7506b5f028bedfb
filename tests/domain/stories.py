"""Small histories of tickets as people tell them, a line an event, and what reports count of them, as people would note it. No assertions.

    Mon 09:00  created
    Mon 10:00  goes to ben
    Mon 10:30  ben answers
    Mon 11:00  ann solves

Days are those of the week from Monday, 4 March 2024, or dates. Times are those of a zone, or carry an offset: `02:30+01:00`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from deskline.domain.events import (
    AnyEvent,
    Assigned,
    Created,
    GroupsChanged,
    Messaged,
    Person,
    Rated,
    Requester,
    Source,
    Status,
    StatusChanged,
    TagsChanged,
    TicketGroup,
    Unassigned,
)
from deskline.domain.facts import Fact, facts
from deskline.domain.openings import measured, opened_by, part
from deskline.domain.reports import Definition, Report
from deskline.domain.sums import SUMS
from deskline.domain.timelines import Ticket, fold
from deskline.domain.working_hours import Calendars

MONDAY: Final = datetime(2024, 3, 4, tzinfo=UTC)
WEEK: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CLIENT: Final = Person("mary@x.com", "Mary", "client")
NOBODY: Final = "nobody"


@dataclass
class Story:
    """A ticket's history, as it goes."""

    zone: ZoneInfo
    status: Status = "open"
    events: list[AnyEvent] = field(default_factory=list)

    @property
    def ticket(self) -> Ticket:
        """The ticket that the history leads to."""
        return fold("5FUED", self.events)

    def facts(self, calendars: Calendars) -> tuple[Fact, ...]:
        """What reports count of it."""
        ticket = self.ticket
        return facts(ticket, self.events, calendars.measure(group.id for group in ticket.groups))

    def change(self, at: int, status: Status, by: Person | None) -> None:
        """Change the status."""
        self.events.append(StatusChanged(at=at, previous=self.status, current=status, by=by))
        self.status = status


def _person(name: str) -> Person:
    return CLIENT if name == "client" else Person(name, name.title())


def _create(story: Story, at: int, by: str) -> None:
    story.events.append(Created(at=at, requester=Requester("mary@x.com"), source=Source("mail"), subject="Hi", groups=()))
    story.events.append(Messaged(at=at, author=_person(by or "client"), text="Hi"))


def _status(story: Story, at: int, status: Status, who: str = "it") -> None:
    story.change(at, status, None if who == "it" else _person(who))


Step = Callable[..., None]
_STEPS: tuple[tuple[str, Step], ...] = (
    (r"created(?: by (\w+))?", _create),
    (r"(\w+) answers|(client) writes", lambda s, at, *who: s.events.append(Messaged(at=at, author=_person(who[0] or who[1]), text="Hi"))),
    (r"(\w+) notes", lambda s, at, who: s.events.append(Messaged(at=at, author=_person(who), text="Hi", private=True))),
    (r"(\w+) solves", lambda s, at, who: _status(s, at, "solved", who)),
    (r"(\w+) waits", lambda s, at, who: _status(s, at, "pending", who)),
    (r"(\w+) opens", lambda s, at, who: _status(s, at, "open", who)),
    (r"(\w+) calls it spam", lambda s, at, who: _status(s, at, "spam", who)),
    (r"goes to nobody", lambda s, at: s.events.append(Unassigned(at=at))),
    (r"goes to (\w+)", lambda s, at, who: s.events.append(Assigned(at=at, to=_person(who)))),
    (r"rated (good|bad)", lambda s, at, rate: s.events.append(Rated(at=at, rate=rate, by=CLIENT))),
    (r"tagged (\w+)", lambda s, at, tag: s.events.append(TagsChanged(at=at, tags=(tag,)))),
    (r"moves to group (\d+)", lambda s, at, group: s.events.append(GroupsChanged(at=at, groups=(TicketGroup(int(group), ""),)))),
)


def told(text: str, zone: str = "UTC") -> Story:
    """Read a history."""
    story = Story(ZoneInfo(zone))
    for line in filter(None, map(str.strip, text.splitlines())):
        day, time, what = line.split(maxsplit=2)
        at = _instant(day, time, story.zone)
        step, found = next((step, match) for pattern, step in _STEPS if (match := re.fullmatch(pattern, what)))
        step(story, at, *found.groups())
    return story


def _instant(day: str, time: str, zone: ZoneInfo) -> int:
    date = (MONDAY + timedelta(days=WEEK.index(day))).date().isoformat() if day in WEEK else day
    at = datetime.fromisoformat(f"{date}T{time}")
    return round((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp() * 1000)


def counted(story: Story, report: Report, definition: Definition = "livechat", calendars: Calendars | None = None) -> list[str]:
    """Note what a report counts of a ticket by a definition, by time: `Mon 11:00 ann 2:00:00`, or with a label for the time."""
    calendars = calendars or Calendars()
    by = opened_by(report, definition)
    found = [fact for fact in story.facts(calendars) if any(SUMS[name].has(fact) for name in by.sums)]
    added = measured(by)
    return [
        f"{_shown(fact.at, story.zone)} {fact.agent or NOBODY} {fact.label if added is None else _time(getattr(fact, added))}"
        for fact in sorted(found, key=lambda fact: (fact.at, fact.seq))
    ]


def left_out(story: Story, report: Report, definition: Definition, calendars: Calendars | None = None) -> list[str]:
    """Note the stretches that do not count, of all that a report counts of a ticket: `Tue 10:30 - Wed 09:30`."""
    calendars = calendars or Calendars()
    by = opened_by(report, definition)
    found = [fact for fact in story.facts(calendars) if any(SUMS[name].has(fact) for name in by.sums)]
    parts = [part(fact, measured(by), story.ticket, story.events, calendars) for fact in found]
    return [f"{_shown(start, story.zone)} - {_shown(end, story.zone)}" for each in parts for start, end in each.excluded]


def _shown(at: int, zone: ZoneInfo) -> str:
    local = datetime.fromtimestamp(at // 1000, UTC).astimezone(zone)
    days = (local.date() - MONDAY.date()).days
    day = WEEK[days] if 0 <= days < len(WEEK) else local.date().isoformat()
    return f"{day} {local:%H:%M:%S}".removesuffix(":00")


def _time(seconds: int | None) -> str:
    assert seconds is not None
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
