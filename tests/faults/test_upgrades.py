"""The disk is full, or the power goes, in the middle of an upgrade: the file has one schema or the next, and the same command goes on."""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from deskline.errors import DesklineError, StorageFullError
from deskline.storage import schema, sqlite_upgrades
from deskline.storage.upgrades import NEWEST
from tests import rounds
from tests.faults.disks import REAL, Disk, FullDisk
from tests.faults.power import PowerDisk
from tests.storage.upgrading import INVENTED, ROWS, STEPS, make_sqlite, rows_of_sqlite
from tests.storage.wholeness import contradictions

CUTS = rounds.times(quick=6, long=150)
FULL = rounds.times(quick=6, long=60)


@contextmanager
def used(disk: Disk) -> Iterator[None]:
    """Have everything that is opened be on a disk."""
    apsw.set_default_vfs(disk.name)
    try:
        yield
    finally:
        apsw.set_default_vfs(REAL)
        disk.unregister()


def upgrade(path: Path) -> list[str]:
    """Upgrade with the upgrades that are invented; answers what was said."""
    told = list[str]()
    sqlite_upgrades.upgrade(path, told.append, upgrades=INVENTED)
    return told


def is_whole(path: Path) -> bool:
    """Whether a file holds all of its schema and nothing of the next."""
    steps = {name: len(rows) for name, rows in rows_of_sqlite(path).items() if name.startswith("step_")}
    wanted = {f"step_{number}": ROWS for number in range(NEWEST + 1, schema.find_version(path) + 1)}
    return steps == wanted and contradictions(path) == []


@pytest.mark.parametrize("run", range(FULL))
def test_a_full_disk_leaves_one_schema_or_the_next(scratch: Path, disk_name: str, chance: random.Random, run: int) -> None:
    path = make_sqlite(scratch / "live" / "deskline.db")
    size = path.stat().st_size
    disk = FullDisk(disk_name, room=run * size // 2 + chance.randrange(size))
    with used(disk):
        try:
            upgrade(path)
        except StorageFullError:
            assert disk.refused
        else:
            assert run > 0
    assert is_whole(path)
    upgrade(path)
    assert schema.find_version(path) == NEWEST + STEPS
    assert is_whole(path)
    assert list(path.parent.glob("*.part")) == []


@pytest.fixture
def steps(scratch: Path, disk_name: str, chance: random.Random) -> int:
    """How many steps the disk takes for an upgrade."""
    path = make_sqlite(scratch / "counted" / "deskline.db")
    disk = PowerDisk(f"{disk_name}-counted", path.parent, chance)
    with used(disk):
        upgrade(path)
    return disk.steps


def test_a_power_cut_leaves_one_schema_or_the_next(scratch: Path, disk_name: str, steps: int, chance: random.Random) -> None:
    seen = set[int]()
    for number in range(CUTS):
        path = make_sqlite(scratch / f"{number}" / "deskline.db")
        disk = PowerDisk(f"{disk_name}-{number}", path.parent, chance, cut_at=1 + (number * steps + chance.randrange(steps)) // CUTS)
        with used(disk), pytest.raises((apsw.Error, DesklineError)):
            upgrade(path)
        story = disk.leave(scratch / f"{number} left")
        left = scratch / f"{number} left" / "deskline.db"
        assert is_whole(left), f"cut at step {disk.cut_at} of {steps}: {story}"
        seen.add(schema.find_version(left))
        upgrade(left)
        assert schema.find_version(left) == NEWEST + STEPS
        assert is_whole(left)
        shutil.rmtree(path.parent)
        shutil.rmtree(left.parent)
    assert len(seen) > 1, seen
