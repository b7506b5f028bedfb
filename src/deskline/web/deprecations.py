"""How a route says that it will go: the headers Deprecation (RFC 9745), Sunset (RFC 8594) and the link to what takes its place.

Which routes that are stands in the route table.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TypeAlias

Header: TypeAlias = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Deprecated:
    """A route's end: discouraged from `since` on, gone at `sunset` where that is known, told of at `link`. Instants are in UTC."""

    since: datetime
    link: str
    sunset: datetime | None = None
    headers: tuple[Header, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Spell the headers once. Raises ValueError for instants without a zone, and for an end before the beginning (RFC 9745, 4)."""
        if any(at is not None and at.utcoffset() is None for at in (self.since, self.sunset)):
            raise ValueError("an instant without a time zone")
        if self.sunset is not None and self.sunset < self.since:
            raise ValueError("sunset is before since")
        headers = [(b"deprecation", b"@%d" % self.since.timestamp()), (b"link", f'<{self.link}>; rel="deprecation"'.encode())]
        if self.sunset is not None:
            headers.append((b"sunset", format_datetime(self.sunset.astimezone(UTC), usegmt=True).encode()))
        object.__setattr__(self, "headers", tuple(headers))
