"""How a key is read, and where none is taken. What a key does is tested with the routes that write."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskline.errors import InvalidError
from deskline.web.idempotency import LONGEST_KEY, read_key
from tests.web.running import Small, small_server

VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)


@pytest.fixture(scope="module")
def server() -> Iterator[Small]:
    with small_server() as running:
        yield running


def quoted(key: str) -> bytes:
    """Spell a key as RFC 9651 spells a string."""
    text = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'.encode()


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=LONGEST_KEY))
def test_a_string_of_the_draft_is_read_as_it_was_meant(key: str) -> None:
    assert read_key(quoted(key)) == key


@given(st.text(VISIBLE.filter(lambda sign: sign not in '"\\,;'), min_size=1, max_size=LONGEST_KEY))
def test_a_key_without_quotes_is_the_same_key(key: str) -> None:
    assert read_key(key.encode()) == read_key(quoted(key)) == key


@given(st.binary(max_size=300))
def test_whatever_is_sent_is_a_key_or_refused(value: bytes) -> None:
    try:
        key = read_key(value)
    except InvalidError:
        return
    assert 0 < len(key) <= LONGEST_KEY
    assert key.isascii()
    assert key.isprintable()


def test_where_a_secret_is_answered_no_key_is_taken(server: Small) -> None:
    answer = server.ask("POST", "/secret", "Idempotency-Key: a", body=b"")
    problem = "Idempotency-Key: is not offered here, since the answer holds a secret that is kept nowhere; leave it out"
    assert (answer.status, answer.json) == (400, {"errors": [problem], "message": problem})
    assert server.ask("POST", "/secret", body=b"").status == 200


def test_where_no_object_has_a_tag_no_condition_is_taken(server: Small) -> None:
    answer = server.ask("POST", "/secret", "If-Match: *", body=b"")
    assert (answer.status, answer.json["message"][:30]) == (400, "If-Match: is not offered here;")
