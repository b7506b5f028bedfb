"""Signing in: who asks with the same credential at the same moment is looked up once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deskline.actions import accounts
from deskline.domain.people import Agent
from deskline.errors import SignInError
from deskline.storage.database import Reader
from deskline.storage.sqlite import SqliteDatabase
from deskline.web.auth import Credentials
from tests.storage.builders import open_sqlite

pytestmark = pytest.mark.anyio
ANN, KEY = "ann@example.com", "0123456789abcdef" * 2


class Counting:
    """A database that counts who reads it."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self.reads = 0

    @asynccontextmanager
    async def read(self, account_id: int) -> AsyncIterator[Reader]:
        self.reads += 1
        async with self._database.read(account_id) as tx:
            yield tx


@pytest.fixture
async def counting(tmp_path: Path) -> AsyncIterator[Counting]:
    database = open_sqlite(tmp_path)
    async with database.write(1) as tx:
        await accounts.init_account(tx, "Example", "UTC", Agent(login=ANN, name="Ann"), secret=KEY)
    yield Counting(database)
    await database.close()


def asking(key: str = KEY) -> Any:
    return SimpleNamespace(headers={b"authorization": f"Basic {ANN}:{key}".encode()}, route=None, principal=None)


async def test_a_thousand_at_once_are_looked_up_once(counting: Counting) -> None:
    credentials = Credentials(counting)  # type: ignore[arg-type]
    found = await asyncio.gather(*(credentials.authenticate(asking()) for _ in range(1_000)))
    assert {principal.login for principal in found} == {ANN}
    assert counting.reads == 2, "the key, and whom it signs in"


async def test_who_goes_away_ends_it_for_nobody_else(counting: Counting) -> None:
    credentials = Credentials(counting)  # type: ignore[arg-type]
    tasks = [asyncio.create_task(credentials.authenticate(asking())) for _ in range(5)]
    await asyncio.sleep(0)
    for task in tasks[:4]:
        task.cancel()
    assert (await tasks[4]).login == ANN
    assert all(task.cancelled() for task in tasks[:4])


async def test_what_is_wrong_is_wrong_for_all_and_is_not_remembered(counting: Counting) -> None:
    credentials = Credentials(counting)  # type: ignore[arg-type]
    wrong = "f" * 32
    found = await asyncio.gather(*(credentials.authenticate(asking(wrong)) for _ in range(10)), return_exceptions=True)
    assert {type(each) for each in found} == {SignInError}
    async with counting._database.write(1) as tx:
        await accounts.add_key(tx, ANN, secret=wrong)
    assert (await credentials.authenticate(asking(wrong))).login == ANN
