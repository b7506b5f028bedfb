"""Work that is done in one transaction, and again where it met another write and was undone. What the work is, its caller knows."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from deskline.errors import CollisionError
from deskline.storage.database import Database, Writer

PAUSES: Final = (0.005, 0.02, 0.1)  # seconds, of which a random part is waited before the next try
Value = TypeVar("Value")


async def written(database: Database, account_id: int, work: Callable[[Writer], Awaitable[Value]]) -> Value:
    """Do some work in a transaction of an account, durably; at most four times. Raises CollisionError after the last."""
    for pause in PAUSES:
        try:
            return await _once(database, account_id, work)
        except CollisionError:
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - so that two who met do not meet again; no secret
    return await _once(database, account_id, work)


async def _once(database: Database, account_id: int, work: Callable[[Writer], Awaitable[Value]]) -> Value:
    async with database.write(account_id) as tx:
        return await work(tx)
