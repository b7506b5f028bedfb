"""Whatever happens to a ticket: everything stored of it is what its timeline leads to, and facts follow it."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import apsw
import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from deskline.actions import checks
from deskline.actions import tickets as actions
from deskline.domain.events import Person
from deskline.domain.searches import TicketFilter, phrases_of
from deskline.domain.tickets import Changes
from deskline.errors import ConflictError
from deskline.storage import people, tickets
from deskline.storage.database import Database, Row
from deskline.storage.search import find_page
from deskline.storage.sqlite import SqliteDatabase
from deskline.web.v2.wire import show_ticket
from tests.storage.builders import (
    ADA,
    AGENTS,
    BEN,
    GROUPS,
    MINUTE,
    NOON,
    OURS,
    SECOND,
    Clock,
    Command,
    a_message,
    a_ticket,
    an_account,
    do,
    id_of,
    random_command,
    random_new_ticket,
)
from tests.storage.engines import ENGINES, kept_open, opener
from tests.storage.wholeness import SUMS, contradictions, of_account, recounted


class Lives:
    """A database in which each example has an account of its own."""

    def __init__(self, database: Database, clock: Clock, runner: asyncio.Runner) -> None:
        self.database, self.clock, self.runner = database, clock, runner
        self.account_id = 0

    def live(self, seeds: list[int]) -> None:
        """Live some lives at once, in an account of their own. They share no chance: who comes first is not the seeds' to say."""
        self.account_id += 1
        self.clock.now = NOON
        self.runner.run(self._live(seeds))

    def contradictions(self) -> list[str]:
        """List what is wrong with the rows of the last account: on SQLite by means of our own, else as `deskline check` sees it."""
        if isinstance(self.database, SqliteDatabase):
            with closing(apsw.Connection(str(self.database.path))) as connection:
                return of_account(connection, self.account_id)
        return self.runner.run(self._check())

    async def _check(self) -> list[str]:
        async with self.database.analyse(self.account_id) as tx:
            findings = await checks.check_account(tx, show_ticket)
            rolled_up = await tx.rows(f"SELECT scope, agent, level, slot, {', '.join(SUMS)} FROM rollup WHERE account_id = $1")
            ids = await tx.rows("SELECT ticket_id FROM ticket WHERE account_id = $1")
            lives = [await tickets.get_life(tx, ticket_id) for (ticket_id,) in ids]
        assert findings.tickets > 0
        assert {row for row in rolled_up if any(row[4:])} == recounted(
            [life.ticket for life in lives], {life.ticket.id: life.events for life in lives}
        )
        unknown = "a tag that the account knows"  # the endpoints make tags known, not the verbs
        return [str(difference) for difference in findings.first if difference.expected != unknown]

    async def _live(self, seeds: list[int]) -> None:
        await an_account(self.database, self.account_id)
        await asyncio.gather(*(self._life(random.Random(seed)) for seed in seeds))

    async def _life(self, chance: random.Random) -> None:
        """Create a ticket and do this and that to it, each in a transaction of its own; the clock may go back."""
        async with self.database.write(self.account_id) as tx:
            opening = await actions.create(tx, random_new_ticket(chance), chance.choice(AGENTS))
        ticket_id = id_of(opening.shown)
        for _ in range(chance.randrange(12)):
            self.clock.now += chance.choice((0, 1, 700, SECOND, MINUTE, -MINUTE))
            with suppress(ConflictError):
                async with self.database.write(self.account_id) as tx:
                    await do(tx, ticket_id, random_command(chance), chance.choice(AGENTS))


@pytest.fixture(scope="module", params=ENGINES)
def lives(request: pytest.FixtureRequest) -> Iterator[Lives]:
    """Examples share a database, since making one costs more than most lives; at the end the file is checked as a whole."""
    clock = Clock()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        with kept_open(runner, opener(request, request.param, clock)) as database:
            yield Lives(database, clock, runner)
        assert not isinstance(database, SqliteDatabase) or contradictions(database.path) == []


@given(seeds=st.lists(st.integers(0, 2**32), min_size=1, max_size=4))
def test_what_is_stored_is_what_the_timelines_lead_to(lives: Lives, seeds: list[int]) -> None:
    lives.live(seeds)
    assert lives.contradictions() == []


class Story:
    """One ticket, told step by step, and its facts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        self.ticket_id = ""

    async def do(self, command: Command, by: Person = ADA) -> None:
        """Do something to the ticket, a minute later; a ticket that is not there yet is created first."""
        if not self.ticket_id:
            self.ticket_id = await a_ticket(self.database, tags=("sales",))
        self.clock.now += MINUTE
        async with self.database.write(OURS) as tx:
            await do(tx, self.ticket_id, command, by)

    async def facts(self, **expected: Row) -> None:
        """Compare the ticket's facts, by kind: minutes since its creation, agent, seconds."""
        statement = (
            "SELECT kind, (at - $2) / 60000, agent, seconds FROM fact WHERE account_id = $1 AND kind NOT IN (12, 13, 14, 15, 16, 17)"
        )
        async with self.database.read(OURS) as tx:
            rows = await tx.rows(statement, NOON)
        numbers = {"created": 3, "responded": 5, "solved": 6, "bad": 7, "good": 8, "first": 9, "again": 10, "last": 11}
        assert sorted(rows) == sorted((numbers[kind], *fact) for kind, fact in {"created": (0, None, None), **expected}.items())

    async def selected(self, **filters: Any) -> bool:
        """Whether a list with these filters holds the ticket."""
        page = await find_page(self.database, OURS, TicketFilter(**filters), page=1, descending=True)
        return page.total == 1


@pytest.fixture
def story(database: Database, clock: Clock) -> Story:
    return Story(database, clock)


@pytest.mark.anyio
async def test_an_answer_and_a_solution_are_facts(story: Story) -> None:
    await story.do(a_message(), by=BEN)
    await story.facts(responded=(1, BEN.id, 60))
    await story.do(Changes(status="solved"))
    await story.facts(responded=(1, BEN.id, 60), solved=(2, ADA.id, 120))


@pytest.mark.anyio
async def test_a_reopened_ticket_keeps_its_solution_until_the_next_one(story: Story) -> None:
    await story.do(Changes(status="solved"))
    await story.do(a_message(by_client=True))
    await story.facts(solved=(1, ADA.id, 60))
    await story.do(Changes(status="solved"), by=BEN)
    await story.facts(first=(1, ADA.id, 60), again=(3, BEN.id, 60), last=(3, BEN.id, 180))


@pytest.mark.anyio
async def test_spam_has_no_facts_and_gets_them_back(story: Story) -> None:
    await story.do(a_message())
    await story.do("good")
    await story.do(Changes(status="spam"))
    async with story.database.read(OURS) as tx:
        assert await tx.rows("SELECT kind FROM fact WHERE account_id = $1") == []
    await story.do(Changes(status="open"))
    await story.facts(responded=(1, ADA.id, 60), good=(2, ADA.id, None))


@pytest.mark.anyio
async def test_the_last_rating_is_the_fact(story: Story) -> None:
    await story.do("good")
    await story.facts(good=(1, None, None))
    await story.do(a_message(), by=BEN)
    await story.do("bad")
    await story.facts(responded=(2, BEN.id, 120), bad=(3, BEN.id, None))


@pytest.mark.anyio
async def test_tags_are_those_of_now(story: Story) -> None:
    await story.do(("bug", "vip"))
    assert not await story.selected(tags=("sales",))
    assert await story.selected(tags=("bug",))
    assert await story.selected(tags=("sales", "vip"))
    await story.do(())
    assert not await story.selected(tags=("sales", "bug", "vip"))
    async with story.database.read(OURS) as tx:
        known = {tag.name: tag.tickets for tag in await people.list_tags(tx)}
    assert known == {"bug": 0, "vip": 0}, "known for ever once used, though no ticket carries them now"


@pytest.mark.anyio
async def test_groups_are_those_of_now(story: Story) -> None:
    await story.do(Changes(groups=GROUPS[1:]))
    assert not await story.selected(groups=(0,))
    assert await story.selected(groups=(1,))
    assert await story.selected(groups=(0, 2))


@pytest.mark.anyio
async def test_words_are_found_as_soon_as_they_are_written(story: Story) -> None:
    await story.do(a_message(text="A zebra, perhaps?"))
    assert await story.selected(words=phrases_of("ZEBRA order"))
    await story.do(Changes(subject="Giraffe"))
    assert await story.selected(words=phrases_of("giraffe zebra"))
    await story.do(Changes(subject="Lion"))
    assert not await story.selected(words=phrases_of("giraffe"))


@pytest.mark.anyio
@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE ticket SET status = 'pending'",
        "UPDATE ticket SET shown = x'7b7d'",
        "DELETE FROM ticket WHERE ticket_key % 2",
        "DELETE FROM ticket_event WHERE seq = 2",
        "UPDATE fact SET seconds = 1 WHERE kind = 6",
        "DELETE FROM fact WHERE kind = 3",
        "DELETE FROM rollup WHERE level = 1",
        "UPDATE rollup SET solved = solved + 1 WHERE scope = '' AND level = 2",
        f"INSERT INTO rollup VALUES (1, 't:left', '', 0, 1, 1{', 0' * 26})",
        "INSERT INTO ticket_tag VALUES (1, 'left', (1 << 40) + 9, 'OVER1', 0)",
        "UPDATE ticket_group SET last_message_at = 0",
        "DELETE FROM search WHERE rowid % 2",
        "INSERT INTO search (rowid, words, notes) VALUES (5, 'order', '')",
    ],
)
async def test_whatever_does_not_follow_from_the_timelines_is_seen(sqlite: SqliteDatabase, damage: str) -> None:
    story = Story(sqlite, Clock())
    await story.do(Changes(status="solved"))
    assert contradictions(sqlite.path) == []
    with closing(apsw.Connection(str(sqlite.path))) as connection:
        connection.execute(damage)
    assert contradictions(sqlite.path) != []
