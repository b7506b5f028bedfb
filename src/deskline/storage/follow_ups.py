"""How accounts follow up tickets that stay pending, in the database. An account without a row does not."""

from deskline.domain.follow_ups import FollowUps
from deskline.storage.database import Reader, Writer
from deskline.storage.queries import queries

_Q = queries("follow_ups")


async def find(tx: Reader) -> FollowUps | None:
    """Find the account's hours, None where it does not follow up."""
    row = await tx.row(_Q["find"])
    return None if row is None else FollowUps(remind_hours=row[0], solve_hours=row[1])


async def save(tx: Writer, hours: FollowUps) -> None:
    """Save the account's hours, in the place of any that it had."""
    await tx.run(_Q["save"], hours.remind_hours, hours.solve_hours)


async def delete(tx: Writer) -> bool:
    """Have the account follow up no more; False where it did not."""
    return await tx.run(_Q["delete"]) > 0
