"""What a write promises, on any engine: all of it or nothing, durable when it is left, whoever else writes, fails or gives up."""

import asyncio

import pytest

from deskline.actions import tickets as actions
from deskline.domain.searches import TicketFilter, phrases_of
from deskline.errors import NotFoundError, StoppingError
from deskline.storage import people, tickets
from deskline.storage.database import Database
from deskline.storage.search import find_page
from tests.storage.builders import ADA, OURS, a_message, a_ticket, a_ticket_in_turn, open_ticket, take_turn

pytestmark = pytest.mark.anyio


class PretendedError(Exception):
    """What a unit of work raises in these tests."""


async def shown(database: Database, ticket_id: str) -> bytes | None:
    async with database.read(OURS) as tx:
        return await tickets.find_shown(tx, ticket_id)


async def total(database: Database) -> int:
    return (await find_page(database, OURS, TicketFilter(), page=1, descending=True)).total


async def failing(database: Database) -> None:
    """Work that does something and then raises."""

    async def work() -> None:
        async with database.write(OURS) as tx:
            await open_ticket(tx)
            raise PretendedError

    with pytest.raises(PretendedError):
        await work()


async def test_what_was_written_is_there(database: Database) -> None:
    async with database.write(OURS) as tx:
        answer = await actions.reply(tx, await open_ticket(tx), a_message(text="Here you are."), ADA)
    assert b"Here you are." in answer
    async with database.read(OURS) as reading:
        row = await reading.row("SELECT shown FROM ticket WHERE account_id = $1")
    assert row == (answer,)


async def test_a_unit_that_raises_leaves_nothing(database: Database) -> None:
    await failing(database)
    assert await total(database) == 0
    async with database.read(OURS) as tx:
        assert await tx.rows("SELECT 1 FROM ticket_event WHERE account_id = $1") == []
    for word in ("order", "late"):
        assert (await find_page(database, OURS, TicketFilter(words=phrases_of(word)), page=1, descending=True)).total == 0


async def test_a_unit_that_raises_does_not_disturb_those_beside_it(database: Database) -> None:
    await asyncio.gather(*(work for n in range(32) for work in (a_ticket(database, text=f"number{n}"), failing(database))))
    assert await total(database) == 32
    for n in range(32):
        assert (await find_page(database, OURS, TicketFilter(words=phrases_of(f'"number{n}"')), page=1, descending=True)).total == 1


async def test_a_refused_action_leaves_nothing(database: Database) -> None:
    async def work() -> None:
        async with database.write(OURS) as tx:
            await people.add_tags(tx, ("orphan",), ADA.id)
            await actions.retag(tx, "NONE0", ("orphan",), ADA)

    with pytest.raises(NotFoundError):
        await work()
    async with database.read(OURS) as reading:
        assert await people.list_tags(reading) == []


async def test_nobody_sees_a_unit_before_it_is_left(database: Database) -> None:
    async with database.write(OURS) as tx:
        ticket_id = await open_ticket(tx)
        assert await tickets.exists(tx, ticket_id)
        assert await shown(database, ticket_id) is None
    assert await shown(database, ticket_id) is not None


async def test_units_work_one_after_the_other(database: Database) -> None:
    ticket_id = await a_ticket(database)

    async def reply(number: int) -> None:
        async with database.write(OURS) as tx:
            await actions.reply(tx, ticket_id, a_message(text=f"reply {number}"), ADA)

    await asyncio.gather(*map(reply, range(50)))
    async with database.read(OURS) as reading:
        life = await tickets.get_life(reading, ticket_id)
    assert life.ticket.messages == 51


async def test_a_caller_who_gives_up_waiting_takes_nobody_along(database: Database) -> None:
    async with database.write(OURS) as tx:
        await take_turn(tx)
        waiting = asyncio.create_task(a_ticket_in_turn(database))
        other = asyncio.create_task(a_ticket_in_turn(database))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        ours = await open_ticket(tx)
    assert waiting.cancelled()
    assert {ours, await other} == await ids(database)


async def test_a_caller_who_gives_up_just_as_its_turn_comes_takes_nobody_along(database: Database) -> None:
    writing = database.write(OURS)
    tx = await writing.__aenter__()
    await take_turn(tx)
    waiting = asyncio.create_task(a_ticket_in_turn(database))
    await asyncio.sleep(0)
    ours = await open_ticket(tx)

    async def leave() -> None:
        await writing.__aexit__(None, None, None)

    leaving = asyncio.create_task(leave())
    await asyncio.sleep(0)  # the turn is handed on; the one it goes to does not know yet
    waiting.cancel()
    await asyncio.gather(leaving, asyncio.wait([waiting]))
    assert await ids(database) == {ours}
    assert await a_ticket(database) in await ids(database)


async def test_the_last_of_a_batch_commits_though_everybody_behind_gave_up(database: Database) -> None:
    async with database.write(OURS) as tx:
        await take_turn(tx)
        waiting = [asyncio.create_task(a_ticket_in_turn(database)) for _ in range(3)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()  # and the loop has no chance to tell them before the unit is left
        ours = await open_ticket(tx)
    await asyncio.wait(waiting)
    assert await ids(database) == {ours}


async def test_a_caller_who_gives_up_while_working_leaves_nothing(database: Database) -> None:
    reached = asyncio.Event()

    async def work() -> None:
        async with database.write(OURS) as tx:
            await open_ticket(tx)
            await take_turn(tx)
            reached.set()
            await asyncio.get_running_loop().create_future()

    working, waiting = asyncio.create_task(work()), asyncio.create_task(a_ticket_in_turn(database))
    await reached.wait()
    working.cancel()
    await asyncio.wait([working])
    assert working.cancelled()
    theirs = await waiting
    assert await ids(database) == {theirs}


async def ids(database: Database) -> set[str]:
    async with database.read(OURS) as tx:
        return {ticket_id for (ticket_id,) in await tx.rows("SELECT ticket_id FROM ticket WHERE account_id = $1")}


async def test_a_closed_database_takes_no_more_work(database: Database) -> None:
    await database.close()
    with pytest.raises(StoppingError):
        await a_ticket(database)


async def test_closing_finishes_what_was_begun(database: Database) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def work() -> str:
        async with database.write(OURS) as tx:
            await take_turn(tx)
            ticket_id = await open_ticket(tx)
            reached.set()
            await go_on.wait()
        return ticket_id

    working = asyncio.create_task(work())
    await reached.wait()
    refused = [asyncio.create_task(a_ticket_in_turn(database)) for _ in range(3)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    late = asyncio.create_task(a_ticket(database))
    go_on.set()
    answers = await asyncio.gather(working, closing, *refused, late, return_exceptions=True)
    assert isinstance(answers[0], str), answers
    assert answers[1] is None
    assert [type(answer) for answer in answers[2:]] == [StoppingError] * 4
