"""Whether a database file is whole: everything derived compared with what its timelines say, read through a connection of its own.

Nothing of the program's engine is used here but the schema, so that what it got wrong in writing it cannot get wrong in reading too.
"""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import msgspec

from deskline.domain.events import SILENT, AnyEvent, Messaged, RequesterChanged
from deskline.domain.facts import Fact, facts
from deskline.domain.timelines import Ticket, fold
from deskline.web.v2.wire import show_ticket

_decode = msgspec.json.Decoder(AnyEvent).decode
TABLES = (
    "ticket",
    "ticket_aside",
    "ticket_event",
    "ticket_group",
    "ticket_tag",
    "ticket_value",
    "fact",
    "rollup",
    "tag",
    "agent",
    "api_key",
    "personal_token",
    "kept_answer",
    "oauth_client",
    "oauth_code",
    "oauth_token",
    "account_group",
    "custom_field",
    "group_member",
)
Timelines = dict[str, tuple[AnyEvent, ...]]


def contradictions(path: Path) -> list[str]:
    """List what is wrong with a file: damaged pages, rows that are not what the timelines lead to, rows too many or too few."""
    with closing(apsw.Connection(str(path))) as connection:
        said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
        connection.execute("INSERT INTO search (search) VALUES ('integrity-check')")
        accounts = [row[0] for row in connection.execute("SELECT account_id FROM account")]
        found = [line for line in said if line != "ok"] + [line for account in accounts for line in of_account(connection, account)]
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        return found + [f"{table} has rows of nobody" for table, rows in STRAYS if table in tables and connection.execute(rows).get]


def of_account(connection: apsw.Connection, account_id: int) -> list[str]:
    """List what is wrong with the rows of an account."""
    timelines = read_timelines(connection, account_id)
    tickets = [fold(ticket_id, events) for ticket_id, events in timelines.items()]
    return list(_compared(connection, account_id, timelines, tickets))


def read_timelines(connection: apsw.Connection, account_id: int) -> Timelines:
    """Read every timeline of an account, by ticket."""
    found: Timelines = {}
    ids = {key: ticket_id for ticket_id, key in read_keys(connection, account_id).items()}
    rows = connection.execute("SELECT ticket_key, event FROM ticket_event WHERE account_id = ? ORDER BY ticket_key, seq", (account_id,))
    for key, event in rows:
        ticket_id = ids.get(key, f"of key {key}")
        found[ticket_id] = (*found.get(ticket_id, ()), _decode(event))
    return found


def read_keys(connection: apsw.Connection, account_id: int) -> dict[str, int]:
    """Read the key of every ticket of an account, by id."""
    found: dict[str, int] = {}
    for table in ("ticket", "ticket_aside") if _has_asides(connection) else ("ticket",):
        rows: Iterator[Any] = connection.execute(f"SELECT ticket_id, ticket_key FROM {table} WHERE account_id = ?", (account_id,))
        found |= dict(rows)
    return found


def _has_asides(connection: apsw.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'ticket_aside'").get is not None


def _compared(connection: apsw.Connection, account_id: int, timelines: Timelines, tickets: list[Ticket]) -> Iterator[str]:
    keys = {ticket.id: -1 for ticket in tickets} | read_keys(connection, account_id)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    counted = _counted(connection, account_id, tickets, keys)
    listed = [ticket for ticket in tickets if ticket.aside is None]
    for table, columns, expected in (
        ("ticket", TICKET, {_ticket(ticket, timelines[ticket.id]) for ticket in listed}),
        (
            "ticket_aside",
            "ticket_key, ticket_id, aside, created_at, modified_at, shown",
            {(keys[t.id], t.id, t.aside, t.created_at, t.modified_at, show_ticket(t, timelines[t.id])) for t in tickets if t.aside},
        ),
        ("ticket_event", "ticket_key, seq, at, silent", {row for name, events in timelines.items() for row in _events(keys[name], events)}),
        (
            "ticket_group",
            "group_id, ticket_key, ticket_id, last_message_at",
            {(g.id, keys[t.id], t.id, t.last_message_at) for t in listed for g in t.groups},
        ),
        (
            "ticket_tag",
            "tag, ticket_key, ticket_id, last_message_at",
            {(tag, keys[t.id], t.id, t.last_message_at) for t in listed for tag in t.tags},
        ),
        (
            "ticket_value",
            "value, ticket_key, ticket_id, last_message_at",
            {(f"{key}={_word(value)}", keys[t.id], t.id, t.last_message_at) for t in listed for key, value in t.custom_fields},
        ),
        (
            "fact",
            "kind, at, ticket_key, seq, agent, seconds, open_seconds, worked_seconds, until",
            {
                (_kind(f), f.at, keys[t.id], f.seq, f.agent, f.seconds, f.open_seconds, f.worked_seconds, f.until)
                for t in counted
                for f in facts(t, timelines[t.id])
            },
        ),
        ("rollup", f"scope, agent, level, slot, {', '.join(SUMS)}", recounted(counted, timelines)),
    ):
        if table not in tables or (table == "fact" and "rollup" not in tables):  # of an older schema
            continue
        but_zeros = f" AND ({' OR '.join(f'{column} <> 0' for column in SUMS)})" if table == "rollup" else ""
        rows = connection.execute(f"SELECT {columns} FROM {table} WHERE account_id = ?{but_zeros}", (account_id,)).fetchall()
        yield from (f"{table} has {row}, which follows from no timeline" for row in set(rows) - expected)
        yield from (f"{table} lacks {row}" for row in expected - set(rows))
        if len(rows) != len(set(rows)):
            yield f"{table} has a row twice"
    yield from _keys(connection, account_id)
    yield from _search(connection, account_id, timelines, counted)


def _word(value: object) -> str:
    return {"True": "true", "False": "false"}.get(str(value), str(value))


def _counted(connection: apsw.Connection, account_id: int, tickets: list[Ticket], keys: dict[str, int]) -> list[Ticket]:
    """Those that reports know: all of them, but in the midst of an upgrade those up to where that has come."""
    if "recounted_to" not in {row[1] for row in connection.execute("PRAGMA table_info(account)")}:
        return tickets
    place = connection.execute("SELECT recounted_to FROM account WHERE account_id = ?", (account_id,)).get
    return tickets if place is None else [ticket for ticket in tickets if keys[ticket.id] <= place]


NOBODYS_WORDS = (
    "SELECT 1 FROM search_docsize WHERE id NOT IN (SELECT ticket_key FROM ticket) AND id NOT IN (SELECT ticket_key FROM ticket_aside)"
)
STRAYS = (
    *((table, f"SELECT 1 FROM {table} WHERE account_id NOT IN (SELECT account_id FROM account)") for table in TABLES),
    ("ticket_aside", NOBODYS_WORDS),
)
TICKET = (
    "ticket_id, created_at, modified_at, last_activity_at, last_message_at, status, source, source_id, assignee, requester, tag_count,"
    " events, shown"
)


def _ticket(ticket: Ticket, events: tuple[AnyEvent, ...]) -> tuple[Any, ...]:
    return (
        ticket.id,
        ticket.created_at,
        ticket.modified_at,
        ticket.last_activity_at,
        ticket.last_message_at,
        ticket.status,
        ticket.source.type,
        ticket.source.id or None,
        ticket.assignee.id if ticket.assignee else None,
        ticket.requester.mail.lower(),
        len(set(ticket.tags)),
        len(events),
        show_ticket(ticket, events),
    )


KINDS = {
    ("created", "chat-window"): 1,
    ("created", "mail"): 2,
    ("created", "lc2"): 3,
    ("responded", ""): 5,
    ("solved", "only"): 6,
    ("rated", "bad"): 7,
    ("rated", "good"): 8,
    ("solved", "first"): 9,
    ("solved", "again"): 10,
    ("solved", "last"): 11,
    ("answered", ""): 12,
    ("messaged", ""): 13,
    ("noted", ""): 14,
    ("reopened", ""): 15,
    ("backlog", "open"): 16,
    ("backlog", "pending"): 17,
}
SUMS = {
    "created": (1, 2, 3, 4),
    "chat_window": (1,),
    "mail": (2,),
    "chat": (3,),
    "responded": (5,),
    "answered": (12,),
    "messages": (5, 12, 13),
    "notes": (14,),
    "solved": (6, 11),
    "first_solved": (6, 9),
    "every_solved": (6, 9, 10),
    "reopened": (15,),
    "bad": (7,),
    "good": (8,),
    "entered_open": (16,),
    "entered_pending": (17,),
    "left_open": (16,),
    "left_pending": (17,),
    "responded_seconds": (5,),
    "answered_seconds": (12,),
    "solved_seconds": (6, 11),
    "first_solved_seconds": (6, 9),
    "every_solved_seconds": (6, 9, 10),
    "responded_worked": (5,),
    "answered_worked": (12,),
    "solved_worked": (6, 11),
    "solved_open": (6, 11),
}
"""Every column of roll-ups, and the kinds of facts that it sums."""


def _kind(fact: Fact) -> int:
    return 4 if fact.kind == "created" and ("created", fact.label) not in KINDS else KINDS[fact.kind, fact.label or ""]


def _amount(column: str, fact: Fact) -> int:
    for ending, amount in (("_seconds", fact.seconds), ("_worked", fact.worked_seconds), ("_open", fact.open_seconds)):
        if column.endswith(ending) and not column.startswith(("left", "entered")):
            return amount or 0
    return 1


def recounted(tickets: Iterable[Ticket], timelines: Timelines) -> set[tuple[Any, ...]]:
    """Sum the facts of tickets as the schema says: in quarters of an hour, hours and days of UTC, in every scope."""
    cells: dict[tuple[Any, ...], Counter[str]] = {}
    for ticket in tickets:
        scopes = {"", *(f"g:{group.id}" for group in ticket.groups), *(f"t:{tag}" for tag in ticket.tags)}
        for fact in facts(ticket, timelines[ticket.id]):
            places = {(scope, "") for scope in scopes}
            if fact.agent is not None:
                places |= {(scope, f"a:{fact.agent}") for scope in scopes if scope == "" or fact.kind == "rated"}
            for column, kinds in SUMS.items():
                at = fact.until if column.startswith("left") else fact.at
                if _kind(fact) in kinds and at is not None:
                    for level, minutes in enumerate((15, 60, 24 * 60)):
                        for place in places:
                            cell = cells.setdefault((*place, level, at // (minutes * 60_000)), Counter())
                            cell[column] += _amount(column, fact)
    return {(*cell, *(counted[column] for column in SUMS)) for cell, counted in cells.items()}


def _events(key: int, events: tuple[AnyEvent, ...]) -> Iterator[tuple[Any, ...]]:
    return ((key, seq, event.at, (type(event) in SILENT) + (type(event) is RequesterChanged)) for seq, event in enumerate(events))


def _keys(connection: apsw.Connection, account_id: int) -> Iterator[str]:
    """Keys of rows lie in their account's range and follow one another without a gap."""
    for table, key in (("ticket", "ticket_key"), ("ticket_event", "event_key")):
        keys = [row[0] for row in connection.execute(f"SELECT {key} FROM {table} WHERE account_id = ? ORDER BY 1", (account_id,))]
        if table == "ticket":
            keys = sorted(read_keys(connection, account_id).values())
        if keys != [*range((account_id << 40) + 1, (account_id << 40) + 1 + len(keys))]:
            yield f"{table} has keys that do not follow one another"


def _search(connection: apsw.Connection, account_id: int, timelines: Timelines, tickets: list[Ticket]) -> Iterator[str]:
    """Each word is found in the tickets that hold it and in no other. Older schemas split texts in another way."""
    if not connection.execute("SELECT 1 FROM pragma_table_info('search') WHERE name = 'notes'").fetchall():
        return
    keys = read_keys(connection, account_id)
    within = (account_id << 40, (account_id + 1) << 40)
    held: dict[tuple[str, str], set[int]] = {}
    for ticket in tickets:
        if ticket.aside is not None:  # found by nothing
            continue
        texts, notes = texts_of(ticket, timelines[ticket.id])
        for column, some in (("words", texts), ("notes", notes)):
            for token in {token for text in some for token in tokens(text)}:
                held.setdefault((column, token), set()).add(keys.get(ticket.id, -1))
    indexed = {row[0] for row in connection.execute("SELECT id FROM search_docsize WHERE id >= ? AND id < ?", within)}
    if indexed != {keys.get(ticket.id, -1) for ticket in tickets}:
        yield f"the search index holds {len(indexed)} tickets of {len(tickets)}"
    statement = "SELECT rowid FROM search WHERE search MATCH ? AND rowid >= ? AND rowid < ?"
    for (column, token), expected in held.items():
        found = {row[0] for row in connection.execute(statement, (f'{column} : "{token}"', *within))}
        if found != expected:
            yield f"{token!r} is found in {column} of {sorted(found)}, and is in those of {sorted(expected)}"


def texts_of(ticket: Ticket, events: Iterable[AnyEvent]) -> tuple[set[str], set[str]]:
    """Gather the texts that a ticket is found by, and those of its notes."""
    texts = {ticket.subject, ticket.requester.mail, ticket.requester.name, ticket.source.url, *ticket.ccs, *ticket.tags}
    texts |= {str(value) for _, value in ticket.custom_fields if value is not True and value is not False}
    if ticket.assignee is not None:
        texts |= {ticket.assignee.id, ticket.assignee.name}
    notes: set[str] = set()
    for event in events:
        if isinstance(event, Messaged):
            (notes if event.private else texts).update((event.author.id, event.author.name, event.text))
    return texts, notes - texts


def tokens(text: str) -> list[str]:
    """Split a text of the words that are used here: letters and digits, upper and lower case alike, without accents."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()
    words = "".join(c if c.isalnum() else " " for c in plain.replace("ł", "l")).split()
    return [word if len(word) <= 200 else word[:200] + hashlib.sha256(word.encode()).hexdigest() for word in words]
