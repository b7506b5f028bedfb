"""Commands for accounts, agents and keys. The rules about them are in `actions.accounts`."""

import asyncio
import shlex
import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deskline.cli.options import AccountOption, ConfigOption, DatabaseOption, DataOption, JsonOption, KeyOption, settings_of
from deskline.cli.terminal import instant, show_json, show_table, warn

if TYPE_CHECKING:
    from deskline.actions.accounts import NewKey
    from deskline.config import Settings
    from deskline.domain.people import Account, Agent
    from deskline.storage.people import StoredKey

Permission = Literal["owner", "administrator", "normal"]
LoginOption = Annotated[str, typer.Option("--login", metavar="EMAIL", help="The agent's mail address, which is the login.")]
NameOption = Annotated[str, typer.Option("--name", metavar="NAME", help="The agent's name, as clients see it.")]
LabelOption = Annotated[str, typer.Option("--label", metavar="TEXT", help="What the key is for, in a few words.", show_default=False)]


def _noun(help_text: str) -> typer.Typer:
    # With a callback it is a group, however few its commands are.
    return typer.Typer(help=help_text, callback=lambda: None, rich_markup_mode=None, add_completion=False, no_args_is_help=True)


accounts = _noun("List accounts.")
agents = _noun("Add and list agents.")
keys = _noun("Add, list and revoke API keys.")


def init(
    account: Annotated[str, typer.Option("--account", metavar="NAME", help="The account's name: your company.")],
    timezone: Annotated[str, typer.Option("--timezone", metavar="ZONE", help="Where its days begin and end, as in Europe/Warsaw.")],
    login: LoginOption,
    name: NameOption,
    key: KeyOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a database, or another account in one, with its owner and the owner's API key, which is shown this once.

    \b
    Example:
      deskline init --data ./data --account "My Company" --timezone Europe/Warsaw \\
          --login john.doe@mycompany.com --name "John Doe"
    """
    from deskline.domain.people import Agent

    settings = settings_of(data, config, database)
    owner = Agent(login=login, name=name)
    made, secret = asyncio.run(_init(settings, account, timezone, owner, _secret(key)))
    if as_json:
        shown = {"id": made.id, "name": made.name, "timezone": made.zone}
        show_json({"account": shown, "login": secret.login, "key_id": secret.id, "key": secret.secret})
    else:
        typer.echo(f"Account {made.id} ({made.name}) is in {settings.place}.")
        _show_key(secret)
        where = f"--data {shlex.quote(str(settings.data))}" if settings.database is None else f"--database {shlex.quote(settings.place)}"
        typer.echo(f"Next: deskline serve {where}")
    _warn_of_short(secret)


async def _init(settings: "Settings", name: str, zone: str, owner: "Agent", secret: str | None) -> "tuple[Account, NewKey]":
    from deskline.actions import accounts as act
    from deskline.app import make_database
    from deskline.cli.desks import get_account, opened
    from deskline.storage.database import SERVER

    act.check_account(name, zone, owner, secret)  # before there is a database: a refused command leaves nothing behind
    await make_database(settings)
    async with opened(settings) as database:
        async with database.read(SERVER) as server:
            account_id = await act.next_account_id(server)
        async with database.write(account_id) as tx:
            key = await act.init_account(tx, name, zone, owner, secret=secret)
        return await get_account(database, str(account_id)), key


@accounts.command("list")
def list_accounts(data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the accounts of the database.

    \b
    Example:
      deskline account list --data ./data
    """
    found = asyncio.run(_list_accounts(settings_of(data, config)))
    rows = [(str(account.id), account.name, account.zone, str(instant(account.created_at))) for account in found]
    heads = ("id", "name", "timezone", "created_at")
    if as_json:
        show_json([dict(zip(heads, (account.id, *row[1:]), strict=True)) for account, row in zip(found, rows, strict=True)])
    else:
        show_table(heads, rows)


async def _list_accounts(settings: "Settings") -> "list[Account]":
    from deskline.cli import desks

    async with desks.opened(settings) as database:
        return await desks.list_accounts(database)


@agents.command("add")
def add_agent(
    login: LoginOption,
    name: NameOption,
    permission: Annotated[Permission, typer.Option("--permission", help="What the agent may do.")] = "normal",
    group: Annotated[
        list[int] | None, typer.Option("--group", metavar="ID", help="A group the agent is in; can be repeated.", show_default=False)
    ] = None,
    job_title: Annotated[str, typer.Option("--job-title", metavar="TEXT", help="The agent's job.", show_default=False)] = "",
    account: AccountOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add an agent, or let one that an import brought sign in. A key for the API is a command of its own.

    \b
    Example:
      deskline agent add --data ./data --login jane@mycompany.com --name Jane
      deskline key add --data ./data --login jane@mycompany.com
    """
    from deskline.domain.people import Agent

    settings = settings_of(data, config)
    agent = Agent(login=login, name=name, permission=permission, groups=tuple(group or ()), job_title=job_title)
    found, stored = asyncio.run(_add_agent(settings, account, agent))
    if as_json:
        show_json(_agent_shown(stored))
    else:
        typer.echo(f"Agent {stored.login} ({stored.name}) works in account {found.id} ({found.name}).")
        typer.echo(
            f"Next: deskline key add --data {shlex.quote(str(settings.data))} --account {found.id} --login {shlex.quote(stored.login)}"
        )


async def _add_agent(settings: "Settings", wanted: str | None, agent: "Agent") -> "tuple[Account, Agent]":
    from deskline.actions import accounts as act
    from deskline.cli.desks import get_account, opened
    from deskline.storage import people

    async with opened(settings) as database:
        account = await get_account(database, wanted)
        async with database.write(account.id) as tx:
            await act.add_agent(tx, agent)
            stored = await people.find_agent(tx, agent.login)
    return account, stored or agent


@agents.command("delete")
def delete_agent(
    login: Annotated[str, typer.Argument(metavar="LOGIN", help="Who is deleted.")],
    account: AccountOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete an agent: their keys open nothing any more, and a server takes from them the tickets that are not solved.

    Tickets and reports go on to name them. The only owner of an account stays.

    \b
    Example:
      deskline agent delete --data ./data jane@mycompany.com
    """
    agent = asyncio.run(_delete_agent(settings_of(data, config), account, login))
    if as_json:
        show_json(_agent_shown(agent))
    else:
        typer.echo(f"Agent {agent.login} ({agent.name}) is deleted.")


async def _delete_agent(settings: "Settings", wanted: str | None, login: str) -> "Agent":
    from deskline.actions import agents as act
    from deskline.cli.desks import get_account, opened

    async with opened(settings) as database:
        account = await get_account(database, wanted)
        async with database.write(account.id) as tx:
            return await act.delete(tx, login)


@agents.command("list")
def list_agents(account: AccountOption = None, data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the agents of an account, those that an import brought too.

    \b
    Example:
      deskline agent list --data ./data
    """
    found = [_agent_shown(agent) for agent in asyncio.run(_list_agents(settings_of(data, config), account))]
    if as_json:
        show_json(found)
    else:
        heads = ("login", "name", "permission", "groups", "signs_in")
        show_table(heads, [[_cell(agent[head]) for head in heads] for agent in found])


async def _list_agents(settings: "Settings", wanted: str | None) -> "list[Agent]":
    from deskline.cli.desks import get_account, opened
    from deskline.storage import people

    async with opened(settings) as database, database.read((await get_account(database, wanted)).id) as tx:
        return await people.list_agents(tx)


@keys.command("add")
def add_key(
    login: LoginOption,
    label: LabelOption = "",
    key: KeyOption = None,
    account: AccountOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add an API key for an agent. It is shown this once; the database keeps its hash.

    \b
    Example:
      deskline key add --data ./data --login jane@mycompany.com --label "web shop"
      deskline key add --data ./data --login jane@mycompany.com --key - < old-key.txt
    """
    added = asyncio.run(_add_key(settings_of(data, config), account, login, label, _secret(key)))
    if as_json:
        show_json({"login": added.login, "key_id": added.id, "key": added.secret})
    else:
        _show_key(added)
    _warn_of_short(added)


async def _add_key(settings: "Settings", wanted: str | None, login: str, label: str, secret: str | None) -> "NewKey":
    from deskline.actions import accounts as act
    from deskline.cli.desks import get_account, opened

    async with opened(settings) as database:
        account = await get_account(database, wanted)
        async with database.write(account.id) as tx:
            return await act.add_key(tx, login, label=label, secret=secret)


@keys.command("list")
def list_keys(account: AccountOption = None, data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the API keys of an account, revoked ones too. The keys themselves are stored nowhere.

    \b
    Example:
      deskline key list --data ./data
    """
    found = asyncio.run(_list_keys(settings_of(data, config), account))
    heads = ("id", "login", "label", "created_at", "revoked_at")
    rows = [(key.id, key.login, key.label, instant(key.created_at), instant(key.revoked_at)) for key in found]
    if as_json:
        show_json([dict(zip(heads, row, strict=True)) for row in rows])
    else:
        show_table(heads, [[_cell(value) for value in row] for row in rows])


async def _list_keys(settings: "Settings", wanted: str | None) -> "list[StoredKey]":
    from deskline.cli.desks import get_account, opened
    from deskline.storage import people

    async with opened(settings) as database, database.read((await get_account(database, wanted)).id) as tx:
        return await people.list_keys(tx)


@keys.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as deskline key list shows it.")],
    account: AccountOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Revoke an API key. A running server refuses it within a second; it never works again.

    \b
    Example:
      deskline key revoke --data ./data 3f2a90c1
    """
    asyncio.run(_revoke_key(settings_of(data, config), account, key_id))
    typer.echo(f"Key {key_id} is revoked.")


async def _revoke_key(settings: "Settings", wanted: str | None, key_id: str) -> None:
    from deskline.actions import accounts as act
    from deskline.cli.desks import get_account, opened

    async with opened(settings) as database:
        account = await get_account(database, wanted)
        async with database.write(account.id) as tx:
            await act.revoke_key(tx, key_id)


def _secret(key: str | None) -> str | None:
    """Take the key that was given; - reads it from standard input, where no list of processes shows it."""
    return sys.stdin.readline().strip() if key == "-" else key


def _show_key(key: "NewKey") -> None:
    typer.echo(f"Login:   {key.login}")
    typer.echo(f"API key: {key.secret}  (id {key.id}; it is shown this once)")


def _warn_of_short(key: "NewKey") -> None:
    if key.is_short:
        warn("this key is shorter than 32 characters and might be guessed; replace it once your clients can use another one.")


def _agent_shown(agent: "Agent") -> dict[str, object]:
    return {
        "login": agent.login,
        "name": agent.name,
        "permission": agent.permission,
        "groups": list(agent.groups),
        "signs_in": agent.signs_in,
        "job_title": agent.job_title,
    }


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value if value is not None else "")
