"""Token buckets: exact, whatever the clock does between two looks, and bounded."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskline.web import buckets
from deskline.web.buckets import Buckets

SECOND = 1_000_000_000


class Clock:
    """A clock of nanoseconds that the test moves."""

    def __init__(self) -> None:
        self.now = 12_345_678_901

    def __call__(self) -> int:
        return self.now


def a_bucket(size: int = 3, window: int = 60) -> tuple[Buckets, Clock]:
    clock = Clock()
    return Buckets(size, window, clock), clock


def test_it_works() -> None:
    found, clock = a_bucket(3, 60)
    assert [found.take("a") for _ in range(4)] == [(True, (2, 20, 0)), (True, (1, 40, 0)), (True, (0, 60, 20)), (False, (0, 60, 20))]
    clock.now += 20 * SECOND - 1
    assert found.take("a") == (False, (0, 41, 1))
    clock.now += 1
    assert found.take("a") == (True, (0, 60, 20))
    assert found.take("b") == (True, (2, 20, 0))


def test_what_is_given_back_is_there() -> None:
    found, _ = a_bucket(1, 60)
    assert found.take("a")[0]
    found.give_back("a")
    found.give_back("nobody")
    assert [found.take("a")[0], found.take("a")[0]] == [True, False]


@given(
    st.integers(1, 50),
    st.integers(1, 100),
    st.lists(st.tuples(st.integers(0, 3 * SECOND), st.sampled_from("ab")), max_size=200),
)
def test_it_is_a_bucket_into_which_tokens_drop_evenly(size: int, window: int, asked: list[tuple[int, str]]) -> None:
    """The same with fractions: what is in it, and what has dropped in since, but never more than it holds."""
    found, clock = a_bucket(size, window)
    model = {who: (Fraction(size), clock.now) for who in "ab"}
    for passed, who in asked:
        clock.now += passed
        tokens, at = model[who]
        tokens = min(Fraction(size), tokens + Fraction((clock.now - at) * size, window * SECOND))
        is_taken, level = found.take(who)
        assert is_taken == (tokens >= 1)
        tokens -= is_taken
        model[who] = (tokens, clock.now)
        assert level.left == int(tokens)
        assert level.full_seconds == -(-(size - tokens) * window // size)
        assert level.next_seconds == (0 if tokens >= 1 else -(-(1 - tokens) * window // size))


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "MOST_REMEMBERED", 3)
    found, _ = a_bucket(1, 60)
    for who in "abcab":
        found.take(who)
    assert found.take("d")[0]
    assert len(found) == 3
    assert [found.take(who)[0] for who in "bcd"] == [False, False, False]
    assert found.take("a")[0], "it was left alone for longest"
