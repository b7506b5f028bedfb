"""How much is measured: all of it, a smoke run, or as little as shows that everything works."""

from collections.abc import Mapping
from typing import Final

import msgspec

MANY: Final = 500_000


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured. Rounds and seconds are those of each server."""

    tickets: int = 100_000
    rounds: int = 5
    seconds: float = 2.0
    list_rounds: int = 3
    list_seconds: float = 1.0
    list_step: int = 1  # of the filters, every so many
    lists_after_changes: int = 40
    reports: int = 60
    starts: int = 5
    idle_seconds: float = 3.0
    engine_tickets: int = 5_000
    imported: int = 200_000  # at most
    pairs: int = 20  # lists by each two filters, last pages, searches, pages by cursor
    growth: int = 12  # ranges of each report, asked of all tickets and of a tenth
    loop_seconds: float = 5.0
    edge_requests: int = 2_000  # of each round
    listeners: int = 1_000
    changes: int = 10  # that they hear of

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Scale":
        """Take the scale from `N` and `QUICK`."""
        if environ.get("QUICK"):
            return QUICK
        return cls.at(int(environ["N"])) if "N" in environ else cls()

    @classmethod
    def at(cls, tickets: int) -> "Scale":
        """Measure so many tickets: of very many, what is about bare rates only briefly, as its targets are those of fewer."""
        return cls(tickets=tickets) if tickets < MANY else cls(tickets=tickets, rounds=3, list_rounds=1, lists_after_changes=20, starts=3)

    @property
    def part(self) -> int:
        """How many tickets an account has that is held against the whole, and one that an earlier program made."""
        return max(100, self.tickets // 10)


QUICK: Final = Scale(
    tickets=3_000,
    rounds=2,
    seconds=0.4,
    list_rounds=1,
    list_seconds=0.15,
    lists_after_changes=5,
    reports=20,
    starts=2,
    idle_seconds=0.5,
    engine_tickets=1_000,
    pairs=3,
    growth=3,
    loop_seconds=1.0,
    edge_requests=300,
    listeners=100,
)
TINY: Final = Scale(
    tickets=500,
    rounds=1,
    seconds=0.1,
    list_rounds=1,
    list_seconds=0.02,
    list_step=4,
    lists_after_changes=2,
    reports=2,
    starts=1,
    idle_seconds=0.2,
    engine_tickets=100,
    pairs=1,
    growth=1,
    loop_seconds=0.2,
    edge_requests=20,
    listeners=5,
    changes=2,
)
