"""Kept answers in the database, and the transactions that hold them together with what they tell of. On both engines."""

import pytest

from deskline.actions import tickets as actions
from deskline.domain.events import Requester, Source
from deskline.domain.searches import TicketFilter, phrases_of
from deskline.domain.tickets import NewMessage, NewTicket
from deskline.errors import ConflictError
from deskline.storage import checks, kept_answers, people, tickets
from deskline.storage.database import Database, Writer
from deskline.storage.joined import JoinedDatabase
from deskline.storage.kept_answers import KeptAnswer
from deskline.storage.search import find_page
from tests.desks import OWNER, add_ticket
from tests.storage.builders import DAY, NOON, OURS, SECOND, THEIRS, Clock, id_of

pytestmark = pytest.mark.anyio

ROUTE = "POST /tickets"


async def keep(database: Database, key: str, answer: bytes = b"answer", account_id: int = OURS) -> None:
    async with database.write(account_id) as tx:
        await kept_answers.save(tx, ROUTE, key, KeptAnswer(b"print", answer))


async def found(database: Database, key: str, after: int = 0, account_id: int = OURS, route: str = ROUTE) -> bytes | None:
    async with database.read(account_id) as tx:
        kept = await kept_answers.find(tx, route, key, after)
    return None if kept is None else kept.answer


async def test_an_answer_is_found_under_its_account_route_and_key(database: Database) -> None:
    await keep(database, "a")
    assert await found(database, "a") == b"answer"
    assert [await found(database, "b"), await found(database, "a", account_id=THEIRS), await found(database, "a", route="PUT /x")] == [
        None,
        None,
        None,
    ]


async def test_an_old_answer_is_not_found_and_gives_its_place_up(database: Database, clock: Clock) -> None:
    await keep(database, "a")
    clock.now += DAY
    after = clock.now - DAY
    assert await found(database, "a", after) is None
    await keep(database, "a", b"another")
    assert await found(database, "a", after) == b"another"


async def test_old_answers_are_deleted_the_oldest_first(database: Database, clock: Clock) -> None:
    for key in "abcd":
        await keep(database, key)
        clock.now += SECOND
    await keep(database, "a", account_id=THEIRS)
    async with database.read(OURS) as tx:
        old = await kept_answers.list_old(tx, NOON + 2 * SECOND, 2)
        assert [key for _, key, _ in old] == ["a", "b"]
    await keep(database, "b", b"another")  # its key stands for another request by now
    async with database.write(OURS) as tx:
        await kept_answers.delete_all(tx, old)
    assert [await found(database, key) for key in "abcd"] == [None, b"another", b"answer", b"answer"]
    assert await found(database, "a", account_id=THEIRS) == b"answer"


async def nothing(_: Writer) -> None:
    pass


async def new_ticket(tx: Writer) -> NewTicket:
    return NewTicket(
        requester=Requester("mary@client.example", "Mary"),
        text="parcel",
        groups=await actions.ticket_groups(tx, (), may_make=True),
        source=Source("lc2"),
    )


async def test_writes_of_a_joined_database_are_one(database: Database) -> None:
    opened: list[bytes] = []

    async def fail() -> None:
        async with database.write(OURS) as tx:
            joined = JoinedDatabase(database, tx, nothing)
            async with joined.write(OURS) as one:
                opening = await actions.create(one, await new_ticket(one), OWNER)
            opened.append(opening.shown)  # it is written when its part is over
            async with joined.write(OURS) as other:
                await actions.retag(other, id_of(opening.shown), ("a",), OWNER)
            async with joined.read(OURS) as reader:
                assert b'"tags":["a"]' in (await tickets.find_shown(reader, id_of(opening.shown)) or b"")
            await kept_answers.save(tx, ROUTE, "a", KeptAnswer(b"print", b"answer"))
            raise ConflictError("no")

    with pytest.raises(ConflictError):
        await fail()
    async with database.read(OURS) as reader:
        assert await tickets.find_shown(reader, id_of(opened[0])) is None
    assert await found(database, "a") is None


async def test_a_part_that_fails_is_undone_alone(database: Database) -> None:
    """Also what it would have written at its end, and its words."""

    async def fail(joined: JoinedDatabase, ticket_id: str) -> None:
        async with joined.write(OURS) as other:
            await actions.reply(other, ticket_id, NewMessage(text="unsaid", source=Source("lc2")), OWNER)
            await actions.create(other, await new_ticket(other), OWNER)
            raise ConflictError("no")

    async with database.write(OURS) as tx:
        joined = JoinedDatabase(database, tx, nothing)
        async with joined.write(OURS) as one:
            kept = await actions.create(one, await new_ticket(one), OWNER)
        with pytest.raises(ConflictError):
            await fail(joined, id_of(kept.shown))
        async with joined.write(OURS) as last:
            await actions.retag(last, id_of(kept.shown), ("a",), OWNER)
    async with database.read(OURS) as reader:
        shown = await tickets.find_shown(reader, id_of(kept.shown))
    assert shown is not None
    assert (b'"tags":["a"]' in shown, b"unsaid" in shown) == (True, False)
    async with database.analyse(OURS) as found_by:
        assert await checks.count_tickets(found_by) == 1
    filters = [TicketFilter(words=phrases_of(word)) for word in ("parcel", "unsaid")]
    assert [(await find_page(database, OURS, each, page=1, descending=True)).total for each in filters] == [1, 0]


async def test_what_was_there_before_is_looked_at_once_and_first(database: Database) -> None:
    seen: list[str] = []

    async def look(tx: Writer) -> None:
        seen.append("before")

    async with database.write(OURS) as tx:
        joined = JoinedDatabase(database, tx, look)
        async with joined.read(OURS):
            seen.append("read")
        for _ in range(2):
            async with joined.write(OURS) as one:
                await people.find_account(one)
                seen.append("write")
    assert seen == ["read", "before", "write", "write"]


async def test_another_account_is_not_written(database: Database) -> None:
    async with database.write(OURS) as tx:
        joined = JoinedDatabase(database, tx, nothing)
        with pytest.raises(ValueError, match="writes nothing of account 2"):
            async with joined.write(THEIRS):
                pass
    async with database.write(OURS) as tx:
        assert await add_ticket(tx)
