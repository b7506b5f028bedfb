"""Where a report is read: on a replica of the database, where there is one and it is not too old, else on the database itself."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from deskline.errors import CollisionError, DatabaseAwayError, DatabaseBusyError
from deskline.storage.database import Database, Reader, Replica

Value = TypeVar("Value")
_log = structlog.get_logger("deskline.storage")


async def reported(database: Database, account_id: int, work: Callable[[Reader], Awaitable[Value]]) -> tuple[Value, float | None]:
    """Do the reading of a report in one state of an account. Answers its result, and how many seconds old a replica's state was.

    A replica that is away or older than it may be, or that gives the reading up for the sake of its replay, is passed over: then the work
    is done again from its beginning, and the age is None. Raises what `Database.analyse` does, after two budgets at the latest.
    """
    if database.replica is not None:
        try:
            found = await _on_replica(database.replica, account_id, work)
        except (DatabaseAwayError, DatabaseBusyError, CollisionError) as error:  # the last: replay and reading met
            _log.info("a report is read on the database instead of its replica", reason=str(error.__cause__ or error))
        else:
            if found is not None:
                return found
    async with database.analyse(account_id) as tx:
        return await work(tx), None


async def _on_replica(replica: Replica, account_id: int, work: Callable[[Reader], Awaitable[Value]]) -> tuple[Value, float] | None:
    async with replica.analyse(account_id) as tx:
        age = tx.age_seconds
        return None if age is None or age > replica.most_seconds else (await work(tx), age)
