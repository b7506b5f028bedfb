"""What a cluster asks of us: every table is distributed by account_id, and every statement of an account reaches one account's rows only.

A cluster is not needed to see it. The tables are made once more, each of them in parts by account_id as a cluster has them, and
PostgreSQL's own planner says which parts each statement looks at, whatever it is made of: wherever a table is used, it is the one part
that has the account. A cluster decides by the same restrictions. Parts also refuse what a cluster refuses of tables: unique keys without
the account.
"""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from deskline.domain.backlog import BACKLOG
from deskline.domain.reports import RESOLUTION_TIME, ReportFilter
from deskline.domain.searches import TicketFilter
from deskline.domain.summaries import AGENTS, GROUPS, TAGS
from deskline.storage import backlog, copies, openings, reports, search, spreads, summaries
from deskline.storage.conditions import compose
from deskline.storage.database import Query, Row
from deskline.storage.depths import Place, Walk
from deskline.storage.memory import Memory
from deskline.storage.postgres_clusters import places
from deskline.storage.postgres_reads import text_of
from deskline.storage.postgres_servers import SETTINGS
from deskline.storage.queries import Engine, queries, script
from deskline.storage.upgrades import NEWEST
from tests.clusters import Cluster
from tests.storage.builders import DAY, OURS, REPORTS
from tests.storage.test_pages import ALONE
from tests.storage.test_postgres_statements import statements

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

pytestmark = pytest.mark.anyio

SCHEMA = script("schema.postgres.sql")
PARTS = 4
BY_ACCOUNT = [table for table, place in places().items() if place == "by account"]
# They look at several accounts, and only the command line asks them. Signing in looks at api_key, which is whole on every machine.
CROSS_ACCOUNTS = {
    "people.list_accounts",
    "people.is_account_name_taken",
    "checks.list_lost_accounts",
    "rebuilds.list_unfinished",
    "jobs.list_due",
    "webhooks.list_due",
}
# What a cluster refuses, or what would order writes across accounts. The lock on the account's row is the one of its kind, of one row.
REFUSED = re.compile(
    r"REFERENCES|FOREIGN KEY|SERIAL|GENERATED|NEXTVAL|CREATE (?:CONSTRAINT )?TRIGGER|CREATE RULE|CREATE VIEW|EXCLUDE USING|pg_advisory"
    r"|\bLISTEN\b|\bNOTIFY\b|SKIP LOCKED"
    r"|FOR (?:NO KEY )?UPDATE|FOR (?:KEY )?SHARE|TABLESAMPLE|GROUPING SETS|MERGE INTO|RECURSIVE|random\(\)|now\(\)|currval",
    re.IGNORECASE,
)
# In what is run row by row: a sub-query, a function in FROM or a CTE would not be sent on as it stands.
NOT_A_ROW = re.compile(r"\bSELECT\b|\bWITH\b|\bFROM\s+\w+\s*\(|\bUSING\b|\bRETURNING\b", re.IGNORECASE)


def in_parts(schema: str) -> str:
    """Write the tables so that each account's rows are in one of several parts."""
    for table in BY_ACCOUNT:
        schema = re.sub(
            rf"(^CREATE TABLE {table} \(.*?^\))[^;]*;", r"\1 PARTITION BY HASH (account_id);", schema, flags=re.MULTILINE | re.DOTALL
        )
    made = "".join(
        f"CREATE TABLE {table}_part_{number} PARTITION OF {table} FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {number});\n"
        for table in BY_ACCOUNT
        for number in range(PARTS)
    )
    return schema + made


@asynccontextmanager
async def a_database_in_parts(cluster: Cluster) -> "AsyncIterator[Connection]":
    """Connect to a database with the tables in parts, and nothing in them."""
    async with cluster.a_database(bare=True) as dsn:
        connection = await asyncpg.connect(dsn, server_settings={**SETTINGS, "constraint_exclusion": "off"})
        try:
            await connection.execute(in_parts(SCHEMA))
            yield connection
        finally:
            await connection.close()


@pytest.fixture
async def parts(cluster: Cluster) -> "AsyncIterator[Connection]":
    """The tables in parts."""
    async with a_database_in_parts(cluster) as connection:
        yield connection


async def astray(connection: "Connection", statement: str) -> list[str]:
    """List the parts that a statement of an account looks at and that are not the account's: it is in the same part of every table."""
    own = await parts_of(connection, "SELECT 1 FROM account WHERE account_id = $1")
    numbers = {part.rpartition("_")[2] for part in own}
    assert len(numbers) == 1
    found = await parts_of(connection, statement)
    used = {table for table in BY_ACCOUNT if re.search(rf"\b(?:FROM|JOIN|UPDATE)\s+{table}\b", statement)}
    assert used == {part.partition("_part_")[0] for part in found}, "each table that is named is seen"
    return sorted(part for part in found if part.rpartition("_")[2] not in numbers)


async def parts_of(connection: "Connection", statement: str) -> set[str]:
    """Tell which parts a statement looks at with values that a cluster would know when it plans."""
    kinds = [parameter.name for parameter in (await connection.prepare(statement)).get_parameters()]
    plan = await connection.fetch(f"EXPLAIN {statement}", *(_value(kind, place) for place, kind in enumerate(kinds)))
    return set(re.findall(r" on (\w+_part_\d+)", "\n".join(line for (line,) in plan)))


def _value(kind: str, place: int) -> object:
    """Make a value for a parameter; those of keys grow, so that no range is seen to be empty."""
    if kind.endswith("[]"):
        return []
    return {"int8": OURS + 1_000 * place, "int4": OURS, "bytea": b"", "bool": True, "json": "{}", "jsonb": "[]"}.get(kind, "x")


def of_a_cluster() -> dict[str, str]:
    """Every whole statement as a cluster gets it: what is run for many rows goes row by row."""
    found = statements()
    changing = {name: _row_by_row(name) for name, text in found.items() if not text.startswith("SELECT")}
    return found | {name: text for name, text in changing.items() if text}


def _row_by_row(name: str) -> str:
    file, _, own_name = name.partition(".")
    return queries(file)[own_name].row_by_row


def adds_elsewhere(statement: str) -> bool:
    """Whether a statement adds a row without saying first of all of which account."""
    found = re.match(r"INSERT INTO (\w+) \((\w+)[^)]*\)\s+VALUES \((\$\d+)", statement)
    return found is None or (found[1] in BY_ACCOUNT and found.groups()[1:] != ("account_id", "$1"))


def test_nothing_is_used_that_a_cluster_refuses_or_that_orders_writes_across_accounts() -> None:
    schema = "\n".join(line for line in SCHEMA.splitlines() if not line.startswith("--"))
    texts = {"schema": schema, **statements(), **of_a_cluster()}
    held = texts.pop("versions.hold_version")  # one row, of a table that is whole everywhere; asked of the coordinator by who upgrades
    stepping = [texts.pop(name) for name in ("reports.list_scopes", "reports.list_credited")]  # a statement of one machine may
    assert [REFUSED.findall(text) for text in stepping] == [["RECURSIVE"], ["RECURSIVE"]]
    assert [name for name, text in texts.items() if REFUSED.search(text)] == []
    assert REFUSED.findall(held) == ["FOR UPDATE"]
    assert REFUSED.findall(queries("transactions")["begin_write"].postgres) == ["FOR NO KEY UPDATE"]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 FROM ticket WHERE account_id = $1 FOR UPDATE",
        "account_id bigint REFERENCES account",
        "CREATE TRIGGER x AFTER INSERT ON ticket",
        "ticket_key bigserial NOT NULL",
        "SELECT 1 FROM job WHERE account_id = $1 FOR UPDATE SKIP LOCKED",
        "SELECT pg_advisory_xact_lock(1)",
        "WITH RECURSIVE x AS (SELECT 1) SELECT 1 FROM x",
    ],
)
def test_what_is_refused_is_seen(text: str) -> None:
    assert REFUSED.search(text)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE UNIQUE INDEX one ON ticket (ticket_id)",
        "ALTER TABLE tag ADD UNIQUE (name)",
        "ALTER TABLE fact DROP CONSTRAINT fact_pkey, ADD PRIMARY KEY (kind, at, ticket_key)",
    ],
)
async def test_a_unique_key_without_the_account_is_refused(parts: "Connection", statement: str) -> None:
    with pytest.raises(asyncpg.FeatureNotSupportedError):
        await parts.execute(statement)


def test_every_table_has_its_place() -> None:
    made = re.findall(r"^CREATE (?:\w+ )*?TABLE (\w+)", SCHEMA, re.MULTILINE)
    assert list(places()) != made
    assert sorted(places()) == sorted(made)


async def test_a_copy_finds_each_account_on_one_machine(parts: "Connection") -> None:
    by_account = [table for table in copies.tables() if table.name in BY_ACCOUNT]
    assert len(by_account) > 10
    asked = [
        copies.spelled("postgres", name, table) for table in by_account for name in ("count_rows", "list_first", "list_next", "find_last")
    ]
    assert [text for text in asked if await astray(parts, text) != []] == []


async def test_every_statement_finds_its_account_on_one_machine(parts: "Connection") -> None:
    wrong: dict[str, object] = {}
    for name, text in of_a_cluster().items():
        if text.startswith("INSERT"):
            if adds_elsewhere(text):
                wrong[name] = text
        elif (found := await astray(parts, text)) != []:
            wrong[name] = found
    assert wrong.keys() == CROSS_ACCOUNTS


def test_what_changes_rows_is_sent_on_as_it_stands() -> None:
    changing = {name: text for name, text in of_a_cluster().items() if not text.startswith("SELECT")}
    assert len(changing) > 15
    asked = re.compile(r"\bDO UPDATE SET\b")
    assert [name for name, text in changing.items() if NOT_A_ROW.search(asked.sub("", text))] == []


async def test_the_lock_of_a_writer_is_on_one_machine(parts: "Connection") -> None:
    begin, lock = queries("transactions")["begin_write"].postgres.format(account_id=OURS, schema=NEWEST).split("; ")
    assert begin == "BEGIN ISOLATION LEVEL READ COMMITTED"
    assert await astray(parts, lock.replace(f"= {OURS} ", "= $1 ")) == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM ticket WHERE ticket_id = $1",
        "SELECT 1 FROM ticket t JOIN ticket_event e ON e.ticket_key = t.ticket_key WHERE t.account_id = $1",
        "SELECT 1 FROM ticket t LEFT JOIN fact f ON f.ticket_key = t.ticket_key WHERE t.account_id = $1",
        "UPDATE ticket SET shown = $2 WHERE ticket_key = $1",
        "SELECT 1 FROM fact f WHERE f.account_id = $1 AND EXISTS (SELECT 1 FROM ticket_tag g WHERE g.ticket_key = f.ticket_key)",
        "SELECT (SELECT count(*) FROM ticket_tag u WHERE u.account_id = t.account_id) FROM tag t WHERE t.account_id = $1",
        "SELECT 1 FROM tag WHERE account_id = $1 UNION ALL SELECT 1 FROM fact",
        "SELECT 1 FROM fact WHERE account_id = $1 OR kind = 1",
        "SELECT 1 FROM fact WHERE account_id >= $1",
        "DELETE FROM fact WHERE kind = $1",
    ],
)
async def test_a_statement_that_goes_astray_is_seen(parts: "Connection", statement: str) -> None:
    assert await astray(parts, statement)


@pytest.mark.parametrize("statement", ["INSERT INTO tag (name) VALUES ($2)", "INSERT INTO tag (account_id, name) VALUES ($2, $1)"])
def test_a_row_that_is_added_astray_is_seen(statement: str) -> None:
    assert adds_elsewhere(statement)


BOUND = re.compile(r"(?P<table>\w+\.)?account_id = (?:\$1(?:::bigint)?\b|\w+\.account_id)")


async def test_every_mention_of_the_account_is_needed(parts: "Connection") -> None:
    """Each is loosened in turn, and the statement goes astray: none would be missed if somebody forgot it."""
    missed: set[tuple[str, str]] = set()
    loosened = 0
    for name, text in of_a_cluster().items():
        if name in CROSS_ACCOUNTS or text.startswith("INSERT"):
            continue
        for found in BOUND.finditer(text):
            loosened += 1
            changed = text[: found.start()] + found[0].replace("=", ">=") + text[found.end() :]
            if not await astray(parts, changed):
                missed.add((name, found[0]))
    assert loosened > 60
    of_keys = {
        ("checks.list_strays", "k.account_id = $1"),
        ("people.revoke_key", "account_id = $1"),
        ("people.revoke_keys", "account_id = $1"),
    }
    assert missed == of_keys, "api_key alone is on every machine"


class Overhearing:
    """A transaction that only hears what is asked."""

    engine: Engine = "postgres"

    def __init__(self) -> None:
        self.account_id, self.memory = OURS, Memory()
        self.texts: list[str] = []

    async def row(self, query: Query, *values: object) -> Row | None:
        self.texts.append(text_of(query))
        return (0,)

    async def rows(self, query: Query, *values: object) -> list[Row]:
        self.texts.append(text_of(query))
        return []


def filters() -> Iterator[dict[str, Any]]:
    """Every filter of reports alone, and all together."""
    each: dict[str, Any] = {"agents": ("ada@example.com",), "groups": (1, 2), "tags": ("a", "b")}
    yield from ({name: value} for name, value in each.items())
    yield {"groups": (1,)}
    yield {"tags": ("a",)}
    yield {}
    yield each


async def test_lists_and_reports_find_their_account_on_one_machine(parts: "Connection") -> None:
    tx = Overhearing()
    for wanted in (TicketFilter(**chosen) for chosen in ALONE):
        await search.count(tx, compose(wanted, OURS, tx.engine))
        for total in (1, search.SORTED + 1):
            for start in (None, Place(7, "A")):
                await search.list_rows(tx, wanted, total, Walk(start, True, True, 0), 25)
    for chosen in filters():
        for interval in ((0, 1), (0, DAY)):
            for report in REPORTS:
                await reports.sum_facts(tx, report, [interval], ReportFilter(**chosen))
                for gathered in (False, True) if {"groups", "tags"} & chosen.keys() else (False,):
                    several = ReportFilter(**chosen | {"agents": ("ada@example.com", "x")})
                    await reports.sum_each_fact(tx, report, [interval], several, gathered=gathered)
                await openings._list_facts(tx, report, [interval, (2 * DAY, 3 * DAY)], ReportFilter(**chosen), 1, 9)
            await reports.count_ratings(tx, [interval], ReportFilter(**chosen))
            await reports.sum_week(tx, RESOLUTION_TIME, [(0, 0, 7 * DAY)], ReportFilter(**chosen))
            await reports.sum_each_fact(tx, BACKLOG, [interval], ReportFilter(**chosen))
            for summary, key in ((AGENTS, "x"), (GROUPS, "1"), (TAGS, "a")):
                await summaries._sum_slots(tx, summary, summary.counted("open"), 2, [interval], [key])
                await summaries._sum_by_key(tx, summary, BACKLOG.sums, interval, ReportFilter(**chosen), is_there=True)
            await spreads.list_seconds(tx, RESOLUTION_TIME, [interval], ReportFilter(**chosen))
            await backlog._list_stretches(tx, DAY, ReportFilter(**chosen), 0, 0, size=25)
    assert len(tx.texts) > 2 * len(ALONE)
    assert sum("rollup" in text for text in tx.texts) > 20
    assert [text for text in dict.fromkeys(tx.texts) if await astray(parts, text)] == []
