"""One server, or one restore, to a data folder: a lock on a file in it, which ends with its process. No database is opened here.

Other programs may open the database beside a server, since SQLite keeps their writes apart; two servers, or a server and a restore
that puts another file in the database's place, must not meet.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deskline.errors import DatabaseBusyError

FILE = "deskline.lock"


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold a data folder alone. Raises DatabaseBusyError, naming the process that has it."""
    # The file stays when the lock ends: who removed it could remove it from under the next one.
    descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        process = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
        raise DatabaseBusyError(
            f"{folder} is used by a Deskline that runs already (process {process or '?'}); stop that one first."
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
