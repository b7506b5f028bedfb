"""Commands for personal access tokens. The rules about them are in `actions.personal_tokens`."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from deskline.cli.options import AccountOption, ConfigOption, DataOption, JsonOption, settings_of
from deskline.cli.terminal import instant, show_json, show_table

if TYPE_CHECKING:
    from deskline.actions.personal_tokens import NewToken
    from deskline.config import Settings
    from deskline.storage.personal_tokens import StoredToken

tokens = typer.Typer(
    help="Add, list and revoke personal access tokens.",
    callback=lambda: None,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
)


@tokens.command("add")
def add_token(
    login: Annotated[str, typer.Option("--login", metavar="EMAIL", help="The agent whose it is: it can do nothing that they cannot.")],
    scope: Annotated[
        list[str],
        typer.Option("--scope", metavar="SCOPE", help="What it may do, as in tickets_read; can be repeated."),
    ],
    label: Annotated[str, typer.Option("--label", metavar="TEXT", help="What it is for, in a few words.", show_default=False)] = "",
    days: Annotated[
        int | None, typer.Option("--days", metavar="N", help="How long it works; until it is revoked by default.", show_default=False)
    ] = None,
    account: AccountOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a token for an agent, that may do no more than its scopes say. It is shown this once; the database keeps its hash.

    It is sent as an API key is: as the password of HTTP Basic, with the agent's login or the account's number as the user.

    Scopes: tickets_read, tickets_write, reports_read, agents_read, agents_write, groups_read, groups_write, tags_read, tags_write,
    canned_responses_read, canned_responses_write, custom_fields_read, custom_fields_write, webhooks_manage.

    \b
    Example:
      deskline token add --data ./data --login jane@mycompany.com --scope reports_read --label dashboard --days 365
    """
    made = asyncio.run(_add(settings_of(data, config), account, login, scope, label, days))
    if as_json:
        show_json({"token": made.secret, **_shown(made.token)})
    else:
        typer.echo(f"Login:  {made.token.login}")
        typer.echo(f"Token:  {made.secret}  (id {made.token.id}; it is shown this once)")
        typer.echo(f"Scopes: {_scopes(made.token)}")


async def _add(settings: "Settings", wanted: str | None, login: str, scopes: list[str], label: str, days: int | None) -> "NewToken":
    from deskline.actions import personal_tokens as act
    from deskline.cli.desks import get_account, opened

    async with opened(settings) as database:
        account = await get_account(database, wanted)
        async with database.write(account.id) as tx:
            return await act.create(tx, login, scopes, label=label, days=days)


@tokens.command("list")
def list_tokens(account: AccountOption = None, data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the tokens of an account, revoked ones too. The tokens themselves are stored nowhere.

    \b
    Example:
      deskline token list --data ./data
    """
    found = [_shown(token) for token in asyncio.run(_list(settings_of(data, config), account))]
    if as_json:
        show_json(found)
    else:
        heads = ("id", "login", "scopes", "label", "created_at", "expires_at", "revoked_at")
        show_table(heads, [[_cell(token[head]) for head in heads] for token in found])


async def _list(settings: "Settings", wanted: str | None) -> "list[StoredToken]":
    from deskline.cli.desks import get_account, opened
    from deskline.storage import personal_tokens

    async with opened(settings) as database, database.read((await get_account(database, wanted)).id) as tx:
        return await personal_tokens.list_all(tx)


@tokens.command("revoke")
def revoke_token(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The token's id, as deskline token list shows it.")],
    account: AccountOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Revoke a token. A running server refuses it within a second; it never works again.

    \b
    Example:
      deskline token revoke --data ./data 3f2a90c1
    """
    asyncio.run(_revoke(settings_of(data, config), account, token_id))
    typer.echo(f"Token {token_id} is revoked.")


async def _revoke(settings: "Settings", wanted: str | None, token_id: str) -> None:
    from deskline.actions import personal_tokens as act
    from deskline.cli.desks import get_account, opened

    async with opened(settings) as database:
        account = await get_account(database, wanted)
        async with database.write(account.id) as tx:
            await act.revoke(tx, token_id)


def _shown(token: "StoredToken") -> dict[str, object]:
    from deskline.domain.scopes import ordered

    return {
        "id": token.id,
        "login": token.login,
        "scopes": ordered(token.scopes),
        "label": token.label,
        "created_at": instant(token.created_at),
        "expires_at": instant(token.expires_at),
        "revoked_at": instant(token.revoked_at),
    }


def _scopes(token: "StoredToken") -> str:
    return _cell(_shown(token)["scopes"])


def _cell(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value if value is not None else "")
