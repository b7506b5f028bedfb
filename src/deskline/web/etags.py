"""Entity tags (RFC 9110, 8.8.3): what an answer looked like, in a few bytes, and whether it still does (If-None-Match, If-Match).

What is compared is handed in; nothing here reads it or changes it.
"""

from binascii import b2a_base64
from hashlib import sha1
from typing import Final

from deskline.errors import StaleError

MATCH: Final = b"if-match"


def entity_tag(body: bytes) -> bytes:
    """Make the tag of an answer. It is a strong one: as long as it is the same, so is every byte."""
    return b'"%x-%s"' % (len(body), b2a_base64(sha1(body, usedforsecurity=False).digest(), newline=False)[:27])


def is_known(tag: bytes, known: bytes) -> bool:
    """Say whether If-None-Match names a tag: that compares weakly (RFC 9110, 13.1.2)."""
    return known.strip() == b"*" or tag.removeprefix(b"W/") in {each.strip().removeprefix(b"W/") for each in known.split(b",")}


def check_match(state: bytes, wanted: bytes, path: str) -> None:
    """Make sure that If-Match names the tag of a state: that compares strongly (13.1.1). Raises StaleError with what to do."""
    if wanted.strip() == b"*":
        return
    tag = entity_tag(state)
    tags = {each.strip() for each in wanted.split(b",")}
    if tag in tags:
        return
    if b"W/" + tag in tags:
        raise StaleError(
            "If-Match: the ETag is right, but something between this server and you has made it a weak one (W/…), as proxies do that "
            "compress, and a weak one never matches; have it left as it was, or leave W/ out."
        )
    raise StaleError(
        f"If-Match: this is not as you saw it last, somebody has changed it since, and nothing was changed now. "
        f"GET {path} again, look at what is there, and repeat your change with the ETag of that answer: now it is {tag.decode()}"
    )
