"""The power goes, at any moment: what was acknowledged is there and whole, and nothing is there by half."""

import random
import shutil
from pathlib import Path

import pytest

from tests import rounds
from tests.faults.power import Cut, File, PowerDisk, Write, sectors
from tests.faults.workloads import Journal, work_on

CHAINS = rounds.times(quick=5, long=80)
CUTS_OF_A_CHAIN = 5  # that one database suffers, one after the other: what a cut left behind is written over by the next run


@pytest.fixture
def steps(fresh: Path, scratch: Path, disk_name: str, chance: random.Random) -> int:
    """How many steps the disk takes for all that the writers do when nothing happens to it."""
    shutil.copytree(fresh, scratch / "counted")
    disk = PowerDisk(disk_name, scratch / "counted", chance)
    journal = Journal()
    work_on(scratch / "counted" / "deskline.db", disk_name, journal, chance)
    assert journal.acknowledged
    assert journal.wrong(scratch / "counted" / "deskline.db") == []
    return disk.steps


@pytest.mark.parametrize("chain", range(CHAINS))
def test_what_was_acknowledged_outlives_power_cuts(
    fresh: Path, scratch: Path, disk_name: str, steps: int, chance: random.Random, chain: int
) -> None:
    journal = Journal()
    shutil.copytree(fresh, scratch / "0")
    for number in range(CUTS_OF_A_CHAIN):
        live, left, checked = scratch / f"{number}", scratch / f"{number + 1}", scratch / f"{number} checked"
        disk = PowerDisk(disk_name, live, chance, cut_at=chance.randint(1, steps))
        work_on(live / "deskline.db", disk_name, journal, chance)
        story = disk.leave(left)
        shutil.copytree(left, checked)
        assert journal.wrong(checked / "deskline.db") == [], (
            f"cut {number} of chain {chain}, at step {disk.steps} of about {steps}: {story}"
        )


def test_a_disk_that_lies_is_found_out(fresh: Path, scratch: Path, disk_name: str, chance: random.Random) -> None:
    """Else the tests above would prove nothing."""
    shutil.copytree(fresh, scratch / "live")
    disk = PowerDisk(disk_name, scratch / "live", chance)
    disk.lies = True
    journal = Journal()
    found = 0
    for number in range(5):
        work_on(scratch / "live" / "deskline.db", disk_name, journal, chance)
        disk.leave(scratch / f"left{number}")
        disk.is_off = False
        found += bool(journal.wrong(scratch / f"left{number}" / "deskline.db"))
    assert found


def test_a_torn_file_holds_each_sector_as_it_was_at_some_moment(chance: random.Random) -> None:
    before, after = b"a" * 2_048, b"b" * 1_000
    file = File(before, [Write(start, after[start - 700 : stop - 700]) for start, stop in sectors(700, 1_000)])
    for _ in range(50):
        torn = file.torn("anything", chance)
        assert {torn[start:stop] for start, stop in ((700, 1_024), (1_024, 1_536), (1_536, 1_700))} <= {
            byte * length for byte in (b"a", b"b") for length in (324, 512, 164)
        }
        assert (torn[:700], torn[1_700:]) == (before[:700], before[1_700:])
    assert file.torn("all", chance) == before
    assert file.torn("nothing", chance) == before[:700] + after + before[1_700:]


def test_a_cut_file_may_be_as_long_as_before(chance: random.Random) -> None:
    file = File(b"a" * 1_000, [Cut(100)])
    assert {len(file.torn("anything", chance)) for _ in range(50)} == {100, 1_000}
