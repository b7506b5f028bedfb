"""Links from a report's rows to the tickets behind them: the same question, with the row and all that it was silent about."""

from collections.abc import Callable
from datetime import date
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from deskline.domain.reports import GroupBy
from deskline.errors import InvalidError
from deskline.web.requests import Request
from deskline.web.v2.asks import FIRST_DAY

# What a link says itself, or what is said of one answer only.
_LEFT_OUT: Final = frozenset({b"date_from", b"date_to", b"group_by", b"explain", b"row", b"page", b"format", b"callback", b"_"})
_AS_IT_IS: Final = "%&=+[]!$'()*,;:@/?-._~"  # in a query; all else its sender should have quoted
MOST_BYTES: Final = 5_000_000


def link_of(request: Request, date_from: date, date_to: date, group_by: GroupBy | None, count: int) -> Callable[[str], str]:
    """Make what names the link of a row, by its key: path and query, under `/v2` where the question was.

    The days and the grouping are those that were used, so that a link shows the same tomorrow; a day before the first that can be asked
    for, on which an account may begin west of Greenwich, is left out. Raises InvalidError where the links of
    `count` rows are too long.
    """
    route = request.route
    assert route is not None  # whoever answers has a route
    prefix = "/v2" if request.path.lstrip(b"/")[:3].lower() == b"v2/" else ""
    pairs = request.raw_query.replace(b"?callback=", b"&callback=").split(b"&")
    kept = quote(b"&".join(pair for pair in pairs if pair and _name(pair) not in _LEFT_OUT), safe=_AS_IT_IS)
    begin = f"date_from={date_from}&" if date_from >= FIRST_DAY else ""
    own = f"{begin}date_to={date_to}{f'&group_by={group_by}' if group_by else ''}"
    link = f"{prefix}{route.path}/tickets?{kept}{'&' if kept else ''}{own}&row="
    if count * len(link) > MOST_BYTES:
        raise InvalidError(
            f"explain: the links of {count:,} rows are too long; accepted is a shorter range, a longer group_by or fewer filters"
        )
    return lambda key: link + quote(key, safe="")


def _name(pair: bytes) -> bytes:
    """Read a parameter's name: what is before its value, and before brackets."""
    return unquote_to_bytes(pair.partition(b"=")[0].replace(b"+", b" ")).partition(b"[")[0].strip()
