"""What a list of tickets can be narrowed by: one frozen value, the same for the page, its total, and the memory of totals.

And what tickets are found by, with how a search text is read. How texts fall apart into words is in `words`.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from deskline.domain.events import (
    Absorbed,
    AnyEvent,
    Assigned,
    CcsChanged,
    Created,
    CustomFieldChanged,
    Merged,
    Messaged,
    Released,
    RequesterChanged,
    Restored,
    Status,
    SubjectChanged,
    TagsChanged,
    Trashed,
    Unassigned,
    Unmerged,
)
from deskline.domain.timelines import Ticket
from deskline.domain.words import LONGEST_WORD, is_unspaced, split

PAGE_SIZE = 25
SHORTEST_BEGINNING: Final = 2  # letters, of a word that stands for all that begin with it: one letter would be most of the tickets
BREAK: Final = "¶"  # between texts, so that no phrase reaches from one into the next; a sign, so never in a text's words
MOST_BYTES: Final = 1_000_000  # of a ticket's different words: PostgreSQL's index takes no more of a row
_WORD_COST: Final = 16  # bytes, more than PostgreSQL puts before each of them
_QUOTED: Final = re.compile(r'(?<!\S)"(.*?)(?:"(?!\S)|$)', re.DOTALL)

# What changes a ticket's words; for all else the index need not be touched.
CHANGES_WORDS: Final[frozenset[type[AnyEvent]]] = frozenset(
    (
        Created,
        Messaged,
        Assigned,
        Unassigned,
        TagsChanged,
        SubjectChanged,
        RequesterChanged,
        CcsChanged,
        CustomFieldChanged,
        Trashed,
        Restored,
        Merged,
        Unmerged,
        Absorbed,
        Released,
    )
)


class Phrase(msgspec.Struct, frozen=True):
    """Words that follow one another in one text. `is_open`: the last of them is how a word begins. Without words, it is found nowhere."""

    words: tuple[str, ...]
    is_open: bool = False


class TicketFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter on tickets; what is None or empty does not narrow.

    `since` (inclusive) and `until` (exclusive) are milliseconds UTC: tickets with any activity in between, but for the `gaps`
    `(start, end)` (where clocks went back across midnight, an hour in between belongs to another day). `tags` and `groups` match
    tickets with any of them, `tagged` those with any tag at all or none; `values`, of custom fields as `custom_fields.entry` writes them,
    and `words` match tickets with all of them, words in notes too where the reader `sees_notes`; `requester` is a mail address in lower
    case.
    """

    status: Status | None = None
    assignee: str | None = None
    assigned: bool | None = None
    groups: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    tagged: bool | None = None
    requester: str | None = None
    source: str | None = None
    source_id: str | None = None
    words: tuple[Phrase, ...] = ()
    sees_notes: bool = True
    since: int | None = None
    until: int | None = None
    gaps: tuple[tuple[int, int], ...] = ()


class Page(msgspec.Struct, frozen=True):
    """One page of a list: the tickets as the API shows them, and how many match in all."""

    tickets: tuple[bytes, ...]
    total: int

    @property
    def pages(self) -> int:
        """The number of pages; 0 for no tickets."""
        return -(-self.total // PAGE_SIZE)


class Findable(msgspec.Struct, frozen=True, array_like=True):
    """What a ticket is found by, as words with a blank between two: those of `notes` by agents only."""

    words: str
    notes: str


def phrases_of(query: str) -> tuple[Phrase, ...]:
    """Read a search text: words and phrases in quotes, all of which must be found. One empty phrase where it has signs alone.

    A word that falls apart, such as pre-paid, is a phrase. The last one stands for all that begin with it, unless it is in quotes. A
    quote opens a phrase at the beginning of a word, and closes it before a blank or at the end; anywhere else it is a sign like others.
    """
    found = [(phrase, text, is_quoted) for text, is_quoted in _pieces(query) if (phrase := _phrase(text, is_open=False)).words]
    if not found:
        return (Phrase(()),) if query.strip() else ()
    _, last, is_quoted = found.pop()
    return tuple(dict.fromkeys([phrase for phrase, _, _ in found] + [_phrase(last, is_open=not is_quoted)]))


def _pieces(query: str) -> Iterator[tuple[str, bool]]:
    place = 0
    for quoted in _QUOTED.finditer(query):
        yield from ((word, False) for word in query[place : quoted.start()].split())
        yield quoted[1], True
        place = quoted.end()
    yield from ((word, False) for word in query[place:].split())


def _phrase(text: str, *, is_open: bool) -> Phrase:
    """Make a phrase of a text. A run of a script without blanks may go on in any case: where it ends says nothing."""
    words = split(text)
    if words and is_unspaced(words[-1]):
        if len(words) > 1 and len(words[-2]) == 2 and words[-2][1] == words[-1]:
            return Phrase(tuple(words[:-1]))
        return Phrase(tuple(words), is_open=True)
    return Phrase(tuple(words), is_open=is_open and bool(words) and SHORTEST_BEGINNING <= len(words[-1]) <= LONGEST_WORD)


def findable(ticket: Ticket, events: Iterable[AnyEvent]) -> Findable:
    """Gather what a ticket is found by: subject, tags, messages, the page it came from, what custom fields say, and everybody in it.

    What is set aside is found by nothing.
    """
    if ticket.aside is not None:
        return Findable("", "")
    texts = {ticket.subject: None, ticket.requester.mail: None, ticket.requester.name: None, ticket.source.url: None}
    texts |= dict.fromkeys((*ticket.ccs, *ticket.tags))
    if ticket.assignee is not None:
        texts |= {ticket.assignee.id: None, ticket.assignee.name: None}
    if ticket.custom_fields:
        texts |= {str(value): None for _, value in ticket.custom_fields if not isinstance(value, bool)}
    notes: dict[str, None] = {}
    for event in _messages(ticket, events) if ticket.absorbed else events:
        if type(event) is Messaged:
            (notes if event.private else texts).update({event.author.id: None, event.author.name: None, event.text: None})
    return _bounded(_joined(texts), _joined(text for text in notes if text not in texts))


def _messages(ticket: Ticket, events: Iterable[AnyEvent]) -> Iterator[AnyEvent]:
    for event in events:
        if type(event) is Absorbed:
            yield from event.messages if event.ticket in ticket.absorbed else ()
        else:
            yield event


def has_phrases(found_by: Findable, phrases: Iterable[Phrase], *, sees_notes: bool) -> bool:
    """Say whether a ticket that is found by this is found by all of the phrases: what the search index says of all tickets."""
    text = f" {found_by.words} {BREAK} {found_by.notes} " if sees_notes else f" {found_by.words} "
    return all(bool(each.words) and f" {' '.join(each.words)}{'' if each.is_open else ' '}" in text for each in phrases)


def _joined(texts: Iterable[str]) -> str:
    return f" {BREAK} ".join([" ".join(words) for text in texts if (words := split(text))])


def _bounded(words: str, notes: str) -> Findable:
    if 12 * (len(words) + len(notes)) > MOST_BYTES:  # bytes at the very most, with what each word costs; else there is no need to look
        room, seen = MOST_BYTES, {BREAK}
        kept: tuple[list[str], list[str]] = ([], [])
        for text, some in zip((words, notes), kept, strict=True):
            for word in text.split():
                if word not in seen and (room := room - len(word.encode()) - _WORD_COST) > 0:
                    seen.add(word)
                some.append(word if word in seen else BREAK)
        words, notes = " ".join(kept[0]), " ".join(kept[1])
    return Findable(words, notes)
