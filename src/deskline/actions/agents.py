"""Agents are added, changed and deleted, and get new keys: by themselves within limits, by administrators, and owners by owners alone."""

import msgspec

from deskline.actions import accounts
from deskline.actions.permissions import MANAGERS, require
from deskline.actions.tickets import unassign
from deskline.domain.jobs import UNASSIGN, Job
from deskline.domain.people import EVERYBODY, Agent, AgentSettings, AgentStatus, Permission, Principal
from deskline.errors import ConflictError, InvalidError, NotFoundError
from deskline.storage import jobs, oauth, people, personal_tokens
from deskline.storage.database import Reader, Writer


class AgentChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks to be changed; a field that is UNSET stays as it is.

    `groups` are all that the agent is in then. `notifications` are those that are to be on or off; the others stay.
    """

    name: str | msgspec.UnsetType = msgspec.UNSET
    job_title: str | msgspec.UnsetType = msgspec.UNSET
    status: AgentStatus | msgspec.UnsetType = msgspec.UNSET
    permission: Permission | msgspec.UnsetType = msgspec.UNSET
    groups: tuple[int, ...] | msgspec.UnsetType = msgspec.UNSET
    login_status: AgentStatus | msgspec.UnsetType = msgspec.UNSET
    daily_summary: bool | msgspec.UnsetType = msgspec.UNSET
    max_chats_count: int | msgspec.UnsetType = msgspec.UNSET
    notifications: dict[str, bool] = {}


async def create(tx: Writer, login: str, changes: AgentChanges, by: Principal) -> Agent:
    """Add an agent, who has no key yet. Raises ForbiddenError, InvalidError, ConflictError where the login is taken."""
    require(by, *MANAGERS, what="Agents are added")
    if changes.permission == "owner":
        require(by, "owner", what="Owners are made")
    assert not isinstance(changes.name, msgspec.UnsetType)
    await accounts.add_agent(tx, Agent(login=login, name=changes.name, permission="normal"))
    agent = await get(tx, login)
    agent = await _changed(tx, agent, msgspec.structs.replace(changes, name=msgspec.UNSET, status=msgspec.UNSET))
    await people.save_agent(tx, agent)
    return agent


async def change(tx: Writer, login: str, changes: AgentChanges, by: Principal) -> Agent:
    """Change an agent. Raises NotFoundError, ForbiddenError, InvalidError, ConflictError for an account that would have no owner."""
    agent = await get(tx, login)
    _check_may_touch(by, agent, "changed")
    if changes.groups is not msgspec.UNSET:
        require(by, *MANAGERS, what="The groups of agents are changed")
    if not isinstance(changes.permission, msgspec.UnsetType) and changes.permission != agent.permission:
        require(by, *MANAGERS, what="Permissions are changed")
        if "owner" in {changes.permission, agent.permission}:
            require(by, "owner", what="Owners are made and unmade")
            await _check_other_owner(tx, agent)
    changed = await _changed(tx, agent, changes)
    if changed != agent:
        await people.save_agent(tx, changed)
    return changed


async def delete(tx: Writer, login: str, by: Principal | None = None) -> Agent:
    """Delete an agent: they are in no group, their keys and tokens open nothing, and what they have is unassigned by a job.

    History and reports go on to name them. Nobody (`by`) is whoever runs the server. Raises NotFoundError, ForbiddenError, ConflictError
    for the last owner.
    """
    agent = await get(tx, login)
    if by is not None:
        require(by, *MANAGERS, what="Agents are deleted")
        _check_may_touch(by, agent, "deleted")
    await _check_other_owner(tx, agent)
    await people.revoke_keys(tx, agent.login)
    await personal_tokens.delete_of(tx, agent.login)
    await oauth.delete_of(tx, agent.login)
    await people.delete_agent(tx, agent.login, None if by is None else by.login)
    await jobs.add(tx, Job(account_id=tx.account_id, id=UNASSIGN, kind=UNASSIGN, due_at=tx.now))
    await jobs.request(tx, UNASSIGN)
    return agent


async def reset_key(tx: Writer, login: str, by: Principal) -> str:
    """Revoke all keys of an agent and make a new one, which is known here alone. Raises NotFoundError, ForbiddenError, ConflictError."""
    agent = await get(tx, login)
    _check_may_touch(by, agent, "given keys")
    await people.revoke_keys(tx, agent.login)
    return (await accounts.add_key(tx, agent.login)).secret


async def unassign_some(tx: Writer, limit: int) -> int:
    """Take some tickets that are not solved from agents who were deleted; how many, 0 where there is none left."""
    for login, by in await people.list_deleted(tx):
        if found := await people.list_assigned(tx, login, limit):
            agent = None if by is None else await people.find_agent(tx, by)
            for ticket_id in found:
                await unassign(tx, ticket_id, None if agent is None else agent.person)
            return len(found)
    return 0


async def get(tx: Reader, login: str) -> Agent:
    """Get an agent. Raises NotFoundError."""
    agent = await people.find_agent(tx, login)
    if agent is None:
        raise NotFoundError("agent", login)
    return agent


def _check_may_touch(by: Principal, agent: Agent, verb: str) -> None:
    """Raise ForbiddenError where it is neither oneself nor somebody one looks after."""
    if by.login.lower() == agent.login.lower():
        return
    require(by, *MANAGERS, what=f"Others than oneself are {verb}")
    if agent.permission == "owner":
        require(by, "owner", what=f"Owners are {verb}")


async def _check_other_owner(tx: Reader, agent: Agent) -> None:
    if agent.permission != "owner":
        return
    if not any(other.permission == "owner" and other.signs_in and other.login != agent.login for other in await people.list_agents(tx)):
        raise ConflictError(f"{agent.login} is the only owner of the account; make somebody else an owner first.")


async def _changed(tx: Writer, agent: Agent, changes: AgentChanges) -> Agent:
    given = {field: value for field in _OWN if (value := getattr(changes, field)) is not msgspec.UNSET}
    if not isinstance(changes.name, msgspec.UnsetType):
        given["name"] = accounts.checked_name("name", changes.name)
    if not isinstance(changes.groups, msgspec.UnsetType):
        given["groups"] = await _known_groups(tx, changes.groups)
    settings = {field: value for field in _SET if (value := getattr(changes, field)) is not msgspec.UNSET}
    if changes.notifications:
        on = set(agent.settings.notifications) - set(changes.notifications)
        settings["notifications"] = tuple(sorted(on | {name for name, is_on in changes.notifications.items() if is_on}))
    if given.get("status") == "offline" and agent.status != "offline":
        settings["last_logout"] = tx.now
    return msgspec.structs.replace(agent, **given, settings=msgspec.structs.replace(agent.settings, **settings))


_OWN = ("job_title", "status", "permission")
_SET = tuple(field for field in AgentSettings.__struct_fields__ if field in AgentChanges.__struct_fields__ and field != "notifications")


async def _known_groups(tx: Reader, asked: tuple[int, ...]) -> tuple[int, ...]:
    known = {group.id for group in await people.list_groups(tx)}
    problems = [
        f"groups: there is no group {group} in this account; accepted: ids that GET /groups lists" for group in asked if group not in known
    ]
    if problems:
        raise InvalidError(problems)
    return tuple(sorted({group for group in asked if group != EVERYBODY}))
