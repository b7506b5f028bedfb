"""Where lists of tickets must speak differently to each engine: how words are looked for, and how its planner is advised.

Only pieces of text and the values for them; putting a statement together is `search`'s work.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, cast

import apsw
import msgspec

from deskline.storage.queries import Engine

KEY_BITS: Final = 40  # a key is account_id * 2^40 + a running number of the account


class Dialect(msgspec.Struct, frozen=True):
    """The pieces of one engine.

    `words` finds rows of the search index, with the values of `word_values` from $2 on; `key` is their ticket's key; `apart` behind it has
    them found once, before the tickets. `in_order` after the tickets has the list's own order walked. `free` before a column keeps an
    index from being chosen. `by_key` after the tickets has their keys walked. `words_by_key` tells whether `words` is bounded by keys.
    """

    words: str
    key: str
    in_order: str
    apart: str
    free: str
    by_key: str
    words_by_key: bool


DIALECTS: Mapping[Engine, Dialect] = {
    "sqlite": Dialect(
        words="search MATCH $2 AND rowid > $3 AND rowid < $4",
        key="rowid",
        in_order=" INDEXED BY ticket_by_message",
        apart="",
        free="+",
        by_key=" NOT INDEXED",
        words_by_key=True,
    ),
    # The array is answered by the index; words that fall apart into several, such as pre-paid, must also stand side by side, and
    # only then is a text unpacked.
    "postgres": Dialect(
        words="account_id = $1 AND string_to_array(words, ' ') @> $2::text[]"
        " AND (cardinality($3::text[]) = 0 OR words || ' ' LIKE ALL ($3::text[]))",
        key="ticket_key",
        in_order="",
        apart=" OFFSET 0",
        free="",
        by_key="",
        words_by_key=False,
    ),
}


def word_values(engine: Engine, account_id: int, words: Sequence[str], *, after: int | None = None) -> tuple[object, ...]:
    """Give the values for a dialect's `words`: the tickets of the account with all of these words; behind a key, where it goes by keys."""
    if engine == "sqlite":
        match = " ".join('"' + word.replace('"', '""') + '"' for word in words)  # nothing that a stranger writes may be an operator
        return match, account_id << KEY_BITS if after is None else after, (account_id + 1) << KEY_BITS
    phrases = [phrase for phrase in map(tokens, words) if phrase]
    wanted = {token for phrase in phrases for token in phrase} or {""}  # nothing is found by signs alone
    return [mark_of(account_id), *sorted(wanted)], [f"% {' '.join(phrase)} %" for phrase in phrases if len(phrase) > 1]


def words_of_ticket(account_id: int, text: str) -> str:
    """Spell a ticket's text as PostgreSQL keeps it: the account's mark and every token, one blank before each but the first."""
    return " ".join((mark_of(account_id), *tokens(text)))


def mark_of(account_id: int) -> str:
    """Name the token that all tickets of an account have, and that no text has: it makes the one index one for each account."""
    return f"#{account_id}"


def tokens(text: str) -> list[str]:
    """Split a text into words, case and accents folded: by SQLite's own tokenizer, so that both engines find the same by construction."""
    found = _tokenizer()(text.encode(), apsw.FTS5_TOKENIZE_DOCUMENT, None, include_offsets=False, include_colocated=False)
    return cast("list[str]", found)


@cache
def _tokenizer() -> apsw.FTS5Tokenizer:
    return apsw.Connection(":memory:").fts5_tokenizer("unicode61", ["remove_diacritics", "2"])
