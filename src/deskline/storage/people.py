"""Accounts, agents, groups, tags and API keys in the database. A key is stored as its hash only; making one is an action."""

from typing import NamedTuple

import msgspec

from deskline.domain.people import EVERYBODY, Account, Agent, AgentSettings, Group, Principal, Tag
from deskline.storage.database import Reader, Row, Writer
from deskline.storage.queries import queries

_Q = queries("people")
_encode = msgspec.json.Encoder().encode
_settings = msgspec.json.Decoder(AgentSettings).decode


class StoredKey:
    """An API key as it can be listed: everything but the secret. Instants are milliseconds UTC."""

    __slots__ = ("created_at", "id", "label", "login", "revoked_at")

    def __init__(self, row: Row) -> None:
        self.id, self.login, self.label, self.created_at, self.revoked_at = row


async def add_account(tx: Writer, account: Account) -> None:
    """Add an account; `tx` is one of that account."""
    await tx.run(_Q["add_account"], account.name, account.zone, account.created_at)


async def list_accounts(tx: Reader) -> list[Account]:
    """List the accounts of this server; `tx` is one of the server."""
    return [Account(*row) for row in await tx.rows(_Q["list_accounts"])]


async def find_account(tx: Reader) -> Account | None:
    """Find the account of this transaction."""
    row = await tx.row(_Q["find_account"])
    return None if row is None else Account(*row)


async def is_account_name_taken(tx: Reader, name: str) -> bool:
    """Tell whether another account of this server has the name, upper and lower case alike."""
    return await tx.row(_Q["is_account_name_taken"], name) is not None


class FoundKey(NamedTuple):
    """A key that works: the account that it opens, its id, and the lower-case login it belongs to."""

    account_id: int
    id: str
    login_key: str


async def find_key(tx: Reader, key_hash: bytes) -> FoundKey | None:
    """Find a key by its hash; `tx` is one of the server. Revoked keys are not found."""
    row = await tx.row(_Q["find_key"], key_hash)
    return None if row is None else FoundKey(*row)


async def find_signer(tx: Reader, key: FoundKey) -> Principal | None:
    """Find whom a key signs in; `tx` is one of its account. Agents who do not sign in are not found."""
    row = await tx.row(_Q["find_signer"], key.login_key)
    if row is None:
        return None
    login, name, permission, zone = row
    return Principal(key.account_id, login, name, permission, zone, key.id)


async def add_key(tx: Writer, key_hash: bytes, key_id: str, login: str, label: str) -> None:
    """Add a key for an agent, by its hash."""
    await tx.run(_Q["add_key"], key_hash, key_id, login.lower(), label, tx.now)


async def is_key_known(tx: Reader, key_hash: bytes) -> bool:
    """Tell whether any account of this server has or had the key."""
    return await tx.row(_Q["is_key_known"], key_hash) is not None


async def is_key_id_taken(tx: Reader, key_id: str) -> bool:
    """Tell whether a key of any account of this server has the id."""
    return await tx.row(_Q["is_key_id_taken"], key_id) is not None


async def list_keys(tx: Reader) -> list[StoredKey]:
    """List the account's keys, revoked ones too."""
    return [StoredKey(row) for row in await tx.rows(_Q["list_keys"])]


async def revoke_key(tx: Writer, key_id: str) -> bool:
    """Revoke a key; False where there is no such key that still works."""
    return await tx.run(_Q["revoke_key"], key_id, tx.now) > 0


async def revoke_keys(tx: Writer, login: str) -> None:
    """Revoke all keys of an agent."""
    await tx.run(_Q["revoke_keys"], login.lower(), tx.now)


def _agent(row: Row, groups: tuple[int, ...]) -> Agent:
    login, name, permission, status, signs_in, job_title, created_at, settings = row
    return Agent(
        login=login,
        name=name,
        permission=permission,
        status=status,
        signs_in=bool(signs_in),
        job_title=job_title,
        created_at=created_at,
        groups=groups,
        settings=_settings(settings),
    )


async def add_agent(tx: Writer, agent: Agent) -> bool:
    """Add an agent; False where the login is there already."""
    values = (agent.login.lower(), agent.login, agent.name, agent.permission, agent.status)
    added = await tx.run(_Q["add_agent"], *values, int(agent.signs_in), agent.job_title, agent.created_at or tx.now) > 0
    if added:
        await _add_memberships(tx, agent)
    return added


async def let_sign_in(tx: Writer, agent: Agent) -> bool:
    """Turn an imported agent into one that works here; False where there is no imported one of this login."""
    changed = await tx.run(_Q["let_sign_in"], agent.login.lower(), agent.name, agent.permission, agent.job_title) > 0
    if changed:
        await _add_memberships(tx, agent)
    return changed


async def save_agent(tx: Writer, agent: Agent) -> None:
    """Save an agent's name, permission, status, job title and settings, and the groups they are in."""
    settings = _encode(agent.settings).decode()
    await tx.run(_Q["save_agent"], agent.login.lower(), agent.name, agent.permission, agent.status, agent.job_title, settings)
    await tx.run(_Q["delete_memberships"], agent.login.lower())
    await _add_memberships(tx, agent)


async def delete_agent(tx: Writer, login: str, by: str | None) -> None:
    """Delete an agent, who is in no group then; history goes on to name them. `by` is the login of who does it, None for nobody's."""
    await tx.run(_Q["delete_memberships"], login.lower())
    await tx.run(_Q["delete_agent"], login.lower(), tx.now, _encode(AgentSettings()).decode(), by)


async def list_deleted(tx: Reader) -> list[tuple[str, str | None]]:
    """List the agents who were deleted, and who did it, by their logins."""
    return [(login, by) for login, by in await tx.rows(_Q["list_deleted"])]


async def list_assigned(tx: Reader, login: str, limit: int) -> list[str]:
    """List the ids of tickets that an agent has and that are not solved, `limit` at most."""
    return [ticket_id for (ticket_id,) in await tx.rows(_Q["list_assigned"], login, limit)]


async def _add_memberships(tx: Writer, agent: Agent) -> None:
    if agent.groups:
        await tx.run_many(_Q["add_member"], ((group, agent.login.lower()) for group in agent.groups))


async def list_agents(tx: Reader) -> list[Agent]:
    """List the account's agents by login, imported ones too."""
    groups: dict[str, tuple[int, ...]] = {}
    for group_id, login in await tx.rows(_Q["list_memberships"]):
        groups[login] = (*groups.get(login, ()), group_id)
    return [_agent(row, groups.get(row[0], ())) for row in await tx.rows(_Q["list_agents"])]


async def find_agent(tx: Reader, login: str) -> Agent | None:
    """Find an agent by login, upper and lower case alike."""
    row = await tx.row(_Q["find_agent"], login.lower())
    if row is None:
        return None
    memberships = await tx.rows(_Q["list_memberships"])
    return _agent(row, tuple(group_id for group_id, member in memberships if member == row[0]))


async def add_group(tx: Writer, group: Group) -> bool:
    """Add a group; False where its id is there already."""
    return await tx.run(_Q["add_group"], group.id, group.name, group.language) > 0


async def find_last_group(tx: Reader) -> int:
    """Find the highest id that a group of the account has or had, or that tickets tell of."""
    row = await tx.row(_Q["find_last_group"])
    assert row is not None
    last: int = row[0]
    return last


async def save_group(tx: Writer, group: Group) -> None:
    """Save a group's name and language in the place of those that it had."""
    await tx.run(_Q["save_group"], group.id, group.name, group.language)


async def set_members(tx: Writer, group_id: int, logins: tuple[str, ...]) -> None:
    """Replace who is in a group; the agents are there."""
    await tx.run(_Q["delete_members"], group_id)
    if logins:
        await tx.run_many(_Q["add_member"], ((group_id, login.lower()) for login in logins))


async def save_last_group(tx: Writer, group_id: int) -> None:
    """Have no other group be given an id up to this one."""
    await tx.run(_Q["save_last_group"], group_id)


async def delete_group(tx: Writer, group_id: int) -> bool:
    """Delete a group and who is in it; its tags are everybody's then. False where there is none."""
    await tx.run(_Q["delete_members"], group_id)
    await tx.run(_Q["release_tags"], group_id)
    return await tx.run(_Q["delete_group"], group_id) > 0


async def find_group(tx: Reader, group_id: int) -> Group | None:
    """Find a group by its id, without its members."""
    row = await tx.row(_Q["find_group"], group_id)
    return None if row is None else Group(*row)


async def list_groups(tx: Reader) -> list[Group]:
    """List the account's groups by id."""
    members: dict[int, tuple[str, ...]] = {}
    for group_id, login in await tx.rows(_Q["list_memberships"]):
        members[group_id] = (*members.get(group_id, ()), login)
    return [Group(i, name, language, members.get(i, ())) for i, name, language in await tx.rows(_Q["list_groups"])]


async def list_tags(tx: Reader, group: int | None = None) -> list[Tag]:
    """List the account's tags by name, those of one group where it is given."""
    tags = [_tag(row) for row in await tx.rows(_Q["list_tags"])]
    return tags if group is None or group == EVERYBODY else [tag for tag in tags if tag.group == group]


async def find_tag(tx: Reader, name: str) -> Tag | None:
    """Find a tag that was not deleted."""
    row = await tx.row(_Q["find_tag"], name)
    return None if row is None else _tag(row)


def _tag(row: Row) -> Tag:
    name, author, created_at, group, tickets = row
    return Tag(name, author, created_at, tickets, group)


async def save_tag(tx: Writer, name: str, author: str, group: int) -> None:
    """Add a tag, or have one that was deleted again."""
    await tx.run(_Q["save_tag"], name, author, tx.now, group)


async def delete_tag(tx: Writer, name: str) -> bool:
    """Delete a tag from the list of those that the account has; tickets keep it. False where there is none."""
    return await tx.run(_Q["delete_tag"], name, tx.now) > 0


async def add_tags(tx: Writer, names: tuple[str, ...], author: str) -> None:
    """Make sure that the account knows these tags."""
    await tx.run_many(_Q["add_tag"], ((name, author, tx.now) for name in dict.fromkeys(names)))
