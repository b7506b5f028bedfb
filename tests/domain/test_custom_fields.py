"""Values of custom fields: what is read of a request, how changes fold, and how lists spell them."""

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from deskline.domain import tickets as decide
from deskline.domain.custom_fields import FINDABLE, HIGHEST, TYPES, CustomField, FieldType, Setting, entries, entries_of, settings_of
from deskline.domain.events import AnyEvent, Created, CustomFieldChanged, FieldValue, Person, Requester, Source
from deskline.domain.past import matches
from deskline.domain.searches import TicketFilter
from deskline.domain.tickets import Changes
from deskline.domain.timelines import fold, follow

ANN = Person("ann@example.com", "Ann")
BORN = Created(at=1, requester=Requester("mary@x.com"), source=Source("mail"), subject="Hi", groups=())
FIELDS: dict[str, CustomField] = {
    kind: CustomField(key=kind, name=kind.title(), type=kind, choices=("Orders", "Returns")) for kind in TYPES
}
NUMBERS = st.integers(-HIGHEST, HIGHEST) | st.floats(-HIGHEST, HIGHEST)
VALUES: dict[FieldType, st.SearchStrategy[FieldValue]] = {
    "text": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=1_000),
    "number": NUMBERS,
    "date": st.dates().map(str),
    "checkbox": st.booleans(),
    "choice": st.sampled_from(("Orders", "Returns")),
}
ASKED = st.fixed_dictionaries({}, optional={kind: st.none() | values for kind, values in VALUES.items()})


def test_each_type_is_tried() -> None:
    assert get_args(FieldType) == TYPES
    assert set(VALUES) == set(TYPES)


@given(st.lists(ASKED, max_size=6))
def test_a_ticket_has_what_was_said_last(changes: list[dict[str, FieldValue | None]]) -> None:
    events: list[AnyEvent] = [BORN]
    ticket, model = fold("AAAAA", events), dict[str, FieldValue]()
    for at, asked in enumerate(changes, 2):
        settings, problems = settings_of(FIELDS, asked)
        assert problems == []
        told = decide.change(ticket, Changes(custom_fields=settings), ANN, at)
        wanted = {key: value for key, value in (model | asked).items() if value is not None}
        assert {event.key for event in told if isinstance(event, CustomFieldChanged)} == {
            key for key in asked if (wanted.get(key), type(wanted.get(key)) is bool) != (model.get(key), type(model.get(key)) is bool)
        }
        ticket, events, model = follow(ticket, told), [*events, *told], wanted
        assert dict(ticket.custom_fields) == model
        assert list(dict(ticket.custom_fields)) == sorted(model)
    assert fold("AAAAA", events) == ticket


@given(ASKED)
def test_a_ticket_is_found_by_what_it_has(asked: dict[str, FieldValue | None]) -> None:
    """As JSON says it and as forms do; long texts by none."""
    settings, _ = settings_of(FIELDS, asked)
    events = [BORN, *decide.change(fold("AAAAA", [BORN]), Changes(custom_fields=settings), ANN, 2)]
    ticket = fold("AAAAA", events)
    for key, value in ticket.custom_fields:
        for spelled in (value, {True: "true", False: "0"}[value] if isinstance(value, bool) else value):
            found, problems = entries_of(FIELDS, {key: spelled})
            if isinstance(value, str) and len(value) > FINDABLE:
                assert ([problem.key for problem in problems], found) == ([key], ())
            else:
                assert problems == []
                assert set(found) <= set(entries(ticket.custom_fields))
                assert matches(ticket, events, TicketFilter(values=found))
                assert not matches(ticket, events, TicketFilter(values=(*found, "text=something else")))


@given(NUMBERS)
def test_a_number_that_is_whole_is_one_however_it_is_written(number: float) -> None:
    (setting,) = settings_of(FIELDS, {"number": number})[0]
    assert setting.value == number
    assert isinstance(setting.value, int) is (number == int(number))
    if isinstance(setting.value, int):
        spelled = [settings_of(FIELDS, {"number": text})[0] for text in (f"{setting.value}", f"{setting.value}.0", f" {setting.value} ")]
        assert spelled == [(Setting("number", "Number", setting.value),)] * 3


@given(st.text() | st.integers() | st.floats() | st.booleans(), st.sampled_from(TYPES))
def test_anything_is_a_value_or_refused_with_a_word(value: object, kind: FieldType) -> None:
    settings, problems = settings_of(FIELDS, {kind: value})
    assert len(settings) + len(problems) == 1
    for problem in problems:
        assert kind in problem.wrong
        assert problem.accepted.endswith(", or null")
