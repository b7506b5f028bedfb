"""Groups of agents are made, changed and deleted. What tickets tell of a group stays as it was."""

import secrets

import msgspec

from deskline.actions import working_hours
from deskline.domain.people import EVERYBODY, HIGHEST_ID, Group
from deskline.errors import ConflictError, InvalidError, NotFoundError, shortened
from deskline.storage import canned_responses, people
from deskline.storage.database import Reader, Writer


class GroupChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks to be changed; a field that is UNSET stays as it is. `agents` are logins, all that are in the group then."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    language: str | msgspec.UnsetType = msgspec.UNSET
    agents: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


async def check_group(tx: Reader, group: int, field: str) -> None:
    """Raise InvalidError for a group that a request names in `field` and that the account does not have."""
    if group != EVERYBODY and await people.find_group(tx, group) is None:
        raise InvalidError(f"{field}: there is no group {group} in this account; accepted: an id that GET /groups lists")


async def create(tx: Writer, name: str, language: str, agents: tuple[str, ...]) -> int:
    """Make a group; its id, which no group has had that tickets tell of. Raises InvalidError for unknown agents."""
    logins = await _logins(tx, agents)
    group_id = await people.find_last_group(tx) + 1
    while group_id > HIGHEST_ID or not await people.add_group(tx, Group(group_id, name, language)):
        group_id = 1 + secrets.randbelow(HIGHEST_ID)  # somebody had a group of the highest id there is
    await people.set_members(tx, group_id, logins)
    return group_id


async def change(tx: Writer, group_id: int, changes: GroupChanges) -> None:
    """Change a group. Raises NotFoundError, ConflictError for everybody's, InvalidError for unknown agents."""
    group = await _get(tx, group_id)
    name = group.name if isinstance(changes.name, msgspec.UnsetType) else changes.name
    language = group.language if isinstance(changes.language, msgspec.UnsetType) else changes.language
    await people.save_group(tx, Group(group_id, name, language))
    if not isinstance(changes.agents, msgspec.UnsetType):
        await people.set_members(tx, group_id, await _logins(tx, changes.agents))


async def delete(tx: Writer, group_id: int) -> None:
    """Delete a group: nobody is in it, its tags and canned responses are everybody's, its working hours are gone.

    Its tickets keep it, with its name of then, and reports go on to count them under it. Raises NotFoundError, ConflictError for
    everybody's.
    """
    await _get(tx, group_id)
    await working_hours.clear_hours(tx, group_id)
    await canned_responses.release_responses(tx, group_id)
    await people.delete_group(tx, group_id)
    await people.save_last_group(tx, group_id)


async def _get(tx: Reader, group_id: int) -> Group:
    if group_id == EVERYBODY:
        raise ConflictError("Group 0 is everybody's: it is not changed, and not deleted.")
    group = await people.find_group(tx, group_id)
    if group is None:
        raise NotFoundError("group", str(group_id))
    return group


async def _logins(tx: Reader, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Find agents. Raises InvalidError that names all who are unknown."""
    known = {agent.login.lower(): agent.login for agent in await people.list_agents(tx)} if asked else {}
    problems = [
        f"agents: there is no agent {shortened(login)!r} in this account; accepted: logins that GET /agents lists"
        for login in asked
        if login.lower() not in known
    ]
    if problems:
        raise InvalidError(problems)
    return tuple(dict.fromkeys(known[login.lower()] for login in asked))
