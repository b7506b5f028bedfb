"""Promise R19 in pure values: facts, slots and rows against the recount, over random lives of tickets in random zones.

The whole server is held against the same recount elsewhere.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from deskline.domain import calendar, reports
from deskline.domain.events import (
    AnyEvent,
    Assigned,
    Created,
    Messaged,
    Person,
    Rate,
    Rated,
    Requester,
    Source,
    Status,
    StatusChanged,
    TicketGroup,
    Unassigned,
)
from deskline.domain.facts import Fact, facts
from deskline.domain.sums import SUMS
from deskline.domain.timelines import Ticket, fold
from tests.domain.oracle import Json, recount
from tests.domain.test_calendar import ODD_DAYS

AGENTS = [Person("jane@co.com", "Jane"), Person("bo@co.com", "Bo")]
CLIENT = Person("mary@x.com", "Mary", "client")
STATUSES: list[Status] = ["open", "pending", "solved", "solved", "spam"]
RATES: list[Rate] = ["good", "bad"]
SOURCES = ["chat-window", "mail", "lc2", "facebook"]
TAGS = ["vip", "late", "VIP"]

DATES = st.sampled_from(sorted({day for _, day in ODD_DAYS}))
ZONES = st.sampled_from(sorted({name for name, _ in ODD_DAYS}))
AUTHORS = st.sampled_from([CLIENT, *AGENTS])
BY = st.none() | st.sampled_from(AGENTS)
# Between two events: nothing, less than a second, up to two days.
PAUSES = st.just(0) | st.integers(0, 1_500) | st.integers(0, 2 * 86_400_000)
Told = tuple[Ticket, Sequence[AnyEvent]]
Life = tuple[Told, Json]


def shown_at(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shown_person(person: Person) -> Json:
    return {"id": person.id, "name": person.name}


def shown_event(event: AnyEvent) -> Json:
    shown: Json = {"date": shown_at(event.at)}
    match event:
        case Messaged(author=author, private=private):
            return shown | {"type": "message", "author": shown_person(author) | {"type": author.kind}, "is_private": private}
        case Assigned(to=to):
            return shown | {"type": "assignee_changed", "to": shown_person(to)}
        case Unassigned():
            return shown | {"type": "assignee_removed"}
        case StatusChanged(current=current, by=by):
            return shown | {"type": "status_changed", "current": current} | ({"author": shown_person(by)} if by else {})
        case Rated(rate=rate):
            return shown | {"type": "rated", "current": rate}
    raise AssertionError(f"not on the wire: {event}")


@st.composite
def further_events(draw: st.DrawFn, at: int, kinds: Sequence[str]) -> list[AnyEvent]:
    events: list[AnyEvent] = []
    status: Status = "open"
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=8)):
        at += draw(PAUSES)
        match kind:
            case "message":
                events.append(Messaged(at=at, author=draw(AUTHORS), text="Hi", private=draw(st.booleans())))
            case "assign":
                events.append(Assigned(at=at, to=draw(st.sampled_from(AGENTS))))
            case "unassign":
                events.append(Unassigned(at=at))
            case "status":
                previous, status = status, draw(st.sampled_from(STATUSES))
                events.append(StatusChanged(at=at, previous=previous, current=status, by=draw(BY)))
            case "rate":
                events.append(Rated(at=at, rate=draw(st.sampled_from(RATES)), by=CLIENT))
    return events


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """A ticket with a random life around one of the odd days, as the program keeps it and as the wire shows it."""
    day = draw(DATES)
    at = calendar.local_seconds(day) * 1000 + draw(st.integers(-36 * 3_600_000, 60 * 3_600_000))
    opening = Messaged(at=at, author=draw(AUTHORS), text="Hi")
    kinds = ["message", "assign", "unassign", "status", "rate"]
    events = [opening, *draw(further_events(at, kinds))]
    groups = draw(st.lists(st.integers(0, 2), min_size=1, max_size=2, unique=True))
    tags = draw(st.lists(st.sampled_from(TAGS), max_size=2, unique=True))
    changed = any(isinstance(event, Assigned | Unassigned) for event in events)
    born_with = None if changed else draw(BY)
    source = draw(st.sampled_from(SOURCES))
    born = Created(
        at=at,
        requester=Requester("mary@x.com"),
        source=Source(source),
        subject="Hi",
        groups=tuple(TicketGroup(group, "") for group in groups),
        tags=tuple(tags),
        assignee=born_with,
    )
    ticket = fold("5FUED", [born, *events])
    shown: Json = {
        "date": shown_at(at),
        "status": ticket.status,
        "source": {"type": source},
        "groups": [{"id": group, "name": ""} for group in groups],
        "tags": tags,
        "events": [shown_event(event) for event in events],
    }
    return (ticket, (born, *events)), shown | ({"assignee": shown_person(ticket.assignee)} if ticket.assignee else {})


@st.composite
def queries(draw: st.DrawFn) -> dict[str, Any]:
    first = draw(DATES) + timedelta(days=draw(st.integers(-2, 2)))
    last = first + timedelta(days=draw(st.integers(0, 3) | st.integers(0, 400)))
    options: dict[str, st.SearchStrategy[Any]] = {
        "date_from": st.just(first.isoformat()),
        "date_to": st.just(last.isoformat()),
        "timezone": ZONES,
        "group_by": st.sampled_from(["hour", "day", "week", "month", "quarter", "year", "weekday_hour"]),
        "group": st.integers(0, 3),
        "tags": st.lists(st.sampled_from([*TAGS, "other"]), max_size=2),
        "agent": st.sampled_from([*(agent.id for agent in AGENTS), "other"]),
        "definition": st.sampled_from(reports.DEFINITIONS),
    }
    return {name: draw(option) for name, option in options.items() if name.startswith("date_") or draw(st.booleans())}


def sums(report: reports.Report, found: Sequence[Fact]) -> tuple[int, ...]:
    """What storage answers for the facts of one interval."""
    return tuple(sum(SUMS[name].amount(fact) for fact in found if SUMS[name].has(fact)) for name in report.sums)


SHOWN: dict[str, Callable[[Any], Json]] = {
    "new_tickets": lambda values: {"new_tickets": values.tickets},
    "first_response_time": lambda values: {"count": values.count, "hours": values.hours},
    "solved_tickets": lambda values: {"solved_tickets": values.tickets},
    "resolution_time": lambda values: {"count": values.count, "hours": values.hours},
    "ticket_sources": lambda values: {
        "tickets_from_chat_window": values.chat_window,
        "tickets_from_mail": values.mail,
        "tickets_from_chat": values.chat,
    },
    "ratings": lambda values: {"bad": values.bad, "good": values.good},
}


def wanted_facts(report: reports.Report, tickets: Sequence[Told], query: dict[str, Any]) -> list[Fact]:
    """The facts that the filters leave, by time."""
    group, tags = query.get("group"), query.get("tags")
    chosen = [
        fact
        for ticket, events in tickets
        if group is None or group in [each.id for each in ticket.groups]
        if not tags or set(tags) & set(ticket.tags)
        for fact in facts(ticket, events)
        if any(SUMS[name].has(fact) for name in report.sums)
        if not (report.by_agent and "agent" in query) or fact.agent == query["agent"]
    ]
    return sorted(chosen, key=lambda fact: fact.at)


def within(found: Sequence[Fact], start: int, end: int) -> Sequence[Fact]:
    borders = [bisect_left(found, border, key=lambda fact: fact.at) for border in (start, end)]
    return found[borders[0] : borders[1]]


def answer(report: reports.Report, tickets: Sequence[Told], query: dict[str, Any]) -> Json:
    """A report as the program makes it, but for SQL and the wire."""
    zone = ZoneInfo(query.get("timezone", "Europe/Warsaw"))
    first, last = date.fromisoformat(query["date_from"]), date.fromisoformat(query["date_to"])
    found = wanted_facts(report, tickets, query)
    layout = reports.slots(first, last, query.get("group_by"), zone)
    rows = reports.rows(report, layout, [sums(report, within(found, *interval)) for interval in layout.intervals])
    borders = [{"begin": str(slot.begin), "end": str(slot.last)} if slot.begin else {} for slot, _ in rows]
    return {slot.key: shown | SHOWN[report.name](values) for shown, (slot, values) in zip(borders, rows, strict=True)}


def ranking(tickets: Sequence[Told], query: dict[str, Any]) -> Json:
    first, last = date.fromisoformat(query["date_from"]), date.fromisoformat(query["date_to"])
    found = wanted_facts(reports.RANKING, tickets, query)
    spans = calendar.whole(first, last, ZoneInfo("Europe/Warsaw"))
    rated = [fact for _, start, end in spans for fact in within(found, start, end)]
    ranked = reports.rank((fact.agent, fact.label == "good", fact.label == "bad") for fact in rated if fact.agent)
    return {"ranking": [{"good": r.good, "bad": r.bad, "total": r.total, "score": r.score, "name": r.name} for r in ranked]}


@given(st.lists(lives(), max_size=6), queries())
def test_every_report_is_what_a_recount_of_the_timelines_gives(accounts_tickets: list[Life], query: dict[str, Any]) -> None:
    tickets, shown = [ticket for ticket, _ in accounts_tickets], [json for _, json in accounts_tickets]
    for name in SHOWN:
        report = next(each for each in vars(reports).values() if isinstance(each, reports.Report) and each.name == name)
        report = report.defined(query.get("definition", "livechat"))
        expected = recount(name, shown, query, account_zone="Europe/Warsaw", now="2024-06-01T00:00:00Z")
        assert answer(report, tickets, query) == expected
    expected = recount("ratings/ranking", shown, query, account_zone="Europe/Warsaw", now="2024-06-01T00:00:00Z")
    assert ranking(tickets, query) == expected


def test_who_opened_a_ticket_has_not_replied_to_it() -> None:
    born = Created(at=0, requester=Requester("mary@x.com"), source=Source("mail"), subject="Hi", groups=())
    opening = Messaged(at=0, author=AGENTS[0], text="Hi")
    events: list[AnyEvent] = [born, opening, Rated(at=1_000, rate="good", by=CLIENT)]
    assert facts(fold("5FUED", events), events)[-1].agent is None
