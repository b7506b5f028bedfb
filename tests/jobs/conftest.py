"""Databases for the tests of jobs: the two engines, with the real clock."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deskline.storage.clocks import wall_clock
from deskline.storage.database import Database
from tests.storage.builders import THEIRS, an_account
from tests.storage.engines import a_postgres, a_sqlite


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The event loop of the product."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An engine behind the interface. Two accounts, no tickets."""
    on_file = request.param == "sqlite"
    async with a_sqlite(tmp_path, wall_clock) if on_file else a_postgres(request.getfixturevalue("cluster"), wall_clock) as found:
        await an_account(found)
        await an_account(found, THEIRS)
        yield found
