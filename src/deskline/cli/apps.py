"""Commands for apps that agents may let in (OAuth clients). The rules about them are in `actions.apps`."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from deskline.cli.options import AccountOption, ConfigOption, DataOption, JsonOption, settings_of
from deskline.cli.terminal import instant, show_json, show_table

if TYPE_CHECKING:
    from deskline.actions.apps import NewApp
    from deskline.config import Settings
    from deskline.domain.apps import App

apps = typer.Typer(
    help="Add, list and remove apps that agents may let in (OAuth clients).",
    callback=lambda: None,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
)


@apps.command("add")
def add_app(
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Its name, as agents are asked.")],
    redirect_uri: Annotated[
        list[str], typer.Option("--redirect-uri", metavar="URL", help="Where answers go, to the letter; can be repeated.")
    ],
    scope: Annotated[list[str], typer.Option("--scope", metavar="SCOPE", help="What it may ask for, as in tickets_read; can be repeated.")],
    public: Annotated[bool, typer.Option("--public", help="It can keep no secret: it runs in a browser, or on somebody's phone.")] = False,
    optional_pkce: Annotated[bool, typer.Option("--optional-pkce", help="An old app with a secret, that knows nothing of PKCE.")] = False,
    account: AccountOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Register an app. Its secret is shown this once; the database keeps its hash.

    \b
    Example:
      deskline app add --data ./data --name "Shop connector" --redirect-uri https://shop.example/callback \\
          --scope tickets_read --scope tickets_write
    """
    made = asyncio.run(_add(settings_of(data, config), account, name, redirect_uri, scope, public=public, pkce=not optional_pkce))
    if as_json:
        show_json({**_shown(made.app), "client_secret": made.secret})
    else:
        typer.echo(f"Client id:     {made.app.id}")
        if made.secret is not None:
            typer.echo(f"Client secret: {made.secret}  (it is shown this once)")
        typer.echo(f"Scopes:        {_cell(_shown(made.app)['scopes'])}")


async def _add(
    settings: "Settings", wanted: str | None, name: str, redirect_uris: list[str], scopes: list[str], *, public: bool, pkce: bool
) -> "NewApp":
    from deskline.actions import apps as act
    from deskline.cli.desks import get_account, opened

    async with opened(settings) as database:
        account = await get_account(database, wanted)
        async with database.write(account.id) as tx:
            return await act.create(tx, name, redirect_uris, scopes, is_public=public, requires_pkce=pkce)


@apps.command("list")
def list_apps(account: AccountOption = None, data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the apps of an account.

    \b
    Example:
      deskline app list --data ./data
    """
    found = [_shown(app) for app in asyncio.run(_list(settings_of(data, config), account))]
    if as_json:
        show_json(found)
    else:
        heads = ("client_id", "name", "scopes", "redirect_uris", "public", "pkce", "created_at")
        show_table(heads, [[_cell(app[head]) for head in heads] for app in found])


async def _list(settings: "Settings", wanted: str | None) -> "list[App]":
    from deskline.cli.desks import get_account, opened
    from deskline.storage import oauth

    async with opened(settings) as database, database.read((await get_account(database, wanted)).id) as tx:
        return await oauth.list_clients(tx)


@apps.command("remove")
def remove_app(
    client_id: Annotated[str, typer.Argument(metavar="CLIENT_ID", help="The app's client id, as deskline app list shows it.")],
    account: AccountOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Remove an app. A running server refuses all its tokens within a second, for good.

    \b
    Example:
      deskline app remove --data ./data 1-3f2a90c15b7d4e8890aa12cd
    """
    asyncio.run(_remove(settings_of(data, config), account, client_id))
    typer.echo(f"App {client_id} is removed, and its tokens with it.")


async def _remove(settings: "Settings", wanted: str | None, client_id: str) -> None:
    from deskline.actions import apps as act
    from deskline.cli.desks import get_account, opened

    async with opened(settings) as database:
        account = await get_account(database, wanted)
        async with database.write(account.id) as tx:
            await act.remove(tx, client_id)


def _shown(app: "App") -> dict[str, object]:
    from deskline.domain.scopes import ordered

    return {
        "client_id": app.id,
        "name": app.name,
        "redirect_uris": list(app.redirect_uris),
        "scopes": ordered(app.scopes),
        "public": app.is_public,
        "pkce": "required" if app.requires_pkce else "optional",
        "created_at": instant(app.created_at),
    }


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value if value is not None else "")
