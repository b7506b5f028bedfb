"""How lists of the past are answered: what changed since by ranges of two indexes, what stands by the index of its filter, in its order."""

import re
from typing import TYPE_CHECKING

import pytest

from deskline.domain.searches import TicketFilter
from deskline.storage import past
from deskline.storage.database import Reader
from deskline.storage.memory import Was
from deskline.storage.past import _Standing
from deskline.storage.postgres import PostgresDatabase
from deskline.storage.sqlite import SqliteDatabase
from tests.storage import test_postgres_plans as on_postgres
from tests.storage import test_sqlite_plans as on_sqlite
from tests.storage.builders import DAY, NOON
from tests.storage.test_pages import ALONE
from tests.storage.test_postgres_distribution import Overhearing, astray, parts  # noqa: F401 (a fixture)
from tests.storage.test_postgres_plans import TICKETS, filled  # noqa: F401 (a fixture)

if TYPE_CHECKING:
    from tests.storage.test_postgres_distribution import Connection

pytestmark = pytest.mark.anyio

FILTERS = [TicketFilter(**wanted) for wanted in ALONE]


async def a_page(tx: Reader, wanted: TicketFilter, at: int, *, walking: bool, descending: bool = True) -> None:
    """List one ticket that changed since and was folded among those that did not."""
    standing = _Standing(tx, wanted, at, {1: "AAAAA"}, walking=walking)
    await standing.list_page([Was(NOON, "AAAAA", 1)], descending=descending, skipped=0, size=25)


async def test_sqlite_scans_no_table_and_sorts_only_what_was_folded(sqlite: SqliteDatabase) -> None:
    for wanted in FILTERS:
        async with on_sqlite.explained(sqlite) as tx:
            await past._list_changed(tx, wanted, NOON)
            await past._list_lives(tx, [1, 2], NOON)
            for walking in (True, False):
                await _Standing(tx, wanted, NOON, {1: "AAAAA"}, walking=walking).count()
            for descending in (True, False):
                await a_page(tx, wanted, NOON, walking=False, descending=descending)
            assert tx.scans == []
        async with on_sqlite.explained(sqlite) as tx:
            for descending in (True, False):
                await a_page(tx, wanted, NOON, walking=True, descending=descending)
            assert tx.scans == []
            assert len(tx.sorts) == 2  # the folded ones, in either direction
            assert [plan[-2:] for plan in tx.plans.values()] == [["SCAN c VIRTUAL TABLE INDEX 1:", "USE TEMP B-TREE FOR ORDER BY"]] * 2


async def test_sqlite_finds_what_changed_by_ranges(sqlite: SqliteDatabase) -> None:
    plans = []
    for wanted in (TicketFilter(), TicketFilter(tagged=True), TicketFilter(requester="ann"), TicketFilter(source_id="K1")):
        async with on_sqlite.explained(sqlite) as tx:
            await past._list_changed(tx, wanted, NOON)
            plans.append([line for plan in tx.plans.values() for line in plan if line.startswith("SEARCH")])
    assert [plan.pop() for plan in plans] == ["SEARCH ticket_aside USING INDEX ticket_aside_by_change (account_id=? AND modified_at>?)"] * 4
    assert plans == [
        ["SEARCH ticket USING COVERING INDEX ticket_by_activity (account_id=? AND last_activity_at>?)"],
        [
            "SEARCH ticket USING COVERING INDEX ticket_by_activity (account_id=? AND last_activity_at>?)",
            "SEARCH ticket USING INDEX ticket_by_silent_change (account_id=? AND modified_at>?)",
        ],
        [
            "SEARCH ticket USING INDEX ticket_by_requester (account_id=? AND requester=?)",
            "SEARCH e USING COVERING INDEX ticket_event_of_requesters (account_id=? AND at>?)",
            "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)",
        ],
        ["SEARCH ticket USING INDEX ticket_by_source_id (account_id=? AND source_id=?)"],
    ]


async def test_postgres_reads_no_whole_table(filled: PostgresDatabase) -> None:  # noqa: F811
    at = NOON + TICKETS * 30_000
    for wanted in FILTERS:
        async with on_postgres.explained(filled) as tx:
            changed = await past._list_changed(tx, wanted, at)
            await past._list_lives(tx, list(changed)[:100], at)
            for walking in (True, False):
                await _Standing(tx, wanted, at, changed, walking=walking).count()
                await a_page(tx, wanted, at, walking=walking)
        assert [plan for plan in tx.plans if "Seq Scan" in plan] == [], wanted


async def test_postgres_walks_what_stands_in_the_order_of_lists(filled: PostgresDatabase) -> None:  # noqa: F811
    at = NOON + DAY
    for wanted, index in (
        (TicketFilter(), "ticket_by_message"),
        (TicketFilter(requester="client1@example.com"), "ticket_by_requester"),
        (TicketFilter(assignee="ada@example.com"), "ticket_by_assignee"),
    ):
        async with on_postgres.explained(filled) as tx:
            await a_page(tx, wanted, at, walking=True)
        plan = tx.plans[0]
        assert re.search(rf"Backward using {index} on ticket", plan), plan
        assert "hashed" in plan, plan
        assert "Merge Append" in plan, plan


async def test_on_a_cluster_one_machine_has_it_all(parts: "Connection") -> None:  # noqa: F811
    tx = Overhearing()
    for wanted in FILTERS:
        for walking in (True, False):
            await _Standing(tx, wanted, NOON, {1: "AAAAA"}, walking=walking).count()
            await a_page(tx, wanted, NOON, walking=walking)
    assert len(tx.texts) == 4 * len(FILTERS)
    assert [text for text in dict.fromkeys(tx.texts) if await astray(parts, text)] == []
