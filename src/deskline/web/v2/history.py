"""Saved tickets as the LiveChat REST API v2.0 spells them, incoming: the JSON of one ticket in, its life in the domain out.

Both forms that the original had are read: that of live answers (ISO dates, groups as objects) and that of the documentation (unix
seconds, group ids). Files are cut into tickets in `history_files`; how gaps of a timeline are filled is the domain's.
"""

from collections.abc import Mapping

import msgspec

from deskline.domain.custom_fields import is_key, is_value
from deskline.domain.events import STATUSES, FieldValue, Messaged, Requester, Source
from deskline.domain.histories import History, Told, complete
from deskline.domain.people import EVERYBODY
from deskline.domain.tickets import NO_SUBJECT
from deskline.domain.timelines import Interval, Response
from deskline.errors import InvalidError
from deskline.web.v2.history_events import Cast, read_event
from deskline.web.v2.history_values import (
    MOST_EVENTS,
    RATED,
    TICKET_ID,
    Json,
    find_instant,
    find_person,
    find_source,
    read_choice,
    read_groups,
    read_instant,
    read_list,
    read_object,
    read_text,
    read_texts,
)

_SHOWN = ("id", "requester", "source", "subject", "groups", "currentGroup", "tags", "ccs", "assignee", "status", "rate", "events")
_KNOWN = frozenset(
    (*_SHOWN, "date", "modified", "resolutionDate", "opened", "firstResponse", "trashed", "snoozed_until", "absorbed", "merged_into")
)  # `custom_fields` is known where it is ours
_EVERYBODYS = [{"id": EVERYBODY}]  # the group of a ticket that tells none, as of one that is created without
_NO_NAMES: Mapping[int, str] = {}


def decode(raw: bytes) -> Json:
    """Decode the JSON object of one ticket. Raises InvalidError."""
    try:
        saved = msgspec.json.decode(raw)
    except RecursionError as error:
        raise InvalidError("it is nested too deeply") from error
    except ValueError as error:
        raise InvalidError(f"it is not JSON: {error}") from error
    if not isinstance(saved, dict):
        raise InvalidError("it is not an object")
    return saved


def read_history(saved: Json, group_names: Mapping[int, str] = _NO_NAMES) -> History:
    """Read one saved ticket with its whole life. Keys that nobody knows are noted. Raises InvalidError.

    `group_names` are those of groups that the ticket tells by their ids alone.
    """
    ticket_id = read_text(saved.get("id"), "id")
    if not TICKET_ID.fullmatch(ticket_id):
        raise InvalidError(f"id: {ticket_id[:40]!r} is not 1 to 32 letters (A to Z) and digits" if ticket_id else "id: missing")
    listed = read_list(saved.get("events"), "events")
    if len(listed) > MOST_EVENTS:
        raise InvalidError(f"events: {len(listed):,}, more than {MOST_EVENTS:,}")
    shown = [event if isinstance(event, dict) else read_object(event, f"events[{number}]") for number, event in enumerate(listed)]
    requester = _requester(saved, shown)
    cast = Cast(requester, saved, shown)
    events = [read_event(event, number, cast) for number, event in enumerate(shown)]
    opening = next((event for event in events if isinstance(event, Messaged)), None)
    source = find_source(saved.get("source"), "source") or (opening.source if opening is not None else None)
    history = complete(_told(ticket_id, saved, requester, source or Source("lc2"), group_names), events)
    known = _KNOWN if _custom_fields(saved) is None else {*_KNOWN, "custom_fields"}
    unknown = tuple(f"unknown key: {name[:40]}" for name in saved if name not in known)
    return msgspec.structs.replace(history, notes=history.notes + unknown) if unknown else history


def _requester(saved: Json, events: list[Json]) -> Requester:
    """Read who asked; where the ticket does not tell, the first message does."""
    told = read_object(saved.get("requester"), "requester")
    if told:
        return Requester(*(read_text(told.get(name), f"requester.{name}") for name in ("mail", "name", "utc_offset", "ip")))
    author = next((find_person(event["author"], "author", "client") for event in events if event.get("author")), None)
    return Requester("") if author is None or author.kind == "agent" else Requester(author.id, author.name)


def _told(ticket_id: str, saved: Json, requester: Requester, source: Source, group_names: Mapping[int, str]) -> Told:
    status, rate, subject = saved.get("status"), saved.get("rate"), saved.get("subject")
    groups = saved.get("groups", [saved["currentGroup"]] if saved.get("currentGroup") is not None else _EVERYBODYS)
    return Told(
        id=ticket_id.upper(),  # as all of the original's are: a path finds no other, whatever its letter case
        requester=requester,
        source=source,
        subject=NO_SUBJECT if subject is None else read_text(subject, "subject"),
        groups=read_groups(groups, "groups", group_names),
        tags=read_texts(saved.get("tags"), "tags"),
        ccs=read_texts(saved.get("ccs"), "ccs"),
        assignee=find_person(saved.get("assignee"), "assignee", "agent"),
        status=None if status is None else read_choice(status, "status", STATUSES),
        rated=None if rate is None else RATED[read_choice(rate, "rate", tuple(RATED))],
        created_at=find_instant(saved.get("date"), "date"),
        modified_at=find_instant(saved.get("modified"), "modified"),
        solved_at=find_instant(saved.get("resolutionDate"), "resolutionDate"),
        opened=tuple(_interval(read_object(each, "opened")) for each in read_list(saved.get("opened"), "opened")),
        first_response=_response(read_object(saved.get("firstResponse"), "firstResponse")),
        custom_fields=_custom_fields(saved) or {},
    )


def _custom_fields(saved: Json) -> dict[str, FieldValue] | None:
    """Read the values of custom fields, by key; None where they are of another system's form."""
    values: object = saved.get("custom_fields", {})
    if not isinstance(values, dict) or not all(is_key(key) and is_value(value) for key, value in values.items()):
        return None
    return values


def _interval(told: Json) -> Interval:
    return Interval(read_instant(told.get("from"), "opened.from"), find_instant(told.get("to"), "opened.to"))


def _response(told: Json) -> Response | None:
    if not told:
        return None
    return Response(read_text(told.get("agent"), "firstResponse.agent"), read_instant(told.get("date"), "firstResponse.date"))
