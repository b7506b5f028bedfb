"""The endpoints under /agents, and /status."""

from deskline.actions import agents as actions
from deskline.domain.people import EVERYBODY, Agent
from deskline.storage import people
from deskline.storage.database import Reader
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.v2 import asks, asks_agents
from deskline.web.v2.groups import get_stored_group, members_of
from deskline.web.v2.path_ids import read_id
from deskline.web.v2.wire_people import show_agent, show_agent_line, show_status


async def list_agents(request: Request) -> Answer:
    """GET /agents → every agent, those of one status with `status`."""
    status = asks.read_agent_status(request.query)
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        agents = await people.list_agents(tx)
    return json_answer([show_agent_line(agent) for agent in agents if status in (None, agent.status)])


async def get_agent(request: Request) -> Answer:
    """GET /agents/<login> → the agent."""
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        return await _shown(tx, await actions.get(tx, _login(request)))


async def create_agent(request: Request) -> Answer:
    """POST /agents → the new agent, who has no key yet. An owner or an administrator may."""
    login, changes = asks_agents.read_new_agent(await request.form())
    async with request.services.database.write(request.principal.account_id) as tx:
        return await _shown(tx, await actions.create(tx, login, changes, request.principal))


async def change_agent(request: Request) -> Answer:
    """PUT /agents/<login> → the agent with what was to be changed. Agents may change themselves, but not what they may."""
    async with request.services.database.read(request.principal.account_id) as tx:
        await actions.get(tx, _login(request))  # one who is not there is that, whatever the body says
    changes = asks_agents.read_agent_change(await request.form())
    async with request.services.database.write(request.principal.account_id) as tx:
        return await _shown(tx, await actions.change(tx, _login(request), changes, request.principal))


async def reset_api_key(request: Request) -> Answer:
    """PUT /agents/<login>/reset_api_key → a new key, which is told once; those of before open nothing any more."""
    async with request.services.database.write(request.principal.account_id) as tx:
        secret = await actions.reset_key(tx, _login(request), request.principal)
    return json_answer({"api_key": secret})


async def delete_agent(request: Request) -> Answer:
    """DELETE /agents/<login> → that they are gone; history goes on to name them. An owner or an administrator may."""
    async with request.services.database.write(request.principal.account_id) as tx:
        agent = await actions.delete(tx, _login(request), request.principal)
    return json_answer({"result": f"{agent.login} removed successfully"})


async def get_status(request: Request) -> Answer:
    """GET /status, GET /status/<group> → `{"status":"online"}` where an agent takes chats, else `offline`."""
    group = read_id(request, "group_id", "group") if "group_id" in request.route_values else asks.read_group(request.query) or EVERYBODY
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        members = members_of(await get_stored_group(tx, group), await people.list_agents(tx))
    return json_answer({"status": show_status(members)})


def _login(request: Request) -> str:
    return request.route_values["login"]


async def _shown(tx: Reader, agent: Agent) -> Answer:
    return json_answer(show_agent(agent, {group.id: group for group in await people.list_groups(tx)}))
