"""Several statements put into one for PostgreSQL, which is one round trip. The statements themselves are in `sql/*.sql`."""

import re
from collections.abc import Sequence
from functools import lru_cache

_TABLE = re.compile(r"^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)")
_NUMBERED = re.compile(r"\$(\d+)")


def table_of(statement: str) -> str:
    """Name the table that a statement changes."""
    found = _TABLE.match(statement)
    assert found is not None, statement
    return found[1]


@lru_cache(500)
def combined(statements: Sequence[str]) -> str:
    """Put statements into one, which is one round trip. Each changes a table of its own; parameters but $1 are numbered on."""
    pieces: list[str] = []
    used = 0
    for statement in statements:

        def numbered_on(found: re.Match[str], by: int = used) -> str:
            return "$1" if found[1] == "1" else f"${int(found[1]) + by}"

        pieces.append(_NUMBERED.sub(numbered_on, statement))
        used += max(int(number) for number in _NUMBERED.findall(statement)) - 1
    *before, last = pieces
    named = ", ".join(f"part_{number} AS ({piece})" for number, piece in enumerate(before))
    return f"WITH {named} {last}" if before else last
