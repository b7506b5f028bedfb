"""Load named SQL statements from the `.sql` files beside this module. No SQL is written here.

A file holds statements, each under a line `-- name: what_runs_it` and a comment that says what it is for. Parameters are numbered
(`$1`); `$1` is the account in every statement of one account. `FILE.sql` is for every engine, and `FILE.ENGINE.sql` overrides single
statements of it or adds what only that engine has.
"""

import functools
import importlib.resources
import re
from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

Engine = Literal["sqlite", "postgres"]
_FOLDER = importlib.resources.files(__package__) / "sql"
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_NUMBERED = re.compile(r"\$(\d+)")


class Statement(msgspec.Struct, frozen=True):
    """A statement as each engine wants it; empty for an engine that has none. The transaction that runs it takes its own.

    `row_by_row` is PostgreSQL's text for one row of what is run for many, where `postgres` takes columns of rows.
    """

    sqlite: str
    postgres: str
    row_by_row: str

    def on(self, engine: Engine) -> str:
        """Give the text for one engine, to be put together with others."""
        return self.sqlite if engine == "sqlite" else self.postgres


@functools.cache
def queries(file: str) -> Mapping[str, Statement]:
    """Read the statements of `sql/<file>.sql` and of its files for single engines, by name."""
    shared = _statements(f"{file}.sql")
    texts = {engine: shared | _statements(f"{file}.{engine}.sql") for engine in get_args(Engine)}
    names = dict.fromkeys(name for of_engine in texts.values() for name in of_engine)
    return {
        name: Statement(spelled_for_sqlite(texts["sqlite"].get(name, "")), texts["postgres"].get(name, ""), shared.get(name, ""))
        for name in names
    }


def script(file: str) -> str:
    """Read a whole file of `sql/`, for schemas."""
    return (_FOLDER / file).read_text("utf-8")


@functools.lru_cache(1_000)
def spelled_for_sqlite(text: str) -> str:
    """Spell numbered parameters as SQLite counts them (`?1`): it would take `$1` for a name."""
    return _NUMBERED.sub(r"?\1", text)


def _statements(file: str) -> dict[str, str]:
    if not (_FOLDER / file).is_file():
        return {}
    pieces = _NAME.split(script(file))[1:]
    return {name: _without_comments(text) for name, text in zip(pieces[::2], pieces[1::2], strict=True)}


def _without_comments(text: str) -> str:
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("--"))
    return "\n".join(lines).strip().rstrip(";")
