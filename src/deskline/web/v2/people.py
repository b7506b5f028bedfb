"""The endpoints of agents: /agents, and /status."""

from deskline.domain.people import EVERYBODY
from deskline.errors import NotFoundError
from deskline.storage import people
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.v2 import asks
from deskline.web.v2.groups import get_stored_group, members_of
from deskline.web.v2.wire_people import show_agent, show_agent_line, show_status


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


async def get_status(request: Request) -> Answer:
    """GET /status, GET /status/<group> → `{"status":"online"}` where an agent takes chats, else `offline`."""
    asked = request.route_values.get("group_id")
    if asked is None:
        group = asks.read_group(request.query)
        asked = str(EVERYBODY if group is None else group)
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        members = members_of(await get_stored_group(tx, asked), await people.list_agents(tx))
    return json_answer({"status": show_status(members)})
