"""Working hours are set and cleared: of the account, or of a group. What is counted under them follows by a job of its own."""

from deskline.domain.people import Principal
from deskline.domain.working_hours import ACCOUNT_ITSELF, WorkingHours
from deskline.errors import ForbiddenError, NotFoundError
from deskline.storage import people
from deskline.storage import working_hours as stored
from deskline.storage.database import Reader, Writer

MAY_CHANGE = ("owner", "administrator")


def check_may_change(principal: Principal) -> None:
    """Raise ForbiddenError for who may not change working hours."""
    if principal.permission not in MAY_CHANGE:
        raise ForbiddenError(f"Working hours are changed by an {' or an '.join(MAY_CHANGE)} of the account; {principal.login} is neither.")


async def check_group(tx: Reader, group: int) -> None:
    """Raise NotFoundError for a group that the account does not have."""
    if group != ACCOUNT_ITSELF and await people.find_group(tx, group) is None:
        raise NotFoundError("group", str(group))


async def set_hours(tx: Writer, group: int, hours: WorkingHours) -> None:
    """Set the hours of a group, or of the account itself. Raises NotFoundError for an unknown group."""
    await check_group(tx, group)
    if (await stored.find(tx)).calendars.by_group.get(group) != hours:
        await stored.save(tx, group, hours)


async def clear_hours(tx: Writer, group: int) -> bool:
    """Clear the hours of a group, or of the account itself; False where it had none. Raises NotFoundError for an unknown group."""
    await check_group(tx, group)
    return await stored.delete(tx, group)
