"""The way of files into the database: batches, worker processes, other writers at the same time."""

import asyncio
import io
import json
import random
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from deskline.domain.people import Group
from deskline.domain.searches import TicketFilter, phrases_of
from deskline.errors import DatabaseBusyError
from deskline.storage import sqlite_commit
from deskline.storage.database import Database
from deskline.storage.people import add_group
from deskline.storage.postgres import PostgresDatabase
from deskline.storage.queries import Engine
from deskline.storage.search import find_page
from deskline.storage.sqlite import SqliteDatabase
from deskline.storage.tickets import find_shown
from deskline.web.v2.history_files import Place, read_tickets
from deskline.web.v2.importing import BATCH_BYTES, BATCH_TICKETS, Tally, bring_in
from tests.actions.test_imports import dump, tell
from tests.storage.engines import ENGINES, a_place
from tests.storage.wholeness import contradictions
from tests.web.v2.saved import GOLDEN, Json, many, saved

Left = list[tuple[str, str]]


@pytest.fixture(params=ENGINES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder whose database is on each engine in turn."""
    with a_place(request, request.param, tmp_path) as place:
        yield place


async def imported(database: Database, content: str) -> tuple[Tally, Left]:
    left: Left = []

    def say(place: Place, reason: str) -> None:
        left.append((str(place), reason))

    return await bring_in(database, 1, read_tickets(io.BufferedReader(io.BytesIO(content.encode())), "file"), say), left


def lines(tickets: Iterable[Json]) -> str:
    return "\n".join(json.dumps(ticket) for ticket in tickets)


def counts(tally: Tally) -> dict[str, int]:
    return {fate: count for fate, count in (*tally.fates.items(), ("bad", tally.bad)) if count}


def test_it_works(folder: Path) -> None:
    async def story(database: Database) -> None:
        tally, left = await imported(database, lines([GOLDEN, saved(id="B", colour="red", resolutionDate="2019-03-11T11:00:00Z")]))
        assert (counts(tally), left, tally.whole) == ({"added": 2}, [], True)
        assert tally.notes == {"unknown key: colour": 1, "the last solve is told differently from the timeline": 1}
        again, left = await imported(database, lines([GOLDEN, saved(id="B", colour="red", resolutionDate="2019-03-11T11:00:00Z")]))
        assert (counts(again), left, again.whole, again.notes) == ({"unchanged": 2}, [], True, {})

    tell(folder, story)


def test_what_is_left_out_is_told_with_its_place_and_the_rest_goes_in(folder: Path) -> None:
    async def story(database: Database) -> None:
        await imported(database, lines([saved(id="C")]))
        content = [
            saved(id="A"),
            saved(id="no-id"),
            saved(id="B", status="odd"),
            saved(id="C", subject="x", date="2018-01-01"),
            saved(id="D"),
        ]
        tally, left = await imported(database, lines(content) + '\n{"id":"E",,}\nnonsense\n' + lines([saved(id="F")]))
        assert counts(tally) == {"added": 3, "conflict": 1, "bad": 4}
        assert not tally.whole
        assert sorted(left) == [
            ("file, line 2, ticket 2", "id: 'no-id' is not 1 to 32 letters (A to Z) and digits"),
            ("file, line 3, ticket 3", "status: 'odd' is unknown; accepted: open, pending, solved, spam"),
            ("file, line 4, ticket 4", "ticket C is here already with another creation: its date or its requester differs"),
            ("file, line 6, ticket 6", "it is not JSON: JSON is malformed: object keys must be strings (byte 10)"),
            ("file, line 7, ticket 6", 'no ticket begins with b\'nonsense\\n{"id": "F",\''),
        ]

    tell(folder, story)


def test_groups_told_by_their_ids_have_the_account_s_names_and_keep_them(folder: Path) -> None:
    by_id = lines([saved(id="A", groups=[0, 3, 4], currentGroup=0), saved(id="B", groups=[{"id": 4, "name": "Returns"}])])

    async def names(database: Database) -> list[tuple[int, str]]:
        async with database.read(1) as tx:
            shown = await find_shown(tx, "A")
        return [(group["id"], group["name"]) for group in json.loads(shown or b"")["groups"]]

    async def story(database: Database) -> None:
        async with database.write(1) as tx:
            await add_group(tx, Group(3, "Sales"))
        assert counts((await imported(database, by_id))[0]) == {"added": 2}
        assert await names(database) == [(0, "General"), (3, "Sales"), (4, "Group 4")]
        before = dump(folder)
        assert counts((await imported(database, by_id))[0]) == {"unchanged": 2}
        assert dump(folder) == before

    tell(folder, story)


def test_a_nul_is_kept_and_half_a_pair_is_left_out(folder: Path) -> None:
    async def story(database: Database) -> None:
        tally, left = await imported(database, lines([saved(id="A", subject="a\0b"), saved(id="B", subject="a\ud800b")]))
        assert (counts(tally), [place for place, _ in left]) == ({"added": 1, "bad": 1}, ["file, line 2, ticket 2"])
        async with database.read(1) as tx:
            assert json.loads(await find_shown(tx, "A") or b"")["subject"] == "a\0b"

    tell(folder, story)


def test_what_no_index_could_hold_is_left_out_and_long_texts_are_not(folder: Path, chance: random.Random) -> None:
    long = chance.randbytes(5_000).hex()

    async def story(database: Database) -> None:
        for bad in (
            {"tags": [long]},
            {"source": {"type": "mail", "id": long}},
            {"source": {"type": long}},
            {"requester": {"mail": f"{long}@x.example", "name": "x"}},
            {"assignee": {"id": f"{long}@x.example", "name": "x"}},
        ):
            tally, left = await imported(database, lines([saved(id="A", **bad)]))
            assert (counts(tally), len(left)) == ({"bad": 1}, 1)
            assert "letters, more than 500" in left[0][1]
        tally, _ = await imported(database, lines([saved(id="B", subject=long, groups=[{"id": 3, "name": long}])]))
        assert counts(tally) == {"added": 1}
        found = await find_page(database, 1, TicketFilter(words=phrases_of(long)), page=1, descending=True)
        assert found.total == 1
        assert (await find_page(database, 1, TicketFilter(words=phrases_of(long + "a")), page=1, descending=True)).total == 0

    tell(folder, story)


@pytest.mark.parametrize("engine", ENGINES)
def test_worker_processes_keep_the_order(request: pytest.FixtureRequest, tmp_path: Path, engine: Engine) -> None:
    """More than one batch takes processes; the rows are those that one batch after the other in this process makes."""
    tickets = list(many(3 * BATCH_TICKETS + 7))

    async def at_once(database: Database) -> None:
        assert counts((await imported(database, lines(tickets)))[0]) == {"added": len(tickets)}
        assert counts((await imported(database, lines(tickets)))[0]) == {"unchanged": len(tickets)}

    async def in_parts(database: Database) -> None:
        for start in range(0, len(tickets), BATCH_TICKETS):
            await imported(database, lines(tickets[start : start + BATCH_TICKETS]))

    stored = []
    for name, story in (("once", at_once), ("parts", in_parts)):
        (tmp_path / name).mkdir()
        with a_place(request, engine, tmp_path / name) as folder:
            tell(folder, story)
            stored.append(without_made_at(dump(folder)))
    assert stored[0] == stored[1]


def without_made_at(tables: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    """Leave out when an agent, a tag or a key came to be known here: that is the moment of the import."""
    made_at = {"agent": 8, "tag": 3, "api_key": 5}
    rows = {table: [row[: made_at[table]] + row[made_at[table] + 1 :] for row in tables[table]] for table in made_at}
    rows["api_key"] = [row[2:] for row in rows["api_key"]]
    return tables | rows


def test_large_tickets_make_small_batches(folder: Path) -> None:
    async def story(database: Database) -> None:
        tickets = [saved(id=f"A{number}", subject="x" * (BATCH_BYTES // 3)) for number in range(7)]
        assert counts((await imported(database, lines(tickets)))[0]) == {"added": 7}
        assert isinstance(database, SqliteDatabase | PostgresDatabase)
        assert database.commits.commits >= 3

    tell(folder, story)


def test_a_database_that_is_busy_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_commit, "BUSY_WAIT_SECONDS", 0.05)

    async def story(database: SqliteDatabase) -> None:
        with closing(apsw.Connection(str(database.path))) as other:
            other.execute("BEGIN IMMEDIATE")
            asyncio.get_running_loop().call_later(0.2, other.execute, "COMMIT")
            assert counts((await imported(database, lines([GOLDEN])))[0]) == {"added": 1}

    tell(tmp_path, story)


def test_a_database_that_stays_busy_is_an_error_and_nothing_is_half_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_commit, "BUSY_WAIT_SECONDS", 0.01)

    async def story(database: SqliteDatabase) -> None:
        with closing(apsw.Connection(str(database.path))) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(DatabaseBusyError):
                await imported(database, lines([GOLDEN]))
        assert counts((await imported(database, lines([GOLDEN])))[0]) == {"added": 1}

    tell(tmp_path, story)
    assert contradictions(tmp_path / "deskline.db") == []
