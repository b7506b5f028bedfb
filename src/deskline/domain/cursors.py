"""Where a walk through a list has come, so that it can go on from there whatever happens to the tickets meanwhile."""

from typing import Final

import msgspec

from deskline.domain.searches import Page


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a list, and which way it goes on.

    `said_at` (milliseconds UTC) and `ticket_id` are the last message and the id of the ticket at the border, which may be gone. `forward`
    is towards the list's end. `descending` is the list's own order. An ascending walk knows the account's position when it began
    (`began`) and the last message of all there was then (`newest`): a ticket that moves goes to the end, where it would be met again.
    """

    forward: bool
    descending: bool
    said_at: int
    ticket_id: str
    began: int = 0
    newest: int = 0


class Slice(msgspec.Struct, frozen=True):
    """A part of a list, in the list's order, with the list's total, and the cursors of what is before and behind it: None for nothing."""

    page: Page
    before: Cursor | None
    behind: Cursor | None


LONGEST_ID: Final = 500  # letters; an import takes no longer ones
