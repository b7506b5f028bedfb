"""Files that people send beside messages: what is known of one, and what of a client's words about it is believed. Bytes are elsewhere.

A file is sent first and waits, seen by its sender alone; the message that names it makes it part of a ticket.
"""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

import msgspec

from deskline.domain.events import Attachment
from deskline.domain.jobs import DAY

MOST_OF_MESSAGE: Final = 20  # files beside one message
MOST_WAITING: Final = 1_000  # files of an account that no message has named yet
WAITING_MS: Final = DAY  # how long a file waits for its message
HEAD_BYTES: Final = 65_536  # of a file's beginning that are looked at
NAME_LIMIT: Final = 150
UNKNOWN_TYPE: Final = "application/octet-stream"
ENCODING: Final = "binary"  # what the original tells of every file
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\Z")
_NOT_IN_NAMES: Final = '\u2028\u2029<>:"|?*'


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is kept whole. `id` is 32 hexadecimal digits, `sha256` 64, `size` in bytes, `width` and `height` (pictures) in pixels."""

    id: str
    name: str
    content_type: str
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None


def beside(file: File, host: str) -> Attachment:
    """Return a file as it stands beside a message: with an address without scheme, on the host by which its sender knows this server."""
    return Attachment(
        url=f"{host}/attachments/{file.id}/{quote(file.name, safe='')}",
        name=file.name,
        content_type=file.content_type,
        content_encoding=ENCODING,
        width=file.width,
        height=file.height,
        size=file.size,
    )


def safe_name(name: str) -> str:
    """Return what of a client's name may be a file's name anywhere: its last part, without signs that control, hide or turn text around."""
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C" and sign not in _NOT_IN_NAMES)
    safe = seen.strip(". \u00a0")
    if len(safe) > NAME_LIMIT:
        stem, dot, ending = safe.rpartition(".")
        ending = dot + ending if stem and len(ending) <= 10 else ""
        safe = safe[: NAME_LIMIT - len(ending)] + ending
    return safe or "file"


def safe_type(content_type: str) -> str:
    """Return a client's media type without its parameters, or what says nothing where it is none."""
    plain = content_type.partition(";")[0].strip().lower()
    return plain if _TYPE.match(plain) else UNKNOWN_TYPE


def is_type(pattern: str) -> bool:
    """Say whether a text is a media type, or all of a kind: `image/*`, `*/*`."""
    kind, slash, rest = pattern.partition("/")
    return bool(slash) and _TYPE.match(f"{'x' if kind == rest == '*' else kind}/{'x' if rest == '*' else rest}") is not None


def is_of(content_type: str, patterns: tuple[str, ...]) -> bool:
    """Say whether a media type is one of some, each a type or all of a kind."""
    return any(pattern in ("*/*", content_type, content_type.partition("/")[0] + "/*") for pattern in patterns)


def size_of_picture(head: bytes) -> tuple[int, int] | None:
    """Find the width and height in pixels that a file says of itself in its beginning: PNG, GIF, WebP, JPEG; None for all else.

    Numbers are read at fixed places, and nothing is decoded, so there is nothing to be had from a file that lies.
    """
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR" and len(head) >= 24:
        return _shown(int.from_bytes(head[16:20]), int.from_bytes(head[20:24]))
    if head[:6] in (b"GIF87a", b"GIF89a") and len(head) >= 10:
        return _shown(int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little"))
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP" and len(head) >= 30:
        return _size_of_webp(head[12:])
    if head.startswith(b"\xff\xd8\xff"):
        return _size_of_jpeg(head)
    return None


def _shown(width: int, height: int) -> tuple[int, int] | None:
    return (width, height) if 0 < width < 2**31 and 0 < height < 2**31 else None


def _size_of_webp(chunk: bytes) -> tuple[int, int] | None:
    match chunk[:4]:
        case b"VP8X":  # extended: both sizes less one, 24 bits each
            return _shown(1 + int.from_bytes(chunk[12:15], "little"), 1 + int.from_bytes(chunk[15:18], "little"))
        case b"VP8L":  # lossless: both less one, 14 bits each after a byte of signature
            bits = int.from_bytes(chunk[9:13], "little")
            return _shown(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
        case b"VP8 ":  # lossy: 14 bits each after the frame's tag and start code
            return _shown(int.from_bytes(chunk[14:16], "little") & 0x3FFF, int.from_bytes(chunk[16:18], "little") & 0x3FFF)
        case _:
            return None


def _size_of_jpeg(head: bytes) -> tuple[int, int] | None:
    """Go from segment to segment to the frame, whose header has the size."""
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return _shown(int.from_bytes(head[at + 7 : at + 9]), int.from_bytes(head[at + 5 : at + 7]))
        at += 1 if marker == 0xFF else 2 + max(2, int.from_bytes(head[at + 2 : at + 4]))
    return None
