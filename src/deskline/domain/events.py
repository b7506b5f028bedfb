"""What can happen to a ticket: one frozen struct for each kind of event, and the values they carry.

An event is stored as it is and never changed. No rule about which event may follow which lives here (see `tickets`), and no
spelling of the wire.
"""

from typing import Literal

import msgspec

Status = Literal["open", "pending", "solved", "spam"]
Rate = Literal["good", "bad"]
Aside = Literal["trash", "merged"]
FieldValue = str | int | float | bool
STATUSES: tuple[Status, ...] = ("open", "pending", "solved", "spam")
RATES: tuple[Rate, ...] = ("good", "bad")


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody as a ticket remembers them: `id` is an agent's login or a client's mail address, frozen at that moment."""

    id: str
    name: str
    kind: Literal["agent", "client"] = "agent"


class Requester(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who asked. `zone` is an IANA name and `ip` an address, both only where the channel told them."""

    mail: str
    name: str = ""
    zone: str = ""
    ip: str = ""


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a ticket or a message came from: a channel, a page (`url`), a related chat (`id`)."""

    type: str
    url: str = ""
    id: str = ""


class TicketGroup(msgspec.Struct, frozen=True, omit_defaults=True):
    """A group as a ticket carries it: its name as it was when the ticket got it."""

    id: int
    name: str
    inherited: bool = False


class Attachment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file beside a message. `size` in bytes, of files that are kept here; `width` and `height` in pixels, for pictures."""

    url: str
    name: str = ""
    content_type: str = ""
    content_encoding: str = ""
    width: int | None = None
    height: int | None = None
    size: int | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """Something that happened at the instant `at` (milliseconds UTC)."""

    at: int


class Created(Event, frozen=True, kw_only=True, omit_defaults=True, tag="created"):
    """The ticket came to be. Always the first event, in the same instant as the opening message."""

    requester: Requester
    source: Source
    subject: str
    groups: tuple[TicketGroup, ...]
    tags: tuple[str, ...] = ()
    ccs: tuple[str, ...] = ()
    assignee: Person | None = None


class Messaged(Event, frozen=True, kw_only=True, omit_defaults=True, tag="messaged"):
    """Somebody wrote: the opening message, a reply, or (`private`) a note among agents."""

    author: Person
    text: str
    private: bool = False
    source: Source | None = None
    attachments: tuple[Attachment, ...] = ()


class Assigned(Event, frozen=True, kw_only=True, omit_defaults=True, tag="assigned"):
    """The ticket got an assignee. `by` is None where nobody did it by hand."""

    to: Person
    by: Person | None = None


class Unassigned(Event, frozen=True, kw_only=True, omit_defaults=True, tag="unassigned"):
    """The ticket lost its assignee."""

    by: Person | None = None


class StatusChanged(Event, frozen=True, kw_only=True, omit_defaults=True, tag="status_changed"):
    """The status went from `previous` to `current`. `by` is None where it was automatic."""

    previous: Status
    current: Status
    by: Person | None = None


class RatingOffered(Event, frozen=True, kw_only=True, omit_defaults=True, tag="rating_offered"):
    """The client was asked for a rating."""


class FollowUpSent(Event, frozen=True, kw_only=True, omit_defaults=True, tag="follow_up_sent"):
    """The client was reminded of a pending ticket, in the original; here a reminder is due, which others send."""


class Rated(Event, frozen=True, kw_only=True, omit_defaults=True, tag="rated"):
    """The client rated the help; the last rating counts."""

    rate: Rate
    by: Person | None = None


class Noted(Event, frozen=True, kw_only=True, omit_defaults=True, tag="noted"):
    """Something an imported history shows that Deskline has no rule for: kept word for word in `shown`, changes nothing."""

    shown: dict[str, object]


class TagsChanged(Event, frozen=True, kw_only=True, omit_defaults=True, tag="tags_changed"):
    """The whole list of tags was replaced."""

    tags: tuple[str, ...]
    by: Person | None = None


class GroupsChanged(Event, frozen=True, kw_only=True, omit_defaults=True, tag="groups_changed"):
    """The whole list of groups was replaced."""

    groups: tuple[TicketGroup, ...]
    by: Person | None = None


class SubjectChanged(Event, frozen=True, kw_only=True, omit_defaults=True, tag="subject_changed"):
    """The subject was rewritten."""

    subject: str
    by: Person | None = None


class RequesterChanged(Event, frozen=True, kw_only=True, omit_defaults=True, tag="requester_changed"):
    """The ticket is somebody else's now, or it was learned who that is. Messages keep the author that they had."""

    requester: Requester
    by: Person | None = None


class CcsChanged(Event, frozen=True, kw_only=True, omit_defaults=True, tag="ccs_changed"):
    """The whole list of who gets copies was replaced."""

    ccs: tuple[str, ...]
    by: Person | None = None


class CustomFieldChanged(Event, frozen=True, kw_only=True, omit_defaults=True, tag="custom_field_changed"):
    """A custom field went from `previous` to `current`, None for no value. `name` is what the field was called at that moment."""

    key: str
    name: str
    previous: FieldValue | None = None
    current: FieldValue | None = None
    by: Person | None = None


class Snoozed(Event, frozen=True, kw_only=True, omit_defaults=True, tag="snoozed"):
    """The ticket, which is pending, is to be opened at the instant `until`, if nothing has opened it before."""

    until: int
    by: Person | None = None


class Trashed(Event, frozen=True, kw_only=True, omit_defaults=True, tag="trashed"):
    """The ticket was put into the trash: no list has it and no report counts it."""

    by: Person | None = None


class Restored(Event, frozen=True, kw_only=True, omit_defaults=True, tag="restored"):
    """The ticket came back from the trash, as it was."""

    by: Person | None = None


class Merged(Event, frozen=True, kw_only=True, omit_defaults=True, tag="merged"):
    """The ticket went into another, which tells its messages: no list has it and no report counts it."""

    into: str
    by: Person | None = None


class Unmerged(Event, frozen=True, kw_only=True, omit_defaults=True, tag="unmerged"):
    """The ticket is one of its own again, as it was."""

    by: Person | None = None


class Absorbed(Event, frozen=True, kw_only=True, omit_defaults=True, tag="absorbed"):
    """Another ticket went into this one, with what was written there."""

    ticket: str
    subject: str
    messages: tuple[Messaged, ...]
    by: Person | None = None


class Released(Event, frozen=True, kw_only=True, omit_defaults=True, tag="released"):
    """A ticket that went into this one is one of its own again; its messages are no longer told here."""

    ticket: str
    by: Person | None = None


class Split(Event, frozen=True, kw_only=True, omit_defaults=True, tag="split"):
    """A message of the ticket, by its number from 1, was made the opening one of another ticket; it stays here too."""

    message: int
    into: str
    by: Person | None = None


class SplitFrom(Event, frozen=True, kw_only=True, omit_defaults=True, tag="split_from"):
    """The ticket's opening message is that of another ticket."""

    ticket: str
    by: Person | None = None


class Touched(Event, frozen=True, kw_only=True, omit_defaults=True, tag="touched"):
    """An imported ticket says it was modified at this instant, without saying how."""


AnyEvent = (
    Created
    | Messaged
    | Assigned
    | Unassigned
    | StatusChanged
    | RatingOffered
    | FollowUpSent
    | Rated
    | Noted
    | TagsChanged
    | GroupsChanged
    | SubjectChanged
    | RequesterChanged
    | CcsChanged
    | CustomFieldChanged
    | Snoozed
    | Trashed
    | Restored
    | Merged
    | Unmerged
    | Absorbed
    | Released
    | Split
    | SplitFrom
    | Touched
)

# The original's timeline never showed these: they move `modified`, and are no activity (lists select by activity). Ask by
# `type(event) in SILENT`: on every event of every write, `isinstance` costs 340 ns for one that is shown, this costs 25.
SILENT: frozenset[type[AnyEvent]] = frozenset((Created, TagsChanged, GroupsChanged, SubjectChanged, RequesterChanged, CcsChanged, Touched))
