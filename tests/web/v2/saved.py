"""Saved tickets for tests of the import, in the form of live answers: one that is whole, others with what a test cares about."""

import json
from collections.abc import Iterator
from typing import Any

from deskline.domain.histories import History
from deskline.web.v2.history import decode, read_history
from deskline.web.v2.wire import show_ticket

Json = dict[str, Any]

JANE = {"id": "jane@co.com", "name": "Jane"}
MARY = {"id": "mary@x.com", "name": "Mary", "type": "client"}
GENERAL = {"id": 0, "name": "General", "inherited": True}

# The shape of a live answer, whole: a chat that became a ticket, was answered, solved and rated.
GOLDEN: Json = {
    "assignee": JANE,
    "events": [
        {
            "author": MARY,
            "date": "2019-03-11T10:00:00Z",
            "is_private": False,
            "message": "Hi",
            "type": "message",
            "source": {"url": "https://co.com/p", "type": "chat-window"},
        },
        {
            "date": "2019-03-11T11:00:00Z",
            "is_private": False,
            "source": {"type": "lc2"},
            "message": "Hello",
            "type": "message",
            "author": {"type": "agent", "name": "Jane", "id": "jane@co.com"},
        },
        {"date": "2019-03-11T11:00:00Z", "to": JANE, "type": "assignee_changed", "author": JANE},
        {"date": "2019-03-11T11:00:00Z", "current": "solved", "previous": "open", "type": "status_changed", "author": JANE},
        {"date": "2019-03-12T11:00:10Z", "type": "rating_offer_sent"},
        {"date": "2019-03-12T12:00:00Z", "current": "good", "type": "rated", "author": MARY},
    ],
    "id": "5FUED",
    "requester": {"mail": "mary@x.com", "name": "Mary", "utc_offset": "America/Santiago", "ip": "203.0.113.7"},
    "groups": [GENERAL],
    "status": "solved",
    "subject": "A question",
    "modified": "2019-03-12T12:00:00Z",
    "source": {"type": "chat-window", "url": "https://co.com/p"},
    "opened": [{"from": "2019-03-11T10:00:00Z", "to": "2019-03-11T11:00:00Z"}],
    "resolutionDate": "2019-03-11T11:00:00Z",
    "firstResponse": {"agent": "jane@co.com", "date": "2019-03-11T11:00:00Z"},
    "ccs": [],
    "tags": [],
    "rate": "rated_good",
    "date": "2019-03-11T10:00:00Z",
    "currentGroup": GENERAL,
}


def at(seconds: int) -> str:
    """Spell an instant of the morning of a saved ticket, in seconds since ten o'clock."""
    hours, rest = divmod(seconds, 3600)
    return f"2019-03-11T{10 + hours:02}:{rest // 60:02}:{rest % 60:02}Z"


def a_message(seconds: int = 0, author: Json | None = None, **overrides: Any) -> Json:
    """A message, of the client if nobody else is named."""
    return {"type": "message", "date": at(seconds), "author": author or MARY, "message": "Hi", "is_private": False} | overrides


def a_status(seconds: int, previous: str, current: str, author: Json | None = None) -> Json:
    """A change of the status, automatic if nobody is named."""
    change: Json = {"type": "status_changed", "date": at(seconds), "previous": previous, "current": current}
    return change | ({"author": author} if author else {})


def saved(*events: Json, **overrides: Any) -> Json:
    """A ticket of these events (a message, if none are named) that tells what it must and nothing else. A key that is None is left out."""
    told: Json = {
        "id": "5FUED",
        "requester": {"mail": "mary@x.com", "name": "Mary"},
        "source": {"type": "mail"},
        "subject": "A question",
        "groups": [GENERAL],
        "events": list(events or [a_message()]),
    }
    return {name: value for name, value in (told | overrides).items() if value is not None}


def told(ticket: Json) -> History:
    """Read a saved ticket as from a file."""
    return read_history(decode(json.dumps(ticket).encode()))


def shown(history: History) -> Json:
    """Show it again."""
    ticket: Json = json.loads(show_ticket(history.ticket, history.events))
    return ticket


def many(count: int, *, words: int = 2) -> Iterator[Json]:
    """So many tickets, each of its own client, with messages of so many words."""
    for number in range(count):
        client = {"id": f"client{number}@x.com", "name": f"Client {number}", "type": "client"}
        ticket: Json = json.loads(json.dumps(GOLDEN).replace("2019-03-11T10", f"2019-03-{number % 10 + 1:02}T0{number % 9}"))
        for event in ticket["events"]:
            if event.get("author", {}).get("type") == "client":
                event["author"] = client
            if event["type"] == "message":
                event["message"] = " ".join(f"word{(number * 7 + each) % 997}" for each in range(words))
        tags = ["vip", "late", "lost"][: number % 4]
        groups = [GENERAL] if number % 3 else [{"id": number % 7, "name": f"Group {number % 7}", "inherited": False}]
        ticket |= {"id": f"{number:06X}", "requester": {"mail": client["id"], "name": client["name"]}, "tags": tags}
        yield ticket | {"groups": groups, "currentGroup": groups[0], "subject": f"Question {number}"}
