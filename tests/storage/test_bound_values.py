"""Promise S15 while it runs: whatever a stranger sends reaches the engine as a bound value, never as a part of a statement."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from asyncpg.connection import LoggedQuery

from deskline.actions import accounts, tickets
from deskline.domain.events import Person, Requester, Source
from deskline.domain.people import Agent
from deskline.domain.reports import RANKING, RESOLUTION_TIME, ReportFilter
from deskline.domain.searches import TicketFilter, phrases_of
from deskline.domain.tickets import Changes, NewMessage, NewTicket
from deskline.errors import NotFoundError
from deskline.storage import histories, openings, people, reports
from deskline.storage import tickets as stored
from deskline.storage.database import SERVER, Database
from deskline.storage.postgres import PostgresDatabase
from deskline.storage.postgres_pool import borrowed
from deskline.storage.search import find_page
from deskline.storage.sqlite import SqliteDatabase
from tests.desks import any_desk
from tests.storage.engines import ENGINES, a_place

MARK = "m4rk'\") OR 1=1 --"
NUMBER = 987_654_321
MANY = (MARK, MARK + "2")
STRANGER = Person(MARK, MARK)


class Overheard:
    """The statements that an engine is given, and the values beside them."""

    def __init__(self) -> None:
        self.statements: set[str] = set()
        self.values = ""

    def listen(self, database: SqliteDatabase) -> None:
        """Hear what SQLite is given."""
        for connection in (database.writer, database._reader, *database._analyst_connections):
            connection.exec_trace = self._hear

    async def listen_on_server(self, database: PostgresDatabase) -> None:
        """Hear what PostgreSQL is given: the pools lend the same connection again to who comes alone."""
        for pool in (database.readers, database.writers, database.analysts):
            async with borrowed(pool) as connection:
                connection.add_query_logger(self._hear_query)

    def _hear_query(self, record: LoggedQuery) -> None:
        self._hear(None, record.query, record.args)

    def _hear(self, _: object, statement: str, values: Any) -> bool:
        self.statements.add(statement)
        self.values += repr(values)
        return True


async def write_everything(database: Database) -> None:
    """Let a stranger's texts go into every statement that writes."""
    async with database.write(2) as tx:
        await accounts.init_account(tx, "m4rk", "UTC", Agent(login="m4rk@example.com", name=MARK), secret="m4rk'--m4rk'--")
        key = await accounts.add_key(tx, "m4rk@example.com", label=MARK)
        groups = await tickets.ticket_groups(tx, (NUMBER,), may_make=True)
        source = Source(MARK, MARK, MARK)
        new = NewTicket(
            requester=Requester(MARK, MARK), text=MARK, groups=groups, source=source, subject=MARK, assignee=STRANGER, tags=MANY
        )
        opening = await tickets.create(tx, new, STRANGER)
    ticket_id = str(msgspec.json.decode(opening.shown)["id"])
    async with database.write(2) as tx:
        await tickets.reply(tx, ticket_id, NewMessage(text=MARK, source=Source(MARK)), STRANGER)
        await tickets.change(tx, ticket_id, Changes(subject=MARK + MARK, assignee=None, status="solved"), STRANGER)
        await tickets.retag(tx, ticket_id, (MARK + "3",), STRANGER)
        await tickets.rate(tx, ticket_id, "good")
        await accounts.revoke_key(tx, key.id)


async def read_everything(database: Database) -> None:
    """Ask for a stranger's texts in every statement that reads."""
    async with database.read(SERVER) as tx:
        await people.find_key(tx, MARK.encode())
    async with database.read(1) as tx:
        assert not await people.is_account_name_taken(tx, MARK)
        assert not await people.is_key_id_taken(tx, MARK)
        assert await people.find_agent(tx, MARK) is None
        assert await people.find_signer(tx, people.FoundKey(1, MARK, MARK)) is None
        assert await people.find_group(tx, NUMBER) is None
        assert await stored.find_shown(tx, MARK) is None
        assert await histories.list_shown_of(tx, MANY) == {}
        try:
            await stored.get_life(tx, MARK)
        except NotFoundError:
            return
    raise AssertionError("a ticket was found")


FILTERS: Sequence[dict[str, Any]] = [
    {"assignee": MARK},
    {"requester": MARK},
    {"source": MARK},
    {"source_id": MARK},
    {"tags": MANY[:1]},
    {"tags": MANY},
    {"groups": (NUMBER,)},
    {"groups": (NUMBER, NUMBER + 1), "tags": MANY},
    {"words": phrases_of(MARK)},
    {"since": NUMBER, "until": NUMBER + 1},
    {"assignee": MARK, "tags": MANY, "words": phrases_of(MARK), "groups": (NUMBER,), "assigned": True, "since": NUMBER},
]


async def list_everything(database: Database) -> None:
    """Ask for a stranger's texts in every filter of lists and reports."""
    for chosen in FILTERS:
        await find_page(database, 1, TicketFilter(**chosen), page=1, descending=True)
    for agents in ((), (MARK,), MANY):
        for groups in ((), (NUMBER,), (NUMBER, 1)):
            for tags in ((), MANY):
                wanted = ReportFilter(agents=agents, groups=groups, tags=tags)
                async with database.analyse(1) as tx:
                    await reports.sum_facts(tx, RESOLUTION_TIME, [(0, NUMBER)], wanted)
                    await reports.count_ratings(tx, [(0, NUMBER)], wanted)
                    await openings.open_row(tx, RANKING, "every", [(0, NUMBER), (NUMBER, 2 * NUMBER)], wanted, 1)


Story = Callable[[Database], Awaitable[None]]


@pytest.fixture(params=ENGINES)
def overheard(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[Story], Overheard]]:
    """Tell a story of account 1 on an engine, and hear what that is given."""
    with a_place(request, request.param, tmp_path) as folder:

        async def told(story: Story) -> Overheard:
            ears = Overheard()
            async with any_desk(folder) as database:
                if isinstance(database, PostgresDatabase):
                    await ears.listen_on_server(database)
                elif isinstance(database, SqliteDatabase):
                    ears.listen(database)
                await story(database)
            return ears

        yield lambda story: asyncio.run(told(story))


@pytest.mark.parametrize("story", [write_everything, read_everything, list_everything])
def test_what_a_stranger_sends_is_bound(overheard: Callable[[Story], Overheard], story: Story) -> None:
    ears = overheard(story)
    assert_bound(ears)
    assert len(ears.statements) > 5


def assert_bound(ears: Overheard) -> None:
    assert "m4rk" in ears.values
    assert str(NUMBER) in ears.values
    assert [statement for statement in ears.statements if "m4rk" in statement or "98765432" in statement] == []
