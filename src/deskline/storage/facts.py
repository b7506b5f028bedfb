"""The rows of facts: a fact's kind and label are one number there. What a fact is, is decided in the domain."""

from collections.abc import Mapping
from typing import Final

from deskline.domain.facts import Fact, FactKind
from deskline.domain.sums import ANY, SUMS, Sum

OTHER = None
NUMBERS: Mapping[tuple[FactKind, str | None], int] = {
    ("created", "chat-window"): 1,
    ("created", "mail"): 2,
    ("created", "lc2"): 3,
    ("created", OTHER): 4,
    ("responded", None): 5,
    ("solved", "only"): 6,
    ("rated", "bad"): 7,
    ("rated", "good"): 8,
    ("solved", "first"): 9,
    ("solved", "again"): 10,
    ("solved", "last"): 11,
    ("answered", None): 12,
    ("messaged", None): 13,
    ("noted", None): 14,
    ("reopened", None): 15,
    ("backlog", "open"): 16,
    ("backlog", "pending"): 17,
}
"""The column `kind`. Every label that a report tells apart has a number of its own; channels that none does share one."""

_KINDS: Final = {number: kind for kind, number in NUMBERS.items()}

FactRow = tuple[int, int, int, int, str | None, int | None, int | None, int | None, int | None]
KEY_WIDTH: Final = 4


def fact_row(key: int, fact: Fact) -> FactRow:
    """Write a fact of the ticket `key` as a row: kind, ticket, instant, event (its key), agent, three sorts of seconds, end."""
    return (
        *(number(fact), key, fact.at, fact.seq),
        *(fact.agent, fact.seconds, fact.open_seconds, fact.worked_seconds, fact.until),
    )


def fact_of(row: FactRow) -> Fact:
    """Read a row as the fact that it is; of a channel that has no number, the label is missing."""
    number, _, at, seq, agent, seconds, open_seconds, worked_seconds, until = row
    kind, label = _KINDS[number]
    return Fact(kind, at, seq, agent, label, seconds, open_seconds, worked_seconds, until)


def number(fact: Fact) -> int:
    """Give the number of a fact's kind and label."""
    return NUMBERS.get((fact.kind, fact.label)) or NUMBERS[fact.kind, OTHER]


def numbers_of(summed: Sum) -> tuple[int, ...]:
    """List the numbers of the facts that go into a sum."""
    return tuple(number for (kind, label), number in NUMBERS.items() if (kind, label) in summed.of or (kind, ANY) in summed.of)


IN_SUMS: Final[Mapping[int, tuple[str, ...]]] = {
    number: tuple(name for name, summed in SUMS.items() if number in numbers_of(summed)) for number in NUMBERS.values()
}
"""The sums that a fact goes into, by its number."""
