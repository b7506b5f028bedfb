"""Databases of older schemas, upgrades that are invented for tests, and the shape of a database. As a program: upgrade, to be killed.

`python -m tests.storage.upgrading PATH|DSN` says what it does on stdout, a line a step.
"""

import asyncio
import re
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import apsw
import asyncpg

from deskline.storage import postgres_upgrades, sqlite_upgrades
from deskline.storage.upgrades import INSTALLED, NEWEST, Upgrade
from tests.releases import file_of

STEPS: Final = 12
ROWS: Final = 3_000
_COUNTED: Final = f"(WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {ROWS}) SELECT n FROM counted)"


def _invented(number: int) -> Upgrade:
    text = f"CREATE TABLE step_{number} (n integer PRIMARY KEY); INSERT INTO step_{number} SELECT n FROM {_COUNTED} AS numbers;"
    return Upgrade(number, text, text)


INVENTED: Final = (*INSTALLED, *(_invented(NEWEST + step) for step in range(1, STEPS + 1)))


def make_sqlite(path: Path, release: int = 1) -> Path:
    """Make the database file of a release, as its program left it."""
    path.parent.mkdir(exist_ok=True)
    with closing(apsw.Connection(str(path))) as connection:
        connection.pragma("journal_mode", "wal")
        with connection:
            connection.execute(file_of(release, "sqlite").read_text("utf-8"))
    return path


async def make_postgres(dsn: str, release: int = 1) -> None:
    """Make the tables of a release in an empty database, with its rows."""
    await run(dsn, file_of(release, "postgres").read_text("utf-8"))


async def run(dsn: str, statements: str) -> None:
    """Run statements behind the program's back."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


def shape_of_sqlite(path: Path) -> dict[str, Any]:
    """Describe everything about a file but its rows, and the size of its pages, which it keeps for life."""
    with closing(apsw.Connection(str(path))) as connection:
        found: dict[str, Any] = {
            name: connection.pragma(name) for name in ("application_id", "user_version", "journal_mode", "encoding", "auto_vacuum")
        }
        rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema")
        found["schema"] = sorted((kind, name, table, plain(sql)) for kind, name, table, sql in rows)
        found["search"] = sorted(connection.execute("SELECT k, v FROM search_config"))
    return found


def plain(sql: str | None) -> str:
    """Write a statement without comments, quotes and the blanks that mean nothing: SQLite keeps texts as they were typed."""
    text = re.sub(r"--[^\n]*", " ", sql or "").replace('"', "")
    return re.sub(r"\s+", " ", re.sub(r"\s*([(),=])\s*", r"\1", text)).strip()


async def shape_of_postgres(dsn: str) -> dict[str, Any]:
    """Describe everything about Deskline's tables but their rows. The order of columns means nothing to a program that names them."""
    connection = await asyncpg.connect(dsn)
    try:
        return {name: [tuple(row) for row in await connection.fetch(query)] for name, query in _SHAPE.items()}
    finally:
        await connection.close()


_OURS = "JOIN pg_namespace s ON s.oid = c.relnamespace AND s.nspname = 'public'"
_SHAPE: Final = {
    "version": "SELECT version FROM deskline",
    "relations": f"SELECT c.relname, c.relkind::text, c.relpersistence::text, c.reloptions FROM pg_class c {_OURS} ORDER BY 1",
    "columns": f"""
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), l.collname, a.attnotnull, a.attstorage::text,
               a.attidentity::text, a.attgenerated::text, pg_get_expr(d.adbin, d.adrelid)
          FROM pg_class c {_OURS} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          LEFT JOIN pg_collation l ON l.oid = a.attcollation LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
         WHERE c.relkind = 'r' ORDER BY 1, 2""",
    "constraints": f"""
        SELECT c.relname, k.conname, k.contype::text, pg_get_constraintdef(k.oid), k.convalidated
          FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid {_OURS} ORDER BY 1, 2""",
    "indexes": f"""
        SELECT c.relname, pg_get_indexdef(i.indexrelid), i.indisunique, i.indisprimary, i.indisvalid,
               (SELECT array_agg(o.opcname::text ORDER BY u.place) FROM unnest(i.indclass::oid[]) WITH ORDINALITY u (opclass, place)
                  JOIN pg_opclass o ON o.oid = u.opclass)
          FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid {_OURS} ORDER BY 1""",
    "rest": """
        SELECT 'function', p.proname FROM pg_proc p JOIN pg_namespace s ON s.oid = p.pronamespace AND s.nspname = 'public'
         UNION ALL SELECT 'trigger', tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2""",
}


def rows_of_sqlite(path: Path) -> dict[str, list[Any]]:
    """Read every row of every table."""
    with closing(apsw.Connection(str(path))) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search%'").fetchall()
        return {str(name): sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for (name,) in tables}


async def rows_of_postgres(dsn: str) -> dict[str, list[Any]]:
    """Read every row of every table."""
    connection = await asyncpg.connect(dsn)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        return {name: sorted(map(tuple, await connection.fetch(f"SELECT * FROM {name}")), key=repr) for (name,) in tables}
    finally:
        await connection.close()


def main(place: str) -> None:
    """Upgrade a database with the invented upgrades."""

    def tell(text: str) -> None:
        print(text, flush=True)

    if place.startswith("postgresql:"):
        asyncio.run(postgres_upgrades.upgrade(place, tell, upgrades=INVENTED))
    else:
        sqlite_upgrades.upgrade(Path(place), tell, upgrades=INVENTED)


if __name__ == "__main__":
    main(sys.argv[1])
