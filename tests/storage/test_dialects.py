"""How phrases are spelled for each engine: never an operator, and of an account's words alone."""

import pytest

from deskline.domain.searches import phrases_of
from deskline.storage.dialects import KEY_BITS, word_values
from deskline.storage.queries import Engine
from tests.storage.builders import OURS

BOUNDS = (OURS << KEY_BITS, (OURS + 1) << KEY_BITS)


def test_sqlite_looks_for_phrases_in_a_range_of_keys() -> None:
    found = word_values("sqlite", OURS, phrases_of('Pre-paid "red plums" plu'))
    assert found == ('"pre paid" AND "red plums" AND "plu"*', *BOUNDS)


def test_postgres_looks_for_the_words_of_an_account_and_then_at_their_order() -> None:
    found = word_values("postgres", OURS, phrases_of('Pre-paid "red plums" plu'))
    assert found == ("'1:pre' & '1:paid' & '1:red' & '1:plums' & '1:plu':*", ["% pre paid %", "% red plums %"], True)


def test_a_phrase_may_end_in_the_beginning_of_a_word() -> None:
    assert word_values("sqlite", OURS, phrases_of("pre-pa"))[0] == '"pre pa"*'
    assert word_values("postgres", OURS, phrases_of("pre-pa"))[:2] == ("'1:pre' & '1:pa':*", ["% pre pa%"])


def test_who_sees_no_notes_has_each_word_looked_for_in_what_is_open() -> None:
    assert word_values("sqlite", OURS, phrases_of("red plu"), sees_notes=False)[0] == 'words : ("red" AND "plu"*)'
    assert word_values("postgres", OURS, phrases_of("red plu"), sees_notes=False)[1:] == (["% red %", "% plu%"], False)


@pytest.mark.parametrize(("engine", "expected"), [("sqlite", '""'), ("postgres", "'1:¶¶'")])
def test_signs_alone_are_looked_for_as_what_no_ticket_has(engine: Engine, expected: str) -> None:
    assert word_values(engine, OURS, phrases_of("% _ ' : *"))[0] == expected
