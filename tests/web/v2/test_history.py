"""Saved tickets become lives: both forms of dates and groups, what PHP makes of JSON, and the gaps that a file leaves in a timeline."""

import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskline.domain import histories
from deskline.domain.events import (
    AnyEvent,
    Assigned,
    Attachment,
    Created,
    Messaged,
    Noted,
    Person,
    Rated,
    Source,
    StatusChanged,
    TicketGroup,
    Touched,
    Unassigned,
)
from deskline.domain.facts import facts
from deskline.domain.timelines import Interval, fold
from deskline.errors import InvalidError
from deskline.web.v2.history import decode, read_history
from deskline.web.v2.wire import as_documented, show_ticket
from tests.storage.builders import random_timeline
from tests.web.v2.saved import GOLDEN, JANE, a_message, a_status, at, saved, shown, told

START = 1_552_298_400_000  # ten o'clock of the saved tickets, in milliseconds UTC
AGENT = Person("jane@co.com", "Jane")


def instant(seconds: int) -> int:
    return START + seconds * 1000


def kinds(events: tuple[AnyEvent, ...]) -> list[tuple[str, int]]:
    return [(type(event).__name__, (event.at - START) // 1000) for event in events]


def without_ms(events: list[AnyEvent]) -> dict[str, Any]:
    """The state that events lead to, as the wire could tell it: in whole seconds, without what leaves no trace there."""
    ticket = fold("ABCDE", [msgspec.structs.replace(event, at=event.at // 1000 * 1000) for event in events])
    return {name: value for name, value in msgspec.structs.asdict(ticket).items() if name != "events"}


FIELD = {"type": "custom_field_changed", "key": "area", "name": "Area", "current": "Orders", "previous": None, "author": JANE}


def test_custom_fields_are_read_and_shown_again_as_they_were() -> None:
    events = [a_message(), FIELD | {"date": at(10)}, FIELD | {"date": at(20), "current": 2.5, "previous": "Orders"}]
    history = told(saved(*events, custom_fields={"area": 2.5}))
    assert (history.notes, kinds(history.events)) == (
        (),
        [("Created", 0), ("Messaged", 0), ("CustomFieldChanged", 10), ("CustomFieldChanged", 20)],
    )
    assert shown(history)["events"][1:] == events[1:]
    assert shown(history)["custom_fields"] == {"area": 2.5}


def test_values_that_no_event_tells_become_events() -> None:
    values = {"area": "Orders", "paid": False, "amount": 5}
    history = told(saved(a_message(), FIELD | {"date": at(10)}, custom_fields=values, modified=at(60)))
    assert shown(history)["custom_fields"] == values
    added = [(event["key"], event["name"], event["current"], event["previous"], event["date"]) for event in shown(history)["events"][2:]]
    assert added == [("paid", "paid", False, None, at(60)), ("amount", "amount", 5, None, at(60))]


@pytest.mark.parametrize(
    "form", [[{"id": 1, "value": "x"}], {"Area": "x"}, {"area": {"a": 1}}, {"area": 10**16}, {"area": 1_001 * "x"}, "x"]
)
def test_custom_fields_of_another_form_are_noted(form: Any) -> None:
    history = told(saved(custom_fields=form))
    assert (history.notes, history.ticket.custom_fields) == (("unknown key: custom_fields",), ())


@pytest.mark.parametrize(
    "wrong", [{"key": "Area"}, {"key": None}, {"current": [1]}, {"previous": 10**16}, {"current": {"a": 1}}, {"name": [1]}]
)
def test_an_event_that_only_has_the_name_of_a_custom_field_s_is_kept_as_it_is(wrong: dict[str, Any]) -> None:
    event = FIELD | wrong | {"date": at(10)}
    history = told(saved(a_message(), event))
    assert isinstance(history.events[-1], Noted)
    assert shown(history)["events"][1:] == [event]


def test_a_live_answer_is_read_and_shown_again_as_it_was() -> None:
    history = told(GOLDEN)
    assert shown(history) == GOLDEN
    assert history.notes == ()
    assert kinds(history.events) == [
        ("Created", 0),
        ("Messaged", 0),
        ("Messaged", 3600),
        ("Assigned", 3600),
        ("StatusChanged", 3600),
        ("RatingOffered", 90_010),
        ("Rated", 93_600),
    ]
    assert fold(history.ticket.id, history.events) == history.ticket


def test_the_documented_form_leads_to_the_same_life() -> None:
    documented = json.loads(as_documented(json.dumps(GOLDEN).encode()))
    assert documented["date"] == START // 1000
    assert documented["groups"] == [0]
    history, expected = told(documented), told(GOLDEN)
    assert history.events[1:] == expected.events[1:]
    assert history.ticket.groups == (TicketGroup(0, "General"),)  # ids tell no more
    assert history.notes == ()


@given(st.integers(0, 2**32), st.integers(0, 12))
def test_any_life_is_the_same_after_it_was_shown_and_read(seed: int, commands: int) -> None:
    events = random_timeline(random.Random(seed), "ABCDE", START + seed % 2000, commands)
    before = show_ticket(fold("ABCDE", events), events)
    history = read_history(decode(before))
    assert history.notes == ()
    assert show_ticket(history.ticket, history.events) == before
    assert history.ticket == fold("ABCDE", history.events)
    assert without_ms(list(history.events)) == without_ms(events)
    counted = [
        [(f.kind, f.at // 1000, f.agent, f.seconds, f.label) for f in facts(t, told_by) if f.kind != "backlog"]
        for t, told_by in ((history.ticket, history.events), (fold("ABCDE", events), events))
    ]
    assert counted[0] == counted[1]


@given(st.integers(0, 2**32), st.randoms())
def test_the_order_of_keys_means_nothing(seed: int, chance: random.Random) -> None:
    events = random_timeline(random.Random(seed), "ABCDE", START, 6)
    ticket = json.loads(show_ticket(fold("ABCDE", events), events))
    assert told(shuffled(ticket, chance)) == told(ticket)


def shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        return {name: shuffled(value[name], chance) for name in chance.sample(sorted(value), len(value))}
    return [shuffled(each, chance) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2019-03-11T10:00:00Z", START),
        ("2019-03-11T10:00:00", START),
        ("2019-03-11 10:00:00", START),
        ("2019-03-11T10:00:00+00:00", START),
        ("2019-03-11T15:45:00+05:45", START),
        ("2019-03-11T10:00:00.25Z", START + 250),
        ("2019-03-11T10:00:00.123456Z", START + 123),
        (1552298400, START),
        ("1552298401", START + 1000),
        (1552298400.5, START + 500),
        (0, 0),
        ("9999-12-31T23:59:59Z", 253_402_300_799_000),
    ],
)
def test_dates_are_read_in_every_form(date: object, expected: int) -> None:
    assert told(saved(a_message(date=date))).ticket.created_at == expected


@pytest.mark.parametrize("date", ["yesterday", -1, "-2", "1969-12-31T23:59:59Z", 253_402_300_800, 1e30, 10**40, True, [1], "", None])
def test_what_is_no_date_is_refused(date: object) -> None:
    with pytest.raises(InvalidError, match=r"^events\[0\]\.date: .*; accepted: ISO 8601"):
        told(saved(a_message(date=date)))


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([{"id": 3, "name": "Sales", "inherited": True}], (TicketGroup(3, "Sales", inherited=True),)),
        ([{"id": "3", "name": "Sales"}], (TicketGroup(3, "Sales"),)),
        ([0, 3], (TicketGroup(0, "General"), TicketGroup(3, "Group 3"))),
        (["3"], (TicketGroup(3, "Group 3"),)),
        ({"0": 3}, (TicketGroup(3, "Group 3"),)),
        ([3, 3], (TicketGroup(3, "Group 3"),)),
        ([], ()),
    ],
)
def test_groups_are_read_in_every_form(groups: object, expected: tuple[TicketGroup, ...]) -> None:
    assert told(saved(groups=groups)).ticket.groups == expected


def test_a_ticket_without_groups_is_in_its_current_one_else_in_that_of_everybody() -> None:
    assert told(saved(groups=None, currentGroup={"id": 2, "name": "Sales"})).ticket.groups == (TicketGroup(2, "Sales"),)
    assert told(saved(groups=None)).ticket.groups == (TicketGroup(0, "General"),)


def test_json_that_went_through_php_is_read() -> None:
    message = a_message(is_private="1", source=[], message=42, author={"id": 7, "name": 8, "type": "client"})
    ticket = told(saved(message, id=12345, assignee=[], firstResponse=[], opened={}, tags={"0": "a", "1": "b"}, ccs=[])).ticket
    assert (ticket.id, ticket.assignee, ticket.tags) == ("12345", None, ("a", "b"))
    event = told(saved(message)).events[1]
    assert event == Messaged(at=START, author=Person("7", "8", "client"), text="42", private=True)


@pytest.mark.parametrize(
    ("author", "around", "expected"),
    [
        ({"id": "mary@x.com", "name": "Mary"}, {}, Person("mary@x.com", "Mary", "client")),
        ({"id": "jane@co.com", "name": "Jane"}, {"assignee": JANE}, AGENT),
        ({"id": "jane@co.com", "name": "Jane"}, {"firstResponse": {"agent": "jane@co.com", "date": at(60)}}, AGENT),
        ({"id": "jane@co.com", "name": "Jane", "type": "client"}, {"assignee": JANE}, Person("jane@co.com", "Jane", "client")),
        ("jane@co.com", {"assignee": "jane@co.com"}, Person("jane@co.com", "jane@co.com")),
        ({}, {}, Person("mary@x.com", "Mary", "client")),
    ],
)
def test_an_author_who_does_not_say_so_is_an_agent_where_the_ticket_names_one(
    author: object, around: dict[str, object], expected: Person
) -> None:
    event = told(saved(a_message(), a_message(60, author=None) | {"author": author}, **around)).events[2]
    assert isinstance(event, Messaged)
    assert event.author == expected


def test_attachments_are_kept() -> None:
    picture = {
        "url": "cdn.example/x.png",
        "name": "x.png",
        "width": "320",
        "height": 200,
        "content_type": "image/png",
        "content_encoding": "binary",
    }
    history = told(saved(a_message(attachments=[picture, {"url": "cdn.example/y"}])))
    event = history.events[1]
    assert isinstance(event, Messaged)
    assert event.attachments == (
        Attachment("cdn.example/x.png", "x.png", "image/png", "binary", 320, 200),
        Attachment("cdn.example/y"),
    )
    assert shown(history)["events"][0]["attachments"] == [picture | {"width": 320}, {"url": "cdn.example/y"}]


def test_an_event_of_an_unknown_type_is_kept_word_for_word() -> None:
    odd = {"type": "merged", "date": at(5), "into": {"id": "AAAAA", "why": [1, None, 1.5]}}
    history = told(saved(a_message(), odd))
    assert history.events[2] == Noted(at=instant(5), shown={"type": "merged", "into": odd["into"]})
    assert shown(history)["events"][1] == odd


def test_a_key_that_nobody_knows_is_noted() -> None:
    history = told(saved(colour="red", events=[a_message(mood="fine")]))
    assert history.notes == ("unknown key: colour",)


def test_events_are_put_in_order_those_of_one_second_as_they_stand() -> None:
    history = told(saved(a_message(9), a_message(0, message="first"), a_message(0, message="second"), date=at(0)))
    texts = [event.text for event in history.events if isinstance(event, Messaged)]
    assert texts == ["first", "second", "Hi"]


def test_the_requester_and_the_source_may_be_told_by_the_opening_message() -> None:
    ticket = told(saved(a_message(source={"type": "chat-window", "url": "https://co.com/p"}), requester=None, source=None)).ticket
    assert (ticket.requester.mail, ticket.requester.name) == ("mary@x.com", "Mary")
    assert ticket.source == Source("chat-window", "https://co.com/p")


def test_an_id_is_in_capitals_since_a_path_finds_no_other() -> None:
    assert told(saved(id="abc12")).ticket.id == "ABC12"


def test_a_ticket_that_tells_hardly_anything_is_read() -> None:
    ticket = told({"id": "A", "date": at(0)}).ticket
    assert (ticket.subject, ticket.requester.mail, ticket.source.type, ticket.status) == ("(no subject)", "", "lc2", "open")


# What the timeline does not explain


def test_an_assignee_without_an_event_was_one_from_the_beginning() -> None:
    history = told(saved(assignee=JANE))
    assert history.events[0] == Created(
        at=START,
        requester=history.ticket.requester,
        source=Source("mail"),
        subject="A question",
        groups=(TicketGroup(0, "General", inherited=True),),
        assignee=AGENT,
    )


def test_another_assignee_than_the_last_event_says_was_assigned_at_the_last_change() -> None:
    events = [a_message(), {"type": "assignee_changed", "date": at(10), "to": JANE, "author": JANE}]
    history = told(saved(*events, assignee={"id": "bo@co.com", "name": "Bo"}, modified=at(30)))
    assert history.events[-1] == Assigned(at=instant(30), to=Person("bo@co.com", "Bo"))
    gone = told(saved(*events, modified=at(30)))
    assert gone.events[-1] == Unassigned(at=instant(30))


def test_a_solved_ticket_without_an_event_was_solved_at_its_resolution() -> None:
    history = told(saved(a_message(), a_message(90), status="solved", resolutionDate=at(60), modified=at(90)))
    assert kinds(history.events) == [("Created", 0), ("Messaged", 0), ("StatusChanged", 60), ("Messaged", 90)]
    assert history.events[2] == StatusChanged(at=instant(60), previous="open", current="solved")


def test_another_status_was_reached_at_the_last_change_where_nothing_else_tells() -> None:
    assert kinds(told(saved(status="spam", modified=at(30))).events)[-1] == ("StatusChanged", 30)
    assert kinds(told(saved(a_message(), a_message(20), status="pending")).events)[-1] == ("StatusChanged", 20)


def test_the_open_intervals_tell_when() -> None:
    pending = told(saved(status="pending", opened=[{"from": at(0), "to": at(7)}], modified=at(30)))
    assert kinds(pending.events) == [("Created", 0), ("Messaged", 0), ("StatusChanged", 7), ("Touched", 30)]
    reopened = told(
        saved(a_message(), a_status(5, "open", "solved"), status="open", opened=[{"from": at(0), "to": at(5)}, {"from": at(9)}])
    )
    assert kinds(reopened.events)[-1] == ("StatusChanged", 9)
    assert reopened.notes == ()


def test_a_timeline_without_any_change_of_status_is_told_by_the_intervals_alone() -> None:
    intervals = [{"from": at(0), "to": at(5)}, {"from": at(9), "to": at(12)}]
    history = told(saved(status="solved", opened=intervals, resolutionDate=at(12)))
    changes = [event for event in history.events if isinstance(event, StatusChanged)]
    assert changes == [
        StatusChanged(at=instant(5), previous="open", current="solved"),
        StatusChanged(at=instant(9), previous="solved", current="open"),
        StatusChanged(at=instant(12), previous="open", current="solved"),
    ]
    assert history.ticket.opened == (Interval(instant(0), instant(5)), Interval(instant(9), instant(12)))
    assert history.notes == ()


def test_a_first_change_from_another_status_than_open_shows_that_it_was_changed_at_creation() -> None:
    history = told(saved(a_message(), a_status(9, "spam", "open", JANE), status="open"))
    assert kinds(history.events) == [("Created", 0), ("Messaged", 0), ("StatusChanged", 0), ("StatusChanged", 9)]
    assert history.events[2] == StatusChanged(at=START, previous="open", current="spam")


def test_a_change_that_is_missing_in_between_is_told_by_the_intervals_else_noted() -> None:
    changes = [a_status(5, "open", "solved"), a_status(20, "open", "pending")]
    intervals = [{"from": at(0), "to": at(5)}, {"from": at(9), "to": at(20)}]
    history = told(saved(a_message(), *changes, status="pending", opened=intervals))
    assert kinds(history.events)[2:] == [("StatusChanged", 5), ("StatusChanged", 9), ("StatusChanged", 20)]
    assert told(saved(a_message(), *changes, status="pending")).notes == (histories.GAP_NOTE,)


def test_a_rating_without_an_event_was_given_at_the_last_change() -> None:
    history = told(saved(rate="rated_bad", modified=at(30)))
    assert history.events[-1] == Rated(at=instant(30), rate="bad")
    assert told(saved(rate="not_rated")).ticket.rating is None


def test_a_last_change_later_than_the_last_event_is_kept() -> None:
    assert told(saved(modified=at(30))).events[-1] == Touched(at=instant(30))


def test_tags_belong_to_the_ticket_from_the_beginning() -> None:
    assert told(saved(tags=["sales", "", "sales", "vip"])).ticket.tags == ("sales", "vip")


# What contradicts the timeline


@pytest.mark.parametrize(
    ("contradiction", "note"),
    [
        ({"resolutionDate": at(50)}, histories.SOLVE_NOTE),
        ({"firstResponse": {"agent": "bo@co.com", "date": at(3600)}}, histories.RESPONSE_NOTE),
        ({"firstResponse": {"agent": "jane@co.com", "date": at(50)}}, histories.RESPONSE_NOTE),
        ({"rate": "not_rated"}, histories.RATING_NOTE),
        ({"opened": [{"from": at(0)}]}, histories.INTERVALS_NOTE),
        ({"modified": at(50)}, histories.MODIFICATION_NOTE),
        ({"date": at(50)}, histories.CREATION_NOTE),
    ],
)
def test_what_contradicts_the_timeline_loses_and_is_noted(contradiction: dict[str, object], note: str) -> None:
    history = told(GOLDEN | contradiction)
    assert history.notes == (note,)
    assert shown(history) == GOLDEN


# What is refused


@pytest.mark.parametrize(
    ("ticket", "reason"),
    [
        (saved(id=None), "id: missing"),
        (saved(id="no-good"), "id: 'no-good' is not 1 to 32 letters"),
        (saved(id="A" * 33), "is not 1 to 32 letters"),
        (saved(id={"a": 1}), "id: .* is not a text"),
        (saved(status="closed"), "status: 'closed' is unknown; accepted: open, pending, solved, spam"),
        (saved(rate="great"), "rate: 'great' is unknown; accepted: not_rated, rated_good, rated_bad"),
        (saved(rate=["good"]), "rate: "),
        (saved(events="many"), "events: 'many' is not a list"),
        (saved(events=[5]), r"events\[0\]: 5 is not an object"),
        (saved(a_message(), a_status(1, "open", "closed")), r"events\[1\]\.current: 'closed' is unknown"),
        (saved(a_message(), {"type": "rated", "date": at(1)}), r"events\[1\]\.current: None is unknown; accepted: good, bad"),
        (saved(a_message(message={"a": 1})), r"events\[0\]\.message: .* is not a text"),
        (saved(a_message(message="ż" * 500_001)), r"events\[0\]\.message: longer than 1,000,000 bytes"),
        (saved(a_message(is_private="perhaps")), r"events\[0\]\.is_private: 'perhaps' is neither true nor false"),
        (saved(a_message(attachments=[{"url": "x", "width": "wide"}])), r"events\[0\]\.attachments\.width: 'wide' is not a whole number"),
        (saved(groups=["Sales"]), "groups: 'Sales' is not a whole number"),
        (saved(groups=[10**30]), "groups: .* is not a whole number"),
        (saved(groups=[-1]), "groups: -1 is no id of a group; accepted: a whole number from 0 to 2147483647"),
        (saved(groups=[{"id": 2**31, "name": "Sales"}]), r"groups\.id: 2147483648 is no id of a group; accepted: .*"),
        (saved(tags=[["a"]]), "tags: .* is not a text"),
        (saved(events=[], date=None), "date: missing, and there is no event that could tell it"),
        (saved(requester="mary"), "requester: 'mary' is not an object"),
        (saved(opened=[{"to": at(1)}]), r"opened\.from: missing"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(ticket: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidError, match=reason):
        told(ticket)


def test_more_events_than_a_ticket_can_have_are_refused() -> None:
    with pytest.raises(InvalidError, match=r"^events: 100,001, more than 100,000$"):
        read_history(saved(events=[{}] * 100_001))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{", "it is not JSON"),
        (b'{"id":"A",}', "it is not JSON"),
        (b'{"id":"\\ud800"}', "it is not JSON"),
        (b'{"id":"\xff"}', "it is not JSON"),
        (b"[1]", "it is not an object"),
        (b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}", "it is nested too deeply"),
    ],
)
def test_what_is_no_json_object_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(InvalidError, match=reason):
        decode(raw)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8) | st.just(at(0)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "type", "date", "0"]), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(GOLDEN)), st.none() | st.sampled_from(sorted({k for e in GOLDEN["events"] for k in e})), _VALUES, st.data())
def test_whatever_stands_in_a_file_is_read_or_refused(name: str, inner: str | None, value: object, data: st.DataObject) -> None:
    ticket = json.loads(json.dumps(GOLDEN))
    if inner is None:
        ticket[name] = value
    else:
        data.draw(st.sampled_from(ticket["events"]))[inner] = value
    try:
        history = told(ticket)
    except InvalidError:
        return
    again = told(shown(history))
    assert shown(again) == shown(history)
