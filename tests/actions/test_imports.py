"""Saved tickets taken into a real database: added, continued, left alone or refused, and everything stored follows from the timelines."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskline.actions import tickets
from deskline.actions.checks import check_account
from deskline.actions.imports import Arrival, Outcome, arrival, take_in
from deskline.domain.facts import facts
from deskline.domain.tickets import Changes
from deskline.domain.timelines import fold
from deskline.storage import people
from deskline.storage.database import Database
from deskline.storage.tickets import find_shown
from deskline.web.v2.history import decode, read_history
from deskline.web.v2.wire import show_ticket
from tests.desks import OWNER, PLACES, any_desk, rows_in
from tests.storage.builders import NOON, SECOND, random_timeline
from tests.storage.wholeness import TABLES, contradictions
from tests.web.v2.saved import GENERAL, GOLDEN, JANE, a_message, a_status, at, saved, shown, told

Story = Callable[[Any], Awaitable[None]]  # gets the database, of whichever engine


def tell(folder: Path, story: Story) -> None:
    """Tell a story of account 1, and see that all it leaves in the database follows from the timelines."""

    async def whole() -> None:
        async with any_desk(folder) as database:
            await story(database)
            async with database.analyse(1) as tx:
                assert (await check_account(tx, show_ticket)).first == []

    asyncio.run(whole())
    assert folder in PLACES or contradictions(folder / "deskline.db") == []


def arrived(*saved_tickets: dict[str, Any]) -> list[Arrival]:
    histories = [told(ticket) for ticket in saved_tickets]
    return [arrival(history.ticket, history.events, show_ticket) for history in histories]


async def take(database: Database, *saved_tickets: dict[str, Any]) -> list[Outcome]:
    async with database.write(1) as tx:
        return await take_in(tx, arrived(*saved_tickets))


async def stored(database: Database, ticket_id: str = "5FUED") -> dict[str, Any]:
    async with database.read(1) as tx:
        found = await find_shown(tx, ticket_id)
    assert found is not None
    return decode(found)


def dump(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that is not derived by the engine."""
    return {table: rows_in(folder, f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in TABLES}


def test_it_works(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        assert await take(database, GOLDEN, saved(id="B", tags=["vip", "late"])) == [Outcome("added"), Outcome("added")]
        assert await stored(database) == GOLDEN
        assert (await stored(database, "B"))["tags"] == ["vip", "late"]

    tell(tmp_path, story)


def test_agents_groups_and_tags_are_made_as_needed(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        by_bo = a_message(30, {"id": "Bo@co.com", "name": "Bo", "type": "agent"})
        reassigned = {"type": "assignee_changed", "date": at(40), "to": JANE, "author": {"id": "cy@co.com", "name": ""}}
        await take(
            database, saved(a_message(), by_bo, reassigned, assignee=JANE, groups=[GENERAL, {"id": 7, "name": "Sales"}], tags=["vip"])
        )
        async with database.read(1) as tx:
            agents = {agent.login: agent for agent in await people.list_agents(tx)}
            assert set(agents) == {OWNER.id, "Bo@co.com", "jane@co.com", "cy@co.com"}
            assert [(a.name, a.permission, a.signs_in) for a in (agents["Bo@co.com"], agents["cy@co.com"])] == [
                ("Bo", "normal", False),
                ("cy@co.com", "normal", False),
            ]
            assert agents[OWNER.id].signs_in
            assert [(group.id, group.name) for group in await people.list_groups(tx)] == [(0, "All operators"), (7, "Sales")]
            assert [(tag.name, tag.author, tag.tickets) for tag in await people.list_tags(tx)] == [("vip", "import", 1)]

    tell(tmp_path, story)


def test_what_the_account_has_already_stays_as_it_is(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        async with database.read(1) as tx:
            before = await people.list_agents(tx)
        loud = {"id": OWNER.id.upper(), "name": "Somebody else"}
        await take(database, saved(a_message(), a_message(5, loud | {"type": "agent"})))
        async with database.read(1) as tx:
            assert await people.list_agents(tx) == before

    tell(tmp_path, story)


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        await take(database, GOLDEN, saved(id="B"))
        before = dump(tmp_path)
        assert await take(database, GOLDEN, saved(id="B")) == [Outcome("unchanged"), Outcome("unchanged")]
        assert dump(tmp_path) == before

    tell(tmp_path, story)


def test_a_ticket_that_stands_twice_in_a_batch_is_taken_once(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        later = saved(a_message(), a_message(60))
        outcomes = await take(database, saved(), saved(), later, saved())
        assert [outcome.fate for outcome in outcomes] == ["added", "unchanged", "continued", "unchanged"]
        assert await stored(database) == shown(told(later))

    tell(tmp_path, story)


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(saved(a_message(), a_message(60, JANE | {"type": "agent"})), id="an event"),
        pytest.param(saved(tags=["vip"], modified=at(60)), id="tags"),
        pytest.param(
            saved(subject="Another", groups=[{"id": 3, "name": "Sales", "inherited": False}], modified=at(60)), id="subject and groups"
        ),
        pytest.param(saved(assignee=JANE, modified=at(60)), id="an assignee without an event"),
        pytest.param(saved(modified=at(60)), id="a change of nobody knows what"),
        pytest.param(saved(a_message(), a_status(60, "open", "solved", JANE), status="solved", tags=["a"], modified=at(70)), id="much"),
    ],
)
def test_a_file_that_knows_more_continues_a_ticket(tmp_path: Path, later: dict[str, Any]) -> None:
    async def story(database: Database) -> None:
        await take(database, saved())
        assert await take(database, later) == [Outcome("continued")]
        found, expected = await stored(database), shown(told(later))
        if "assignee" in later:  # by now it takes an event to tell it
            assert found.pop("events")[-1]["type"] == "assignee_changed"
            expected.pop("events")
        assert found == expected
        assert await take(database, later, saved()) == [Outcome("unchanged"), Outcome("unchanged")]

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (saved(a_message(message="Other words")), "with another timeline: event 1 differs"),
        (saved(a_message(60)), "with another timeline: event 1 differs"),
        (saved(requester={"mail": "eve@x.com"}), "with another creation"),
        (saved(date="2019-03-11T09:00:00Z"), "with another creation"),
        (saved(subject="Another"), "with other tags, groups, copies or subject since the same last change"),
        (saved(groups=[5]), "with other tags, groups, copies or subject since the same last change"),
    ],
)
def test_another_life_under_the_same_id_is_a_conflict(tmp_path: Path, other: dict[str, Any], reason: str) -> None:
    async def story(database: Database) -> None:
        await take(database, saved())
        before = dump(tmp_path)
        conflict, added = await take(database, other | {"tags": ["new"]}, saved(id="B"))
        assert conflict.fate == "conflict"
        assert reason in conflict.reason
        assert added == Outcome("added")
        after = dump(tmp_path)
        assert after["tag"] == before["tag"]
        assert (await stored(database)) == shown(told(saved()))

    tell(tmp_path, story)


def test_what_was_done_here_since_is_not_undone(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        await take(database, saved())
        async with database.write(1) as tx:
            await tickets.retag(tx, "5FUED", ("mine",), OWNER)
            await tickets.change(tx, "5FUED", Changes(status="solved"), OWNER)
        before = dump(tmp_path)
        assert await take(database, saved()) == [Outcome("unchanged")]
        (conflict,) = await take(database, saved(a_message(), a_message(60)))
        assert conflict.fate == "conflict"
        assert dump(tmp_path) == before

    tell(tmp_path, story)


def test_the_two_forms_of_a_ticket_are_one(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        named = saved(groups=[{"id": 3, "name": "Sales", "inherited": True}])
        assert await take(database, named, saved(groups=[3])) == [Outcome("added"), Outcome("unchanged")]
        assert await stored(database) == shown(told(named))

    tell(tmp_path, story)


def rated_for(exported: dict[str, Any]) -> list[str | None]:
    """Whom the rating of a ticket is for, as told again by its export."""
    history = told(exported)
    return [fact.agent for fact in facts(history.ticket, history.events) if fact.kind == "rated"]


def test_an_assignee_from_the_beginning_is_remembered_by_exports(tmp_path: Path) -> None:
    """Whom a rating was for is told by nothing else, once there is another assignee."""
    rated = {"type": "rated", "current": "good", "date": at(60), "author": {"id": "mary@x.com", "name": "Mary", "type": "client"}}

    async def story(database: Database) -> None:
        born = saved(a_message(), rated, assignee=JANE, rate="rated_good")
        await take(database, born)
        assert (await stored(database))["events"] == born["events"]
        async with database.write(1) as tx:
            await tickets.change(tx, "5FUED", Changes(assignee=OWNER), OWNER)
        exported = await stored(database)
        assert exported["events"][1] == {"date": at(0), "to": JANE, "type": "assignee_changed"}
        assert rated_for(exported) == [JANE["id"]]
        assert shown(told(exported)) == exported
        async with database.write(1) as tx:
            await tickets.change(tx, "5FUED", Changes(status="solved"), OWNER)
        assert await take(database, born, exported, await stored(database)) == [Outcome("unchanged")] * 3

    tell(tmp_path, story)


def test_an_assignee_from_the_beginning_does_not_keep_a_file_from_going_on(tmp_path: Path) -> None:
    birth = {"date": at(0), "to": JANE, "type": "assignee_changed"}
    later = {"date": at(70), "to": {"id": "bo@co.com", "name": "Bo"}, "type": "assignee_changed", "author": JANE}

    async def story(database: Database) -> None:
        await take(database, saved(a_message(), assignee=JANE))
        assert await take(database, saved(a_message(), birth, later, assignee=later["to"], modified=at(70))) == [Outcome("continued")]
        assert (await stored(database))["events"] == [a_message(), birth, later]

    tell(tmp_path, story)


def test_an_export_of_a_life_lived_here_is_unchanged(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        await take(database, saved())
        async with database.write(1) as tx:
            await tickets.retag(tx, "5FUED", ("mine",), OWNER)
            await tickets.change(tx, "5FUED", Changes(status="solved"), OWNER)
        assert await take(database, await stored(database)) == [Outcome("unchanged")]

    tell(tmp_path, story)


@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(1, 30))
def test_any_life_can_be_taken_in_piece_by_piece(tmp_path_factory: pytest.TempPathFactory, seed: int, commands: int, cut: int) -> None:
    """The first part of a life, then all of it: the same as all of it at once. A cut lies between seconds, as `modified` tells no more."""
    events = random_timeline(random.Random(seed), "ABCDE", NOON, commands)
    cut = min(cut, len(events))
    while cut < len(events) and events[cut].at // SECOND == events[cut - 1].at // SECOND:
        cut += 1
    pieces = [decode(show_ticket(fold("ABCDE", part), part)) for part in (events[:cut], events)]
    assert read_history(pieces[1]).notes == ()

    async def story(database: Database) -> None:
        fates = [(await take(database, piece))[0].fate for piece in pieces]
        assert fates == ["added", "unchanged" if cut == len(events) else "continued"]
        assert await stored(database, "ABCDE") == pieces[1]

    tell(tmp_path_factory.mktemp("desk"), story)
