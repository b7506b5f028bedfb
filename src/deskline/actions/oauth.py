"""What follows from a consent: a code, tokens for it, other tokens for those, and their end. The protocol on the wire is not known here.

A refusal may have changed something (a code that comes twice ends all that came of it), so it is returned, not raised: what was changed
is committed.
"""

import hashlib
import secrets
from typing import Final, Literal

import msgspec

from deskline.domain.apps import ACCESS_SECONDS, CODE_SECONDS, MOST_TOKENS, REFRESH_SECONDS, App, answers
from deskline.domain.people import Principal
from deskline.domain.tokens import Kind, spell
from deskline.storage import oauth as stored
from deskline.storage import people
from deskline.storage.database import Writer
from deskline.storage.oauth import StoredCode, StoredToken

SECRET_BYTES: Final = 32
_USED_CODES_MS: Final = 86_400_000  # how long a second use is noticed


class Refusal(msgspec.Struct, frozen=True):
    """Why there is no token, in the words of RFC 6749, 5.2, and for people."""

    error: Literal["invalid_grant", "invalid_scope"]
    text: str


class Issued(msgspec.Struct, frozen=True):
    """Tokens that were just made, known here and to whoever is told now. `refresh` is None where there is none."""

    access: str
    refresh: str | None
    login: str
    scopes: frozenset[str]
    expires_in: int = ACCESS_SECONDS


class Consent(msgspec.Struct, frozen=True):
    """What an agent lets an app do, and what the app's request said."""

    app: App
    scopes: frozenset[str]
    redirect_uri: str | None = None
    challenge: str | None = None


def hash_of(text: str) -> bytes:
    """Hash a code or token as it is stored. They are 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(text.encode()).digest()


async def give_code(tx: Writer, consent: Consent, principal: Principal) -> str:
    """Make a code for an agent's consent, for one use in a minute (RFC 6749, 4.1.2)."""
    await stored.delete_codes(tx, tx.now - _USED_CODES_MS)
    code = StoredCode(
        grant_id=secrets.token_hex(16),
        client_id=consent.app.id,
        login_key=principal.login.lower(),
        scopes=consent.scopes,
        redirect_uri=consent.redirect_uri,
        challenge=consent.challenge,
        expires_at=tx.now + CODE_SECONDS * 1_000,
    )
    text = _new("code", tx)
    await stored.add_code(tx, hash_of(text), code)
    return text


async def give_token(tx: Writer, consent: Consent, principal: Principal) -> Issued:
    """Make an access token for an agent's consent at once: the implicit flow of RFC 6749, 4.2, which gives no refresh token."""
    return await _issue(tx, consent.app.id, principal.login, secrets.token_hex(16), consent.scopes, None)


async def redeem(tx: Writer, app: App, text: str, redirect_uri: str | None, verifier: str | None) -> Issued | Refusal:
    """Make tokens for a code (RFC 6749, 4.1.3). A code that comes a second time ends all that came of it (RFC 9700, 4.5)."""
    code = await stored.find_code(tx, hash_of(text))
    if code is None or code.client_id != app.id:
        return Refusal("invalid_grant", "code: there is no such code for this app.")
    if code.used_at is not None:
        await stored.revoke_grant(tx, code.grant_id)
        return Refusal("invalid_grant", "code: it was used before; the tokens that came of it are revoked.")
    if code.expires_at <= tx.now:
        return Refusal("invalid_grant", f"code: its time of {CODE_SECONDS} seconds is over.")
    if redirect_uri is None and code.redirect_uri is not None:
        return Refusal("invalid_grant", "redirect_uri: it is missing, and the authorization request named one.")
    if redirect_uri not in (None, code.redirect_uri if code.redirect_uri is not None else app.redirect_uris[0]):
        return Refusal("invalid_grant", "redirect_uri: it is not the one of the authorization request.")
    if (code.challenge is None) != (verifier is None):  # RFC 9700, 2.1.1 and 4.8.2: neither side may leave it out alone
        wrong = "it is missing" if verifier is None else "the authorization request had no code_challenge"
        return Refusal("invalid_grant", f"code_verifier: {wrong}.")
    if code.challenge is not None and verifier is not None and not answers(code.challenge, verifier):
        return Refusal("invalid_grant", "code_verifier: it is not the one of the code_challenge.")
    agent = await people.find_agent(tx, code.login_key)
    if agent is None or not agent.signs_in:
        return Refusal("invalid_grant", "code: its agent does not sign in any more.")
    await stored.use_code(tx, hash_of(text))
    return await _issue(tx, app.id, agent.login, code.grant_id, code.scopes, code.scopes)


async def refresh(tx: Writer, app: App, text: str, scopes: frozenset[str] | None) -> Issued | Refusal:
    """Make new tokens for a refresh token, which ends with that. One that comes again ends all of its grant (RFC 9700, 4.14.2).

    `scopes` may ask for less than was granted; the new refresh token has all of it (RFC 6749, 6).
    """
    token = await stored.find_token(tx, hash_of(text))
    if token is None or token.kind != "refresh" or token.client_id != app.id:
        return Refusal("invalid_grant", "refresh_token: there is no such token for this app.")
    if token.used_at is not None:
        await stored.revoke_grant(tx, token.grant_id)
        return Refusal("invalid_grant", "refresh_token: it was used before; all tokens of its grant are revoked.")
    if token.login is None or not token.is_alive(tx.now):
        return Refusal("invalid_grant", "refresh_token: it is revoked, or its time is over.")
    if scopes is not None and not scopes <= token.scopes:
        return Refusal("invalid_scope", "scope: it is more than was granted.")
    await stored.use_token(tx, hash_of(text))
    return await _issue(tx, app.id, token.login, token.grant_id, token.scopes if scopes is None else scopes, token.scopes)


async def revoke(tx: Writer, text: str) -> None:
    """End a token: an access token alone, a refresh token with all of its grant (RFC 7009, 2.1)."""
    token = await stored.find_token(tx, hash_of(text))
    if token is None:
        return
    if token.kind == "refresh":
        await stored.revoke_grant(tx, token.grant_id)
    else:
        await stored.revoke_token(tx, hash_of(text))


async def _issue(tx: Writer, client_id: str, login: str, grant_id: str, scopes: frozenset[str], refreshed: frozenset[str] | None) -> Issued:
    """Make an access token, and a refresh token of the scopes `refreshed`."""

    async def add(kind: Literal["access", "refresh"], of: frozenset[str], seconds: int) -> str:
        text = _new(kind, tx)
        token = StoredToken(
            kind=kind,
            grant_id=grant_id,
            client_id=client_id,
            login=login,
            login_key=login.lower(),
            scopes=of,
            created_at=tx.now,
            expires_at=tx.now + seconds * 1_000,
        )
        await stored.add_token(tx, hash_of(text), token, MOST_TOKENS)
        return text

    access = await add("access", scopes, ACCESS_SECONDS)
    return Issued(access, None if refreshed is None else await add("refresh", refreshed, REFRESH_SECONDS), login, scopes)


def _new(kind: Kind, tx: Writer) -> str:
    return spell(kind, tx.account_id, secrets.token_urlsafe(SECRET_BYTES))
