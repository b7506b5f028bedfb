"""Folders for the desks of these tests: each test is tried with its database in the folder, and with one on a PostgreSQL server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.engines import ENGINES, a_place


@pytest.fixture(params=ENGINES)
def tmp_path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder; `any_desk` of it is on the engine of the test."""
    with a_place(request, request.param, tmp_path) as folder:
        yield folder
