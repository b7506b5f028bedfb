"""Totals and pages are remembered, and exact all the same: whoever changes what, here or in another process."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import suppress

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from deskline.actions import tickets as actions
from deskline.domain.searches import PAGE_SIZE, Page, TicketFilter, phrases_of
from deskline.domain.tickets import Changes
from deskline.errors import ConflictError
from deskline.storage import search, sets, totals, words
from deskline.storage.conditions import compose
from deskline.storage.database import Database
from deskline.storage.depths import Tally
from deskline.storage.memory import Memory
from deskline.storage.postgres import PostgresDatabase
from deskline.storage.search import find_page
from deskline.storage.sqlite import SqliteDatabase
from deskline.storage.tickets import position
from tests.desks import written
from tests.storage.another_process import write_elsewhere
from tests.storage.builders import (
    ADA,
    AGENTS,
    DAY,
    MINUTE,
    NOON,
    OURS,
    SECOND,
    THEIRS,
    Clock,
    a_message,
    a_ticket,
    an_account,
    do,
    id_of,
    random_command,
    random_new_ticket,
)
from tests.storage.engines import ENGINES, kept_open, opener
from tests.storage.test_pages import ALONE

pytestmark = pytest.mark.anyio


async def find(database: Database, account_id: int = OURS, page: int = 1, **filters: object) -> Page:
    return await find_page(database, account_id, TicketFilter(**filters), page=page, descending=True)  # type: ignore[arg-type]


async def test_every_change_counts_at_once(database: Database) -> None:
    for number in range(1, 4):
        ticket_id = await a_ticket(database)
        assert (await find(database)).total == number
        assert (await find(database, status="solved")).total == number - 1
        async with database.write(OURS) as tx:
            await actions.change(tx, ticket_id, Changes(status="solved"), ADA)
        assert (await find(database, status="open")).total == 0
        assert (await find(database, status="solved")).total == number


async def test_a_remembered_page_is_forgotten_with_any_change_of_its_tickets(database: Database) -> None:
    ticket_id = await a_ticket(database)
    before = await find(database)
    assert await find(database) == before
    async with database.write(OURS) as tx:
        shown = await actions.retag(tx, ticket_id, ("new",), ADA)
    assert await find(database) == Page((shown,), 1)


async def test_what_was_rolled_back_was_never_counted(database: Database) -> None:
    await a_ticket(database)
    assert (await find(database)).total == 1
    writing = database.write(OURS)
    tx = await writing.__aenter__()
    await actions.reply(tx, id_of((await find(database)).tickets[0]), a_message(), ADA)
    error = RuntimeError("changed its mind")
    await writing.__aexit__(type(error), error, None)
    await a_ticket(database)
    assert (await find(database)).total == 2


async def test_an_account_does_not_count_for_another(database: Database) -> None:
    await a_ticket(database)
    assert (await find(database, THEIRS)).total == 0
    await a_ticket(database, THEIRS)
    await a_ticket(database, THEIRS)
    assert [(await find(database, account)).total for account in (OURS, THEIRS)] == [1, 2]


async def test_pages_follow_when_another_process_writes(sqlite: SqliteDatabase) -> None:
    ticket_id = await a_ticket(sqlite)
    for page in (1, 2, 6):
        assert (await find(sqlite, page=page)).total == 1
    write_elsewhere(sqlite, "create", str(PAGE_SIZE))
    assert [len((await find(sqlite, page=page)).tickets) for page in (1, 2, 3)] == [PAGE_SIZE, 1, 0]
    assert (await find(sqlite, page=6)).total == PAGE_SIZE + 1
    assert (await find(sqlite, status="solved")).total == 0
    write_elsewhere(sqlite, "solve", ticket_id)
    assert [id_of(shown) for shown in (await find(sqlite, status="solved")).tickets] == [ticket_id]
    assert (await find(sqlite, status="open")).total == PAGE_SIZE


FILTERS = [TicketFilter(**filters) for filters in ALONE]


async def carried(database: Database, wanted: TicketFilter | None = None, most: int = totals.MOST_CHANGES) -> int | None:
    """What the remembered total says of now, without counting anything."""
    async with database.read(OURS, snapshot=True) as tx:
        tally = await totals.carry(tx, wanted or TicketFilter(), await position(tx), most=most)
        return None if tally is None else tally.total


async def counted(database: Database, wanted: TicketFilter) -> int:
    """The total, counted anew."""
    async with database.analyse(OURS) as tx:
        return await search.count(tx, compose(wanted, OURS, database.engine))


async def test_a_total_is_carried_over_new_tickets_and_what_happens_to_them(database: Database) -> None:
    await a_ticket(database)
    assert await carried(database) is None
    await find(database)
    ticket_id = await a_ticket(database)
    async with database.write(OURS) as tx:
        await actions.reply(tx, ticket_id, a_message(), ADA)
    await a_ticket(database, THEIRS)
    assert await carried(database) == 2


async def test_totals_are_carried_over_whatever_happens_to_tickets_that_were_there(
    database: Database, clock: Clock, chance: random.Random
) -> None:
    ids = [await a_ticket(database) for _ in range(3)]
    memories: list[object] = []
    for _ in range(20):
        clock.now += chance.choice((0, SECOND, DAY, -MINUTE))
        with suppress(ConflictError):
            async with database.write(OURS) as tx:
                await do(tx, chance.choice(ids), random_command(chance), chance.choice(AGENTS))
        for wanted in FILTERS if not memories else chance.sample(FILTERS, 5):
            expected = await counted(database, wanted)
            if memories and memories[-1] is database_memory(database):  # PostgreSQL: a new connection is the end of all that was remembered
                assert await carried(database, wanted) == expected, wanted
        while not memories or memories[-1] is not database_memory(database):
            memories.append(database_memory(database))
            for wanted in FILTERS:
                await find_page(database, OURS, wanted, page=1, descending=True)
    assert len(memories) < 10
    for wanted in FILTERS:
        assert await carried(database, wanted) == await counted(database, wanted), wanted


def database_memory(database: Database) -> Memory:
    """What the database remembers."""
    assert isinstance(database, SqliteDatabase | PostgresDatabase)
    return database.memory


async def test_totals_are_carried_over_what_another_process_does(sqlite: SqliteDatabase) -> None:
    ticket_id = await a_ticket(sqlite)
    for wanted in FILTERS:
        await find_page(sqlite, OURS, wanted, page=1, descending=True)
    write_elsewhere(sqlite, "solve", ticket_id)
    write_elsewhere(sqlite, "create", "3")
    for wanted in FILTERS:
        assert await carried(sqlite, wanted) == await counted(sqlite, wanted), wanted
    assert await carried(sqlite, TicketFilter(status="open")) == 3


async def test_a_total_is_counted_again_where_too_much_changed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await find(database)
    for _ in range(3):
        await a_ticket(database)
    assert await carried(database, most=2) is None
    assert await carried(database, most=3) == 3
    monkeypatch.setattr(totals, "MOST_CHANGES", 2)
    for _ in range(3):
        await a_ticket(database)
    assert await carried(database) is None
    assert (await find(database)).total == 6
    monkeypatch.setattr(totals, "MOST_EVENTS", 1)
    await a_ticket(database)
    assert await carried(database) is None
    assert (await find(database)).total == 7


async def test_a_total_is_not_carried_back(database: Database) -> None:
    """A reader whose snapshot is older than what another one remembers."""
    await a_ticket(database)
    await find(database)
    async with database.read(OURS, snapshot=True) as tx:
        now = await position(tx)
        tx.memory.totals.save(OURS, TicketFilter(), now + 1, Tally(2))
        assert await totals.carry(tx, TicketFilter(), now) is None


class Lists:
    """A database in which each example has an account of its own, and its lists at any moment: by sets, and without them."""

    def __init__(
        self, database: SqliteDatabase | PostgresDatabase, clock: Clock, runner: asyncio.Runner, patch: pytest.MonkeyPatch
    ) -> None:
        self.database, self.clock, self.runner = database, clock, runner
        self.account_id = 0
        self.patch = patch

    def live(self, seed: int, steps: int) -> None:
        """Create tickets and do this and that to them, in an account of its own, looking at some lists after each step."""
        self.account_id += 1
        self.clock.now = NOON
        self.runner.run(self._live(random.Random(seed), steps))

    async def _live(self, chance: random.Random, steps: int) -> None:
        await an_account(self.database, self.account_id)
        ids: list[str] = []
        for _ in range(steps):
            self.clock.now += chance.choice((0, 1, 700, SECOND, MINUTE, -MINUTE))
            with suppress(ConflictError):
                async with self.database.write(self.account_id) as tx:
                    if not ids or chance.random() < 0.6:
                        shown = await written(tx, await actions.create(tx, random_new_ticket(chance), chance.choice(AGENTS)))
                        ids.append(id_of(shown))
                    else:
                        await do(tx, chance.choice(ids[-3:]), random_command(chance), chance.choice(AGENTS))
            for filters in chance.sample(ALONE, 6):
                wanted = TicketFilter(**(filters | chance.choice(ALONE)))
                await self._compare(wanted, chance.randrange(1, 5), descending=chance.random() < 0.5)

    async def _compare(self, wanted: TicketFilter, page: int, *, descending: bool) -> None:
        with self.patch.context() as patch:
            patch.setattr(sets, "LEAST_TICKETS", 0)
            remembering = await find_page(self.database, self.account_id, wanted, page=page, descending=descending)
        remembered, self.database.memory = self.database.memory, Memory()
        try:
            assert remembering == await find_page(self.database, self.account_id, wanted, page=page, descending=descending)
        finally:
            self.database.memory = remembered


@pytest.fixture(scope="module", params=ENGINES)
def lists(request: pytest.FixtureRequest) -> Iterator[Lists]:
    """Pages are of two, so that few tickets have a depth."""
    clock = Clock()
    opened = opener(request, request.param, clock)
    with (
        pytest.MonkeyPatch.context() as patch,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        kept_open(runner, opened) as database,
    ):
        patch.setattr(search, "PAGE_SIZE", 2)
        assert isinstance(database, SqliteDatabase | PostgresDatabase)
        yield Lists(database, clock, runner, patch)


@given(seed=st.integers(0, 2**32), steps=st.integers(2, 15))
def test_lists_between_changes_are_what_they_are_without_memory(lists: Lists, seed: int, steps: int) -> None:
    lists.live(seed, steps)


async def test_what_two_filters_have_in_common_is_counted_by_sets_that_are_carried(
    sqlite: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sets, "LEAST_TICKETS", 0)
    first, second, third = [await a_ticket(sqlite) for _ in range(3)]
    assert (await find(sqlite, status="open")).total == 3
    assert (await find(sqlite, tagged=False)).total == 3
    async with sqlite.write(OURS) as tx:
        await actions.retag(tx, second, ("new",), ADA)
    async with sqlite.write(OURS) as tx:
        await actions.change(tx, third, Changes(status="solved"), ADA)
    fourth = await a_ticket(sqlite)
    gathered: list[object] = []
    monkeypatch.setattr(sets, "compose", lambda *asked: gathered.append(asked))
    found = await find(sqlite, status="open", tagged=False)
    assert sorted(map(id_of, found.tickets)) == sorted((first, fourth))
    assert found.total == 2
    assert gathered == []


async def test_a_set_of_words_that_is_carried_tells_the_rows_of_a_list(sqlite: SqliteDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sets, "LEAST_TICKETS", 0)
    monkeypatch.setattr(search, "SORTED", 0)
    kettles = phrases_of('"kettle"')
    first, second, third = [await a_ticket(sqlite, text=text) for text in ("My kettle", "No cup", "A kettle")]
    assert (await find(sqlite, words=kettles, status="open")).total == 2
    async with sqlite.write(OURS) as tx:
        await actions.change(tx, third, Changes(status="solved"), ADA)
    fourth = await a_ticket(sqlite, text="Kettles and a kettle")
    monkeypatch.setattr(words, "match", None)  # whoever asks the search index fails
    found = await find(sqlite, words=kettles, status="open")
    assert (found.total, sorted(map(id_of, found.tickets))) == (2, sorted((first, fourth)))
    assert second not in (first, fourth)


async def test_accounts_of_few_tickets_have_no_sets(database: Database) -> None:
    await a_ticket(database)
    await find(database, status="open", tagged=False)
    assert database_memory(database).sets.last(OURS, TicketFilter(status="open")) is None


@pytest.mark.parametrize("piece", [1, 7, 500_000])
def test_a_list_of_numbers_is_read_as_bits_whatever_its_pieces(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sets, "_PIECE", piece)
    assert sets._read(b"[]", 9) == 0
    assert sets._read(b"[1,3,9]", 9) == 0b1000001010
    assert sets._read(b"[7]", 9) == 1 << 7
    assert sets._read(b"[11,10]", 12) == 3 << 10
