"""What a list of tickets can be narrowed by: one frozen value, the same for the page, its total, and the memory of totals."""

import msgspec

from deskline.domain.events import Status

PAGE_SIZE = 25


class TicketFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter on tickets; what is None or empty does not narrow.

    `since` (inclusive) and `until` (exclusive) are milliseconds UTC: tickets with any activity in between, but for the `gaps`
    `(start, end)` (where clocks went back across midnight, an hour in between belongs to another day). `tags` and `groups` match
    tickets with any of them, `tagged` those with any tag at all or none; `words` match tickets with all of them; `requester` is a mail
    address in lower case.
    """

    status: Status | None = None
    assignee: str | None = None
    assigned: bool | None = None
    groups: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    tagged: bool | None = None
    requester: str | None = None
    source: str | None = None
    source_id: str | None = None
    words: tuple[str, ...] = ()
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


def words_of(query: str) -> tuple[str, ...]:
    """Split a search text into words. One without a letter or digit is nothing that a ticket is found by, if it stands alone."""
    return tuple(query.split())
