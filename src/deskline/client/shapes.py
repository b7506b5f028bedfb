"""Answers as they are typed: objects as the API spells them, which may hold more than is named here."""

from typing import Any, TypedDict

Json = dict[str, Any]
Value = str | float | bool


class Person(TypedDict):
    """Somebody in a ticket."""

    id: str
    name: str


class Requester(TypedDict, total=False):
    """Who asked."""

    mail: str
    name: str
    utc_offset: str
    ip: str


class TicketGroup(TypedDict):
    """A group as a ticket carries it."""

    id: int
    name: str
    inherited: bool


class Source(TypedDict, total=False):
    """Where a ticket or a message came from."""

    type: str
    url: str
    id: str


class Event(TypedDict, total=False):
    """Something that happened; which fields there are is a matter of its `type`."""

    type: str
    date: str
    author: Json
    message: str
    is_private: bool
    source: Source
    attachments: list[Json]
    to: Person
    current: str
    previous: str


_Opened = TypedDict("_Opened", {"from": str, "to": str}, total=False)


class FirstResponse(TypedDict, total=False):
    """When it was answered first, and by whom; empty as long as nobody did."""

    agent: str
    date: str


class _Everywhere(TypedDict):
    events: list[Event]
    id: str
    requester: Requester
    groups: list[TicketGroup]
    status: str
    subject: str
    modified: str
    source: Source
    opened: list[_Opened]
    firstResponse: FirstResponse
    ccs: list[str]
    tags: list[str]
    rate: str
    date: str


class Ticket(_Everywhere, total=False):
    """A ticket."""

    assignee: Person
    resolutionDate: str
    currentGroup: TicketGroup
    custom_fields: dict[str, Value]


class TicketPage(TypedDict):
    """A page of a list of tickets."""

    pages: int
    total: int
    tickets: list[Ticket]


class _Counted(TypedDict):
    id: str
    subject: str
    at: str
    agent: str | None
    instants: list[Json]
    instant_count: int


class CountedTicket(_Counted, total=False):
    """A ticket that counts in a row of a report, and why."""

    seconds: int
    excluded_seconds: int
    excluded_count: int
    excluded: list[Json]
    source: str
    private: bool
    rate: str
    status: str
    until: str | None


class _Row(TypedDict):
    report: str
    row: str | None
    values: Json
    count: int
    total: int
    tickets: list[CountedTicket]


class Opened(_Row, total=False):
    """A page of the tickets behind a number, and the number."""

    definition: str
    seconds: int
    hours: float | None
    page: int
    pages: int


class File(TypedDict, total=False):
    """A file that was sent and waits for a message: `id` is what `attachments` takes."""

    id: str
    url: str
    name: str
    content_type: str
    size: int
    sha256: str
    width: int
    height: int


class Changed(TypedDict, total=False):
    """What came of a change of one ticket among many."""

    id: str
    status: int
    changed: bool
    error: str


class Change(TypedDict):
    """Something that happened to a ticket; `id` is where to go on behind it."""

    id: str
    ticket_id: str
    event: Event


class ChangePage(TypedDict):
    """Some changes, where to go on, and whether there are more already."""

    changes: list[Change]
    next: str
    more: bool
