"""What a timeline leads to."""

from typing import get_args

import pytest

from deskline.domain.events import (
    SILENT,
    Absorbed,
    AnyEvent,
    Assigned,
    CcsChanged,
    Created,
    CustomFieldChanged,
    FollowUpSent,
    GroupsChanged,
    Merged,
    Messaged,
    Noted,
    Person,
    Rated,
    RatingOffered,
    Released,
    Requester,
    RequesterChanged,
    Restored,
    Snoozed,
    Source,
    Split,
    SplitFrom,
    StatusChanged,
    SubjectChanged,
    TagsChanged,
    TicketGroup,
    Touched,
    Trashed,
    Unassigned,
    Unmerged,
)
from deskline.domain.timelines import fold

JANE = Person("jane@co.example", "Jane")
BORN = Created(at=1_000, requester=Requester("mary@x.example"), source=Source("mail"), subject="Shoes", groups=(TicketGroup(0, "General"),))
ONE_OF_EACH: tuple[AnyEvent, ...] = (
    BORN,
    Messaged(at=1_001, author=JANE, text="Hello"),
    Assigned(at=1_002, to=JANE),
    Unassigned(at=1_003),
    StatusChanged(at=1_004, previous="open", current="pending"),
    FollowUpSent(at=1_005),
    StatusChanged(at=1_006, previous="pending", current="solved"),
    RatingOffered(at=1_007),
    Rated(at=1_008, rate="good"),
    Noted(at=1_009, shown={"type": "merged"}),
    TagsChanged(at=1_010, tags=("shoes",)),
    GroupsChanged(at=1_011, groups=(TicketGroup(1, "Sales"),)),
    SubjectChanged(at=1_012, subject="My shoes"),
    Touched(at=1_013),
    RequesterChanged(at=1_014, requester=Requester("joe@x.com", "Joe")),
    CcsChanged(at=1_015, ccs=("zoe@x.com",)),
    Trashed(at=1_016),
    Restored(at=1_017),
    Snoozed(at=1_018, until=9_000),
    Merged(at=1_019, into="BBBBB"),
    Unmerged(at=1_020),
    Absorbed(at=1_021, ticket="CCCCC", subject="Late", messages=(Messaged(at=900, author=JANE, text="Hello"),)),
    Released(at=1_022, ticket="CCCCC"),
    Split(at=1_023, message=1, into="DDDDD"),
    SplitFrom(at=1_024, ticket="EEEEE"),
    CustomFieldChanged(at=1_025, key="area", name="Area", current="Orders"),
)


def test_every_kind_of_event_counts_and_the_silent_ones_are_no_activity() -> None:
    assert {type(event) for event in ONE_OF_EACH} == set(get_args(AnyEvent))
    for number in range(1, len(ONE_OF_EACH) + 1):
        ticket = fold("AAAAA", ONE_OF_EACH[:number])
        assert (ticket.events, ticket.modified_at) == (number, 999 + number)
        active = [event.at for event in ONE_OF_EACH[:number] if type(event) not in SILENT]
        assert ticket.last_activity_at == max(active, default=1_000)


def test_a_ticket_is_created_once() -> None:
    with pytest.raises(TypeError, match="created twice"):
        fold("AAAAA", (BORN, BORN))
    with pytest.raises(TypeError, match="not Created"):
        fold("AAAAA", ONE_OF_EACH[1:])


def test_instants_that_go_back_move_nothing_back() -> None:
    ticket = fold("AAAAA", (BORN, Messaged(at=900, author=JANE, text="Hello")))
    assert (ticket.modified_at, ticket.last_activity_at, ticket.last_message_at) == (1_000, 1_000, 1_000)
