"""Which files may be sent, and how many at a time. Nothing of a file is read here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from deskline.domain.attachments import UNKNOWN_TYPE, is_of, safe_type
from deskline.errors import InvalidError, UnavailableError
from deskline.storage.blobs import Blobs
from deskline.web.params import shown
from deskline.web.requests import BodyLimits

FILE_SECONDS: Final = 900.0  # for all of a file
FILE_BYTES_PER_SECOND: Final = 4_000  # a bad line of a phone still sends more
_FORMS: Final = "application/x-www-form-urlencoded"  # what curl says of everything unless it is told otherwise
_MULTIPART_TEXT: Final = (
    "Content-Type: {} is not read here; accepted: the file itself as the body, with its own media type, and its name in the query: "
    "curl --data-binary @photo.png -H 'Content-Type: image/png' '…/attachments?name=photo.png'"
)


class Uploads:
    """Where files are kept (`blobs`), how large and how slow they may be (`limits`), of which types, and how many come at a time."""

    def __init__(self, blobs: Blobs, size: int, types: tuple[str, ...] = ("*/*",), *, most_at_once: int = 64) -> None:
        """Take the largest size in bytes, and media types or all of a kind, such as `image/*`."""
        self.blobs = blobs
        self.limits = BodyLimits(size=size, seconds=FILE_SECONDS, bytes_per_second=FILE_BYTES_PER_SECOND)
        self._types = types
        self._most_at_once = most_at_once
        self._coming = 0

    def read_type(self, content_type: str) -> str:
        """Read of which media type a file says that it is. Raises InvalidError for one that is not taken."""
        read = safe_type(content_type)
        if read.startswith("multipart/"):
            raise InvalidError(_MULTIPART_TEXT.format(shown(read)))
        read = UNKNOWN_TYPE if read == _FORMS else read
        if not is_of(read, self._types):
            raise InvalidError(f"Content-Type: {shown(read)} is not taken here; accepted: {', '.join(self._types)}")
        return read

    @contextmanager
    def one(self) -> Iterator[None]:
        """Have one file come. Raises UnavailableError where as many come as may: slow senders must not take all places of quick ones."""
        if self._coming >= self._most_at_once:
            raise UnavailableError("As many files as this server takes at a time are on their way to it; please try again in a moment.")
        self._coming += 1
        try:
            yield
        finally:
            self._coming -= 1
