"""Write a file that people asked for: never in the place of Deskline's own, whole or not at all, on the disk. No content is made here."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deskline.errors import ConflictError
from deskline.storage import locks

BESIDE = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a database; one that it does not know would be taken for its own
_ALSO_OURS = (locks.FILE, "deskline.toml", "self-signed.crt", "self-signed.key")
_REPLACE = "choose another name, or replace it with --force"


def check_target(target: Path, database: Path, *, replace: bool) -> None:
    """Make sure that a file may be written at `target`, beside or far from the database.

    Raises ConflictError: always for one of Deskline's own files, by whatever name; where the folder is missing; where something is there
    that is no regular file; where a file is there and `replace` is not asked for.
    """
    refuse_own(target, database)
    if not target.parent.is_dir():
        raise ConflictError(f"There is no folder {target.parent}; make it first.")
    if target.exists() and not target.is_file():
        raise ConflictError(f"{target} is {'a folder' if target.is_dir() else 'no regular file'}; choose the name of a file.")
    refuse_existing(target, replace=replace, kind="a file", remedy=_REPLACE)


def refuse_own(target: Path, database: Path) -> None:
    """Make sure that a target is not one of the files of a data folder, under any name. Raises ConflictError."""
    if any(_is_same(target, own) for own in _own_files(database)):
        raise ConflictError(f"{target} is one of the files that Deskline works with in {database.parent}; choose another name.")


def refuse_existing(target: Path, *, replace: bool, kind: str, remedy: str) -> None:
    """Make sure that nothing is there which nobody asked to replace. Raises ConflictError."""
    if os.path.lexists(target) and not replace:
        raise ConflictError(f"There is {kind} {target} already; {remedy}.")


def _own_files(database: Path) -> Iterator[Path]:
    for path in (database, database.resolve()):  # SQLite keeps its files beside the database itself, not beside a link to it
        yield path
        yield from (Path(f"{path}{suffix}") for suffix in BESIDE)
    yield from (database.parent / name for name in _ALSO_OURS)


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, or would if it were there."""
    try:
        return one.resolve() == other.resolve() or one.samefile(other)
    except FileNotFoundError:
        return False


@contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """Make an unfinished file beside the target, readable to its owner only, which is gone afterwards unless it was named."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.", suffix=".part")
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        for suffix in ("", *BESIDE):
            Path(name + suffix).unlink(missing_ok=True)


def name(part: Path, target: Path) -> None:
    """Give a finished file, which is on the disk, its name; the name is on the disk too afterwards."""
    part.replace(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
