"""What handlers need of the program around them. Composed by `app`, handed to every request."""

from collections.abc import Callable

import msgspec

from deskline.storage.database import Database


class Services(msgspec.Struct, frozen=True):
    """The database, the clock (milliseconds UTC), and whether tickets are shown in the documentation's form of 2013."""

    database: Database
    clock: Callable[[], int]
    as_documented: bool = False
