"""Tickets as they were: what a timeline had led to by an instant, and whether a list of then has the ticket. Pure.

`matches` and `has_words` say of one state what the statements of `storage/search` say of all present ones; tests hold the two against each
other.
"""

from collections.abc import Sequence

from deskline.domain.custom_fields import entries
from deskline.domain.events import SILENT, AnyEvent
from deskline.domain.searches import TicketFilter, findable, has_phrases
from deskline.domain.timelines import Ticket


def matches(ticket: Ticket, events: Sequence[AnyEvent], wanted: TicketFilter) -> bool:
    """Say whether a state, and the events that led to it, pass a filter. Words are not looked at."""
    assignee = None if ticket.assignee is None else ticket.assignee.id
    return (
        ticket.aside is None
        and wanted.status in (None, ticket.status)
        and wanted.assignee in (None, assignee)
        and wanted.assigned in (None, assignee is not None)
        and wanted.tagged in (None, bool(ticket.tags))
        and wanted.requester in (None, ticket.requester.mail.lower())
        and wanted.source in (None, ticket.source.type)
        and wanted.source_id in (None, ticket.source.id)
        and (not wanted.values or set(wanted.values) <= set(entries(ticket.custom_fields)))
        and (not wanted.tags or not set(wanted.tags).isdisjoint(ticket.tags))
        and (not wanted.groups or any(group.id in wanted.groups for group in ticket.groups))
        and _was_active(ticket, events, wanted)
    )


def has_words(ticket: Ticket, events: Sequence[AnyEvent], wanted: TicketFilter) -> bool:
    """Say whether a state is found by a filter's words."""
    return has_phrases(findable(ticket, events), wanted.words, sees_notes=wanted.sees_notes)


def _was_active(ticket: Ticket, events: Sequence[AnyEvent], wanted: TicketFilter) -> bool:
    """Say whether anything happened in the range; the creation does, and counts, but for ranges with gaps, where only events tell."""
    since, until = wanted.since, wanted.until
    if (since is not None and ticket.last_activity_at < since) or (until is not None and ticket.created_at >= until):
        return False
    if not wanted.gaps and (since is None or until is None or ticket.created_at >= since or ticket.last_activity_at < until):
        return True
    return any(type(event) not in SILENT and _is_in(event.at, wanted) for event in events)


def _is_in(at: int, wanted: TicketFilter) -> bool:
    if (wanted.since is not None and at < wanted.since) or (wanted.until is not None and at >= wanted.until):
        return False
    return not any(start <= at < end for start, end in wanted.gaps)
