"""Events as the feed of changes spells them: those that timelines show as there, and silent ones, which had no form, in the same style."""

from collections.abc import Callable
from typing import Any

from deskline.domain.events import (
    AnyEvent,
    CcsChanged,
    Created,
    GroupsChanged,
    Person,
    RequesterChanged,
    SubjectChanged,
    TagsChanged,
    Touched,
)
from deskline.storage.feed import Change
from deskline.web.v2 import wire
from deskline.web.v2.wire import Json


def show_change(change: Change, *, as_documented: bool = False) -> Json:
    """Spell a change: its number in the account, its ticket, and what happened."""
    event = change.event
    date = wire.instant(event.at)
    silent = _SILENT.get(type(event))
    shown = wire.show_event(event) if silent is None else {"date": date, **silent(event)}
    if as_documented:
        shown["date"] = event.at // 1000
    return {"id": str(change.number), "ticket_id": change.ticket_id, "event": shown}


def _created(event: Created) -> Json:
    shown: Json = {
        "type": "ticket_created",
        "requester": wire.show_requester(event.requester),
        "source": wire.show_source(event.source),
        "subject": event.subject,
        "groups": [wire.show_group(group) for group in event.groups],
        "tags": event.tags,
        "ccs": event.ccs,
    }
    return shown if event.assignee is None else shown | {"assignee": wire.show_who(event.assignee)}


def _by(shown: Json, person: Person | None) -> Json:
    return shown if person is None else shown | {"author": wire.show_who(person)}


_SILENT: dict[type[AnyEvent], Callable[[Any], Json]] = {
    Created: _created,
    TagsChanged: lambda event: _by({"type": "tags_changed", "tags": event.tags}, event.by),
    GroupsChanged: lambda event: _by({"type": "groups_changed", "groups": [wire.show_group(group) for group in event.groups]}, event.by),
    SubjectChanged: lambda event: _by({"type": "subject_changed", "subject": event.subject}, event.by),
    RequesterChanged: lambda event: _by({"type": "requester_changed", "requester": wire.show_requester(event.requester)}, event.by),
    CcsChanged: lambda event: _by({"type": "ccs_changed", "ccs": event.ccs}, event.by),
    Touched: lambda event: {"type": "touched"},
}
