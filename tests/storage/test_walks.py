"""Walks by cursor, while tickets change: no ticket twice, and none missed that did not move."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import uvloop
from hypothesis import example, given
from hypothesis import strategies as st

from deskline.actions import tickets as actions
from deskline.domain.cursors import Cursor, Slice
from deskline.domain.searches import TicketFilter
from deskline.errors import ConflictError
from deskline.storage import search, walks
from deskline.storage.database import Database
from deskline.storage.depths import Place, Walk
from deskline.storage.search import find_page
from deskline.storage.walks import find_slice
from tests.desks import written
from tests.storage.builders import (
    ADA,
    AGENTS,
    MINUTE,
    NOON,
    SECOND,
    Clock,
    a_message,
    an_account,
    do,
    id_of,
    random_command,
    random_new_ticket,
)
from tests.storage.engines import ENGINES, kept_open, opener
from tests.storage.test_pages import ALONE

SIZE = 3  # of a slice, so that few tickets are a long walk
FILTERS = [TicketFilter(**filters) for filters in ALONE]
EVERYTHING = 10_000


class Desk:
    """A database in which each walk has an account of its own."""

    def __init__(self, database: Database, clock: Clock, runner: asyncio.Runner) -> None:
        self.database, self.clock, self.runner = database, clock, runner
        self.account_id = 0
        self.ids: list[str] = []

    async def begin(self, chance: random.Random, tickets: int) -> None:
        """Have an account with some tickets to which this and that has happened."""
        self.account_id += 1
        self.clock.now = NOON
        self.ids = []
        await an_account(self.database, self.account_id)
        for _ in range(tickets):
            await self.change(chance, new=0.7)

    async def change(self, chance: random.Random, *, new: float) -> None:
        """Let something happen, now or when the clock has gone back."""
        self.clock.now += chance.choice((0, 0, 1, 700, SECOND, MINUTE, -SECOND, -MINUTE))
        with suppress(ConflictError):
            async with self.database.write(self.account_id) as tx:
                if not self.ids or chance.random() < new:
                    self.ids.append(id_of(await written(tx, await actions.create(tx, random_new_ticket(chance), chance.choice(AGENTS)))))
                elif chance.random() < 0.5:
                    await do(tx, chance.choice(self.ids), a_message(), ADA)
                else:
                    await do(tx, chance.choice(self.ids), random_command(chance), chance.choice(AGENTS))

    async def standing(self, wanted: TicketFilter) -> set[Place]:
        """Who matches now, and where each stands."""
        async with self.database.analyse(self.account_id) as tx:
            return {place for place, _ in await search.list_rows(tx, wanted, 1, Walk(None, False, True, 0), EVERYTHING)}

    async def slice(self, wanted: TicketFilter, cursor: Cursor | None, *, descending: bool) -> Slice:
        """Take a step."""
        return await find_slice(self.database, self.account_id, wanted, cursor, descending=descending)


@pytest.fixture(scope="module", params=ENGINES)
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    clock = Clock()
    opened = opener(request, request.param, clock)
    with (
        pytest.MonkeyPatch.context() as patch,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        kept_open(runner, opened) as database,
    ):
        for module in (walks, search):
            patch.setattr(module, "PAGE_SIZE", SIZE)
        yield Desk(database, clock, runner)


def ids_of(found: Slice) -> list[str]:
    """The tickets of a slice."""
    return [id_of(shown) for shown in found.page.tickets]


@example(seed=5, wanted=TicketFilter(), descending=False)  # a ticket that is new behind where the walk is, as the clock has gone back
@given(seed=st.integers(0, 2**32), wanted=st.sampled_from(FILTERS[:2] + FILTERS), descending=st.booleans())
def test_a_walk_meets_no_ticket_twice_and_misses_none_that_did_not_move(
    desk: Desk, seed: int, wanted: TicketFilter, descending: bool
) -> None:
    chance = random.Random(seed)

    async def walk() -> None:
        await desk.begin(chance, chance.randrange(20))
        unmoved = await desk.standing(wanted)
        met: list[str] = []
        cursor: Cursor | None = None
        for _ in range(60):
            found = await desk.slice(wanted, cursor, descending=descending)
            assert found.page.total == len(await desk.standing(wanted))
            met += ids_of(found)
            cursor = found.behind
            if cursor is None:
                break
            for _ in range(chance.randrange(4)):
                await desk.change(chance, new=0.3)
                unmoved &= await desk.standing(wanted)
        assert cursor is None
        assert len(met) == len(set(met))
        assert {place.id for place in unmoved} <= set(met)

    desk.runner.run(walk())


@given(seed=st.integers(0, 2**32), wanted=st.sampled_from(FILTERS), descending=st.booleans())
def test_there_and_back_is_the_list_and_the_list(desk: Desk, seed: int, wanted: TicketFilter, descending: bool) -> None:
    chance = random.Random(seed)

    async def walk() -> None:
        await desk.begin(chance, chance.randrange(15))
        pages: list[tuple[bytes, ...]] = []
        while not pages or pages[-1]:
            page = await find_page(desk.database, desk.account_id, wanted, page=len(pages) + 1, descending=descending)
            pages.append(page.tickets)
        there: list[Slice] = [await desk.slice(wanted, None, descending=descending)]
        while there[-1].behind is not None:
            there.append(await desk.slice(wanted, there[-1].behind, descending=descending))
        assert [found.page.tickets for found in there] == (pages[:-1] or [()])
        assert there[0].before is None
        back = [there[-1]]
        while back[-1].before is not None:
            back.append(await desk.slice(wanted, back[-1].before, descending=descending))
        assert [shown for found in back[::-1] for shown in found.page.tickets] == [shown for found in there for shown in found.page.tickets]
        assert {found.page.total for found in (*there, *back)} == {sum(map(len, pages))}

    desk.runner.run(walk())


@pytest.mark.parametrize("descending", [True, False])
def test_a_walk_goes_on_where_its_ticket_has_gone(desk: Desk, descending: bool) -> None:
    async def walk() -> None:
        chance = random.Random(7)
        await desk.begin(chance, 0)
        for _ in range(3 * SIZE):
            await desk.change(chance, new=1)
        first = await desk.slice(TicketFilter(), None, descending=descending)
        for ticket_id in ids_of(first):
            desk.clock.now += MINUTE
            async with desk.database.write(desk.account_id) as tx:
                await actions.reply(tx, ticket_id, a_message(), ADA)
        rest: list[Slice] = [await desk.slice(TicketFilter(), first.behind, descending=descending)]
        while rest[-1].behind is not None:
            rest.append(await desk.slice(TicketFilter(), rest[-1].behind, descending=descending))
        met = [ticket_id for found in rest for ticket_id in ids_of(found)]
        assert sorted(met) == sorted(set(desk.ids) - set(ids_of(first)))

    desk.runner.run(walk())


def test_an_empty_list_has_nothing_around_it(desk: Desk) -> None:
    async def walk() -> None:
        await desk.begin(random.Random(7), 0)
        for descending in (True, False):
            found: Any = await desk.slice(TicketFilter(), None, descending=descending)
            assert (found.page.tickets, found.page.total, found.before, found.behind) == ((), 0, None, None)

    desk.runner.run(walk())
