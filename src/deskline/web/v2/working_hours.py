"""Working hours and holidays, which the original keeps to itself: /working_hours, of the account, and /working_hours/<group>."""

from typing import Any

from deskline.actions import working_hours as act
from deskline.actions.permissions import MANAGERS, require
from deskline.domain.hours_texts import parse, spell
from deskline.domain.working_hours import ACCOUNT_ITSELF, MOST_A_DAY, MOST_HOLIDAYS, WorkingHours
from deskline.storage import working_hours as stored
from deskline.storage.database import Reader
from deskline.storage.working_hours import Hours
from deskline.web.params import Params
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.v2.path_ids import read_id


async def list_hours(request: Request) -> Answer:
    """GET /working_hours → the account's hours and those of its groups, and whether all that was counted follows them already."""
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        return json_answer(_show_all(await stored.find(tx)))


async def get_hours(request: Request) -> Answer:
    """GET /working_hours/<group> → the group's own hours, `null` where it has none."""
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        return json_answer(await _show(tx, _group(request)))


async def set_hours(request: Request) -> Answer:
    """PUT /working_hours, PUT /working_hours/<group> → the hours as they are now. An owner or an administrator may."""
    require(request.principal, *MANAGERS, what="Working hours are changed")
    group = _group(request)
    async with request.services.database.read(request.principal.account_id) as tx:
        await act.check_group(tx, group)  # an unknown group is that, whatever the body says
    hours = _read(await request.form(), request.principal.zone)
    async with request.services.database.write(request.principal.account_id) as tx:
        await act.set_hours(tx, group, hours)
        return json_answer(await _show(tx, group))


async def clear_hours(request: Request) -> Answer:
    """DELETE /working_hours, DELETE /working_hours/<group> → what is left. An owner or an administrator may."""
    require(request.principal, *MANAGERS, what="Working hours are changed")
    group = _group(request)
    async with request.services.database.write(request.principal.account_id) as tx:
        await act.clear_hours(tx, group)
        return json_answer(await _show(tx, group))


def _group(request: Request) -> int:
    """Read the group of the path; ACCOUNT_ITSELF where the path names none."""
    return read_id(request, "group_id", "group") if "group_id" in request.route_values else ACCOUNT_ITSELF


def _read(params: Params, zone: str) -> WorkingHours:
    """Read hours. Raises InvalidError with every problem."""
    chosen = params.zone("timezone")
    days = params.mapping("days")
    texts = {name: days.texts(name, limit=200, count=MOST_A_DAY + 1) for name in days.names}
    holidays = params.texts("holidays", limit=200, count=MOST_HOLIDAYS)
    were_refused = params.refused
    hours, problems = parse(zone if chosen is None else chosen.key, texts, holidays)
    for problem in problems:
        if problem.field != "days" or not were_refused:  # what could not be read is not missing
            params.refuse(*problem)
    params.check()
    return hours


async def _show(tx: Reader, group: int) -> dict[str, Any]:
    hours = await stored.find(tx)
    if group == ACCOUNT_ITSELF:
        return _show_all(hours)
    await act.check_group(tx, group)
    return _show_one(hours, group)


def _show_all(hours: Hours) -> dict[str, Any]:
    own = hours.calendars.by_group.get(ACCOUNT_ITSELF)
    return {
        "hours": None if own is None else spell(own),
        "groups": [_show_one(hours, group) for group in sorted(hours.calendars.by_group) if group != ACCOUNT_ITSELF],
        "counted": hours.is_counted,
    }


def _show_one(hours: Hours, group: int) -> dict[str, Any]:
    own = hours.calendars.by_group.get(group)
    return {"group": group, "hours": None if own is None else spell(own)}
