"""Group commit on PostgreSQL: what shares a transaction, and that nobody in it suffers from another."""

import asyncio
import os
import random
from contextlib import suppress

import asyncpg
import pytest

from deskline.actions import tickets as actions
from deskline.actions.checks import check_account
from deskline.domain.events import Requester
from deskline.errors import DatabaseBusyError, NotFoundError, OutcomeUnknownError, StoppingError
from deskline.storage import people, postgres_commit, tickets
from deskline.storage.database import Writer
from deskline.storage.postgres import WRITERS, PostgresDatabase, open_postgres
from deskline.storage.repeats import written
from deskline.web.v2.wire import show_ticket
from tests.conftest import SEED_VARIABLE
from tests.storage.builders import ADA, OURS, THEIRS, a_message, a_new_ticket, a_ticket, an_account, take_turn
from tests.storage.test_postgres_commits import do_with_every_commit, total

pytestmark = pytest.mark.anyio


async def a_reply(database: PostgresDatabase, ticket_id: str, text: str = "On its way.") -> None:
    """A message to a ticket, which is read first."""
    async with database.write(OURS) as tx:
        await actions.reply(tx, ticket_id, a_message(text=text), ADA)


async def messages(database: PostgresDatabase, ticket_id: str) -> int:
    """Count the messages of a ticket."""
    async with database.read(OURS) as tx:
        life = await tickets.get_life(tx, ticket_id)
    return life.ticket.messages


async def test_additions_share_a_commit(postgres: PostgresDatabase) -> None:
    commits, units = postgres.commits.commits, postgres.commits.units
    await asyncio.gather(*(a_ticket(postgres) for _ in range(64)))
    assert postgres.commits.units - units == 64
    assert postgres.commits.commits - commits <= 2
    assert await total(postgres) == 64


async def test_units_that_read_share_a_commit(postgres: PostgresDatabase) -> None:
    ticket_id = await a_ticket(postgres)
    commits = postgres.commits.commits
    await asyncio.gather(*(a_reply(postgres, ticket_id) for _ in range(20)))
    assert postgres.commits.commits - commits <= 2
    assert await messages(postgres, ticket_id) == 21


@pytest.mark.parametrize(("bound", "unit"), [("MOST_ADDED", a_ticket), ("MOST_TURNS", None)])
async def test_a_transaction_is_bounded(postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch, bound: str, unit: object) -> None:
    monkeypatch.setattr(postgres_commit, bound, 4)
    ticket_id = await a_ticket(postgres)
    commits = postgres.commits.commits
    await asyncio.gather(*(a_ticket(postgres) if unit else a_reply(postgres, ticket_id) for _ in range(16)))
    assert postgres.commits.commits - commits == 4


@pytest.mark.parametrize("failing", [0, 1, 7])
async def test_a_unit_that_is_refused_after_it_wrote_is_undone_alone(postgres: PostgresDatabase, failing: int) -> None:
    ticket_id = await a_ticket(postgres)

    async def refused() -> None:
        async with postgres.write(OURS) as tx:
            await actions.reply(tx, ticket_id, a_message(text="never"), ADA)
            await take_turn(tx)  # what is read comes after what was written
            raise NotFoundError("ticket", "XXXXX")

    works = [a_reply(postgres, ticket_id) for _ in range(7)]
    works.insert(failing, refused())
    results = await asyncio.gather(*works, return_exceptions=True)
    assert [type(result) for result in results if result is not None] == [NotFoundError]
    assert await messages(postgres, ticket_id) == 8


async def test_a_statement_that_fails_undoes_its_unit_alone(postgres: PostgresDatabase) -> None:
    ticket_id = await a_ticket(postgres)
    texts = ["a", "b", "c", "d"]

    async def work(text: str) -> None:
        async with postgres.write(OURS) as tx:
            await actions.reply(tx, ticket_id, a_message(text=text), ADA)
            if text == "c":
                await tx.rows("SELECT $1::bigint / 0")

    results = await asyncio.gather(*(work(text) for text in texts), return_exceptions=True)
    assert [type(result) for result in results] == [type(None), type(None), asyncpg.DivisionByZeroError, type(None)]
    assert await messages(postgres, ticket_id) == 4


async def test_what_fails_at_its_end_undoes_its_unit_alone(postgres: PostgresDatabase) -> None:
    ticket_id = await a_ticket(postgres)
    poisoned = "a\0b"  # no text of this server holds that

    async def tag(name: str) -> None:
        async with postgres.write(OURS) as tx:
            await take_turn(tx)
            await people.add_tags(tx, (name,), ADA.id)

    results = await asyncio.gather(a_reply(postgres, ticket_id), tag("x"), tag(poisoned), tag("y"), return_exceptions=True)
    assert [isinstance(result, asyncpg.PostgresError) for result in results] == [False, False, True, False]
    async with postgres.read(OURS) as tx:
        assert [found.name for found in await people.list_tags(tx)] == ["x", "y"]
    assert await messages(postgres, ticket_id) == 2


async def test_an_addition_that_cannot_be_written_fails_alone(postgres: PostgresDatabase) -> None:
    mails = [*(f"{number}@client.example" for number in range(6)), "a\0b@client.example", "z@client.example"]
    results = await asyncio.gather(*(a_ticket(postgres, requester=Requester(mail, "")) for mail in mails), return_exceptions=True)
    assert [isinstance(result, asyncpg.PostgresError) for result in results] == [False] * 6 + [True, False]
    assert await total(postgres) == 7


async def test_a_caller_who_gives_up_in_the_midst_of_a_statement_is_undone_alone(postgres: PostgresDatabase) -> None:
    ticket_id = await a_ticket(postgres)
    sleeps = asyncio.Event()

    async def slow() -> None:
        async with postgres.write(OURS) as tx:
            await actions.reply(tx, ticket_id, a_message(text="never"), ADA)
            await take_turn(tx)
            sleeps.set()
            await tx.rows("SELECT $1::bigint, pg_sleep(20)")

    first, given_up, last = (asyncio.create_task(work) for work in (a_reply(postgres, ticket_id), slow(), a_reply(postgres, ticket_id)))
    await sleeps.wait()
    given_up.cancel()
    await asyncio.gather(first, last)
    assert given_up.cancelled()
    assert await messages(postgres, ticket_id) == 3


async def test_who_waits_too_long_for_the_transaction_is_told_and_holds_nobody_up(
    postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_commit, "WAIT_SECONDS", 0.1)
    ticket_id = await a_ticket(postgres)
    async with postgres.write(OURS) as tx:
        await take_turn(tx)
        with pytest.raises(DatabaseBusyError):
            await a_reply(postgres, ticket_id)
    await a_reply(postgres, ticket_id)
    assert await messages(postgres, ticket_id) == 2


async def test_a_commit_of_unknown_outcome_is_told_to_everybody_in_it(postgres: PostgresDatabase) -> None:
    await do_with_every_commit(postgres, "PERFORM pg_terminate_backend(pg_backend_pid())")
    results = await asyncio.gather(*(a_ticket(postgres) for _ in range(9)), return_exceptions=True)
    assert {type(result) for result in results} == {OutcomeUnknownError}


async def test_a_commit_that_was_undone_is_done_again_for_everybody_in_it(postgres: PostgresDatabase) -> None:
    async with postgres.read(OURS) as tx:
        await tx.rows("SELECT $1::bigint")
    await do_with_every_commit(postgres, "IF random() < 0.02 THEN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END IF")

    async def work(tx: Writer) -> None:
        await actions.create(tx, a_new_ticket(), ADA)

    await asyncio.gather(*(written(postgres, OURS, work) for _ in range(20)))
    assert await total(postgres) == 20


async def test_more_accounts_write_than_there_are_connections(postgres: PostgresDatabase) -> None:
    accounts = range(10, 10 + 3 * WRITERS)
    for account_id in accounts:
        await an_account(postgres, account_id)
    commits = postgres.commits.commits
    await asyncio.gather(*(a_ticket(postgres, account_id) for account_id in accounts for _ in range(4)))
    assert postgres.commits.commits - commits <= 2 * len(accounts)
    async with postgres.read(THEIRS) as tx:
        assert await tx.row("SELECT count(*), count(DISTINCT account_id) FROM ticket WHERE account_id <> $1") == (12 * WRITERS, 3 * WRITERS)


async def test_who_waits_when_the_database_is_closed_is_told(postgres: PostgresDatabase) -> None:
    async with postgres.write(OURS) as tx:
        await take_turn(tx)
        waiting = [asyncio.create_task(a_ticket(postgres)), asyncio.create_task(a_reply(postgres, "XXXXX"))]
        await asyncio.wait(waiting, timeout=0.05)
        closing = asyncio.create_task(postgres.commits.close())
        await asyncio.sleep(0)
        opening = await actions.create(tx, a_new_ticket(), ADA)
    assert opening.shown
    results = await asyncio.gather(*waiting, return_exceptions=True)
    await closing
    assert {type(result) for result in results} <= {StoppingError, NotFoundError}
    assert await total(postgres) == 1


async def test_random_work_of_two_processes_is_whole(postgres: PostgresDatabase) -> None:
    """What was acknowledged is there once, what was refused or given up and known to be undone is not; everything derived follows."""
    chance = random.Random(os.environ[SEED_VARIABLE])
    other = await open_postgres(postgres.dsn, show=show_ticket)
    created: list[str] = [await a_ticket(postgres)]
    acknowledged: dict[str, int] = dict.fromkeys(created, 1)

    async def client(database: PostgresDatabase) -> None:
        for _ in range(12):
            match chance.randrange(5):
                case 0 | 1:
                    ticket_id = await a_ticket(database)
                    created.append(ticket_id)
                    acknowledged[ticket_id] = acknowledged.get(ticket_id, 0) + 1
                case 2:
                    ticket_id = chance.choice(created)
                    await a_reply(database, ticket_id)
                    acknowledged[ticket_id] += 1
                case 3:
                    with pytest.raises(NotFoundError):
                        await a_reply(database, "XXXXX")
                case _:
                    ticket_id = chance.choice(created)
                    work = asyncio.create_task(retagged(database, ticket_id))
                    await asyncio.wait([work], timeout=chance.choice((0.0005, 0.002, 0.01)))
                    work.cancel()
                    with suppress(asyncio.CancelledError):
                        await work

    async def retagged(database: PostgresDatabase, ticket_id: str) -> None:
        async with database.write(OURS) as tx:
            await actions.retag(tx, ticket_id, (chance.choice("abc"),), ADA)

    await asyncio.gather(*(client(database) for database in (postgres, other) for _ in range(8)))
    assert await total(postgres) == len(created) == len(set(created))
    assert {ticket_id: await messages(postgres, ticket_id) for ticket_id in created} == acknowledged
    async with postgres.analyse(OURS) as tx:
        assert (await check_account(tx, show_ticket)).first == []
    await other.close()
