"""The read-only endpoints around tickets: /agents, /groups, /tags, /status."""

from deskline.domain.people import EVERYBODY, Agent, Group
from deskline.errors import NotFoundError
from deskline.storage import people
from deskline.storage.database import Reader
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.v2 import asks
from deskline.web.v2.wire_people import show_agent, show_agent_line, show_group, show_status, show_tag


async def list_agents(request: Request) -> Answer:
    """GET /agents → every agent, those of one status with `status`."""
    status = asks.read_agent_status(request.query)
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        agents = await people.list_agents(tx)
    return json_answer([show_agent_line(agent) for agent in agents if status in (None, agent.status)])


async def get_agent(request: Request) -> Answer:
    """GET /agents/<login> → the agent."""
    login = request.route_values["login"]
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        agent = await people.find_agent(tx, login)
        groups = await people.list_groups(tx)
    if agent is None:
        raise NotFoundError("agent", login)
    return json_answer(show_agent(agent, {group.id: group for group in groups}))


async def list_groups(request: Request) -> Answer:
    """GET /groups → every group."""
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        groups = await people.list_groups(tx)
        agents = await people.list_agents(tx)
    return json_answer([show_group(group, _members(group, agents)) for group in groups])


async def get_group(request: Request) -> Answer:
    """GET /groups/<id> → the group."""
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        group = await _get_group(tx, request.route_values["group_id"])
        agents = await people.list_agents(tx)
    return json_answer(show_group(group, _members(group, agents)))


async def list_tags(request: Request) -> Answer:
    """GET /tags → every tag with the number of tickets that carry it, those of one group with `group`."""
    group = asks.read_group(request.query)
    async with request.services.database.analyse(request.principal.account_id) as tx:
        tags = await people.list_tags(tx, group)
    return json_answer([show_tag(tag) for tag in tags])


async def get_status(request: Request) -> Answer:
    """GET /status, GET /status/<group> → `{"status":"online"}` where an agent takes chats, else `offline`."""
    asked = request.route_values.get("group_id")
    if asked is None:
        group = asks.read_group(request.query)
        asked = str(EVERYBODY if group is None else group)
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        members = _members(await _get_group(tx, asked), await people.list_agents(tx))
    return json_answer({"status": show_status(members)})


async def _get_group(tx: Reader, key: str) -> Group:
    for group in await people.list_groups(tx):
        if str(group.id) == key:
            return group
    raise NotFoundError("group", key)


def _members(group: Group, agents: list[Agent]) -> list[Agent]:
    return agents if group.id == EVERYBODY else [agent for agent in agents if agent.login in group.agents]
