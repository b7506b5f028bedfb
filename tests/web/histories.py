"""Random lives of tickets as the original API would have had them saved, and random questions to the reports. No word of the program.

What a saved ticket tells beside its events (status, intervals, last solve …) is worked out here by the plain rules of the protocol.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.domain.oracle import Json

# Where and when clocks did something odd, with offsets of half and quarter hours among them.
ODD = [
    ("Europe/Warsaw", date(2023, 3, 26)),
    ("Europe/Warsaw", date(2023, 10, 29)),
    ("Asia/Kolkata", date(2024, 2, 29)),
    ("Asia/Kathmandu", date(1986, 1, 1)),
    ("Australia/Lord_Howe", date(2024, 4, 7)),
    ("Australia/Lord_Howe", date(2024, 10, 6)),
    ("Australia/Adelaide", date(2023, 4, 2)),
    ("America/St_Johns", date(1988, 10, 30)),
    ("America/St_Johns", date(2010, 11, 7)),
    ("America/St_Johns", date(2024, 3, 10)),
    ("Asia/Tehran", date(2022, 9, 22)),
    ("Asia/Gaza", date(2014, 10, 24)),
    ("Antarctica/Casey", date(2010, 3, 5)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Pacific/Chatham", date(2024, 9, 29)),
    ("Pacific/Marquesas", date(2020, 1, 1)),
    ("Pacific/Kiritimati", date(1994, 12, 31)),
    ("Africa/Monrovia", date(1972, 1, 7)),
    ("America/Havana", date(2023, 11, 5)),
    ("Asia/Beirut", date(2022, 10, 30)),
    ("America/Sao_Paulo", date(2018, 2, 18)),
    ("UTC", date(2024, 12, 31)),
]
# Two logins that differ in case, one that is no ASCII, one that sorts before them all.
AGENTS = [
    {"id": "jane@co.com", "name": "Jane"},
    {"id": "Jane@co.com", "name": "Jane II"},
    {"id": "żółw@co.com", "name": "Żółw"},
    {"id": "AL@co.com", "name": "Al"},
]
CLIENT = {"id": "mary@x.com", "name": "Mary", "type": "client"}
GROUPS: list[Json] = [
    {"id": 0, "name": "General", "inherited": True},
    *({"id": n, "name": f"Group {n}", "inherited": False} for n in (1, 2, 77)),
]
TAGS = ["vip", "VIP", "late", "a b", "c&d=e", "ż"]
SOURCES = ["chat-window", "mail", "lc2", "facebook", "agent-app-manual"]
# What a file may leave out, since the timeline tells it.
DERIVED = ["opened", "resolutionDate", "firstResponse", "rate", "modified", "currentGroup", "ccs", "status"]
QUARTER = 900
DAY = 86_400


@dataclass(frozen=True)
class History:
    """One account's saved tickets: in whole and ISO dates for a recount (`tickets`), and the texts of the files that tell them.

    `days` are those on which something happened, `zones` those in which that is odd.
    """

    zone: str
    zones: tuple[str, ...]
    days: tuple[date, ...]
    tickets: tuple[Json, ...]
    files: tuple[str, ...]


def shown_at(at: int) -> str:
    """Spell unix seconds as the wire does."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Life:
    """A ticket being lived. Instants are unix seconds until it is shown."""

    draw: st.DrawFn
    born_at: int
    at: int
    assignee: Json | None
    status: str = "open"
    events: list[Json] = field(default_factory=list)
    opened: list[list[int]] = field(default_factory=list)

    def agent(self) -> Json:
        """Somebody who works there."""
        return dict(self.draw(st.sampled_from(AGENTS)))

    def add(self, type: str, **fields: Any) -> None:
        """Let something happen now."""
        self.events.append({"date": self.at, "type": type, **fields})

    def say(self, author: Json, *, private: bool = False) -> None:
        """Let somebody write."""
        self.add("message", author=author, is_private=private, message="Hi", source={"type": "mail"})

    def change(self, status: str, author: Json | None = None) -> None:
        """Change the status."""
        if status != self.status:
            self.add("status_changed", current=status, previous=self.status, **({"author": author} if author else {}))
            if self.status == "open":
                self.opened[-1].append(self.at)
            if status == "open":
                self.opened.append([self.at])
            self.status = status

    def assign(self, to: Json | None, author: Json) -> None:
        """Change the assignee."""
        if to is None and self.assignee is not None:
            self.add("assignee_removed", author=author | {"type": "agent"})
        elif to is not None:
            self.add("assignee_changed", to=to, author=author)
        self.assignee = to


def a_client_writes(life: Life) -> None:
    life.say(CLIENT)
    if life.status in {"pending", "solved"}:
        life.change("open")


def an_agent_replies(life: Life) -> None:
    agent = life.agent()
    life.say(agent | {"type": "agent"})
    # Once unassigned stays so: see `saved_tickets` on timelines without a change of the assignee.
    if life.assignee is None and life.draw(st.booleans()):
        life.assign(agent, agent)


def an_agent_notes(life: Life) -> None:
    life.say(life.agent() | {"type": "agent"}, private=True)


def an_agent_solves(life: Life) -> None:
    agent = life.agent()
    if life.assignee is None and life.draw(st.booleans()):
        life.assign(agent, agent)
    life.change("solved", agent)


def time_solves(life: Life) -> None:
    life.change("pending", life.agent())
    life.at += life.draw(st.sampled_from([0, 1, DAY]))
    life.add("follow_up_sent")
    life.change("solved")


def an_agent_changes_the_status(life: Life) -> None:
    life.change(life.draw(st.sampled_from(["open", "pending", "solved", "spam"])), life.agent())


def an_agent_assigns(life: Life) -> None:
    life.assign(life.agent(), life.agent())


def an_agent_unassigns(life: Life) -> None:
    life.assign(None, life.agent())


def the_client_rates(life: Life) -> None:
    if life.draw(st.booleans()):
        life.add("rating_offer_sent")
    life.add("rated", current=life.draw(st.sampled_from(["good", "bad"])), author=CLIENT)


def something_unknown_happens(life: Life) -> None:
    life.add("subject_changed", subject="Other", current="solved")


STEPS: list[Callable[[Life], None]] = [
    a_client_writes,
    an_agent_replies,
    an_agent_notes,
    an_agent_solves,
    time_solves,
    an_agent_changes_the_status,
    an_agent_assigns,
    an_agent_unassigns,
    the_client_rates,
    the_client_rates,
    something_unknown_happens,
]
# Seconds between two steps: none, few, days; or up to a border between two quarters of an hour, or to the second before it.
PAUSES = st.sampled_from([0, 0, 1, 17, 18, 54, 3_599]) | st.integers(0, 2 * DAY)
TO_A_BORDER = st.sampled_from([None, None, None, 0, 1])


def at_a_border(at: int, before: int | None) -> int:
    """Move an instant to the next border, or `before` seconds less."""
    return at if before is None else -(-(at + 1) // QUARTER) * QUARTER - before


@st.composite
def saved_tickets(draw: st.DrawFn, ticket_id: str, days: Sequence[date]) -> Json:
    """A whole saved ticket with a random life around one of the days."""
    midnight = (draw(st.sampled_from(days)) - date(1970, 1, 1)).days * DAY
    at = at_a_border(midnight + draw(st.integers(-38 * 3_600, 38 * 3_600)), draw(TO_A_BORDER))
    happens = draw(st.lists(st.sampled_from(STEPS), max_size=9))
    # A timeline that shows no change of the assignee is all that tells of one who was there from the beginning.
    is_settled = not {an_agent_assigns, an_agent_unassigns, an_agent_replies, an_agent_solves} & set(happens)
    life = Life(draw, at, at, draw(st.none() | st.sampled_from(AGENTS)) if is_settled else None, opened=[[at]])
    life.say(draw(st.sampled_from([CLIENT, CLIENT, CLIENT, AGENTS[0] | {"type": "agent"}])))
    for step in happens:
        life.at = at_a_border(life.at + draw(PAUSES), draw(TO_A_BORDER))
        step(life)
    return _shown(life, ticket_id)


def _shown(life: Life, ticket_id: str) -> Json:
    draw = life.draw
    groups = draw(st.lists(st.sampled_from(GROUPS), min_size=1, max_size=2, unique_by=lambda group: group["id"]))
    solves = [event["date"] for event in life.events if event["type"] == "status_changed" and event["current"] == "solved"]
    ratings = [event["current"] for event in life.events if event["type"] == "rated"]
    later = [e for e in life.events[1:] if e["type"] == "message" and e["author"]["type"] == "agent" and not e["is_private"]]
    shown: Json = {
        "events": [event | {"date": shown_at(event["date"])} for event in life.events],
        "id": ticket_id,
        "requester": {"mail": CLIENT["id"], "name": CLIENT["name"]},
        "groups": groups,
        "status": life.status,
        "subject": "Hi",
        "modified": shown_at(life.at + draw(st.sampled_from([0, 0, 5, 3_600]))),
        "source": {"type": draw(st.sampled_from(SOURCES))},
        "opened": [dict(zip(("from", "to"), map(shown_at, interval), strict=False)) for interval in life.opened],
        "firstResponse": {"agent": later[0]["author"]["id"], "date": shown_at(later[0]["date"])} if later else {},
        "ccs": [],
        "tags": draw(st.lists(st.sampled_from(TAGS), max_size=3, unique=True)),
        "rate": f"rated_{ratings[-1]}" if ratings else "not_rated",
        "date": shown_at(life.born_at),
        "currentGroup": groups[0],
    }
    if solves and life.status != "spam":
        shown["resolutionDate"] = shown_at(solves[-1])
    return shown | ({"assignee": life.assignee} if life.assignee else {})


@st.composite
def histories(draw: st.DrawFn, *, most: int = 8) -> History:
    """An account's history around one or two odd days, in files of any form."""
    focus = draw(st.lists(st.sampled_from(ODD), min_size=1, max_size=2))
    days = [day for _, day in focus]
    count = draw(st.sampled_from([most, most, most // 2, 2, 0]))
    tickets = [draw(saved_tickets(f"{number:05}", days)) for number in range(count)]
    zones = [zone for zone, _ in focus]
    happened = {date.fromisoformat(event["date"][:10]) for ticket in tickets for event in ticket["events"]}
    zone = draw(st.sampled_from([*zones, *(zone for zone, _ in ODD)]))
    return History(zone, tuple(zones), tuple(sorted(happened)) or tuple(days), tuple(tickets), tuple(_files(draw, tickets)))


def _files(draw: st.DrawFn, tickets: Sequence[Json]) -> list[str]:
    """Tell the tickets in one or two files: pages, single tickets or one ticket a line, in the live or the documented form."""
    left_out = draw(st.sets(st.sampled_from(DERIVED)))
    is_documented = draw(st.booleans())
    told = [{name: value for name, value in ticket.items() if name not in left_out} for ticket in tickets]
    told = [documented(ticket) for ticket in told] if is_documented else told
    by_line: bool = draw(st.booleans())
    if told and by_line:  # an empty file is refused
        return ["\n".join(json.dumps(ticket, ensure_ascii=False) for ticket in told) + "\n"]
    cut = draw(st.integers(0, len(told)))
    pages = [{"pages": 2, "total": len(told), "tickets": part} for part in (told[:cut], told[cut:])]
    return [json.dumps(page, indent=draw(st.sampled_from([None, 2]))) for page in pages]


def documented(ticket: Json) -> Json:
    """Turn a ticket into the form of the documentation's samples: dates in unix seconds, groups as ids."""

    def seconds(shown: Json) -> Json:
        dates = {name: shown.get(name) for name in ("date", "modified", "resolutionDate", "from", "to")}  # `to` may be a person
        return shown | {name: int(datetime.fromisoformat(at).timestamp()) for name, at in dates.items() if isinstance(at, str)}

    turned = seconds(ticket) | {"groups": [group["id"] for group in ticket["groups"]], "events": [seconds(e) for e in ticket["events"]]}
    if "currentGroup" in ticket:
        turned["currentGroup"] = ticket["currentGroup"]["id"]
    if "opened" in ticket:
        turned["opened"] = [seconds(interval) for interval in ticket["opened"]]
    if ticket.get("firstResponse"):
        turned["firstResponse"] = seconds(ticket["firstResponse"])
    return turned


@st.composite
def queries(draw: st.DrawFn, zones: Sequence[str], days: Sequence[date], agents: Sequence[str], *, open_ends: int = 1) -> Json:
    """A question to a report, around one of the days and about one of the agents; `tags` is a list.

    Of twenty questions, `open_ends` have no first day and as many no last day.
    """
    first = draw(st.sampled_from(days)) + timedelta(days=draw(st.sampled_from([0, 0, -1, 1, -2])))
    last = first + timedelta(days=draw(st.sampled_from([0, 0, 0, 1, 1, 2, 3, 10, 40, 400])))
    group, agent = st.sampled_from([0, 1, 2, 77, 5]), st.sampled_from([*agents, *agents, "JANE@CO.COM"])
    options: dict[str, tuple[int, st.SearchStrategy[Any]]] = {
        "date_from": (20 - open_ends, st.just(first.isoformat())),
        "date_to": (20 - open_ends, st.just(last.isoformat())),
        "timezone": (14, st.sampled_from([*zones, *(zone for zone, _ in ODD)])),
        "group_by": (10, st.sampled_from(["hour", "day", "month"])),
        "group": (5, group | st.lists(group, min_size=1, max_size=3)),
        "tags": (5, st.lists(st.sampled_from([*TAGS, "other", "Vip"]), min_size=1, max_size=2)),
        "agent": (9, agent | st.lists(agent, min_size=1, max_size=3)),
        "definition": (12, st.sampled_from(["livechat", "every", "every", "first", "open", "business"])),
    }
    return {name: draw(option) for name, (twentieths, option) in options.items() if draw(st.integers(1, 20)) <= twentieths}
