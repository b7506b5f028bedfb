"""Cursors as texts: opaque to whoever gets one, and of a version, so that a later one may be spelled otherwise."""

import base64
import binascii
import hashlib
from typing import Annotated, Final, Literal

import msgspec

from deskline.domain.cursors import LONGEST_ID, Cursor
from deskline.domain.searches import TicketFilter

START: Final = "start"
CURSOR_LIMIT: Final = 3_000  # letters: an id of 500 that are four bytes each, spelled in base64, and the numbers
_VERSION: Final = 1
_Number = Annotated[int, msgspec.Meta(ge=-(1 << 62), le=1 << 62)]
_Id = Annotated[str, msgspec.Meta(max_length=LONGEST_ID)]
_Spelled = tuple[Literal[1], Annotated[bytes, msgspec.Meta(max_length=8)], bool, bool, _Number, _Id, _Number, _Number]
_decode = msgspec.msgpack.Decoder(_Spelled).decode
_encode = msgspec.msgpack.Encoder().encode


def show_cursor(cursor: Cursor, wanted: TicketFilter) -> str:
    """Spell a cursor of a list in letters, digits, `-` and `_`."""
    spelled = (_VERSION, _mark_of(wanted), cursor.forward, cursor.descending, cursor.said_at, cursor.ticket_id, cursor.began, cursor.newest)
    return base64.urlsafe_b64encode(_encode(spelled)).decode().rstrip("=")


def read_cursor(text: str, wanted: TicketFilter) -> Cursor | Literal["other"] | None:
    """Read a cursor of a list; `other` for one of a list with other filters, None for a text that is none."""
    try:
        spelled = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        _, mark, forward, descending, said_at, ticket_id, began, newest = _decode(spelled)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        return None
    if "\0" in ticket_id:
        return None
    if mark != _mark_of(wanted):
        return "other"
    return Cursor(forward=forward, descending=descending, said_at=said_at, ticket_id=ticket_id, began=began, newest=newest)


def _mark_of(wanted: TicketFilter) -> bytes:
    """Tell lists apart by their filters."""
    return hashlib.blake2b(msgspec.msgpack.encode(wanted), digest_size=8).digest()
