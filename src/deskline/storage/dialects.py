"""Where lists of tickets must speak differently to each engine: how words are looked for, and how its planner is advised.

Only pieces of text and the values for them; putting a statement together is `search`'s work.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from deskline.domain.searches import BREAK, Phrase
from deskline.storage.queries import Engine

KEY_BITS: Final = 40  # a key is account_id * 2^40 + a running number of the account


class Dialect(msgspec.Struct, frozen=True):
    """The pieces of one engine.

    `words` finds rows of the search index, with the values of `word_values` from $2 on; `key` is their ticket's key; `apart` after it has
    them found once, before the tickets. `words_of_one` tells of a ticket whether it has the words, where that can be asked. `indexed` after
    the tickets has them met by the index that it is given. `join` has the first of two tables lead. `free` before a column keeps an index
    from being chosen. Of `sorted_words` times as many matches as else, those by words are gathered and sorted, and not met by walking.
    """

    words: str
    words_of_one: str | None
    key: str
    indexed: str
    join: str
    apart: str
    free: str
    sorted_words: int


# The index's own expression, word for word: each word behind its account, so that an account has lists of its own in it.
_INDEXED: Final = (
    "array_to_tsvector(string_to_array(substr(replace(' ' || btrim(words || ' ' || notes), ' ', ' ' || account_id::text || ':'), 2), ' '))"
)
# What the index does not know, the order of words and which of them are of notes, is looked up in the rows that it finds.
_HAS_PHRASES: Final = (
    f"(cardinality($3::text[]) = 0 OR ' ' || words || CASE WHEN $4 THEN ' {BREAK} ' || notes ELSE '' END || ' ' LIKE ALL ($3::text[]))"
)
_HAS_WORDS: Final = f"{_INDEXED} @@ $2::tsquery AND {_HAS_PHRASES}"
_ONE_HAS_WORDS: Final = f"{_INDEXED} || '' @@ $2::tsquery AND {_HAS_PHRASES}"  # for few rows, which are found by their keys
DIALECTS: Mapping[Engine, Dialect] = {
    "sqlite": Dialect(
        words="search MATCH $2 AND rowid > $3 AND rowid < $4",
        words_of_one=None,  # each time FTS5 would find its place in the whole list of a word: 30 ms for one of a million tickets
        key="rowid",
        indexed=" INDEXED BY {}",
        join="CROSS JOIN",
        apart="",
        free="+",
        sorted_words=1,
    ),
    "postgres": Dialect(
        words=f"account_id = $1 AND {_HAS_WORDS}",
        words_of_one=f"(SELECT {_ONE_HAS_WORDS} FROM search s WHERE s.account_id = $1 AND s.ticket_key = t.ticket_key)",
        key="ticket_key",
        indexed="",
        join="JOIN",
        apart=" OFFSET 0",
        free="",
        sorted_words=10,  # one ticket that is asked whether it has them costs as much as sorting twenty
    ),
}


def word_values(engine: Engine, account_id: int, phrases: Sequence[Phrase], *, sees_notes: bool = True) -> tuple[object, ...]:
    """Give the values for a dialect's `words`: the account's tickets with all of these phrases."""
    if engine == "sqlite":
        return match(phrases, sees_notes=sees_notes), account_id << KEY_BITS, (account_id + 1) << KEY_BITS
    return _query(account_id, phrases), _patterns(phrases, sees_notes=sees_notes), sees_notes


def match(phrases: Sequence[Phrase], *, sees_notes: bool) -> str:
    """Write what FTS5 is to look for. Words have no signs, so nothing that a stranger writes is an operator."""
    found = " AND ".join(f'"{" ".join(phrase.words)}"{"*" if phrase.is_open else ""}' for phrase in phrases)
    return found if sees_notes else f"words : ({found})"


def _query(account_id: int, phrases: Sequence[Phrase]) -> str:
    """Write which words PostgreSQL's index is to look for: all of those in the phrases, wherever they are."""
    wanted: dict[str, None] = {}
    for phrase in phrases:
        for number, word in enumerate(phrase.words, 1):
            wanted[f"'{account_id}:{word}'{':*' if phrase.is_open and number == len(phrase.words) else ''}"] = None
    return " & ".join(wanted) or f"'{account_id}:{BREAK}{BREAK}'"  # which no ticket has


def _patterns(phrases: Sequence[Phrase], *, sees_notes: bool) -> list[str]:
    """Write what the words of a ticket must look like, as far as the index cannot tell."""
    return [f"% {' '.join(phrase.words)}{'' if phrase.is_open else ' '}%" for phrase in phrases if len(phrase.words) > 1 or not sees_notes]
