"""The endpoints under /follow_ups: whether tickets that stay pending are followed up, and when. What is done is in `domain.follow_ups`."""

from typing import Any

from deskline.actions.permissions import MANAGERS, require
from deskline.domain.follow_ups import MOST_HOURS, REMIND_HOURS, SOLVE_HOURS, FollowUps
from deskline.storage import follow_ups as stored
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer

CHANGED = "Follow-ups are changed"


async def get_follow_ups(request: Request) -> Answer:
    """GET /follow_ups → whether the account follows up, and after how many hours."""
    async with request.services.database.read(request.principal.account_id) as tx:
        return json_answer(_shown(await stored.find(tx)))


async def set_follow_ups(request: Request) -> Answer:
    """PUT /follow_ups → the hours as they are now. An owner or an administrator may."""
    require(request.principal, *MANAGERS, what=CHANGED)
    form = await request.form()
    hours = FollowUps(
        remind_hours=form.whole("remind_after_hours", 1, MOST_HOURS, REMIND_HOURS),
        solve_hours=form.whole("solve_after_hours", 1, MOST_HOURS, SOLVE_HOURS),
    )
    form.check()
    async with request.services.database.write(request.principal.account_id) as tx:
        await stored.save(tx, hours)
    return json_answer(_shown(hours))


async def clear_follow_ups(request: Request) -> Answer:
    """DELETE /follow_ups → that nothing is followed up. An owner or an administrator may."""
    require(request.principal, *MANAGERS, what=CHANGED)
    async with request.services.database.write(request.principal.account_id) as tx:
        await stored.delete(tx)
    return json_answer(_shown(None))


def _shown(hours: FollowUps | None) -> dict[str, Any]:
    if hours is None:
        return {"enabled": False}
    return {"enabled": True, "remind_after_hours": hours.remind_hours, "solve_after_hours": hours.solve_hours}
