"""Personal access tokens over the API: /personal_tokens. A key opens these endpoints, a token never does."""

from typing import Any

from deskline.actions import personal_tokens as act
from deskline.domain.scopes import LONGEST_SCOPE, MOST, SCOPES, ordered
from deskline.storage.personal_tokens import StoredToken
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.v2.wire import instant


async def list_tokens(request: Request) -> Answer:
    """GET /personal_tokens → the caller's tokens, revoked ones too; all of the account for an owner or an administrator."""
    async with request.services.database.read(request.principal.account_id) as tx:
        return json_answer([_show(token) for token in await act.list_visible(tx, request.principal)])


async def create_token(request: Request) -> Answer:
    """POST /personal_tokens → a new token of the caller, with its `token`, which is shown this once."""
    params = await request.form()
    scopes = params.texts("scopes", limit=LONGEST_SCOPE, count=MOST)
    if not params.given("scopes"):
        params.refuse("scopes", "is missing", f"one or more of {', '.join(SCOPES)}")
    label = params.text("label", limit=act.LONGEST_LABEL) or ""
    days = params.whole("expires_in_days", 1, act.LONGEST_DAYS)
    params.check()
    async with request.services.database.write(request.principal.account_id) as tx:
        made = await act.create(tx, request.principal.login, scopes, label=label, days=days)
    return json_answer({**_show(made.token), "token": made.secret})


async def revoke_token(request: Request) -> Answer:
    """DELETE /personal_tokens/<id> → `{"ok":true}`: the token is refused within a second, for good."""
    async with request.services.database.write(request.principal.account_id) as tx:
        await act.revoke(tx, request.route_values["token_id"], request.principal)
    return json_answer({"ok": True})


def _show(token: StoredToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "login": token.login,
        "scopes": ordered(token.scopes),
        "label": token.label,
        "created_at": instant(token.created_at),
        "expires_at": None if token.expires_at is None else instant(token.expires_at),
        "revoked_at": None if token.revoked_at is None else instant(token.revoked_at),
    }
