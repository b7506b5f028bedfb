"""A disk whose power can be cut: what was synced is kept, of what was not some is kept, torn at sectors. No database and no tests.

The model is what a disk behind a page cache may leave: each sector of 512 bytes holds what was synced last, or any later state of it;
sizes and names of files likewise. A file's name is durable once its folder was synced, which SQLite does with the first sync of a
journal and with a delete that is to be durable.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import apsw

from tests.faults.disks import Disk, sync_error

SECTOR = 512
Loss = Literal["nothing", "all", "the end", "anything"]
LOSSES: tuple[Loss, ...] = ("nothing", "all", "the end", "anything", "anything")


@dataclass(frozen=True)
class Write:
    """Bytes within one sector."""

    offset: int
    data: bytes

    @property
    def sector(self) -> int:
        """The number of the sector."""
        return self.offset // SECTOR


@dataclass(frozen=True)
class Cut:
    """A file cut to a size."""

    size: int


@dataclass
class File:
    """What is on the disk for certain, what was done to it since, and whether its name is certain."""

    content: bytes = b""
    changes: list[Write | Cut] = field(default_factory=list)
    is_named: bool = False

    def after(self, changes: list[Write | Cut]) -> bytes:
        """Compute the content with some of the changes."""
        content = bytearray(self.content)
        for change in changes:
            match change:
                case Cut():
                    content[change.size :] = bytes(max(0, change.size - len(content)))
                case Write():
                    content.extend(bytes(max(0, change.offset - len(content))))
                    content[change.offset : change.offset + len(change.data)] = change.data
        return bytes(content)

    def torn(self, loss: Loss, chance: random.Random) -> bytes:
        """Choose what a power cut leaves."""
        if loss == "nothing":
            return self.after(self.changes)
        if loss == "all":
            return self.content
        if loss == "the end":
            return self.after(self.changes[: chance.randrange(len(self.changes) + 1)])
        return self.after(list(self._survivors(chance)))

    def _survivors(self, chance: random.Random) -> Iterator[Write | Cut]:
        """Of each sector keep the first so many changes; a new size is kept or not."""
        left = {
            sector: chance.randrange(number + 1)
            for sector, number in Counter(change.sector for change in self.changes if isinstance(change, Write)).items()
        }
        for change in self.changes:
            if isinstance(change, Cut):
                if chance.random() < 0.5:
                    yield change
            elif left[change.sector]:
                left[change.sector] -= 1
                yield change


class PowerDisk(Disk):
    """A disk whose power is cut at its n-th step (a write, a cut, a sync or a delete); None never. Before that, syncs may fail.

    `failing_sync` is the number of a sync that fails: some of what it was to make durable is lost, and the kernel forgets it. A disk
    that `lies` says that it has synced and has not.
    """

    def __init__(
        self, name: str, folder: Path, chance: random.Random, *, cut_at: int | None = None, failing_sync: int | None = None
    ) -> None:
        super().__init__(name)
        self.chance = chance
        self.cut_at, self.failing_sync = cut_at, failing_sync
        self.steps, self.syncs = 0, 0
        self.is_off = False
        self.has_failed = False
        self.lies = False
        self.files = {path: File(path.read_bytes(), is_named=True) for path in folder.iterdir() if path.is_file()}
        self.gone: dict[Path, File] = {}

    def cut(self) -> None:
        """Cut the power now."""
        self.is_off = True

    def opening(self, path: Path) -> None:
        """Make a file whose name is not certain yet."""
        if self.is_off:
            raise apsw.CantOpenError("the power is off")
        if path not in self.files and not path.name.endswith("-shm"):
            self.files[path] = File()

    def writing(self, path: Path, data: bytes, offset: int) -> None:
        """Note the sectors of a write."""
        self._step(path, [Write(start, data[start - offset : stop - offset]) for start, stop in sectors(offset, len(data))])

    def truncating(self, path: Path, size: int) -> None:
        """Note a new size."""
        self._step(path, [Cut(size)])

    def syncing(self, path: Path) -> None:
        """Take a file's changes for certain, and with a journal's the names in its folder."""
        self._step(path, [])
        if self.lies:
            return
        self.syncs += 1
        file = self.files[path]
        if self.syncs == self.failing_sync:
            self.has_failed = True
            file.content, file.changes = file.torn("anything", self.chance), []
            raise sync_error()
        file.content, file.changes = file.after(file.changes), []
        if path.name.endswith(("-wal", "-journal")) and not file.is_named:
            self._name_all()

    def deleting(self, path: Path, *, durably: bool) -> None:
        """Forget a file, for certain where its folder is synced."""
        self._step(path, [])
        if path in self.files:
            self.gone[path] = self.files.pop(path)
        if durably:
            self._name_all()

    def _name_all(self) -> None:
        self.gone.clear()
        for file in self.files.values():
            file.is_named = True

    def _step(self, path: Path, changes: list[Write | Cut]) -> None:
        """Count a step. The change during which the power goes is half done."""
        if self.is_off:
            raise apsw.IOError("the power is off")
        if path in self.files:
            self.files[path].changes += changes
        self.steps += 1
        if self.steps == self.cut_at:
            self.cut()
            raise apsw.IOError("the power went off")

    def leave(self, folder: Path) -> str:
        """Write what is left into another folder. Answers in a few words what was lost."""
        self.cut()
        folder.mkdir(parents=True)
        losses: dict[str, str] = {}
        for path in {path for path in (*self.files, *self.gone) if path.name}:  # a file without a name is gone with its process
            loss = self.chance.choice(LOSSES)
            survivor = self._survivor(path)
            losses[path.name] = "has no name" if survivor is None else f"lost {loss} of {len(survivor.changes)}"
            if survivor is not None:
                (folder / path.name).write_bytes(survivor.torn(loss, self.chance))
        # What the processes shared in memory may have reached the disk in any state, and must not be trusted.
        (folder / "deskline.db-shm").write_bytes(self.chance.randbytes(self.chance.choice((0, 100, 32_768))))
        return ", ".join(f"{name} {loss}" for name, loss in sorted(losses.items()))

    def _survivor(self, path: Path) -> File | None:
        """Choose the file that a name leads to: the present one, the one before it, or none."""
        present, before = self.files.get(path), self.gone.get(path)
        if present is not None and (present.is_named or self.chance.random() < 0.5):
            return present
        return before if before is None or present is not None or self.chance.random() < 0.5 else None


def sectors(offset: int, length: int) -> Iterator[tuple[int, int]]:
    """Split a stretch of bytes at the borders of sectors."""
    start, end = offset, offset + length
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        yield start, stop
        start = stop
