"""The endpoints that apps ask: tokens for codes and for other tokens, their end, and what they are."""

from typing import Any

from deskline.actions import oauth as act
from deskline.actions.oauth import Issued, Refusal, hash_of
from deskline.domain import scopes as words
from deskline.domain.apps import App
from deskline.domain.scopes import LONGEST_SCOPE, ordered
from deskline.domain.tokens import account_of
from deskline.errors import InvalidError, InvalidTokenError, SignInError
from deskline.storage import oauth as stored
from deskline.storage.oauth import StoredToken
from deskline.web.auth import bearer
from deskline.web.oauth.clients import LONGEST, identify
from deskline.web.oauth.issuers import issuer
from deskline.web.oauth.refusals import OAuthError
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer

_NOT_KEPT = ((b"pragma", b"no-cache"),)  # beside `Cache-Control: no-store` (RFC 6749, 5.1)


async def exchange(request: Request) -> Answer:
    """POST /token, POST /v2/token → tokens for an authorization code or a refresh token."""
    params = await request.form()
    grant = params.text("grant_type", limit=LONGEST)
    code, refresh = params.text("code", limit=LONGEST), params.text("refresh_token", limit=LONGEST)
    redirect_uri, verifier = params.text("redirect_uri", limit=LONGEST), params.text("code_verifier", limit=LONGEST)
    scope = params.text("scope", limit=LONGEST_SCOPE)
    account_id, app = await identify(request, params)
    if grant == "authorization_code":
        if code is None:
            raise OAuthError("invalid_request", "code: it is missing.")
        async with request.services.database.write(account_id) as tx:
            made = await act.redeem(tx, app, code, redirect_uri, verifier)
    elif grant == "refresh_token":
        if refresh is None:
            raise OAuthError("invalid_request", "refresh_token: it is missing.")
        chosen = None if scope is None else _scopes(scope)
        async with request.services.database.write(account_id) as tx:
            made = await act.refresh(tx, app, refresh, chosen)
    elif grant is None:
        raise OAuthError("invalid_request", "grant_type: it is missing; accepted: authorization_code, refresh_token")
    else:
        raise OAuthError("unsupported_grant_type", "grant_type: accepted: authorization_code, refresh_token")
    if isinstance(made, Refusal):
        raise OAuthError(made.error, made.text)
    return _answer(show_issued(account_id, made))


async def revoke(request: Request) -> Answer:
    """POST /revoke → `{}`: an app ends one of its tokens (RFC 7009); one that is none is ended already."""
    account_id, app, text, token = await _token_of(request)
    if token is not None and token.client_id != app.id:
        raise OAuthError("unauthorized_client", "token: it is one of another app.")
    if token is not None:
        async with request.services.database.write(account_id) as tx:
            await act.revoke(tx, text)
    return _answer({})


async def introspect(request: Request) -> Answer:
    """POST /introspect → what a token of the app is (RFC 7662); of any other only that it is not active."""
    account_id, app, _, token = await _token_of(request)
    now = request.services.clock()
    if token is None or token.client_id != app.id or not token.is_alive(now):
        return _answer({"active": False})
    return _answer(
        {
            "active": True,
            "scope": " ".join(ordered(token.scopes)),
            "client_id": app.id,
            "username": token.login,
            "sub": token.login,
            "token_type": "Bearer" if token.kind == "access" else "refresh_token",
            "exp": token.expires_at // 1_000,
            "iat": token.created_at // 1_000,
            "iss": issuer(request),
            "license_id": account_id,
        }
    )


async def delete(request: Request) -> Answer:
    """DELETE /token?token=…, DELETE /v2/token?code=…, or with the token as Bearer → `{}`: who has a token may end it."""
    query = request.query
    given = query.text("token", limit=LONGEST) or query.text("code", limit=LONGEST)
    query.check()
    text = given or _bearer(request)
    account_id, token = await _find(request, text)
    if token is not None:
        async with request.services.database.write(account_id) as tx:
            await act.revoke(tx, text)
    return _answer({})


async def info(request: Request) -> Answer:
    """GET /info, GET /v2/info → what the Bearer token of the request is."""
    text = _bearer(request)
    account_id, token = await _find(request, text)
    now = request.services.clock()
    if token is None or token.kind != "access" or not token.is_alive(now):
        raise InvalidTokenError("The token is unknown, revoked, or its time is over.")
    return _answer(
        {
            "access_token": text,
            "expires_in": (token.expires_at - now) // 1_000,
            "client_id": token.client_id,
            "scope": ",".join(ordered(token.scopes)),
            "token_type": "Bearer",
            "entity_id": token.login,
            "license_id": account_id,
            **_account(account_id),
        }
    )


async def _token_of(request: Request) -> tuple[int, App, str, StoredToken | None]:
    params = await request.form()
    text = params.text("token", limit=LONGEST)
    params.text("token_type_hint", limit=LONGEST)  # a hint: tokens say themselves what they are
    account_id, app = await identify(request, params)
    if text is None:
        raise OAuthError("invalid_request", "token: it is missing.")
    found_in, token = await _find(request, text)
    return account_id, app, text, token if found_in == account_id else None


def show_issued(account_id: int, made: Issued) -> dict[str, Any]:
    """Show new tokens, with the fields of both versions of the original."""
    refreshed = {} if made.refresh is None else {"refresh_token": made.refresh}
    shown = {"access_token": made.access, **refreshed, "expires_in": made.expires_in, "token_type": "Bearer"}
    return {**shown, "scope": " ".join(ordered(made.scopes)), "entity_id": made.login, "license_id": account_id, **_account(account_id)}


def _account(account_id: int) -> dict[str, str]:
    return {"account_id": str(account_id), "organization_id": str(account_id)}


async def _find(request: Request, text: str) -> tuple[int, StoredToken | None]:
    """Find a token in the account that it names."""
    account_id = account_of("access", text) or account_of("refresh", text)
    if account_id is None:
        return 0, None
    async with request.services.database.read(account_id) as tx:
        return account_id, await stored.find_token(tx, hash_of(text))


def _bearer(request: Request) -> str:
    header = request.headers.get(b"authorization")
    if header is None:
        raise SignInError("No Authorization header.")
    text = bearer(header)
    if text is None:
        raise SignInError("Only a Bearer token is taken here.")
    return text


def _scopes(text: str) -> frozenset[str]:
    try:
        return words.read([text])
    except InvalidError as error:
        raise OAuthError("invalid_scope", str(error)) from None


def _answer(shown: dict[str, Any]) -> Answer:
    answer = json_answer(shown)
    answer.is_secret = True
    answer.headers = _NOT_KEPT
    return answer
