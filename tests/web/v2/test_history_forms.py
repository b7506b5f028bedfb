"""The quick way of reading the usual form: it gives what the patient way gives, or nothing."""

import json
import random
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskline.domain.timelines import fold
from deskline.errors import InvalidError
from deskline.web.v2.history import decode, read_history
from deskline.web.v2.history_forms import find_history
from deskline.web.v2.wire import show_ticket
from tests.storage.builders import random_timeline
from tests.web.v2.saved import GOLDEN, Json, a_message, at, saved

START = 1_552_298_400_000  # ten o'clock of the saved tickets, in milliseconds UTC
_VALUES = (
    st.sampled_from([None, "", "x", 0, 1, 1.0, -1, 1 << 62, True, [], {}, ["x"], {"x": 1}, at(0), "0", "1552298400", "agent", "client"])
    | st.text(max_size=3)
    | st.integers()
)


def is_read_alike(raw: bytes) -> bool:
    """Check that the quick way gives what the patient one does, where it gives something; tell whether it does."""
    found = find_history(raw)
    if found is not None:
        assert found == read_history(decode(raw))
    return found is not None


def places(value: object) -> list[Any]:
    """List all objects and lists within a value, itself included."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [*([value] if isinstance(value, dict | list) and value else []), *(place for each in inner for place in places(each))]


def test_it_works() -> None:
    assert is_read_alike(json.dumps(GOLDEN).encode())


@given(st.integers(0, 2**32), st.integers(0, 12))
def test_any_life_as_it_is_shown_is_read_alike(seed: int, commands: int) -> None:
    events = random_timeline(random.Random(seed), "ABCDE", START + seed % 2000, commands)
    is_read_alike(show_ticket(fold("ABCDE", events), events))


@given(st.data(), st.integers(1, 3))
def test_whatever_else_stands_in_a_file_is_read_alike(data: st.DataObject, changes: int) -> None:
    ticket = json.loads(json.dumps(GOLDEN))
    for _ in range(changes):
        place = data.draw(st.sampled_from(places(ticket)))
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
        change = data.draw(st.sampled_from(["set", "delete", "add"]))
        if change == "set":
            place[key] = deepcopy(data.draw(_VALUES))
        elif change == "delete":
            del place[key]
        elif isinstance(place, dict):
            place[data.draw(st.sampled_from(["extra", "type", "name", "to", "date", "ip", "url"]))] = deepcopy(data.draw(_VALUES))
        else:
            place.append(deepcopy(data.draw(_VALUES)))
    is_read_alike(json.dumps(ticket).encode())


@pytest.mark.parametrize(
    "ticket",
    [
        saved(),
        GOLDEN | {"colour": "red"},
        GOLDEN | {"id": "no-id"},
        GOLDEN | {"groups": [0]},
        GOLDEN | {"groups": [{"id": 3, "name": "", "inherited": False}]},
        GOLDEN | {"firstResponse": {"agent": "", "date": ""}},
        GOLDEN | {"firstResponse": {"date": at(0)}},
        GOLDEN | {"date": 1_552_298_400},
        GOLDEN | {"rate": "rated_odd"},
        GOLDEN | {"events": [a_message(message="x" * 300_000)]},
        GOLDEN | {"events": [a_message(attachments=[{"url": "x"}])]},
        GOLDEN | {"events": [{"type": "merged", "date": at(0)}]},
        GOLDEN | {"events": [{"type": "rating_offer_sent", "date": at(0)}] * 100_001},
    ],
)
def test_other_forms_are_left_to_patience(ticket: Json) -> None:
    assert find_history(json.dumps(ticket).encode()) is None


def test_of_a_key_that_is_told_twice_the_last_counts() -> None:
    raw = json.dumps(GOLDEN)
    twice = raw.replace('"type": "message"', '"type": "rated", "type": "message"', 1)
    assert is_read_alike(raw.replace('"status"', '"status": "open", "status"', 1).encode())
    is_read_alike(twice.encode())
    is_read_alike(raw.replace('"type": "rated"', '"type": "rated", "type": "follow_up_sent"', 1).encode())


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b'{"id":"\\ud800"}', b'{"a":' + b"[" * 5_000])
def test_what_is_no_json_object_is_left_to_patience(raw: bytes) -> None:
    assert find_history(raw) is None
    with pytest.raises(InvalidError):
        decode(raw)
