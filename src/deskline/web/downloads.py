"""The header fields under which a file of somebody unknown is handed out: to be saved, never shown or run in this server's origin."""

import re
from typing import Final
from urllib.parse import quote

from deskline.domain.attachments import safe_name
from deskline.web.responses import Header

INERT: Final[tuple[Header, ...]] = (
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_NOT_PLAIN = re.compile(r'[^\x20-\x7e]|["\\%]')


def inert_headers(name: str) -> tuple[Header, ...]:
    """Return the fields that make a browser save what it gets, under a name that is no path. `nosniff` stands in every answer."""
    return (content_disposition(name), *INERT)


def content_disposition(name: str) -> Header:
    """Spell a name as RFC 6266 has it: plainly for every client, and in UTF-8 where that is not all of it."""
    safe = safe_name(name)
    plain = _NOT_PLAIN.sub("_", safe)
    field = f'attachment; filename="{plain}"'
    if plain != safe:
        field += f"; filename*=UTF-8''{quote(safe, safe='')}"
    return b"content-disposition", field.encode("ascii")
