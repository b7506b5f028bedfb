"""Taking in tickets that were lived elsewhere: one batch of them is the work of one transaction. Nothing here commits or reads files.

Nothing that is taken in starts a timer or is told to anybody, whatever its age.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from deskline.domain.events import AnyEvent, Person, TicketGroup
from deskline.domain.histories import History, agents_of, continuation
from deskline.domain.people import EVERYBODY, Agent, Group
from deskline.domain.timelines import Ticket, fold
from deskline.errors import ConflictError, InvalidError
from deskline.storage import people as stored_people
from deskline.storage import tickets as stored
from deskline.storage.database import Show, Writer
from deskline.storage.histories import list_shown_of, timeline_of
from deskline.storage.tickets import Record

LONGEST_KEY = 500  # letters of what tickets are looked up by: an entry of PostgreSQL's indexes is at most 2,704 bytes
IMPORTER = "import"  # who used a tag first that came with a history
Fate = Literal["added", "continued", "unchanged", "conflict"]


class Arrival(msgspec.Struct, frozen=True, array_like=True):
    """A ticket that was lived elsewhere, worked out for the database, with the people and groups that it names."""

    record: Record
    agents: tuple[Person, ...]
    groups: tuple[TicketGroup, ...]


class Outcome(msgspec.Struct, frozen=True):
    """What became of an arrival; `reason` says why of a conflict."""

    fate: Fate
    reason: str = ""


def arrival(ticket: Ticket, events: Sequence[AnyEvent], show: Show) -> Arrival:
    """Work out all that is stored of a ticket. Pure and without the database, so that other processes can do it. Raises InvalidError."""
    agents = agents_of(events)
    _refuse_long(ticket, agents)
    return Arrival(stored.record(ticket, events, show), agents, ticket.groups)


def _refuse_long(ticket: Ticket, agents: Iterable[Person]) -> None:
    """Refuse what no index can hold."""
    looked_up = [("requester.mail", ticket.requester.mail), ("source.type", ticket.source.type), ("source.id", ticket.source.id or "")]
    looked_up += [("tags", tag) for tag in ticket.tags]
    looked_up += [("an agent's id", agent.id) for agent in agents]
    problems = [f"{name}: {len(text):,} letters, more than {LONGEST_KEY}" for name, text in looked_up if len(text) > LONGEST_KEY]
    if problems:
        raise InvalidError(problems)


async def take_in(tx: Writer, arrivals: Sequence[Arrival]) -> list[Outcome]:
    """Take tickets in: add those that are new, continue those that have gone on, leave alone the rest. One outcome each, in order.

    A ticket that is here with another life is a conflict and stays as it is. Agents, groups and tags are made as needed; agents
    without the right to sign in.
    """
    present = await list_shown_of(tx, (each.record.id for each in arrivals))
    fresh: dict[str, Arrival] = {}
    for each in arrivals:
        if each.record.id not in present:
            fresh.setdefault(each.record.id, each)
    if fresh:
        await _make_known(tx, fresh.values())
        await stored.add_records(tx, [each.record for each in fresh.values()])
    return [_ADDED if fresh.get(each.record.id) is each else await _continue(tx, each) for each in arrivals]


_ADDED = Outcome("added")
_UNCHANGED = Outcome("unchanged")


async def _continue(tx: Writer, told: Arrival) -> Outcome:
    ticket_id = told.record.id
    if await stored.find_shown(tx, ticket_id) == told.record.shown:
        return _UNCHANGED
    life = await stored.get_life_aside(tx, ticket_id)
    events = timeline_of(told.record)
    try:
        rest = continuation(life.ticket, life.events, History(fold(ticket_id, events), events))
    except ConflictError as error:
        return Outcome("conflict", str(error))
    if not rest:
        return _UNCHANGED
    await _make_known(tx, (told,))
    await stored.append(tx, life, rest)
    return Outcome("continued")


async def _make_known(tx: Writer, arrivals: Iterable[Arrival]) -> None:
    """Make the agents, groups and tags that the account does not have."""
    agents: dict[str, Person] = {}
    groups: dict[int, TicketGroup] = {}
    tags: dict[str, None] = {}
    for each in arrivals:
        for agent in each.agents:
            agents.setdefault(agent.id.lower(), agent)
        for group in each.groups:
            groups.setdefault(group.id, group)
        tags |= dict.fromkeys(each.record.tags)
    for agent in agents.values():
        await stored_people.add_agent(tx, Agent(login=agent.id, name=agent.name or agent.id, signs_in=False))
    for group in groups.values():
        if group.id != EVERYBODY:
            await stored_people.add_group(tx, Group(group.id, group.name))
    await stored_people.add_tags(tx, tuple(tags), IMPORTER)
