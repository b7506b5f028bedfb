"""The endpoints under /groups."""

from deskline.actions import groups as actions
from deskline.actions.permissions import MANAGERS, require
from deskline.domain.people import EVERYBODY, Agent, Group
from deskline.errors import NotFoundError
from deskline.storage import people
from deskline.storage.database import Reader
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.v2 import asks_people
from deskline.web.v2.wire_people import show_group

DELETED = {"result": "group removed successfully"}


async def list_groups(request: Request) -> Answer:
    """GET /groups → every group."""
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        groups = await people.list_groups(tx)
        agents = await people.list_agents(tx)
    return json_answer([show_group(group, members_of(group, agents)) for group in groups])


async def get_group(request: Request) -> Answer:
    """GET /groups/<id> → the group."""
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        return await _shown(tx, request.route_values["group_id"])


async def create_group(request: Request) -> Answer:
    """POST /groups → the new group. An owner or an administrator may."""
    require(request.principal, *MANAGERS, what="Groups are made")
    new = asks_people.read_new_group(await request.form())
    async with request.services.database.write(request.principal.account_id) as tx:
        group_id = await actions.create(tx, new.name, new.language, new.agents)
        return await _shown(tx, str(group_id))


async def change_group(request: Request) -> Answer:
    """PUT /groups/<id> → the group with another name, language or other agents. An owner or an administrator may."""
    require(request.principal, *MANAGERS, what="Groups are changed")
    group_id = group_of(request)
    await _check_is_there(request)
    changes = asks_people.read_group_change(await request.form())
    async with request.services.database.write(request.principal.account_id) as tx:
        await actions.change(tx, group_id, changes)
        return await _shown(tx, str(group_id))


async def delete_group(request: Request) -> Answer:
    """DELETE /groups/<id> → that it is gone; tickets keep it. An owner or an administrator may."""
    require(request.principal, *MANAGERS, what="Groups are deleted")
    async with request.services.database.write(request.principal.account_id) as tx:
        await actions.delete(tx, group_of(request))
    return json_answer(DELETED)


def group_of(request: Request) -> int:
    """Read the group of the path. Raises NotFoundError for what is no group's id."""
    text = request.route_values["group_id"]
    if not (text.isascii() and text.isdigit()) or str(int(text[:20])) != text or int(text) > actions.HIGHEST:
        raise NotFoundError("group", text)
    return int(text)


async def get_stored_group(tx: Reader, key: str) -> Group:
    """Get a group by its id as the path spells it, with its members. Raises NotFoundError."""
    for group in await people.list_groups(tx):
        if str(group.id) == key:
            return group
    raise NotFoundError("group", key)


def members_of(group: Group, agents: list[Agent]) -> list[Agent]:
    """List the agents of a group; everybody is in group 0."""
    return agents if group.id == EVERYBODY else [agent for agent in agents if agent.login in group.agents]


async def _check_is_there(request: Request) -> None:
    """Raise NotFoundError before anything of the body is complained about."""
    async with request.services.database.read(request.principal.account_id) as tx:
        await get_stored_group(tx, request.route_values["group_id"])


async def _shown(tx: Reader, key: str) -> Answer:
    group = await get_stored_group(tx, key)
    return json_answer(show_group(group, members_of(group, await people.list_agents(tx))))
