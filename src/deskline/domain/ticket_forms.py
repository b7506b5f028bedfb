"""The public form by which visitors of a company's own pages open tickets: whose pages may send it, and how often. No HTTP, no storage."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from deskline.domain.hours_texts import Problem

MOST_ORIGINS: Final = 50
ORIGIN_LIMIT: Final = 300
ANY: Final = "*"
HONEYPOT: Final = "website"  # a field that people do not see, and machines fill in
DEFAULT_PER_MINUTE: Final = 60
MOST_PER_MINUTE: Final = 10_000
_ORIGIN = re.compile(r"https?://(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_ACCEPTED = "a scheme, a host and a port, as in https://www.example.com, or * for all"
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class TicketForm(msgspec.Struct, frozen=True, kw_only=True):
    """How an account has its form: the origins of pages that may send it (`*`: any), whether programs without one may, tickets a minute."""

    origins: tuple[str, ...]
    without_origin: bool = False
    per_minute: int = DEFAULT_PER_MINUTE

    def takes(self, origin: str | None) -> bool:
        """Say whether a request of this origin is taken; None is a program that names none."""
        if origin is None:
            return self.without_origin
        return ANY in self.origins or as_origin(origin) in self.origins


def as_origin(text: str) -> str | None:
    """Spell an origin as browsers do: scheme, host and port, in lower case, without a default port; None for what is none."""
    origin = text.strip().lower().removesuffix("/")
    if origin == ANY or not _ORIGIN.fullmatch(origin):
        return None
    return origin.removesuffix(_DEFAULT_PORTS[origin.partition("://")[0]])


def read_origins(texts: Sequence[str]) -> tuple[tuple[str, ...], list[Problem]]:
    """Read which pages may send a form, and what is wrong with them."""
    read = {text: ANY if text.strip() == ANY else as_origin(text) for text in texts}
    problems = [Problem("origins", f"{text!r} is no origin", _ACCEPTED) for text, origin in read.items() if origin is None]
    if not texts:
        problems.append(Problem("origins", "is missing", f"the pages that may send the form: {_ACCEPTED}"))
    return tuple(dict.fromkeys(origin for origin in read.values() if origin is not None)), problems
