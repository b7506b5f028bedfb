"""How PostgreSQL answers our statements: by an index, never reading a table from end to end, with the plans that were measured."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from deskline.domain.openings import opened_by
from deskline.domain.reports import ReportFilter
from deskline.domain.searches import TicketFilter, phrases_of
from deskline.storage import openings, reports, search
from deskline.storage.conditions import compose
from deskline.storage.database import Query, Reader, Row
from deskline.storage.depths import Place, Walk
from deskline.storage.dialects import KEY_BITS
from deskline.storage.postgres import PostgresDatabase
from deskline.storage.postgres_pool import borrowed
from deskline.storage.postgres_reads import text_of
from tests.storage.builders import DAY, NOON, OURS, REPORTS, THEIRS
from tests.storage.test_pages import ALONE
from tests.storage.test_postgres_statements import statements

pytestmark = pytest.mark.anyio

TICKETS = 5_000  # of each account; the planner sees that reading all of a table would be long
# They cross accounts, and no request waits for them.
SCANS_BY_INTENT = {
    "people.list_accounts",
    "checks.list_lost_accounts",
    "rebuilds.list_unfinished",
    "people.is_account_name_taken",
    "transactions.find_cluster",
}
ROWS = f"""
INSERT INTO ticket SELECT {{account}}, {{key}} + n, 'T' || n, {NOON} + n * 60000, {NOON} + n * 60000, {NOON} + n * 90000,
       {NOON} + n * 90000,
       'open', 'lc2', NULL, CASE WHEN n % 3 = 0 THEN 'ada@example.com' END, 'client' || n % 100 || '@example.com', n % 2, 2, 'shown'
  FROM generate_series(1, {TICKETS}) n;
INSERT INTO ticket_event SELECT {{account}}, {{key}} + 2 * n + s, {{key}} + n, s, {NOON} + n * 60000 + s, 0, '{{{{}}}}'
  FROM generate_series(1, {TICKETS}) n, generate_series(0, 1) s;
INSERT INTO fact SELECT {{account}}, k, {NOON} + n * 60000, {{key}} + n, 1, 'ada@example.com', 60
  FROM generate_series(1, {TICKETS}) n, generate_series(1, 8) k;
INSERT INTO rollup SELECT {{account}}, scope, agent, level, {NOON} / milliseconds + n{", 1" * 27}
  FROM generate_series(1, {TICKETS}) n, (VALUES ('', ''), ('g:1', ''), ('t:vip', ''), ('', 'a:ada@example.com')) s (scope, agent),
       (VALUES (0, 900000), (1, 3600000), (2, 86400000)) l (level, milliseconds);
INSERT INTO search SELECT {{account}}, {{key}} + n, 'common rare' || n, '' FROM generate_series(1, {TICKETS}) n
"""


@pytest.fixture
async def filled(postgres: PostgresDatabase) -> PostgresDatabase:
    """Two accounts with many tickets, and statistics of them."""
    async with borrowed(postgres.writers) as connection:
        for account in (OURS, THEIRS):
            await connection.execute(ROWS.format(account=account, key=account << KEY_BITS))
        await connection.execute("VACUUM (ANALYZE)")
    return postgres


class Explaining:
    """A transaction that explains its statements before it runs them."""

    def __init__(self, tx: Reader) -> None:
        self._tx = tx
        self.engine, self.account_id, self.memory = tx.engine, tx.account_id, tx.memory
        self.plans: list[str] = []

    async def row(self, query: Query, *values: object) -> Row | None:
        await self._explain(query, values)
        return await self._tx.row(query, *values)

    async def rows(self, query: Query, *values: object) -> list[Row]:
        await self._explain(query, values)
        return await self._tx.rows(query, *values)

    async def _explain(self, query: Query, values: tuple[object, ...]) -> None:
        lines = await self._tx.rows(f"EXPLAIN (COSTS OFF) {text_of(query)}", *values)
        self.plans.append("\n".join(line for (line,) in lines))


@asynccontextmanager
async def explained(database: PostgresDatabase) -> AsyncIterator[Explaining]:
    """Open a reading transaction that explains."""
    async with database.read(OURS, snapshot=True) as tx:
        yield Explaining(tx)


async def test_no_statement_reads_a_whole_table(filled: PostgresDatabase) -> None:
    """As they are planned once a connection has run them a few times: for any values."""
    found = []
    async with borrowed(filled.readers) as connection:
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        for number, (name, text) in enumerate(sorted(statements().items())):
            if name in SCANS_BY_INTENT or name.startswith("versions."):  # a table of one row
                continue
            places = len(set(re.findall(r"\$\d+", text)))
            await connection.execute(f"PREPARE s{number} AS {text}")
            run = f"s{number} ({', '.join(['NULL'] * places)})" if places else f"s{number}"
            plan = await connection.fetch(f"EXPLAIN (COSTS OFF) EXECUTE {run}")
            found += [(name, line) for (line,) in plan if "Seq Scan" in line]
        await connection.execute("DEALLOCATE ALL; RESET plan_cache_mode")
    assert found == []


async def test_no_list_and_no_report_reads_a_whole_table(filled: PostgresDatabase) -> None:
    async with explained(filled) as tx:
        for chosen in ALONE:
            wanted = TicketFilter(**chosen)
            await search.count(tx, compose(wanted, OURS, "postgres"))
            for total in (1, TICKETS):
                for start in (None, Place(NOON, "T1")):
                    await search.list_rows(tx, wanted, total, Walk(start, True, True, 0), 25)
        for report in REPORTS:
            await reports.sum_facts(tx, report, [(NOON, NOON + DAY)], ReportFilter())
    assert len(tx.plans) > 3 * len(ALONE)
    assert [plan for plan in tx.plans if "Seq Scan" in plan] == []


async def test_a_page_of_a_common_word_is_walked_and_of_a_rare_one_looked_up(filled: PostgresDatabase) -> None:
    plans = {}
    for word, total in (("common", 100_000), ("rare7", 1)):
        wanted = TicketFilter(words=phrases_of(f'"{word}"'))
        async with explained(filled) as tx:
            found = await search.list_rows(tx, wanted, total, Walk(None, False, True, 0), 25)
            plans[word] = tx.plans[0]
        assert len(found) == min(total, 25)
    assert "Index Scan Backward using ticket_by_message" in plans["common"]
    assert "Sort" not in plans["common"]
    assert "search_by_words" in plans["rare7"]


async def test_between_two_dates_only_tickets_that_span_them_have_their_events_looked_at(filled: PostgresDatabase) -> None:
    wanted = TicketFilter(since=NOON + DAY, until=NOON + 2 * DAY)
    async with explained(filled) as tx:
        await search.count(tx, compose(wanted, OURS, "postgres"))
    assert "ticket_event_by_ticket" in tx.plans[0]
    assert "hashed" not in tx.plans[0]


async def test_facts_are_summed_from_the_index_alone(filled: PostgresDatabase) -> None:
    async with explained(filled) as tx:
        for report in REPORTS:
            await reports.sum_each_fact(tx, report, [(NOON, NOON + DAY)], ReportFilter())
    assert [plan for plan in tx.plans if "Index Only Scan using fact_pkey" not in plan] == []


async def test_a_page_of_what_a_number_is_made_of_is_read_in_order(filled: PostgresDatabase) -> None:
    async with explained(filled) as tx:
        for wanted in FILTERS:
            for report in REPORTS:
                by = opened_by(report, "every")
                await openings._list_facts(tx, by, [(NOON, NOON + DAY), (NOON + 2 * DAY, NOON + 3 * DAY)], wanted, 2, 2_300)
    assert len(tx.plans) == len(FILTERS) * len(REPORTS)
    assert [plan for plan in tx.plans if "Seq Scan" in plan or not re.search("fact_pkey|fact_by_agent", plan)] == []
    assert [plan for plan in tx.plans if not re.search("Merge Append|Index (Only )?Scan", plan)] == []


FILTERS = [ReportFilter(), ReportFilter(groups=(1,)), ReportFilter(tags=("vip",)), ReportFilter(agents=("ada@example.com",))]


async def test_reports_are_ranges_of_the_key_of_roll_ups(filled: PostgresDatabase) -> None:
    async with explained(filled) as tx:
        for wanted in FILTERS:
            for report in REPORTS:
                await reports.sum_facts(tx, report, [(NOON // DAY * DAY, (NOON // DAY + 40) * DAY)], wanted)
        await reports.count_ratings(tx, [(NOON // DAY * DAY, (NOON // DAY + 40) * DAY)], ReportFilter())
    assert len(tx.plans) == len(FILTERS) * len(REPORTS) + 1
    assert [plan for plan in tx.plans if "rollup_pkey" not in plan or "Seq Scan" in plan] == []
    assert [plan for plan in tx.plans if not re.search(r"Index Cond: .*\(slot >= .*\(slot < ", plan)] == []
