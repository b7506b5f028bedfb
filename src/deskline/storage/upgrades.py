"""The schema's numbers: which one this program works with, what leads to it, and what is said of a database that has another.

Schema 1 was the first; each file of `sql/upgrades/` leads from the number before its own to its own. `NEWEST` is the one place that
knows the last of them. The files are run by `sqlite_upgrades` and `postgres_upgrades`.
"""

import importlib.resources
import re
from collections.abc import Sequence
from importlib.resources.abc import Traversable
from typing import Final

import msgspec

from deskline.errors import ConflictError, SchemaError

FIRST: Final = 1
COPYING: Final = 0  # the number of a database that a copy is going into, or was when it stopped
_FOLDER: Final = importlib.resources.files(__package__) / "sql" / "upgrades"
_FILE: Final = re.compile(r"(\d{4})(?:\.(sqlite|postgres))?\.sql")


class Upgrade(msgspec.Struct, frozen=True):
    """What leads from schema `number` - 1 to schema `number`, as each engine wants it. Run in one transaction with the new number."""

    number: int
    sqlite: str
    postgres: str


def read(folder: Traversable = _FOLDER) -> tuple[Upgrade, ...]:
    """Read the upgrades of a folder in order: `0002.sql` for every engine, or `0002.sqlite.sql` and `0002.postgres.sql`.

    Raises ValueError where a number or an engine is missing, or a file is of another name.
    """
    texts: dict[tuple[int, str | None], str] = {}
    for file in folder.iterdir() if folder.is_dir() else ():
        match = _FILE.fullmatch(file.name)
        if match is None:
            raise ValueError(f"{file.name} is no name of an upgrade")
        texts[int(match[1]), match[2]] = file.read_text("utf-8")
    numbers = sorted({number for number, _ in texts})
    if numbers != list(range(FIRST + 1, FIRST + 1 + len(numbers))):
        raise ValueError(f"the upgrades {numbers} have a gap")
    return tuple(Upgrade(number, _text(texts, number, "sqlite"), _text(texts, number, "postgres")) for number in numbers)


def _text(texts: dict[tuple[int, str | None], str], number: int, engine: str) -> str:
    found = [texts[key] for key in ((number, None), (number, engine)) if key in texts]
    if len(found) != 1:
        raise ValueError(f"upgrade {number} has {len(found)} texts for {engine}")
    return found[0]


INSTALLED: Final = read()
NEWEST: Final = FIRST + len(INSTALLED)


def newest_of(upgrades: Sequence[Upgrade]) -> int:
    """Tell the number that some upgrades lead to."""
    return upgrades[-1].number if upgrades else FIRST


def refuse_newer(version: int, place: str, newest: int = NEWEST) -> None:
    """Make sure that a schema is not newer than what this program knows, and not unfinished. Raises SchemaError with what to do."""
    if version > newest:
        raise SchemaError(
            f"{place} was written by a newer Deskline (schema {version}, this program knows {newest}); install that version or a newer one."
        )
    if version == COPYING:
        raise SchemaError(f"{place} is not complete: a copy is going into it. If it was stopped, run the same deskline copy again.")


def refuse_other(version: int, place: str, option: str, newest: int = NEWEST) -> None:
    """Make sure that a database has the schema that this program works with. `option` names it to a command. Raises SchemaError."""
    refuse_newer(version, place, newest)
    if version < newest:
        raise SchemaError(
            f"{place} has schema {version}, and this Deskline works with {newest}; stop what runs on it, then: deskline upgrade {option}"
        )


def refuse_unfinished(accounts: int, place: str, option: str) -> None:
    """Make sure that no account waits for what is derived to be worked out anew. Raises SchemaError."""
    if accounts:
        raise SchemaError(
            f"The upgrade of {place} has not ended: {accounts} accounts wait for their tickets to be worked out anew. "
            f"To go on with it: deskline upgrade {option}"
        )


def refuse_marked(of: str, source: str, place: str) -> None:
    """Make sure that the copy that is going into a database is one of this source. Raises ConflictError."""
    if of != source:
        raise ConflictError(f"{place} holds a copy of {of} that is not complete; go on with that one, or copy into another database.")
