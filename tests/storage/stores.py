"""A real S3-compatible store for tests: rclone over a folder, on loopback, which checks every signature."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

KEY, SECRET = "deskline", "a secret of the store"
BUCKET: Final = "attachments"
LINES: Final = 20  # of its log, in which it tells its address


class Store(msgspec.Struct, frozen=True):
    """A store that runs: its address, and the folder with what it holds."""

    endpoint: str
    folder: Path

    def held(self) -> dict[str, bytes]:
        """Tell what is in the bucket, by name."""
        bucket = self.folder / BUCKET
        return {str(path.relative_to(bucket)): path.read_bytes() for path in bucket.rglob("*") if path.is_file()}


@contextmanager
def a_store(folder: Path) -> Iterator[Store]:
    """Run a store over a folder, with one bucket."""
    (folder / BUCKET).mkdir(parents=True)
    program = Path(sys.executable).with_name("rclone")
    flags = {"config": folder.parent / "none.conf", "vfs-cache-mode": "off", "dir-cache-time": "0s", "cache-dir": folder.parent}
    command = [str(program), "serve", "s3", "--addr=127.0.0.1:0", f"--auth-key={KEY},{SECRET}"]
    command += [f"--{name}={value}" for name, value in flags.items()] + [str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said: list[str] = []
            while not said or not (found := re.search(r"\[(http://127\.0\.0\.1:\d+)/\]", said[-1])):
                said.append(process.stderr.readline())
                assert said[-1], "".join(said)
                assert len(said) < LINES, "".join(said)
            yield Store(found[1], folder)
        finally:
            process.kill()
