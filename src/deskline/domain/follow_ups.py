"""Tickets that stay pending: after a while the requester is to be reminded, and after another the ticket is solved by itself. Pure."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from deskline.domain.events import AnyEvent, FollowUpSent, Restored, StatusChanged, Unmerged
from deskline.domain.jobs import SECOND
from deskline.domain.timelines import Ticket

HOUR: Final = 3_600 * SECOND
REMIND_HOURS: Final = 72  # the original's
SOLVE_HOURS: Final = 96  # likewise, after the reminder
MOST_HOURS: Final = 8_760


class FollowUps(msgspec.Struct, frozen=True, kw_only=True):
    """After how many hours of being pending the requester is reminded, and after how many more the ticket is solved."""

    remind_hours: int = REMIND_HOURS
    solve_hours: int = SOLVE_HOURS


class Due(NamedTuple):
    """What is to be done to a ticket now, and when to look at it again; None for never."""

    events: list[AnyEvent]
    again_at: int | None


def follow_up(ticket: Ticket, events: Sequence[AnyEvent], hours: FollowUps, now: int) -> Due:
    """Decide what is due of a ticket with this timeline.

    Hours are counted from when it last became pending, or came back so, whatever agents wrote since. One that is pending until an instant
    waits for that alone, and one that is set aside for who takes it back.
    """
    if ticket.status != "pending" or ticket.snoozed_until is not None or ticket.aside is not None:
        return Due([], None)
    since, reminded = _since(events)
    at = max(now, ticket.modified_at)
    if reminded is None:
        due = since + hours.remind_hours * HOUR
        if now < due:
            return Due([], due)
        return Due([FollowUpSent(at=at)], at + hours.solve_hours * HOUR)
    due = reminded + hours.solve_hours * HOUR
    if now < due:
        return Due([], due)
    return Due([StatusChanged(at=at, previous="pending", current="solved")], None)


def _since(events: Sequence[AnyEvent]) -> tuple[int, int | None]:
    """Find since when a pending ticket waits, and when its requester was reminded since.

    One that comes back from the trash, or out of another ticket, begins anew: else a reminder of long ago would have it solved.
    """
    reminded = None
    for event in reversed(events):
        if isinstance(event, FollowUpSent) and reminded is None:
            reminded = event.at
        if isinstance(event, StatusChanged | Restored | Unmerged):
            return event.at, reminded
    return events[0].at, reminded
