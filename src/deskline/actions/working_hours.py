"""Working hours are set and cleared: of the account, or of a group. What was counted before follows by a job of its own."""

from collections.abc import Sequence

from deskline.domain.facts import Fact, facts
from deskline.domain.jobs import HOURS, Job
from deskline.domain.people import HIGHEST_ID
from deskline.domain.timelines import Ticket, fold
from deskline.domain.working_hours import ACCOUNT_ITSELF, WorkingHours
from deskline.errors import DataError, NotFoundError
from deskline.storage import jobs, people
from deskline.storage import working_hours as stored
from deskline.storage.checks import StoredEvent, decode_event, list_timelines
from deskline.storage.database import Reader, Writer
from deskline.storage.rollups import Cells, add_cells, put


async def check_group(tx: Reader, group: int) -> None:
    """Raise NotFoundError for a group that the account does not have."""
    if group != ACCOUNT_ITSELF and (group > HIGHEST_ID or await people.find_group(tx, group) is None):
        raise NotFoundError("group", str(group))


async def set_hours(tx: Writer, group: int, hours: WorkingHours) -> None:
    """Set the hours of a group, or of the account itself. Raises NotFoundError for an unknown group."""
    await check_group(tx, group)
    if (await stored.find(tx)).calendars.by_group.get(group) != hours:
        await stored.save(tx, group, hours)
        await _have_counted(tx)


async def clear_hours(tx: Writer, group: int) -> bool:
    """Clear the hours of a group, or of the account itself; False where it had none. Raises NotFoundError for an unknown group."""
    await check_group(tx, group)
    if not await stored.delete(tx, group):
        return False
    await _have_counted(tx)
    return True


async def _have_counted(tx: Writer) -> None:
    """Have a server work through what was counted under other hours."""
    await jobs.add(tx, Job(account_id=tx.account_id, id=HOURS, kind=HOURS, due_at=tx.now))
    await jobs.request(tx, HOURS)  # who works on it already finds the change by itself


async def measure_anew(tx: Writer, keys: Sequence[int]) -> int:
    """Measure the working time of some tickets under the hours of now; how many facts and sums of facts moved by that.

    What is stored may be of hours of any time before. Timelines that cannot be read are left: nothing is counted of them.
    """
    hours = await stored.find(tx)
    lives = [life for key, timeline in (await list_timelines(tx, keys)).items() if (life := _life(key, timeline)) is not None]
    told = [(key, [group.id for group in ticket.groups], found) for key, ticket, found in lives]
    before = await hours._replace(is_counted=False).as_stored(tx, told)
    moved: list[tuple[int, Fact]] = []
    cells: Cells = {}
    for (key, ticket, found), there in zip(lives, before, strict=True):
        groups, tags = {group.id for group in ticket.groups}, set(ticket.tags)
        now = hours.calendars.timed(found, groups)
        changed = [(old, new) for old, new in zip(there, now, strict=True) if old != new]
        moved += [(key, new) for _, new in changed]
        put(cells, [old for old, _ in changed], groups, tags, times=-1)
        put(cells, [new for _, new in changed], groups, tags)
    if moved:
        await stored.save_worked(tx, moved)
        await add_cells(tx, (cells,))
    return len(moved)


def _life(key: int, timeline: Sequence[StoredEvent]) -> tuple[int, Ticket, tuple[Fact, ...]] | None:
    try:
        events = [decode_event(event) for event in timeline]
        ticket = fold("", events)
    except (DataError, TypeError, IndexError):  # how a fold refuses events that no ticket can have; a check names them
        return None
    return key, ticket, facts(ticket, events)
