"""A server for all tests of this folder, and a company on it for each. Both are real; what a test needs of a past, it makes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.serving import serving
from tests.web.v2.companies import Company, Registry
from tests.web.v2.three_days import live_three_days

Found = Callable[..., Company]


@pytest.fixture(scope="session")
def found_live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    """Found companies on a server with the settings that everybody has."""
    yield from _founding(tmp_path_factory.mktemp("live"), "live")


@pytest.fixture(scope="session")
def found_documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    """Found companies on a server that shows tickets in the form of the documentation."""
    yield from _founding(tmp_path_factory.mktemp("docs"), "docs")


@pytest.fixture
def company(found_live: Found) -> Company:
    """A company in UTC."""
    return found_live()


@pytest.fixture(scope="session")
def three_days(found_live: Found) -> Company:
    """A company in UTC with the three days of `three_days.py`, for tests that only read."""
    company = found_live()
    live_three_days(company)
    return company


@pytest.fixture
def documented(found_documented: Found) -> Company:
    """A company in UTC whose tickets are shown in the form of the documentation."""
    return found_documented()


def _founding(data: Path, wire_profile: str) -> Iterator[Found]:
    registry = Registry(data)
    with serving(data, wire_profile=wire_profile) as server, httpx.Client() as client:
        yield lambda **settings: Company(registry, client, server, **settings)
    # After all that was asked: whatever is stored follows from the timelines.
    assert registry.contradictions() == []
    registry.close()
