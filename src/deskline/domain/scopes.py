"""Scopes: the words that say what a token may do. What each route needs is in the table of routes; nothing here knows tokens or HTTP."""

import re
from collections.abc import Iterable
from typing import Final

from deskline.errors import InvalidError, shortened

# Every word that a route asks for, in the order in which they are shown, and what the consent page says of it.
SCOPES: Final = {
    "tickets_read": "Read tickets, their messages and history",
    "tickets_write": "Create tickets, answer and change them, and see those with their messages",
    "reports_read": "Read reports",
    "agents_read": "See agents and who is online",
    "agents_write": "Add, change and remove agents",
    "groups_read": "See groups, working hours and follow-ups",
    "groups_write": "Add, change and remove groups, and set working hours and follow-ups",
    "tags_read": "See tags",
    "tags_write": "Add and remove tags",
    "canned_responses_read": "See canned responses",
    "canned_responses_write": "Add, change and remove canned responses",
    "custom_fields_read": "See custom fields",
    "custom_fields_write": "Add, change and remove custom fields",
    "webhooks_manage": "See, add and remove webhooks, which are told of tickets",
}
# Words of the original for what is not here. An app that asks for them among others gets the others.
WITHOUT_USE: Final = {"archives_read", "archives_write", "goals_read", "goals_write", "visitors_read"}
_ALIASES: Final = {"tickets_manage": ("tickets_read", "tickets_write"), "webhooks--all:rw": ("webhooks_manage",)}
_NEW_STYLE = re.compile(r"([a-z_]+)--all:(ro|rw)")
_PARTED = re.compile(r"[\s,]+")
MOST: Final = 100  # words of one request
LONGEST_SCOPE: Final = 2_000  # characters that may hold several words


def read(texts: Iterable[str]) -> frozenset[str]:
    """Read scopes, parted by blanks or commas, in any of the styles that there were. What has no use here is left out.

    Words of the new style such as `agents--my:ro` are refused: they mean less than anything here could give. Raises InvalidError with
    each word that is no scope, and where none is left.
    """
    words = [word for text in texts for word in _PARTED.split(text) if word]
    if len(words) > MOST:
        raise InvalidError(f"scope: {len(words)} words; accepted: at most {MOST}")
    found = [_meant(word) for word in words]
    unknown = [word for word, meant in zip(words, found, strict=True) if meant is None]
    if unknown:
        raise InvalidError([f"scope: {shortened(word)!r} is no scope; accepted: {', '.join(SCOPES)}" for word in dict.fromkeys(unknown)])
    scopes = frozenset(scope for meant in found for scope in meant or ())
    if not scopes:
        raise InvalidError(f"scope: none that opens anything is named; accepted: {', '.join(SCOPES)}")
    return scopes


def ordered(scopes: Iterable[str]) -> list[str]:
    """List scopes in the order of the table."""
    chosen = set(scopes)
    return [scope for scope in SCOPES if scope in chosen]


def _meant(word: str) -> tuple[str, ...] | None:
    """Tell what a word means here; None where it is none."""
    if word in SCOPES:
        return (word,)
    if word in WITHOUT_USE:
        return ()
    if word in _ALIASES:
        return _ALIASES[word]
    style = _NEW_STYLE.fullmatch(word)
    if style is None or f"{style[1]}_read" not in SCOPES:
        return None
    wanted = (f"{style[1]}_read",) if style[2] == "ro" else (f"{style[1]}_read", f"{style[1]}_write")
    return tuple(scope for scope in wanted if scope in SCOPES)
