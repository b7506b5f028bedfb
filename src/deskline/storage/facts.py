"""The rows of facts: a fact's kind and label are one number there. What a fact is, is decided in the domain."""

from collections.abc import Mapping

from deskline.domain.facts import Fact, FactKind

OTHER = None
NUMBERS: Mapping[tuple[FactKind, str | None], int] = {
    ("created", "chat-window"): 1,
    ("created", "mail"): 2,
    ("created", "lc2"): 3,
    ("created", OTHER): 4,
    ("responded", None): 5,
    ("solved", None): 6,
    ("rated", "bad"): 7,
    ("rated", "good"): 8,
}
"""The column `kind`. Every label that a report tells apart has a number of its own; channels that none does share one."""

FactRow = tuple[int, int, int, str | None, int | None]


def fact_row(key: int, fact: Fact) -> FactRow:
    """Write a fact of the ticket `key` as a row: kind, ticket, instant, agent, seconds."""
    return number(fact), key, fact.at, fact.agent, fact.seconds


def number(fact: Fact) -> int:
    """Give the number of a fact's kind and label."""
    return NUMBERS.get((fact.kind, fact.label)) or NUMBERS[fact.kind, OTHER]


def numbers_of(kind: FactKind) -> tuple[int, ...]:
    """List the numbers of a kind, whatever the label."""
    return tuple(number for (each, _), number in NUMBERS.items() if each == kind)
