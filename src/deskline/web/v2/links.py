"""The Link header of lists (RFC 8288): the same request with another page or cursor, as a reference relative to its own address.

Relative, as only whoever sent the request knows for certain by which scheme, host and path it went.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from deskline.domain.searches import Page
from deskline.web.responses import Header

LONGEST: Final = 6_000  # bytes of the header; beyond, there is none: many clients read no more than 8,000 of all headers together
_PLACES: Final = (b"page", b"cursor")
_KEPT: Final = "%=&+!*:@/?$'()~"  # what a query may hold as it is; the rest is percent-encoded, so that nothing ends the reference


def page_links(raw_query: bytes, page: int, found: Page) -> Sequence[Header]:
    """Link to the first and the last page, and to those beside `page`."""
    pages = {"first": 1, "prev": min(page - 1, found.pages), "next": page + 1, "last": found.pages}
    is_there = {rel: 1 <= number <= found.pages for rel, number in pages.items()}
    return links(raw_query, {rel: ("page", str(number)) for rel, number in pages.items() if is_there[rel]})


def links(raw_query: bytes, targets: Mapping[str, tuple[str, str]]) -> Sequence[Header]:
    """Write the header: each relation with the one parameter, name and value, that takes the place of page and cursor."""
    pairs = [pair for pair in raw_query.split(b"&") if pair and _name(pair) not in _PLACES]
    others = "".join(quote_from_bytes(pair, safe=_KEPT) + "&" for pair in pairs)
    value = ", ".join(f'<?{others}{name}={text}>; rel="{rel}"' for rel, (name, text) in targets.items())
    return ((b"link", value.encode()),) if value and len(value) <= LONGEST else ()


def _name(pair: bytes) -> bytes:
    return unquote_to_bytes(pair.partition(b"=")[0].replace(b"+", b" ")).partition(b"[")[0].strip()
