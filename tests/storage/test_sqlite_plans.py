"""How SQLite answers our statements: by an index, never reading a table from end to end, and long lists without sorting them."""

import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from deskline.domain.backlog import BACKLOG
from deskline.domain.openings import opened_by
from deskline.domain.reports import DEFINITIONS, RANKING, RESOLUTION_TIME, ReportFilter
from deskline.domain.searches import TicketFilter
from deskline.domain.summaries import AGENTS, GROUPS, TAGS
from deskline.storage import backlog, openings, reports, search, sets, spreads, summaries
from deskline.storage.conditions import compose
from deskline.storage.database import Query, Reader, Row
from deskline.storage.depths import Place, Walk
from deskline.storage.queries import queries
from deskline.storage.sqlite import SqliteDatabase
from tests.storage.builders import OURS, REPORTS
from tests.storage.test_pages import ALONE

pytestmark = pytest.mark.anyio

FOLDER = Path(search.__file__).with_name("sql")
# A copy reads every table from end to end, in the order of its key, and makes a table of its own.
FILES = sorted({path.name.split(".")[0] for path in FOLDER.glob("*.sql")} - {"schema", "copies"})
# What may be read from end to end: what the statement itself brings or makes (a page, `p`), and the search index, which has no other way.
MAY_BE_SCANNED = re.compile(r"SCAN (c|p|rated|CONSTANT ROW|\w+ VIRTUAL TABLE INDEX .*)$")
# They cross accounts, and no request waits for them.
SCANS_BY_INTENT = {
    "webhooks.list_due",
    "people.list_accounts",
    "checks.list_lost_accounts",
    "rebuilds.list_unfinished",
    "people.is_account_name_taken",
}
SORTS = re.compile("TEMP B-TREE FOR .*ORDER BY")
LOOKS_INTO_ROWS = re.compile(r"SEARCH t USING (INDEX|INTEGER PRIMARY KEY)")


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
    left -= {"list_spans", "first_group"}  # put together with the filters of reports
    of_reports = {
        "sum_facts",
        "sum",
        "sum_count",
        "sum_added",
        "count_ratings",
        "of_agent",
        "of_agents",
        "of_groups",
        "among_tags",
        "among_groups",
        "among_tags_and_groups",
        "of_tags",
    }
    of_reports |= {"every_added", "list_seconds", "sum_slots", "sum_column", "sum_slots_of_each", "count_slots", "of_anybody"}
    of_reports |= {"sum_week", "week_column"}
    of_reports |= {"sum_by_key", "is_there", "joined_to_tags", "joined_to_groups", "each_of_a_set"}
    of_the_past = {"count_standing", "is_other", "list_page", "gather"}
    of_openings = {"list_stretches", "and_of", "by_instant", "facts_of_kind"}
    assert left == of_reports | of_openings | of_the_past | {"list_damages", "find_version"}  # pragmas


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
        # Of each level (where it is for is a value), and where two filters are asked for, how many facts and tickets there are.
        assert sum("rollup" in text for text in tx.plans) == 3 * (len(REPORTS) + 1) + len(REPORTS)
        assert sum("fact f" in text for text in tx.plans) == 6 * (len(REPORTS) + 1)
        assert tx.scans == []


async def test_a_page_of_what_a_number_is_made_of_is_read_in_order(sqlite: SqliteDatabase) -> None:
    """By steps along indexes that are merged: nothing is sorted but what an index of an agent leaves of one instant."""
    async with explained(sqlite) as tx:
        for wanted in (ReportFilter(**filters) for filters in FILTERS):
            for report, definition in ((report, definition) for report in (*REPORTS, RANKING) for definition in DEFINITIONS):
                for page in (1, 90):
                    by = opened_by(report, definition)
                    await openings._list_facts(tx, by, [(0, 1_000), (5_000, 180_000_000)], wanted, page, 2_300)
        assert len(tx.plans) > 12 * len(FILTERS)
        assert tx.scans == []
        sorts = {line for line, text in tx.sorts}
        assert sorts <= {"USE TEMP B-TREE FOR LAST TERM OF ORDER BY", "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"}, sorts


async def test_no_list_of_durations_scans_a_table(sqlite: SqliteDatabase) -> None:
    async with explained(sqlite) as tx:
        for wanted in (ReportFilter(**filters) for filters in FILTERS):
            for definition in DEFINITIONS:
                await spreads.list_seconds(tx, RESOLUTION_TIME.defined(definition), [(0, 1_000), (5_000, 180_000_000)], wanted)
        assert len(tx.plans) > 4 * len(FILTERS)
        assert tx.scans == []


async def test_no_summary_scans_a_table(sqlite: SqliteDatabase) -> None:
    async with explained(sqlite) as tx:
        for summary, key in ((AGENTS, "x"), (GROUPS, "1"), (TAGS, "a")):
            await summaries._sum_slots(tx, summary, summary.counted("every"), 2, [(0, 9), (10, 19)], [key, key])
        assert len(tx.plans) == 2  # that of tags is that of groups
        for wanted in (ReportFilter(**filters) for filters in FILTERS):
            for summary in (AGENTS, GROUPS, TAGS):
                await summaries._sum_by_key(tx, summary, summary.counted("open").sums, (0, 180_000_000), wanted)
                await summaries._sum_by_key(tx, summary, BACKLOG.sums, (0, 180_000_000), wanted, is_there=True)
        found_by_ticket = [query for query, plan in tx.plans.items() if "SEARCH k USING AUTOMATIC COVERING INDEX (ticket_key=?)" in plan]
        assert found_by_ticket == [query for query in tx.plans if "json_group_array" in query] != []
        assert tx.scans == []


async def test_no_look_at_the_backlog_scans_a_table(sqlite: SqliteDatabase) -> None:
    async with explained(sqlite) as tx:
        for wanted in (ReportFilter(**filters) for filters in FILTERS):
            await reports.sum_each_fact(tx, BACKLOG, [(0, 1_000), (5_000, 180_000_000)], wanted)
            await backlog._list_stretches(tx, 5_000, wanted, 0, 0, size=25)
        assert any("fact_by_end" in line for plan in tx.plans.values() for line in plan)
        assert tx.scans == []


WALKS = [Walk(start, True, down, 0) for start in (None, Place(7, "A")) for down in (True, False)]


async def test_no_list_scans_a_table(sqlite: SqliteDatabase) -> None:
    async with explained(sqlite) as tx:
        for wanted in (TicketFilter(**filters) for filters in ALONE):
            await search.count(tx, compose(wanted, OURS, sqlite.engine))
            for total in (1, search.SORTED + 1):
                for walk in WALKS:
                    await search.list_rows(tx, wanted, total, walk, 25)
        assert len(tx.plans) > 5 * len(ALONE)
        assert tx.scans == []


def two_filters() -> list[TicketFilter]:
    """Every two filters that can be told apart."""
    pairs = itertools.combinations(ALONE, 2)
    return [TicketFilter(**one, **other) for one, other in pairs if not one.keys() & other.keys()]


async def test_a_long_list_is_walked_in_order_and_not_sorted(sqlite: SqliteDatabase) -> None:
    async with explained(sqlite) as tx:
        for wanted in [*(TicketFilter(**filters) for filters in ALONE), *two_filters()]:
            for walk in WALKS:
                await search.list_rows(tx, wanted, search.SORTED + 1, walk, 25)
        assert len(tx.plans) > len(ALONE)
        assert tx.sorts == []


async def test_what_two_filters_ask_is_in_an_index(sqlite: SqliteDatabase) -> None:
    """No ticket's own row is looked at to count, or to come to a page, but for requesters and related chats, which have few tickets."""
    async with explained(sqlite) as tx:
        for wanted in [*(TicketFilter(**filters) for filters in ALONE), *two_filters()]:
            if wanted.requester is None and wanted.source_id is None:
                await search.count(tx, compose(wanted, OURS, sqlite.engine))
                for walk in WALKS:
                    await search.list_rows(tx, wanted, search.SORTED + 1, walk, 25)
        looked_up = [(line, query) for query, plan in tx.plans.items() for line in plan if LOOKS_INTO_ROWS.match(line)]
        assert len(tx.plans) > 5 * len(ALONE)
        assert looked_up == []


async def test_no_list_is_gone_through_for_each_row_of_another(sqlite: SqliteDatabase) -> None:
    """A list of keys that finds the rows of two tables joined by that key is gone through once for each of its own keys."""
    async with explained(sqlite) as tx:
        for wanted in [*(TicketFilter(**filters) for filters in ALONE), *two_filters()]:
            await search.count(tx, compose(wanted, OURS, sqlite.engine))
            for total in (1, search.SORTED + 1):
                await search.list_rows(tx, wanted, total, WALKS[0], 25)
            walked = compose(wanted, OURS, sqlite.engine, walking=True)  # where what comes next in the list was looked at in vain
            await search.count(tx, walked)
        assert any("LIST SUBQUERY" in line for plan in tx.plans.values() for line in plan)
        assert [(line, query) for query, plan in tx.plans.items() for line in plan if "REUSE LIST" in line] == []


async def test_a_set_is_gathered_from_an_index_alone(sqlite: SqliteDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sets, "LEAST_TICKETS", 0)
    async with explained(sqlite) as tx:
        for wanted in (TicketFilter(**filters) for filters in ALONE):
            await sets.count_sets(tx, wanted, 7)
        assert len(tx.plans) > 15
        assert tx.scans == []
        assert [line for plan in tx.plans.values() for line in plan if LOOKS_INTO_ROWS.match(line)] == []


async def test_the_total_of_a_group_or_a_tag_touches_no_ticket(sqlite: SqliteDatabase) -> None:
    for wanted in (TicketFilter(groups=(1,)), TicketFilter(tags=("a",))):
        async with explained(sqlite) as tx:
            await search.count(tx, compose(wanted, OURS, sqlite.engine))
            assert [line for plan in tx.plans.values() for line in plan if "ticket_by" in line] == []
