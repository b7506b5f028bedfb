"""What handlers need of the program around them. Composed by `app`, handed to every request."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from deskline.storage.database import Database
from deskline.web.requests import Request
from deskline.web.uploads import Uploads
from deskline.web.watches import Watches


class Services(msgspec.Struct, frozen=True):
    """The database, the clock (milliseconds UTC), who waits for changes, and who finds out again whether a request may still be heard.

    `uploads` is where the bytes of attachments are kept, and which may be sent.

    `as_documented` is whether tickets are shown in the documentation's form of 2013.
    """

    database: Database
    clock: Callable[[], int]
    watches: Watches
    authenticate: Callable[[Request], Awaitable[Any]]
    uploads: Uploads
    as_documented: bool = False
