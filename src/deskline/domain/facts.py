"""Facts: the few instants of a ticket that reports count, computed from its state. How they are counted is in `reports`."""

from typing import Literal

import msgspec

from deskline.domain.timelines import Ticket

FactKind = Literal["created", "responded", "solved", "rated"]


class Fact(msgspec.Struct, frozen=True, array_like=True):
    """One countable thing about a ticket.

    `at` is milliseconds UTC; `agent` the login credited (None for nobody). `seconds` is set for `responded` and `solved`, `label` for
    `created` (the channel the ticket came from) and `rated` (`good` or `bad`).
    """

    kind: FactKind
    at: int
    agent: str | None = None
    seconds: int | None = None
    label: str | None = None


def facts(ticket: Ticket) -> tuple[Fact, ...]:
    """List what reports count of a ticket as it is now; nothing of one that is spam (rules: the page on reports, table 1)."""
    if ticket.status == "spam":
        return ()
    found = [Fact("created", ticket.created_at, label=ticket.source.type)]
    if ticket.first_response is not None:
        response = ticket.first_response
        found.append(Fact("responded", response.at, response.agent, seconds_between(ticket.created_at, response.at)))
    if ticket.solve is not None:
        solve = ticket.solve
        found.append(Fact("solved", solve.at, solve.agent, seconds_between(ticket.created_at, solve.at)))
    if ticket.rating is not None:
        rating = ticket.rating
        found.append(Fact("rated", rating.at, rating.agent, label=rating.rate))
    return tuple(found)


def seconds_between(start: int, end: int) -> int:
    """Measure whole seconds between two instants in milliseconds, as anybody would who reads them in whole seconds on the wire."""
    return end // 1000 - start // 1000
