"""Words of tickets, spelled for the engine that has no tokenizer of ours."""

import re

import pytest

from deskline.storage.dialects import tokens, word_values, words_of_ticket
from tests.storage.builders import OURS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("?!", []),
        ("Żółw naïve", ["zołw", "naive"]),
        ("pre-paid a_b", ["pre", "paid", "a", "b"]),
        ("Straße №5", ["straße", "5"]),
        ("Привет й", ["привет", "й"]),
        ("東京 42nd", ["東京", "42nd"]),
        ("e\u0301té", ["ete"]),
    ],
)
def test_a_text_is_split_and_folded(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_a_ticket_has_its_account_among_its_words() -> None:
    assert words_of_ticket(OURS, "Where, where?") == "#1 where where"


def test_a_word_that_no_index_could_hold_is_known_by_its_digest() -> None:
    long = "x" * 5_000
    (kept,) = tokens(long)
    assert re.fullmatch("#[0-9a-f]{64}", kept)
    assert tokens(long) == tokens(long.upper()) != tokens(long + "x")
    assert tokens("x" * 200) == ["x" * 200]


def test_a_word_that_falls_apart_is_looked_for_as_a_phrase_too() -> None:
    assert word_values("postgres", OURS, ("Pre-paid", "plum")) == (["#1", "paid", "plum", "pre"], ["% pre paid %"])


def test_signs_count_for_nothing_beside_words_and_find_nothing_alone() -> None:
    assert word_values("postgres", OURS, ("-", "plum")) == (["#1", "plum"], [])
    assert word_values("postgres", OURS, ("%", "_")) == (["#1", ""], [])
