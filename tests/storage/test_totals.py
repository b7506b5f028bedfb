"""Totals and pages are remembered, and exact all the same: whoever changes what, here or in another process."""

import pytest

from deskline.actions import tickets as actions
from deskline.domain.searches import PAGE_SIZE, Page, TicketFilter
from deskline.domain.tickets import Changes
from deskline.storage.database import Database
from deskline.storage.search import find_page
from deskline.storage.sqlite import SqliteDatabase
from tests.storage.another_process import write_elsewhere
from tests.storage.builders import ADA, OURS, THEIRS, a_message, a_ticket, id_of

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
