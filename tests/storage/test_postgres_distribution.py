"""What a cluster asks of us: every table is distributed by account_id, and every statement of an account reaches one account's rows only.

A cluster is not needed to see it: each statement is read, and so is the schema.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from deskline.domain.reports import ReportFilter
from deskline.domain.searches import TicketFilter
from deskline.storage import reports, search
from deskline.storage.database import Query, Row
from deskline.storage.memory import Memory
from deskline.storage.postgres_reads import text_of
from deskline.storage.queries import Engine, script
from tests.storage.builders import OURS, REPORTS
from tests.storage.test_pages import ALONE
from tests.storage.test_postgres_statements import statements

SCHEMA = script("schema.postgres.sql")
TABLES = dict(re.findall(r"^CREATE TABLE (\w+) \((.*?)^\);", SCHEMA, re.MULTILINE | re.DOTALL))
WHOLE_EVERYWHERE = {"api_key", "deskline"}  # small, and read before an account is known: a cluster keeps a copy on each machine
# They look at several accounts: signing in (one row of api_key, then one account), and what only the command line asks.
CROSS_ACCOUNTS = {
    "people.find_credential",
    "people.list_accounts",
    "people.is_account_name_taken",
    "checks.list_lost_accounts",
}
USED = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)")
BOUND = re.compile(r"account_id = \$1(?:::bigint)?\b|INSERT INTO \w+ \(account_id\b")
JOINED = re.compile(r"account_id = \w+\.account_id")
REFUSED = re.compile(r"REFERENCES|FOREIGN KEY|SERIAL|GENERATED|NEXTVAL|CREATE TRIGGER|pg_advisory|LISTEN|NOTIFY|SKIP LOCKED", re.IGNORECASE)


def unbound(statement: str) -> bool:
    """Whether a statement uses a distributed table more often than it says of which account."""
    used = [table for table in USED.findall(statement) if table in TABLES.keys() - WHOLE_EVERYWHERE]
    bound = len(BOUND.findall(statement))
    return bool(used) and (not bound or len(used) > bound + len(JOINED.findall(statement)))


def test_every_key_begins_with_the_account() -> None:
    for table, columns in TABLES.items():
        if table not in WHOLE_EVERYWHERE:
            assert re.search(r"account_id\s+bigint PRIMARY KEY|PRIMARY KEY \(account_id\b", columns), table
            assert "UNIQUE" not in columns, table
    unique = re.findall(r"CREATE UNIQUE INDEX \w+ ON (\w+) \((\w+)", SCHEMA)
    assert {first for _, first in unique} == {"account_id"}


def test_nothing_is_used_that_a_cluster_refuses_or_that_orders_writes_across_accounts() -> None:
    texts = {"schema": "\n".join(line for line in SCHEMA.splitlines() if not line.startswith("--")), **statements()}
    assert [name for name, text in texts.items() if REFUSED.search(text)] == []


def test_every_statement_says_of_which_account() -> None:
    assert {name for name, text in statements().items() if unbound(text)} == CROSS_ACCOUNTS


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM ticket WHERE ticket_id = $2",
        "SELECT 1 FROM ticket t JOIN ticket_event e ON e.ticket_key = t.ticket_key WHERE t.account_id = $1",
        "UPDATE ticket SET shown = $2",
        "INSERT INTO tag (name) VALUES ($2)",
        "SELECT 1 FROM fact f WHERE f.account_id = $1 AND EXISTS (SELECT 1 FROM ticket_tag g WHERE g.ticket_key = f.ticket_key)",
        "SELECT 1 FROM fact WHERE account_id = $12",
    ],
)
def test_a_statement_that_does_not_is_seen(statement: str) -> None:
    assert unbound(statement)


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
    each: dict[str, Any] = {"agent": "ada@example.com", "groups": (1, 2), "tags": ("a", "b")}
    yield from ({name: value} for name, value in each.items())
    yield {}
    yield each


@pytest.mark.anyio
async def test_lists_and_reports_say_of_which_account() -> None:
    tx = Overhearing()
    for wanted in (TicketFilter(**chosen) for chosen in ALONE):
        where = search.compose(wanted, OURS, tx.engine)
        await search._count(tx, where, wanted)
        await search._count(tx, search.compose(wanted, OURS, tx.engine, after=7), wanted)
        await search._tickets(tx, where, 1, True, 1)
    for chosen in filters():
        for report in REPORTS:
            await reports.sum_facts(tx, report, [(0, 1)], ReportFilter(**chosen))
        await reports.count_ratings(tx, [(0, 1)], ReportFilter(**chosen))
    assert len(tx.texts) > 2 * len(ALONE)
    assert [text for text in tx.texts if unbound(text)] == []
