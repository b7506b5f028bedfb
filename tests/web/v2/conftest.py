"""A server for all tests of this folder, and a company on it for each. Both are real; what a test needs of a past, it makes."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.clusters import Server
from tests.serving import serving
from tests.storage.engines import ENGINES
from tests.web.v2.companies import Company, Registry
from tests.web.v2.three_days import live_three_days

Found = Callable[..., Company]


@pytest.fixture(scope="session", params=ENGINES)
def found_live(request: pytest.FixtureRequest) -> Iterator[Found]:
    """Found companies on a server with the settings that everybody has."""
    yield from _founding(request, "live")


@pytest.fixture(scope="session", params=ENGINES)
def found_documented(request: pytest.FixtureRequest) -> Iterator[Found]:
    """Found companies on a server that shows tickets in the form of the documentation."""
    yield from _founding(request, "docs")


@pytest.fixture(scope="session")
def found_implicit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    """Found companies on a server that offers the implicit flow of OAuth."""
    data = tmp_path_factory.mktemp("implicit")
    (data / "deskline.toml").write_text("oauth_implicit = true\n")
    yield from _founding_on(Registry(data), data, wire_profile="live")


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


def _founding(request: pytest.FixtureRequest, wire_profile: str) -> Iterator[Found]:
    data: Path = request.getfixturevalue("tmp_path_factory").mktemp(wire_profile)
    if request.param == "sqlite":
        yield from _founding_on(Registry(data), data, wire_profile=wire_profile)
        return
    server: Server = request.getfixturevalue("server")
    with asyncio.Runner() as runner:
        database = server.a_database()
        dsn = runner.run(database.__aenter__())
        yield from _founding_on(Registry(data, dsn), data, wire_profile=wire_profile, database=dsn)
        runner.run(database.__aexit__(None, None, None))


def _founding_on(registry: Registry, data: Path, **settings: str) -> Iterator[Found]:
    with serving(data, **settings) as server, httpx.Client() as client:
        as_documented = settings["wire_profile"] == "docs"
        yield lambda **facts: Company(registry, client, server, as_documented=as_documented, **facts)
    # After all that was asked: whatever is stored follows from the timelines.
    assert registry.contradictions() == []
    registry.close()
