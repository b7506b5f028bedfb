"""How SQLite answers our statements: by an index, never reading a table from end to end, and long lists without sorting them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from deskline.domain.reports import ReportFilter
from deskline.domain.searches import TicketFilter
from deskline.storage import reports, search
from deskline.storage.database import Query, Reader, Row
from deskline.storage.queries import queries
from deskline.storage.sqlite import SqliteDatabase
from tests.storage.builders import OURS, REPORTS
from tests.storage.test_pages import ALONE

pytestmark = pytest.mark.anyio

FOLDER = Path(search.__file__).with_name("sql")
# A copy reads every table from end to end, in the order of its key, and makes a table of its own.
FILES = sorted({path.name.split(".")[0] for path in FOLDER.glob("*.sql")} - {"schema", "copies"})
# What may be read from end to end: what the statement itself brings or makes, and the search index, which has no other way.
MAY_BE_SCANNED = re.compile(r"SCAN (c|rated|CONSTANT ROW|\w+ VIRTUAL TABLE INDEX .*)$")
# They cross accounts, and no request waits for them.
SCANS_BY_INTENT = {"people.list_accounts", "checks.list_lost_accounts", "rebuilds.list_unfinished", "people.is_account_name_taken"}
SORTS = re.compile("TEMP B-TREE FOR .*ORDER BY")


class Explaining:
    """A transaction that explains its statements before it runs them."""

    def __init__(self, tx: Reader) -> None:
        self._tx = tx
        self.engine, self.account_id, self.memory = tx.engine, tx.account_id, tx.memory
        self.plans: dict[str, list[str]] = {}

    async def row(self, query: Query, *values: object) -> Row | None:
        await self._explain(query, values)
        return await self._tx.row(query, *values)

    async def rows(self, query: Query, *values: object) -> list[Row]:
        await self._explain(query, values)
        return await self._tx.rows(query, *values)

    async def _explain(self, query: Query, values: tuple[object, ...]) -> None:
        text = query if isinstance(query, str) else query.sqlite
        self.plans[text] = [row[3] for row in await self._tx.rows(f"EXPLAIN QUERY PLAN {text}", *values)]

    @property
    def scans(self) -> list[tuple[str, str]]:
        """Lines that read a table from end to end, with their statements."""
        return [(line, query) for query, plan in self.plans.items() for line in scans(plan)]

    @property
    def sorts(self) -> list[tuple[str, str]]:
        """Lines that sort rows for their order, with their statements."""
        return [(line, query) for query, plan in self.plans.items() for line in plan if SORTS.search(line)]


def scans(plan: list[str]) -> list[str]:
    """List the lines of a plan that read a table from end to end."""
    return [line for line in plan if line.startswith("SCAN") and not MAY_BE_SCANNED.match(line)]


@asynccontextmanager
async def explained(database: SqliteDatabase) -> AsyncIterator[Explaining]:
    """Open a reading transaction that explains."""
    async with database.read(OURS, snapshot=True) as tx:
        yield Explaining(tx)


def statements() -> list[tuple[str, str]]:
    """Every whole statement of the files; pieces are put together by the modules of their files, and tried there."""
    return [
        (f"{file}.{name}", text)
        for file in FILES
        for name, text in ((name, statement.sqlite) for name, statement in queries(file).items())
        if text.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")) and "{" not in text
    ]


async def test_no_statement_scans_a_table(sqlite: SqliteDatabase) -> None:
    found = {}
    for name, text in statements():
        values = ("1",) * max(map(int, re.findall(r"\?(\d+)", text)), default=0)
        found[name] = scans([str(row[3]) for row in sqlite.writer.execute(f"EXPLAIN QUERY PLAN {text}", values)])
    assert {name for name, lines in found.items() if lines} == SCANS_BY_INTENT, found


def test_the_statements_are_all_looked_at() -> None:
    left = {name for file in FILES for name, statement in queries(file).items() if statement.sqlite} - {
        name.split(".")[1] for name, _ in statements()
    }
    of_reports = {"sum_facts", "sum", "sum_count", "sum_added", "count_ratings", "of_agent", "of_agents", "of_groups", "of_tags"}
    of_reports |= {"sum_slots", "sum_column", "count_slots"}
    of_the_past = {"count_standing", "is_other", "list_page"}
    assert left == of_reports | of_the_past | {"list_damages", "find_version"}  # pragmas


FILTERS: list[dict[str, Any]] = [
    {},
    {"agents": ("ada@example.com",)},
    {"agents": ("ada@example.com", "x")},
    {"groups": (1,)},
    {"tags": ("a",)},
    {"tags": ("a", "b")},
    {"agents": ("x",), "groups": (0, 1), "tags": ("a",)},
]


async def test_no_report_scans_a_table(sqlite: SqliteDatabase) -> None:
    async with explained(sqlite) as tx:
        for wanted in (ReportFilter(**filters) for filters in FILTERS):
            for report in REPORTS:
                await reports.sum_facts(tx, report, [(0, 1), (1, 180_000_000)], wanted)
            await reports.count_ratings(tx, [(0, 1), (1, 180_000_000)], wanted)
        assert sum("rollup" in text for text in tx.plans) == 3 * (len(REPORTS) + 1)  # of each level; where it is for is a value
        assert sum("fact f" in text for text in tx.plans) == 6 * (len(REPORTS) + 1)
        assert tx.scans == []


async def test_no_list_scans_a_table(sqlite: SqliteDatabase) -> None:
    async with explained(sqlite) as tx:
        for wanted in (TicketFilter(**filters) for filters in ALONE):
            where = search.compose(wanted, OURS, sqlite.engine)
            await search._count(tx, where, wanted)
            await search._count(tx, search.compose(wanted, OURS, sqlite.engine, after=7), wanted)
            for total in (1, search.SORTED + 1):
                await search._tickets(tx, where, 1, True, total)
        assert len(tx.plans) > len(ALONE)
        assert tx.scans == []


async def test_a_long_list_that_an_index_has_in_order_is_not_sorted(sqlite: SqliteDatabase) -> None:
    async with explained(sqlite) as tx:
        for where in (search.compose(TicketFilter(**filters), OURS, sqlite.engine) for filters in ALONE):
            for descending in (True, False):
                if where.walks_index:
                    await search._tickets(tx, where, 1, descending, search.SORTED + 1)
        assert len(tx.plans) > len(ALONE)
        assert tx.sorts == []


async def test_the_total_of_a_group_or_a_tag_touches_no_ticket(sqlite: SqliteDatabase) -> None:
    for wanted in (TicketFilter(groups=(1,)), TicketFilter(tags=("a",))):
        async with explained(sqlite) as tx:
            await search._count(tx, search.compose(wanted, OURS, sqlite.engine), wanted)
            assert [line for plan in tx.plans.values() for line in plan if "ticket_by" in line] == []


async def test_new_tickets_are_looked_for_among_the_keys_of_their_account_only(sqlite: SqliteDatabase) -> None:
    async with explained(sqlite) as tx:
        for wanted in (TicketFilter(), TicketFilter(status="open")):
            await search._count(tx, search.compose(wanted, OURS, sqlite.engine, after=7), wanted)
        assert {line for plan in tx.plans.values() for line in plan} == {"SEARCH t USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"}
