"""Freeze the newest schema: write a database of it as text for each engine, with rows in every table that tickets and people fill."""

import asyncio
import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import apsw

from deskline.actions import accounts, working_hours
from deskline.domain.hours_texts import parse
from deskline.domain.people import Agent, Group
from deskline.domain.searches import Findable, findable
from deskline.domain.timelines import fold
from deskline.errors import ConflictError
from deskline.storage import people, tickets
from deskline.storage.database import Database
from deskline.storage.dialects import KEY_BITS
from deskline.storage.queries import Engine, script
from deskline.storage.schema import APPLICATION_ID
from deskline.storage.upgrades import NEWEST
from tests.releases import KEYS, LOGIN, file_of
from tests.storage.builders import ADA, BEN, GROUPS, MINUTE, Clock, do, open_sqlite, open_ticket, random_command, random_new_ticket

Texts = dict[int, Findable]
TICKETS, CHANGES = 12, 5


def main() -> None:
    """Write both files. Ends with a word where the schema has been frozen."""
    engines: tuple[Engine, ...] = ("sqlite", "postgres")
    for engine in engines:
        if file_of(NEWEST, engine).exists():
            raise SystemExit(
                f"{file_of(NEWEST, engine)} is there already, and frozen; only of a schema that nobody has yet may it be removed."
            )
    with tempfile.TemporaryDirectory() as folder:
        texts = asyncio.run(fill(Path(folder)))
        with closing(apsw.Connection(f"{folder}/deskline.db")) as connection:
            tables = dict(read(connection))
    file_of(NEWEST, "sqlite").write_text("\n".join((*of_sqlite(tables, texts), "")), "utf-8")
    file_of(NEWEST, "postgres").write_text("\n".join((*of_postgres(tables, texts), "")), "utf-8")


async def fill(folder: Path) -> Texts:
    """Make two accounts whose tickets have lived; answers what each ticket is found by."""
    clock, chance, texts = Clock(), random.Random(NEWEST), Texts()
    database = open_sqlite(folder, clock)
    for account_id, key in enumerate(KEYS, 1):
        async with database.write(account_id) as tx:
            owner = Agent(login=LOGIN, name="Ann")
            await accounts.init_account(tx, f"Company {account_id}", "Europe/Warsaw", owner, secret=key)
            for group in GROUPS[1:]:
                await people.add_group(tx, Group(group.id, group.name))
            for agent in (ADA, BEN):
                await people.add_agent(tx, Agent(login=agent.id, name=agent.name, groups=(1, 2)))
        for _ in range(TICKETS):
            texts |= await live(database, account_id, clock, chance)
        async with database.write(account_id) as tx:
            hours, _ = parse("Europe/Warsaw", {"monday": ["09:00-17:00"]}, ())
            await working_hours.set_hours(tx, GROUPS[1].id, hours)
    await database.close()
    return texts


async def live(database: Database, account_id: int, clock: Clock, chance: random.Random) -> Texts:
    """Have a ticket live."""
    new = random_new_ticket(chance)
    async with database.write(account_id) as tx:
        await people.add_tags(tx, new.tags, LOGIN)
        ticket_id = await open_ticket(tx, **{name: getattr(new, name) for name in new.__struct_fields__})
    for _ in range(CHANGES):
        clock.now += chance.randrange(MINUTE, 1_000 * MINUTE)
        with suppress(ConflictError):  # spam is not rated
            async with database.write(account_id) as tx:
                await do(tx, ticket_id, random_command(chance), chance.choice((ADA, BEN)))
    async with database.read(account_id) as reader:
        life = await tickets.get_life(reader, ticket_id)
    return {life.key: findable(fold(ticket_id, life.events), life.events)}


def read(connection: apsw.Connection) -> Iterator[tuple[str, tuple[Sequence[str], list[tuple[Any, ...]]]]]:
    """Read every table: its columns and rows. The search index holds no text and is left out."""
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search%' ORDER BY rowid")
    for (name,) in names.fetchall():
        columns = [str(column) for _, column, *_ in connection.execute(f"PRAGMA table_info({name})")]
        rows = connection.execute(f"SELECT * FROM {name}").fetchall()
        if not rows:
            print(f"{name} has no rows: write some into both files by hand.")
        yield str(name), (columns, rows)


def of_sqlite(tables: dict[str, tuple[Sequence[str], list[tuple[Any, ...]]]], texts: Texts) -> Iterator[str]:
    """Write the database as text for SQLite."""
    yield script("schema.sqlite.sql")
    yield f"PRAGMA application_id = {APPLICATION_ID};"
    yield f"PRAGMA user_version = {NEWEST};"
    yield from rows_of(tables, "sqlite")
    for key, each in texts.items():
        yield f"INSERT INTO search (rowid, words, notes) VALUES ({key}, {literal(each.words, 'sqlite')}, {literal(each.notes, 'sqlite')});"


def of_postgres(tables: dict[str, tuple[Sequence[str], list[tuple[Any, ...]]]], texts: Texts) -> Iterator[str]:
    """Write the database as text for PostgreSQL."""
    yield script("schema.postgres.sql")
    yield f"INSERT INTO deskline (version) VALUES ({NEWEST});"
    yield from rows_of(tables, "postgres")
    for key, each in texts.items():
        values = f"{literal(each.words, 'postgres')}, {literal(each.notes, 'postgres')}"
        yield f"INSERT INTO search (account_id, ticket_key, words, notes) VALUES ({key >> KEY_BITS}, {key}, {values});"


def rows_of(tables: dict[str, tuple[Sequence[str], list[tuple[Any, ...]]]], engine: Engine) -> Iterator[str]:
    """Write a statement for each row."""
    for name, (columns, rows) in tables.items():
        for row in rows:
            yield f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join(literal(value, engine) for value in row)});"


def literal(value: object, engine: Engine) -> str:
    """Write a value as SQL."""
    if isinstance(value, bytes):
        return f"x'{value.hex()}'" if engine == "sqlite" else f"'\\x{value.hex()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return "NULL" if value is None else str(value)


if __name__ == "__main__":
    main()
