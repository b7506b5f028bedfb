"""Values and lives for tests of the database: whole and plain, with what a test cares about named by the test. No assertions."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from deskline.actions import tickets as actions
from deskline.domain import tickets as decide
from deskline.domain.custom_fields import Setting
from deskline.domain.events import RATES, STATUSES, AnyEvent, FieldValue, Person, Requester, Source, TicketGroup
from deskline.domain.people import Account, Agent, Group
from deskline.domain.reports import FIRST_RESPONSE_TIME, NEW_TICKETS, RATINGS, RESOLUTION_TIME, SOLVED_TICKETS, TICKET_SOURCES
from deskline.domain.tickets import Changes, NewMessage, NewTicket
from deskline.domain.timelines import fold, follow
from deskline.errors import ConflictError, NotFoundError
from deskline.storage import people, schema, tickets
from deskline.storage.database import Database, Writer
from deskline.storage.sqlite import SqliteDatabase
from deskline.web.v2.wire import show_ticket
from tests.desks import written

OURS: Final = 1
THEIRS: Final = 2
NOON: Final = 1_700_000_000_000
SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
DAY: Final = 24 * 60 * MINUTE

ADA: Final = Person("ada@example.com", "Ada")
BEN: Final = Person("Ben@example.com", "Ben")
AGENTS: Final = (ADA, BEN)
GROUPS: Final = (TicketGroup(0, "General", inherited=True), TicketGroup(1, "Sales"), TicketGroup(2, "Support"))
REPORTS: Final = (NEW_TICKETS, FIRST_RESPONSE_TIME, SOLVED_TICKETS, RESOLUTION_TIME, TICKET_SOURCES, RATINGS)
TAGS: Final = ("sales", "bug", "vip", "zażółć")
SOURCES: Final = ("lc2", "mail", "chat-window", "agent-app-manual")
CHATS: Final = ("K600PKZON8", "OSLO0PEX1A")
CLIENTS: Final = ("Ann@client.example", "bob@client.example", "cid@client.example")
FIELDS: Final[dict[str, tuple[FieldValue | None, ...]]] = {
    "area": ("apple", "Żółw", None),
    "amount": (1, 2.5, 0, None),
    "due": ("2024-02-29", None),
    "paid": (True, False, None),
}
WORDS: Final = ("apple", "pear", "plum", "cherry", "Żółw", "naïve", "pre-paid")


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def open_sqlite(folder: Path, clock: Callable[[], int] | None = None, **settings: Any) -> SqliteDatabase:
    """Make a database in a folder, or open the one that is there."""
    path = folder / "deskline.db"
    if not path.exists():
        schema.create(path)
    return SqliteDatabase(path, show=show_ticket, clock=clock or Clock(), **settings)


def a_new_ticket(**overrides: Any) -> NewTicket:
    """A ticket somebody asks for."""
    usual: dict[str, Any] = {
        "requester": Requester("ann@client.example", "Ann"),
        "text": "My order is late.",
        "groups": GROUPS[:1],
        "source": Source("lc2"),
    }
    return NewTicket(**(usual | overrides))


def a_message(**overrides: Any) -> NewMessage:
    """A message somebody writes."""
    usual: dict[str, Any] = {"text": "It is on its way.", "source": Source("lc2")}
    return NewMessage(**(usual | overrides))


async def an_account(database: Database, account_id: int = OURS) -> None:
    """An account with two agents and three groups."""
    async with database.write(account_id) as tx:
        await people.add_account(tx, Account(account_id, f"Account {account_id}", "Europe/Warsaw", tx.now))
        for agent in AGENTS:
            await people.add_agent(tx, Agent(login=agent.id, name=agent.name))
        for group in GROUPS:
            await people.add_group(tx, Group(group.id, group.name))


async def a_ticket(database: Database, account_id: int = OURS, **overrides: Any) -> str:
    """A ticket in the database; answers its id."""
    async with database.write(account_id) as tx:
        opening = await actions.create(tx, a_new_ticket(**overrides), ADA)
    return id_of(opening.shown)


async def a_ticket_in_turn(database: Database, **overrides: Any) -> str:
    """A ticket in the database, by a unit that waits for its turn; answers its id."""
    async with database.write(OURS) as tx:
        await take_turn(tx)
        return await open_ticket(tx, **overrides)


async def take_turn(tx: Writer) -> None:
    """Read as a writer: from then on no other unit works until this one is left."""
    await people.find_account(tx)


async def open_ticket(tx: Writer, **overrides: Any) -> str:
    """Create a ticket through the action and have it written, within a transaction; answers its id."""
    return id_of(await written(tx, await actions.create(tx, a_new_ticket(**overrides), ADA)))


def id_of(shown: bytes) -> str:
    """Read the id off a ticket as the API shows it."""
    return shown.partition(b'],"id":"')[2].partition(b'"')[0].decode()


def random_new_ticket(chance: random.Random) -> NewTicket:
    """Any ticket that may be asked for, out of few values, so that tickets share them."""
    kind = chance.choice(SOURCES)
    return NewTicket(
        requester=Requester(chance.choice(CLIENTS), chance.choice(("", "Ann"))),
        text=" ".join(chance.choices(WORDS, k=3)),
        groups=random_groups(chance),
        source=Source(kind, id=chance.choice(("", *CHATS)) if kind == "chat-window" else ""),
        subject=chance.choice(WORDS),
        assignee=chance.choice((None, ADA, BEN)),
        tags=random_tags(chance),
        ccs=random_ccs(chance),
        custom_fields=random_fields(chance),
    )


def random_groups(chance: random.Random) -> tuple[TicketGroup, ...]:
    """One or two groups."""
    return tuple(chance.sample(GROUPS, chance.choice((1, 1, 2))))


def random_ccs(chance: random.Random) -> tuple[str, ...]:
    """None to two who get copies."""
    return tuple(chance.sample(CLIENTS, chance.choice((0, 0, 1, 2))))


def random_tags(chance: random.Random) -> tuple[str, ...]:
    """None to two tags."""
    return tuple(chance.sample(TAGS, chance.choice((0, 0, 1, 2))))


def random_fields(chance: random.Random) -> tuple[Setting, ...]:
    """None to three custom fields, each with a value of its type or none."""
    return tuple(
        [Setting(key, key.title(), chance.choice(FIELDS[key])) for key in chance.sample(sorted(FIELDS), chance.choice((0, 0, 1, 3)))]
    )


Command = Changes | NewMessage | tuple[str, ...] | str


def random_command(chance: random.Random) -> Command:
    """Any thing that somebody may do to a ticket: changes, a message, tags, or a rating."""
    kind = chance.choice(("change", "reply", "reply", "retag", "rate", "trash"))
    if kind == "reply":
        by_client = chance.random() < 0.5
        status = msgspec.UNSET if by_client or chance.random() < 0.7 else chance.choice(STATUSES)
        return a_message(text=chance.choice(WORDS), by_client=by_client, private=not by_client and chance.random() < 0.3, status=status)
    if kind == "retag":
        return random_tags(chance)
    if kind == "trash":
        return kind
    if kind == "rate":
        return chance.choice(RATES)
    wanted: dict[str, Any] = {
        "status": chance.choice(STATUSES),
        "assignee": chance.choice((None, ADA, BEN)),
        "subject": chance.choice(WORDS),
        "groups": random_groups(chance),
        "requester": Requester(chance.choice(CLIENTS), chance.choice(("", "Ann"))),
        "ccs": random_ccs(chance),
        "added_tags": random_tags(chance),
        "removed_tags": random_tags(chance),
        "custom_fields": random_fields(chance),
    }
    if chance.random() < 0.2:
        return Changes(status="pending", until=NOON + chance.randrange(30) * DAY)
    return Changes(**{name: wanted[name] for name in chance.sample(sorted(wanted), chance.choice((1, 1, 2)))})


async def do(tx: Writer, ticket_id: str, command: Command, by: Person) -> bytes:
    """Do it through the action that a request would use; what is in the trash is restored, as no more can be done to it.

    Raises ConflictError for a rating of spam.
    """
    if (await tickets.get_life_aside(tx, ticket_id)).ticket.aside == "trash":
        with pytest.raises(NotFoundError):
            await _do(tx, ticket_id, command, by)
        return await actions.restore(tx, ticket_id, by)
    return await _do(tx, ticket_id, command, by)


async def _do(tx: Writer, ticket_id: str, command: Command, by: Person) -> bytes:
    match command:
        case Changes():
            return await actions.change(tx, ticket_id, command, by)
        case NewMessage():
            return await actions.reply(tx, ticket_id, command, by)
        case "trash":
            return await actions.trash(tx, ticket_id, by)
        case "good" | "bad":
            return await actions.rate(tx, ticket_id, command)
        case tuple():
            return await actions.retag(tx, ticket_id, command, by)
    raise TypeError(command)


def random_timeline(chance: random.Random, ticket_id: str, start: int, commands: int, *, ends_aside: bool = True) -> list[AnyEvent]:
    """The events of a random life, decided as the actions would; one that must not `ends_aside` is taken out of the trash at last."""
    events = decide.create(random_new_ticket(chance), chance.choice(AGENTS), start)
    ticket, now = fold(ticket_id, events), start
    for _ in range(commands):
        now += chance.choice((0, 1, 700, SECOND, MINUTE, DAY))
        command, by = random_command(chance), chance.choice(AGENTS)
        match command:
            case _ if ticket.aside is not None:
                more = decide.restore(ticket, by, now)
            case Changes():
                more = decide.change(ticket, command, by, now)
            case NewMessage():
                more = decide.reply(ticket, command, by, now)
            case tuple():
                more = decide.retag(ticket, command, by, now)
            case "trash":
                more = decide.trash(ticket, by, now)
            case _:
                more = _rated(ticket, command, now)
        events += more
        ticket = follow(ticket, more)
    if ticket.aside is not None and not ends_aside:
        events += decide.restore(ticket, chance.choice(AGENTS), now)
    return events


def _rated(ticket: Any, value: Any, now: int) -> list[AnyEvent]:
    try:
        return decide.rate(ticket, value, now)
    except ConflictError:
        return []
