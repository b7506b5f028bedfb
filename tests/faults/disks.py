"""Disks that fail, as file systems of SQLite: the power goes, a sync fails, there is no more room. No database and no tests.

All pass on to the real file system what they do not refuse, so that the program reads what it has written as it always would.
"""

import threading
from pathlib import Path
from typing import Final

import apsw

REAL: Final = apsw.vfs_names()[0]


class Disk(apsw.VFS):
    """A file system that has a say in everything that changes a file. Each method may raise, and then nothing happens."""

    def __init__(self, name: str, *, default: bool = False) -> None:
        super().__init__(name, REAL, makedefault=default)
        self.name = name
        self.lock = threading.RLock()

    def opening(self, path: Path) -> None:
        """A file is opened, and made where there is none."""

    def writing(self, path: Path, data: bytes, offset: int) -> None:
        """Bytes are written to a file."""

    def truncating(self, path: Path, size: int) -> None:
        """A file is cut to a size."""

    def syncing(self, path: Path) -> None:
        """What was written to a file is to be made durable."""

    def deleting(self, path: Path, *, durably: bool) -> None:
        """A file is deleted, and its folder synced too where that is to be durable."""

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "DiskFile":  # noqa: N802
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "")
        with self.lock:
            self.opening(path)
            return DiskFile(self, path, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        with self.lock:
            self.deleting(Path(filename), durably=syncdir)
            super().xDelete(filename, syncdir)


class DiskFile(apsw.VFSFile):
    """A file of such a disk."""

    def __init__(self, disk: Disk, path: Path, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__(REAL, name, flags)
        self._disk, self._path = disk, path

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        with self._disk.lock:
            self._disk.writing(self._path, bytes(data), offset)
            super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        with self._disk.lock:
            self._disk.truncating(self._path, newsize)
            super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        with self._disk.lock:
            self._disk.syncing(self._path)
            super().xSync(flags)


class FullDisk(Disk):
    """A disk with so many bytes of room; None is a disk that is not full. Writing over what is there needs no room."""

    def __init__(self, name: str, room: int | None = None, *, default: bool = False) -> None:
        super().__init__(name, default=default)
        self.room = room
        self.refused = 0

    def writing(self, path: Path, data: bytes, offset: int) -> None:
        """Use room up where the file grows."""
        if self.room is None:
            return
        growth = max(0, offset + len(data) - path.stat().st_size)
        if growth > self.room:
            self.refused += 1
            raise apsw.FullError("no space left on this device")
        self.room -= growth


class FailingDisk(Disk):
    """A disk whose sync fails, once, as the kernel reports a failed one once: the n-th of files with a certain ending."""

    def __init__(self, name: str, *, ending: str, syncs_left: int, default: bool = False) -> None:
        super().__init__(name, default=default)
        self.ending = ending
        self.syncs_left = syncs_left
        self.failed_for: Path | None = None

    def syncing(self, path: Path) -> None:
        """Fail when it is time to."""
        if path.name.endswith(self.ending):
            self.syncs_left -= 1
            if self.syncs_left == 0:
                self.failed_for = path
                raise sync_error()


def sync_error() -> apsw.Error:
    """Make the error that SQLite sees when a sync fails."""
    error = apsw.IOError("the disk could not be synced")
    error.extendedresult = apsw.SQLITE_IOERR_FSYNC  # type: ignore[attr-defined]
    return error
