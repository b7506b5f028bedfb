"""How statements become PostgreSQL's: every one is understood by the server, and those of one change become one round trip."""

import re
from pathlib import Path

import pytest
from asyncpg.connection import LoggedQuery

from deskline.storage import search
from deskline.storage.dialects import DIALECTS
from deskline.storage.postgres import PostgresDatabase
from deskline.storage.postgres_pool import borrowed
from deskline.storage.postgres_statements import combined, table_of
from deskline.storage.queries import queries
from tests.storage.builders import TAGS, a_ticket

pytestmark = pytest.mark.anyio

OF_SQLITE = {f"search.{name}" for name in ("add_words", "find_words", "list_shown", "seek_words")} | {
    f"copies.{name}" for name in ("add_row", "add_words", "find_last_numbered", "list_columns", "list_numbered", "list_tables")
}
FILES = sorted({path.name.split(".")[0] for path in Path(search.__file__).with_name("sql").glob("*.sql")} - {"schema"})


def statements() -> dict[str, str]:
    """Every whole statement that PostgreSQL has, by file and name.

    Of a cluster's own tables only a cluster knows, and the mark of a copy is there only while it goes on.
    """
    found = {f"{file}.{name}": text.postgres for file in FILES for name, text in queries(file).items() if file != "clusters"}
    return {
        name: text
        for name, text in found.items()
        if text.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")) and "{" not in text and "copying" not in text
    }


async def test_the_server_understands_every_statement(postgres: PostgresDatabase) -> None:
    async with borrowed(postgres.readers) as connection:
        for name, text in statements().items():
            prepared = await connection.prepare(text)
            assert len(prepared.get_parameters()) == max(map(int, re.findall(r"\$(\d+)", text)), default=0), name


def test_every_statement_has_a_text_for_both_engines() -> None:
    found = {f"{file}.{name}": text for file in FILES for name, text in queries(file).items()}
    assert {name for name, text in found.items() if not text.postgres} == OF_SQLITE
    of_postgres = ("buckets.", "transactions.", "versions.", "clusters.", "scratch.", "copies.hold_mark")
    assert [name for name, text in found.items() if not text.sqlite and not name.startswith(of_postgres)] == []


def test_statements_become_one() -> None:
    one = combined(("INSERT INTO a VALUES ($1, $2, $3)", "DELETE FROM b WHERE x = $1 AND y = $2", "UPDATE c SET d = $2 WHERE e = $1"))
    assert one == (
        "WITH part_0 AS (INSERT INTO a VALUES ($1, $2, $3)), part_1 AS (DELETE FROM b WHERE x = $1 AND y = $4)"
        " UPDATE c SET d = $5 WHERE e = $1"
    )
    assert combined(("DELETE FROM b WHERE x = $1",)) == "DELETE FROM b WHERE x = $1"


def test_the_table_that_a_statement_changes() -> None:
    changed = {table_of(text) for text in statements().values() if not text.startswith("SELECT")}
    assert {"ticket", "ticket_event", "ticket_group", "ticket_tag", "fact", "search"} <= changed


async def sent_for_a_ticket(database: PostgresDatabase) -> list[str]:
    """Open a ticket with tags, and see what is sent to the server; each is a round trip."""
    sent: list[str] = []

    def note(record: LoggedQuery) -> None:
        sent.append(record.query)

    await a_ticket(database)  # the pool gives the same connection again to who comes alone
    async with borrowed(database.writers) as connection:
        connection.add_query_logger(note)
    await a_ticket(database, tags=TAGS)
    async with borrowed(database.writers) as connection:
        connection.remove_query_logger(note)
    return sent


async def test_a_ticket_is_created_in_few_round_trips(postgres: PostgresDatabase) -> None:
    sent = await sent_for_a_ticket(postgres)
    assert len(sent) == 4, sent


async def test_a_cluster_is_given_one_statement_and_one_row_at_a_time(postgres: PostgresDatabase) -> None:
    postgres.is_cluster = True
    sent = await sent_for_a_ticket(postgres)
    assert [text for text in sent if text.startswith("WITH") or "unnest" in text] == []
    assert {table_of(text) for text in sent if text.startswith("INSERT")} == {
        *("ticket", "ticket_event", "ticket_group", "ticket_tag", "fact", "rollup", "search")
    }


async def test_words_are_found_by_their_index(postgres: PostgresDatabase) -> None:
    async with borrowed(postgres.readers) as connection:
        await connection.execute("INSERT INTO search SELECT 1, n, 'word' || n, '' FROM generate_series(1, 5000) n")
        await connection.execute("SELECT gin_clean_pending_list('search_by_words')")
        await connection.execute("ANALYZE search")
        condition = DIALECTS["postgres"].words.replace("$1", "1").replace("$2", "$$'1:word7'$$").replace("$3", "'{}'").replace("$4", "true")
        plan = await connection.fetch(f"EXPLAIN SELECT ticket_key FROM search WHERE {condition}")
    assert "search_by_words" in str(plan)
