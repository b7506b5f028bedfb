"""The header fields under which a file of somebody unknown is handed out: to be saved, never shown or run in this server's origin."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

from deskline.web.responses import Header

INERT: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
UNKNOWN_TYPE: Final = "application/octet-stream"
_LONGEST_NAME = 150
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\Z")
_NOT_PLAIN = re.compile(r'[^\x20-\x7e]|["\\%]')


def inert_headers(name: str) -> tuple[Header, ...]:
    """Return the fields that make a browser save what it gets, under a name that is no path."""
    return (content_disposition(name), *INERT)


def content_disposition(name: str) -> Header:
    """Spell a name as RFC 6266 has it: plainly for every client, and in UTF-8 where that is not all of it."""
    safe = safe_name(name)
    plain = _NOT_PLAIN.sub("_", safe)
    field = f'attachment; filename="{plain}"'
    if plain != safe:
        field += f"; filename*=UTF-8''{quote(safe, safe='')}"
    return b"content-disposition", field.encode("ascii")


def safe_name(name: str) -> str:
    """Return what of a client's name may be a file's name anywhere: its last part, without signs that control, hide or turn text around."""
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C" and sign not in '\u2028\u2029<>:"|?*')
    safe = seen.strip(". \u00a0")
    if len(safe) > _LONGEST_NAME:
        stem, dot, ending = safe.rpartition(".")
        ending = dot + ending if stem and len(ending) <= 10 else ""
        safe = safe[: _LONGEST_NAME - len(ending)] + ending
    return safe or "file"


def safe_type(content_type: str) -> str:
    """Return a client's media type without its parameters, or what says nothing where it is none."""
    plain = content_type.partition(";")[0].strip().lower()
    return plain if _TYPE.match(plain) else UNKNOWN_TYPE
