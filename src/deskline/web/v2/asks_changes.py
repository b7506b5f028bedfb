"""What GET /changes asks for, incoming."""

from typing import Final, Literal

import msgspec

from deskline.storage.feed import BEGINNING, HIGHEST
from deskline.web.params import Params, shown

NOW: Final = "now"
MOST: Final = 1_000
USUAL: Final = 100
LONGEST_WAIT: Final = 30


class ChangesAsk(msgspec.Struct, frozen=True):
    """What GET /changes asks for: behind which number, how many at most, how many seconds it waits for the first."""

    since: int | Literal["now"]
    limit: int
    wait: int


def read_changes(params: Params, last_event_id: bytes | None) -> ChangesAsk:
    """Read GET /changes. What a client that listens has seen last (`Last-Event-ID`) comes before `since`. Raises InvalidError."""
    since = _number(params, "since", params.text("since", limit=20))
    if last_event_id:
        since = _number(params, "Last-Event-ID", last_event_id.decode("latin-1"))
    ask = ChangesAsk(since, params.whole("limit", 1, MOST, USUAL), params.whole("wait", 0, LONGEST_WAIT, 0))
    params.check()
    return ask


def _number(params: Params, name: str, text: str | None) -> int | Literal["now"]:
    if text is None:
        return BEGINNING
    if text == NOW:
        return NOW
    if text.isascii() and text.isdigit() and len(text) <= len(str(HIGHEST)):
        return min(int(text), HIGHEST)
    params.refuse(name, f"{shown(text)} is no place in the changes", f"a `next` of an earlier answer, 0 for the beginning, or {NOW}")
    return BEGINNING
