"""Generating tickets into an account that there is, through the command's real entrance."""

import asyncio
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from deskline.actions import accounts
from deskline.cli.endings import Ending
from deskline.domain.people import Agent
from tests.cli.commands import deskline, done
from tests.cli.test_demo import tickets
from tests.desks import a_desk


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with one account, in Warsaw."""

    async def make() -> None:
        async with a_desk(tmp_path):
            pass

    asyncio.run(make())
    return tmp_path


def test_it_works(data: Path) -> None:
    said = done("generate", "--data", data, "--count", "250").out
    assert said.startswith("Example has 250 more tickets from 2024-07-01 to 2026-06-30 (")
    assert said.endswith(" tickets/s).\n")
    assert len({ticket for ticket, _, _ in tickets(data)}) == 250


def test_json_tells_what_was_made_and_how_fast(data: Path) -> None:
    said = done("generate", "--data", data, "--count", "100", "--from", "2025-01-01", "--to", "2025-01-31", "--json").json
    assert (said["account"], said["tickets"]) == ("Example", 100)
    assert (said["first_day"], said["last_day"]) == ("2025-01-01", "2025-01-31")
    assert said["tickets_per_second"] == pytest.approx(100 / said["seconds"], rel=0.1)
    local = [datetime.fromtimestamp(at // 1000, ZoneInfo("Europe/Warsaw")) for _, at, _ in tickets(data)]
    assert {(each.year, each.month) for each in local} == {(2025, 1)}


def test_the_same_again_adds_the_same_lives_under_other_ids(data: Path) -> None:
    for _ in range(2):
        done("generate", "--data", data, "--count", "50", "--seed", "3")
    rows = tickets(data)
    half = len(rows) // 2
    assert len({ticket for ticket, _, _ in rows}) == 100
    assert [row[1:] for row in rows[:half]] == [row[1:] for row in rows[half:]]


def test_the_account_can_be_chosen(data: Path) -> None:
    async def another() -> None:
        async with a_desk(data) as database, database.write(2) as tx:
            await accounts.init_account(tx, "Other", "UTC", Agent(login="eve@example.com", name="Eve"))

    asyncio.run(another())
    refused = deskline("generate", "--data", data, "--count", "10")
    assert refused.code == 1
    assert "--account" in refused.err
    assert done("generate", "--data", data, "--count", "10", "--account", "Other", "--json").json["account"] == "Other"


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        ([], 2, "--count"),
        (["--count", "0"], 2, "--count"),
        (["--count", "many"], 2, "--count"),
        (["--count", "1", "--from", "2026-13-01"], 2, "--from"),
        (["--count", "1", "--from", "2026-02-01", "--to", "2026-01-31"], 1, "--from"),
        (["--count", "1", "--seed", "-1"], 2, "--seed"),
        (["--count", "1", "--account", "Nobody's"], 1, "Nobody's"),
    ],
)
def test_what_is_wrong_is_named(data: Path, arguments: list[str], code: int, named: str) -> None:
    refused = deskline("generate", "--data", data, *arguments)
    assert refused.code == code
    assert named in refused.err
    assert tickets(data) == []


@pytest.mark.parametrize("count", ["-1", "0", "x", "1.5", "9" * 30])
def test_a_wrong_count_is_named(data: Path, count: str) -> None:
    ended = deskline("generate", "--data", data, "--count", count)
    assert ended.code == Ending.USAGE
    assert f"'{count}' is not accepted; accepted: a whole number from 1" in ended.err
