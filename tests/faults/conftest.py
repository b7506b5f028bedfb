"""What the tests of faults share: a database to begin with, short logs, and room for what they leave behind."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import uvloop

from tests.faults.programs import init
from tests.storage.builders import an_account, open_sqlite

_numbers = count()


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that has an account and no tickets, all of it on the disk. To be copied."""
    folder = tmp_path_factory.mktemp("fresh")

    async def make() -> None:
        database = open_sqlite(folder)
        await an_account(database)
        await database.close()

    uvloop.run(make())
    return folder


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder made by `deskline init`, with the account, owner and key that clients of these tests use. To be copied."""
    folder = tmp_path_factory.mktemp("founded")
    init(folder)
    return folder


@pytest.fixture
def data(founded: Path, scratch: Path) -> Path:
    """A data folder of the test's own, with an account in it."""
    return shutil.copytree(founded, scratch / "data")


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """A folder that is removed as soon as the test is over: many databases are made in it."""
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.fixture
def disk_name() -> str:
    """A name for a file system, never used before in this process."""
    return f"disk{next(_numbers)}"
