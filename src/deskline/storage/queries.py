"""Load named SQL statements from the `.sql` files beside this module. No SQL is written here.

A file holds statements, each under a line `-- name: what_runs_it` and a comment that says what it is for. Parameters are numbered
(`$1`); `$1` is the account in every statement of one account. `FILE.ENGINE.sql` overrides single statements of `FILE.sql`.
"""

import functools
import importlib.resources
import re
from collections.abc import Mapping
from typing import Literal

Engine = Literal["sqlite", "postgres"]
_FOLDER = importlib.resources.files(__package__) / "sql"
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_NUMBERED = re.compile(r"\$(\d+)")


@functools.cache
def queries(file: str, engine: Engine = "sqlite") -> Mapping[str, str]:
    """Read the statements of `sql/<file>.sql` as `{name: text}`, ready for the engine."""
    found: dict[str, str] = {}
    for name in (f"{file}.sql", f"{file}.{engine}.sql"):
        if (_FOLDER / name).is_file():
            found |= _statements(name)
    return {name: for_engine(text, engine) for name, text in found.items()}


def script(file: str) -> str:
    """Read a whole file of `sql/`, for schemas."""
    return (_FOLDER / file).read_text("utf-8")


def for_engine(text: str, engine: Engine) -> str:
    """Spell numbered parameters as the engine wants them: SQLite counts `?1`, and would take `$1` for a name."""
    return _NUMBERED.sub(r"?\1", text) if engine == "sqlite" else text


def _statements(file: str) -> dict[str, str]:
    pieces = _NAME.split(script(file))[1:]
    return {name: _without_comments(text) for name, text in zip(pieces[::2], pieces[1::2], strict=True)}


def _without_comments(text: str) -> str:
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("--"))
    return "\n".join(lines).strip().rstrip(";")
