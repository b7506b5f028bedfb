"""Sums: everything that is added up of facts, by name. Reports are made of them, and roll-ups keep each in a column of its name."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from deskline.domain.facts import Fact, FactKind

Added = Literal["seconds", "open_seconds", "worked_seconds"]
Labelled = tuple[FactKind, str | None]
ANY: Final = None


class Sum(msgspec.Struct, frozen=True):
    """One sum: of facts of these kinds and labels (ANY of them, or a channel), a field of theirs, or how many there are.

    `at_end` counts a stretch of time when it ends and not when it begins.
    """

    of: tuple[Labelled, ...]
    added: Added | None = None
    at_end: bool = False

    def has(self, fact: Fact) -> bool:
        """Tell whether a fact goes into the sum."""
        return (fact.kind, fact.label) in self.of or (fact.kind, ANY) in self.of

    def amount(self, fact: Fact) -> int:
        """Tell how much a fact adds."""
        return 1 if self.added is None else getattr(fact, self.added) or 0

    def instant(self, fact: Fact) -> int | None:
        """Tell when a fact counts; None for a stretch that has not ended."""
        return fact.until if self.at_end else fact.at


_CREATED: Final[tuple[Labelled, ...]] = (("created", ANY),)
_RESPONDED: Final[tuple[Labelled, ...]] = (("responded", ANY),)
_ANSWERED: Final[tuple[Labelled, ...]] = (("answered", ANY),)
_SOLVED: Final[tuple[Labelled, ...]] = (("solved", "only"), ("solved", "last"))
_FIRST: Final[tuple[Labelled, ...]] = (("solved", "only"), ("solved", "first"))
_EVERY: Final[tuple[Labelled, ...]] = (*_FIRST, ("solved", "again"))
_OPEN: Final[tuple[Labelled, ...]] = (("backlog", "open"),)
_PENDING: Final[tuple[Labelled, ...]] = (("backlog", "pending"),)

SUMS: Final[Mapping[str, Sum]] = {
    "created": Sum(_CREATED),
    "chat_window": Sum((("created", "chat-window"),)),
    "mail": Sum((("created", "mail"),)),
    "chat": Sum((("created", "lc2"),)),
    "entered_open": Sum(_OPEN),
    "left_open": Sum(_OPEN, at_end=True),
    "entered_pending": Sum(_PENDING),
    "left_pending": Sum(_PENDING, at_end=True),
    "responded": Sum(_RESPONDED),
    "responded_seconds": Sum(_RESPONDED, "seconds"),
    "responded_worked": Sum(_RESPONDED, "worked_seconds"),
    "answered": Sum(_ANSWERED),
    "answered_seconds": Sum(_ANSWERED, "seconds"),
    "answered_worked": Sum(_ANSWERED, "worked_seconds"),
    "messages": Sum((*_RESPONDED, *_ANSWERED, ("messaged", ANY))),
    "notes": Sum((("noted", ANY),)),
    "solved": Sum(_SOLVED),
    "solved_seconds": Sum(_SOLVED, "seconds"),
    "solved_open": Sum(_SOLVED, "open_seconds"),
    "solved_worked": Sum(_SOLVED, "worked_seconds"),
    "first_solved": Sum(_FIRST),
    "first_solved_seconds": Sum(_FIRST, "seconds"),
    "every_solved": Sum(_EVERY),
    "every_solved_seconds": Sum(_EVERY, "seconds"),
    "reopened": Sum((("reopened", ANY),)),
    "bad": Sum((("rated", "bad"),)),
    "good": Sum((("rated", "good"),)),
}
"""In the order of the columns of roll-ups."""
