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
from deskline.web.v2.path_ids import read_id
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
        return await _shown(tx, _id(request))


async def find_state(request: Request, tx: Reader) -> bytes | None:
    """Find what GET /groups/<id> answers now."""
    try:
        return (await _shown(tx, _id(request))).body
    except NotFoundError:
        return None


async def create_group(request: Request) -> Answer:
    """POST /groups → the new group. An owner or an administrator may."""
    require(request.principal, *MANAGERS, what="Groups are made")
    new = asks_people.read_new_group(await request.form())
    async with request.services.database.write(request.principal.account_id) as tx:
        group_id = await actions.create(tx, new.name, new.language, new.agents)
        return await _shown(tx, group_id)


async def change_group(request: Request) -> Answer:
    """PUT /groups/<id> → the group with another name, language or other agents. An owner or an administrator may."""
    require(request.principal, *MANAGERS, what="Groups are changed")
    group_id = _id(request)
    await _check_is_there(request, group_id)
    changes = asks_people.read_group_change(await request.form())
    async with request.services.database.write(request.principal.account_id) as tx:
        await actions.change(tx, group_id, changes)
        return await _shown(tx, group_id)


async def delete_group(request: Request) -> Answer:
    """DELETE /groups/<id> → that it is gone; tickets keep it. An owner or an administrator may."""
    require(request.principal, *MANAGERS, what="Groups are deleted")
    async with request.services.database.write(request.principal.account_id) as tx:
        await actions.delete(tx, _id(request))
    return json_answer(DELETED)


async def get_stored_group(tx: Reader, group_id: int) -> Group:
    """Get a group with its members. Raises NotFoundError."""
    for group in await people.list_groups(tx):
        if group.id == group_id:
            return group
    raise NotFoundError("group", str(group_id))


def members_of(group: Group, agents: list[Agent]) -> list[Agent]:
    """List the agents of a group; everybody is in group 0."""
    return agents if group.id == EVERYBODY else [agent for agent in agents if agent.login in group.agents]


def _id(request: Request) -> int:
    return read_id(request, "group_id", "group")


async def _check_is_there(request: Request, group_id: int) -> None:
    """Raise NotFoundError before anything of the body is complained about."""
    async with request.services.database.read(request.principal.account_id) as tx:
        await get_stored_group(tx, group_id)


async def _shown(tx: Reader, group_id: int) -> Answer:
    group = await get_stored_group(tx, group_id)
    return json_answer(show_group(group, members_of(group, await people.list_agents(tx))))
