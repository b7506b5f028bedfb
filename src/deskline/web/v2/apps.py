"""Apps over the API: /apps. A key opens these endpoints, a token never does."""

from typing import Any

from deskline.actions import apps as act
from deskline.domain.apps import LONGEST_ADDRESS, MOST_ADDRESSES, App
from deskline.domain.scopes import LONGEST_SCOPE, MOST, SCOPES, ordered
from deskline.storage import oauth
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.v2.wire import instant


async def list_apps(request: Request) -> Answer:
    """GET /apps → the apps that agents of the account may let in."""
    async with request.services.database.read(request.principal.account_id) as tx:
        return json_answer([_show(app) for app in await oauth.list_clients(tx)])


async def create_app(request: Request) -> Answer:
    """POST /apps → a new app, with its `client_secret`, which is shown this once. An owner or an administrator may."""
    act.check_may_change(request.principal)
    params = await request.form()
    name = params.text("name", required=True, limit=act.LONGEST_NAME)
    addresses = params.texts("redirect_uris", limit=LONGEST_ADDRESS, count=MOST_ADDRESSES)
    scopes = params.texts("scopes", limit=LONGEST_SCOPE, count=MOST)
    if not params.given("redirect_uris"):
        params.refuse("redirect_uris", "is missing", "one or more addresses")
    if not params.given("scopes"):
        params.refuse("scopes", "is missing", f"one or more of {', '.join(SCOPES)}")
    is_public, pkce = params.flag("public") or False, params.choice("pkce", ("required", "optional"), "required")
    params.check()
    async with request.services.database.write(request.principal.account_id) as tx:
        made = await act.create(tx, name, addresses, scopes, is_public=is_public, requires_pkce=pkce == "required")
    return json_answer({**_show(made.app), **({} if made.secret is None else {"client_secret": made.secret})})


async def remove_app(request: Request) -> Answer:
    """DELETE /apps/<client id> → `{"ok":true}`: its tokens are refused within a second. An owner or an administrator may."""
    act.check_may_change(request.principal)
    async with request.services.database.write(request.principal.account_id) as tx:
        await act.remove(tx, request.route_values["client_id"])
    return json_answer({"ok": True})


async def leave_app(request: Request) -> Answer:
    """DELETE /apps/<client id>/tokens → `{"revoked":<count>}`: what the caller gave the app opens nothing any more."""
    async with request.services.database.write(request.principal.account_id) as tx:
        revoked = await act.leave(tx, request.route_values["client_id"], request.principal.login)
    return json_answer({"revoked": revoked})


def _show(app: App) -> dict[str, Any]:
    return {
        "client_id": app.id,
        "name": app.name,
        "redirect_uris": list(app.redirect_uris),
        "scopes": ordered(app.scopes),
        "public": app.is_public,
        "pkce": "required" if app.requires_pkce else "optional",
        "created_at": instant(app.created_at),
    }
