import os
import subprocess
import sys
from pathlib import Path

import pytest

from deskline.errors import DatabaseBusyError
from deskline.storage import locks

HOLDER = """
import pathlib, sys
from deskline.storage import locks
with locks.hold(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_held_once_and_can_be_held_again_later(tmp_path: Path) -> None:
    with locks.hold(tmp_path), pytest.raises(DatabaseBusyError, match=f"process {os.getpid()}"), locks.hold(tmp_path):
        pass
    with locks.hold(tmp_path):
        assert (tmp_path / locks.FILE).stat().st_mode & 0o777 == 0o600


def test_two_folders_are_held_side_by_side(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with locks.hold(tmp_path / "a"), locks.hold(tmp_path / "b"):
        pass


def test_another_process_is_named_and_its_lock_ends_when_it_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DatabaseBusyError, match=rf"process {holder.pid}\)"), locks.hold(tmp_path):
            pass
        holder.kill()
    with locks.hold(tmp_path):
        pass
