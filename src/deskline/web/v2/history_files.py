"""Files of saved tickets, cut into single tickets without ever holding a whole file. What a ticket means is read in `history`.

Accepted are pages as the original answered them (`{"tickets":[…]}`, other keys before or behind, any number of pages one after the
other), a list of tickets or of pages, single tickets, and one ticket a line; all of it also compressed by gzip. Only brackets and
quotes are looked at here, so a ticket that is not quite JSON costs itself and nothing else.
"""

import gzip
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import msgspec

CHUNK: Final = 1 << 20
LARGEST_TICKET: Final = 32 << 20  # bytes; bounds what is held in memory
STDIN: Final = "-"
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_DEEPEST_LIST = 3  # a list of lists of tickets is what `jq --slurp` makes of pages

# A text ends at the end of its line at the latest: JSON has no line breaks in texts, and an unclosed quote costs a line, not a file.
_TEXT = rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"'
_FLAT = rb'[^"{}\[\]]*+(?:' + _TEXT + rb'[^"{}\[\]]*+)*+'
_NESTED = _FLAT
for _ in range(4):
    _NESTED = _FLAT + rb"(?:[{\[]" + _NESTED + rb"[}\]]" + _FLAT + rb")*+"
_WHOLE = re.compile(rb"\{" + _NESTED + rb"\}", re.DOTALL)
_TO_BRACKET = re.compile(_FLAT, re.DOTALL)
_BLANK = re.compile(rb"[\s,\x1e]*+")
_BARE = re.compile(rb"[\w.+-]++")
_TICKETS = rb'"tickets"\s*+:\s*+\['
_SCALAR = _TEXT + rb"|[\w.+-]++"
_MEMBER = rb"\s*+" + _TEXT + rb"\s*+:\s*+(?:%b)\s*+,"
_PLAIN_PAGE = re.compile(rb"\{(?:" + _MEMBER % _SCALAR + rb")*?\s*+" + _TICKETS, re.DOTALL)
_ANY_PAGE = re.compile(rb"\{(?:" + _MEMBER % (_SCALAR + rb"|[{\[]" + _NESTED + rb"[}\]]") + rb")*?\s*+" + _TICKETS, re.DOTALL)
_NO_VALUE_FOLLOWS = re.compile(rb"[^\s,:\[]\s*\Z")
_FRESH_LINE = re.compile(rb"\n[{\[]")


class Stream(Protocol):
    """What a file must be able to do: give up to so many bytes, none at its end."""

    def read1(self, size: int, /) -> bytes:
        """Give up to `size` bytes."""


class Place(msgspec.Struct, frozen=True):
    """Where a ticket stands: the file, the line it begins in, the how-many-th of the file it is (all from 1)."""

    file: str
    line: int
    number: int

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, ticket {self.number}"


class Saved(msgspec.Struct, frozen=True):
    """One ticket of a file: balanced brackets, not yet known to be JSON."""

    place: Place
    raw: bytes


class Fault(msgspec.Struct, frozen=True):
    """Something in a file that is no ticket, and why."""

    place: Place
    reason: str


@contextmanager
def opened(name: str) -> Iterator[tuple[BinaryIO, Stream]]:
    """Open a file by its name, `-` for standard input: the file itself, and the stream to read (unpacked where it is gzip)."""
    if name == STDIN:
        yield _with_stream(sys.stdin.buffer)
        return
    with Path(name).open("rb") as file:
        yield _with_stream(file)


def _with_stream(file: BinaryIO) -> tuple[BinaryIO, Stream]:
    return file, gzip.GzipFile(fileobj=file) if file.peek(2)[:2] == _GZIP else file  # type: ignore[attr-defined, return-value]


def read_tickets(stream: Stream, name: str) -> Iterator[Saved | Fault]:
    """Cut a stream into tickets, in its order. Memory stays within the largest ticket."""
    return _Cutter(stream, name).values()


class _OpenEndError(Exception):
    """A bracket that is not closed within the file or within the bound. The text says which."""


class _Cutter:
    """A window on the stream: `_buffer` from `_at` on is not yet used up."""

    def __init__(self, stream: Stream, name: str) -> None:
        self._stream = stream
        self._name = name
        self._buffer = b""
        self._at = 0
        self._line = 1
        self._number = 0
        self._over = False
        self._lost = False  # in a list that is broken, on the way out of it
        self._left_open = False  # such a list's own end is still to come
        self._broken = ""
        self._is_blank = True

    def values(self) -> Iterator[Saved | Fault]:
        """Walk over what stands at the top of the file."""
        while len(self._buffer) < len(_BOM) and self._more():
            pass
        if self._buffer.startswith(_BOM):
            self._at = len(_BOM)
        while (head := self._head()) is not None:
            self._is_blank = self._lost = False
            if head == b"{":
                yield from self._object(top=True)
            elif head == b"[":
                self._advance(self._at + 1)
                yield from self._list(depth=1)
            elif head == b"]" and self._left_open:
                self._left_open = False
                self._recover()
            else:
                yield self._fault(f"no ticket begins with {self._buffer[self._at : self._at + 20]!r}")
                self._recover()
        if self._broken:
            yield self._fault(self._broken)
        elif self._is_blank:
            yield self._fault("the file is empty")

    def _list(self, depth: int, *, pages: bool = True) -> Iterator[Saved | Fault]:
        """Walk over a list, from behind its bracket."""
        while (head := self._head()) != b"]" or self._lost:
            if self._lost:
                self._left_open = True
                return
            if head is None:
                yield self._fault("the file ends within a list of tickets")
                return
            if head == b"{":
                yield from self._object(top=False, pages=pages)
            elif head == b"[" and depth < _DEEPEST_LIST:
                self._advance(self._at + 1)
                yield from self._list(depth + 1)
            else:
                self._number += 1
                bare = self._bare()
                yield self._fault(f"{bare.decode() or 'this'} is not an object")
                if bare:
                    self._advance(self._at + len(bare))
                else:
                    self._recover()
        self._advance(self._at + 1)

    def _object(self, *, top: bool, pages: bool = True) -> Iterator[Saved | Fault]:
        """Take a ticket, or walk over a page."""
        if top and (line_end := self._buffer.find(b"\n", self._at)) >= 0 and find_id(self._buffer[self._at : line_end]):
            # One ticket a line: a whole JSON object that has an id is one, and decoding that much is quicker than looking for its end.
            yield from self._ticket(line_end - self._at, top=top)
            return
        page = _PLAIN_PAGE.match(self._buffer, self._at) if pages else None
        if page is not None:
            yield from self._page(page.end())
            return
        try:
            size = self._size(pages=pages)
        except _OpenEndError as error:
            self._number += 1
            yield self._fault(str(error))
            self._recover()
            return
        if size == 0 or (pages and self._buffer.find(b'"tickets"', self._at, self._at + size) >= 0):
            page = _ANY_PAGE.match(self._buffer, self._at)
        if page is not None:
            yield from self._page(page.end())
        else:
            yield from self._ticket(size, top=top)

    def _page(self, start: int) -> Iterator[Saved | Fault]:
        self._advance(start)
        yield from self._list(_DEEPEST_LIST, pages=False)
        if self._lost or self._head() is None:
            return
        try:
            size = self._size(depth=1)
        except _OpenEndError as error:
            yield self._fault(str(error))
            self._recover()
        else:
            self._advance(self._at + size)

    def _ticket(self, size: int, *, top: bool) -> Iterator[Saved | Fault]:
        self._number += 1
        raw = self._buffer[self._at : self._at + size]
        place = Place(self._name, self._line, self._number)
        if top and _FRESH_LINE.search(raw) and not _is_json(raw):
            # A line that was torn off has swallowed those behind it.
            yield Fault(place, "its line is torn off")
            self._recover()
            return
        self._advance(self._at + size)
        yield Saved(place, raw)

    def _size(self, *, depth: int = 0, pages: bool = False) -> int:
        """Measure to behind the bracket that closes the object here; 0 for one that is a page and reaches beyond the window."""
        if depth == 0 and (whole := _WHOLE.match(self._buffer, self._at)):
            return whole.end() - self._at  # nearly always, and five times as fast
        offset = 0
        while True:
            offset = _TO_BRACKET.match(self._buffer, self._at + offset).end() - self._at  # type: ignore[union-attr]
            found = self._buffer[self._at + offset : self._at + offset + 1]
            if found == b'"' and (line_end := self._buffer.find(b"\n", self._at + offset)) >= 0:
                self._refuse_torn(line_end, in_text=True)
                offset = line_end + 1 - self._at
            elif found in {b"", b'"'}:
                if pages and _ANY_PAGE.match(self._buffer, self._at):
                    return 0
                self._more_of_one()
            else:
                if found in b"{[":
                    self._refuse_torn(self._at + offset - 1, in_text=False)
                depth += 1 if found in b"{[" else -1
                offset += 1
                if depth == 0:
                    return offset

    def _refuse_torn(self, line_end: int, *, in_text: bool) -> None:
        """Refuse an object whose next line begins with a bracket that cannot belong to it: its own line was torn off."""
        if line_end <= self._at or not _FRESH_LINE.match(self._buffer, line_end):
            return
        if in_text or _NO_VALUE_FOLLOWS.search(self._buffer[max(line_end - 80, self._at) : line_end]):
            raise _OpenEndError("its line is torn off")

    def _more_of_one(self) -> None:
        if len(self._buffer) - self._at > LARGEST_TICKET:
            raise _OpenEndError(f"it is longer than {LARGEST_TICKET >> 20} MiB, or a bracket is not closed")
        if not self._more():
            raise _OpenEndError(self._broken or "it is not closed when the file ends")

    def _bare(self) -> bytes:
        """Look at a number or a word; nothing where there is none."""
        while True:
            bare = _BARE.match(self._buffer, self._at)
            if bare is None:
                return b""
            if bare.end() < len(self._buffer) or len(bare[0]) > 40 or not self._more():
                return bare[0]

    def _head(self) -> bytes | None:
        """Look at the next byte that is neither blank nor a comma, None at the end."""
        while True:
            self._advance(_BLANK.match(self._buffer, self._at).end())  # type: ignore[union-attr]
            if self._at < len(self._buffer):
                return self._buffer[self._at : self._at + 1]
            if not self._more():
                return None

    def _more(self) -> bool:
        """Read on; what is used up is let go."""
        if self._over:
            return False
        try:
            chunk = self._stream.read1(CHUNK)
        except (OSError, EOFError, zlib.error) as error:
            self._broken = f"the file cannot be read further: {error}"
            chunk = b""
        self._over = not chunk
        self._buffer = self._buffer[self._at :] + chunk
        self._at = 0
        return bool(chunk)

    def _advance(self, to: int) -> None:
        self._line += self._buffer.count(b"\n", self._at, to)
        self._at = to

    def _recover(self) -> None:
        """Go to the next line that begins with a bracket, and out of whatever list this is in."""
        self._lost = True
        while (fresh := _FRESH_LINE.search(self._buffer, self._at)) is None:
            self._advance(max(len(self._buffer) - 1, self._at))
            if not self._more():
                self._advance(len(self._buffer))
                return
        self._advance(fresh.start() + 1)

    def _fault(self, reason: str) -> Fault:
        return Fault(Place(self._name, self._line, self._number), reason)


class _Identified(msgspec.Struct):
    id: str


_read_id = msgspec.json.Decoder(_Identified).decode


def find_id(raw: bytes) -> str:
    """Find the id of a ticket; empty where this is not one JSON object with an id that is a text."""
    try:
        return _read_id(raw).id
    except (ValueError, RecursionError):
        return ""


def _is_json(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return False
    return True
