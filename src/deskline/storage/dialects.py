"""Where lists of tickets must speak differently to each engine: how words are looked for, and how its planner is advised.

Only pieces of text and the values for them; putting a statement together is `search`'s work.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, cast

import apsw
import msgspec

from deskline.storage.queries import Engine

LONGEST_WORD: Final = 200  # letters, of a word that is kept as it is
KEY_BITS: Final = 40  # a key is account_id * 2^40 + a running number of the account


class Dialect(msgspec.Struct, frozen=True):
    """The pieces of one engine.

    `words` finds rows of the search index, with the values of `word_values` from $2 on, `words_behind` those behind a key; `key` is their
    ticket's key; `apart` after either has them found once, before the tickets. `words_of_one` tells of a ticket whether it has the words,
    where that can be asked. `in_order` after the tickets has the list's own order walked. `free` before a column keeps an index from
    being chosen. `by_key` after the tickets has their keys walked.
    """

    words: str
    words_behind: str
    words_of_one: str | None
    key: str
    in_order: str
    apart: str
    free: str
    by_key: str


_HAS_WORDS: Final = "string_to_array(words, ' ') @> $2::text[] AND (cardinality($3::text[]) = 0 OR words || ' ' LIKE ALL ($3::text[]))"
DIALECTS: Mapping[Engine, Dialect] = {
    "sqlite": Dialect(
        words="search MATCH $2 AND rowid > $3 AND rowid < $4",
        words_behind="search MATCH $2 AND rowid > $3 AND rowid < $4",
        words_of_one=None,
        key="rowid",
        in_order=" INDEXED BY ticket_by_message",
        apart="",
        free="+",
        by_key=" NOT INDEXED",
    ),
    # The array is answered by the index; words that fall apart into several, such as pre-paid, must also stand side by side, and
    # only then is a text unpacked.
    "postgres": Dialect(
        words=f"account_id = $1 AND {_HAS_WORDS}",
        words_behind=f"account_id = $1 AND ticket_key > $4 AND ticket_key < $5 AND {_HAS_WORDS}",
        words_of_one=f"(SELECT {_HAS_WORDS} FROM search s WHERE s.account_id = $1 AND s.ticket_key = t.ticket_key)",
        key="ticket_key",
        in_order="",
        apart=" OFFSET 0",
        free="",
        by_key="",
    ),
}


def word_values(engine: Engine, account_id: int, words: Sequence[str], *, after: int | None = None) -> tuple[object, ...]:
    """Give the values for a dialect's `words`, or with a key for `words_behind`: the account's tickets with all of these words."""
    if engine == "sqlite":
        match = " ".join('"' + word.replace('"', '""') + '"' for word in words)  # nothing that a stranger writes may be an operator
        return match, account_id << KEY_BITS if after is None else after, (account_id + 1) << KEY_BITS
    phrases = [phrase for phrase in map(tokens, words) if phrase]
    wanted = {token for phrase in phrases for token in phrase} or {""}  # nothing is found by signs alone
    bounds = () if after is None else (after, (account_id + 1) << KEY_BITS)
    return [mark_of(account_id), *sorted(wanted)], [f"% {' '.join(phrase)} %" for phrase in phrases if len(phrase) > 1], *bounds


def words_of_ticket(account_id: int, text: str) -> str:
    """Spell a ticket's text as PostgreSQL keeps it: the account's mark and every token, one blank before each but the first."""
    return " ".join((mark_of(account_id), *tokens(text)))


def mark_of(account_id: int) -> str:
    """Name the token that all tickets of an account have, and that no text has: it makes the one index one for each account."""
    return f"#{account_id}"


def tokens(text: str) -> list[str]:
    """Split a text into words, case and accents folded: by SQLite's own tokenizer, so that both engines find the same by construction."""
    found = _tokenizer()(text.encode(), apsw.FTS5_TOKENIZE_DOCUMENT, None, include_offsets=False, include_colocated=False)
    return [token if len(token) <= LONGEST_WORD else _digest(token) for token in cast("list[str]", found)]


def _digest(token: str) -> str:
    """Stand in for a word that is too long for PostgreSQL's index (an entry must fit into a page): equal words stay equal, no others do."""
    return f"#{hashlib.sha256(token.encode()).hexdigest()}"


@cache
def _tokenizer() -> apsw.FTS5Tokenizer:
    return apsw.Connection(":memory:").fts5_tokenizer("unicode61", ["remove_diacritics", "2"])
