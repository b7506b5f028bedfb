"""Apps, authorization codes and tokens of apps in the database, by their hashes. What they look like and what follows is not known here."""

from typing import NamedTuple

import msgspec

from deskline.domain.apps import App
from deskline.domain.people import Principal
from deskline.storage.database import Reader, Row, Writer
from deskline.storage.queries import queries

_Q = queries("oauth")
_NOBODY = ""  # no client id, no login


class StoredCode(msgspec.Struct, frozen=True, kw_only=True):
    """An authorization code. Instants are milliseconds UTC."""

    grant_id: str
    client_id: str
    login_key: str
    scopes: frozenset[str]
    redirect_uri: str | None
    challenge: str | None
    expires_at: int
    used_at: int | None = None


class StoredToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token of an app. `login` is the agent's own spelling, None where the agent does not sign in any more."""

    kind: str
    grant_id: str
    client_id: str
    login: str | None
    login_key: str
    scopes: frozenset[str]
    created_at: int
    expires_at: int
    used_at: int | None = None
    revoked_at: int | None = None

    def is_alive(self, now: int) -> bool:
        """Tell whether the token works."""
        return self.login is not None and self.used_at is None and self.revoked_at is None and self.expires_at > now


class Found(NamedTuple):
    """Whom an access token signs in, and when its time is over."""

    principal: Principal
    expires_at: int


async def add_client(tx: Writer, app: App, secret_hash: bytes | None) -> None:
    """Add an app; one without a secret is public."""
    addresses = msgspec.json.encode(app.redirect_uris).decode()
    await tx.run(_Q["add_client"], app.id, app.name, addresses, _joined(app.scopes), secret_hash, int(app.requires_pkce), app.created_at)


async def find_client(tx: Reader, client_id: str) -> tuple[App, bytes | None] | None:
    """Find an app that was not removed, and the hash of its secret."""
    row = await tx.row(_Q["find_client"], client_id)
    return None if row is None else (_app(row), row[4])


async def list_clients(tx: Reader) -> list[App]:
    """List the account's apps."""
    return [_app(row) for row in await tx.rows(_Q["list_clients"])]


async def revoke_client(tx: Writer, client_id: str) -> bool:
    """Revoke an app with all its codes and tokens; False where there is none."""
    if await tx.run(_Q["revoke_client"], client_id, tx.now) == 0:
        return False
    await tx.run(_Q["delete_codes_of"], client_id, _NOBODY)
    await tx.run(_Q["revoke_of_client"], client_id, tx.now)
    return True


async def add_code(tx: Writer, code_hash: bytes, code: StoredCode) -> None:
    """Add a code."""
    values = (code.grant_id, code.client_id, code.login_key, _joined(code.scopes), code.redirect_uri, code.challenge, code.expires_at)
    await tx.run(_Q["add_code"], code_hash, *values)


async def find_code(tx: Reader, code_hash: bytes) -> StoredCode | None:
    """Find a code, used ones too."""
    row = await tx.row(_Q["find_code"], code_hash)
    if row is None:
        return None
    grant_id, client_id, login_key, scopes, redirect_uri, challenge, expires_at, used_at = row
    return StoredCode(
        grant_id=grant_id,
        client_id=client_id,
        login_key=login_key,
        scopes=frozenset(scopes.split()),
        redirect_uri=redirect_uri,
        challenge=challenge,
        expires_at=expires_at,
        used_at=used_at,
    )


async def use_code(tx: Writer, code_hash: bytes) -> bool:
    """Mark a code as used; False where it was used before."""
    return await tx.run(_Q["use_code"], code_hash, tx.now) > 0


async def delete_codes(tx: Writer, before: int) -> None:
    """Delete codes whose time was over before an instant."""
    await tx.run(_Q["delete_codes"], before)


async def add_token(tx: Writer, token_hash: bytes, token: StoredToken, most: int) -> None:
    """Add a token, revoke the oldest of its kind where there are more than `most`, and delete those whose time is over."""
    whose = (token.client_id, token.login_key)
    await tx.run(_Q["delete_tokens"], *whose, tx.now)
    values = (token.kind, token.grant_id, *whose, _joined(token.scopes), token.created_at, token.expires_at)
    await tx.run(_Q["add_token"], token_hash, *values)
    for (oldest,) in await tx.rows(_Q["list_oldest"], *whose, token.kind, most - 1, token_hash):
        await revoke_token(tx, oldest)


async def find_token(tx: Reader, token_hash: bytes) -> StoredToken | None:
    """Find a token, used and revoked ones too."""
    row = await tx.row(_Q["find_token"], token_hash)
    if row is None:
        return None
    kind, grant_id, client_id, login, login_key, scopes, created_at, expires_at, used_at, revoked_at = row
    return StoredToken(
        kind=kind,
        grant_id=grant_id,
        client_id=client_id,
        login=login,
        login_key=login_key,
        scopes=frozenset(scopes.split()),
        created_at=created_at,
        expires_at=expires_at,
        used_at=used_at,
        revoked_at=revoked_at,
    )


async def find_signer(tx: Reader, token_hash: bytes) -> Found | None:
    """Find whom an access token signs in. Revoked ones, and those of agents who do not sign in, are not found."""
    row = await tx.row(_Q["find_signer"], token_hash)
    if row is None:
        return None
    grant_id, scopes, expires_at, login, name, permission, zone = row
    return Found(Principal(tx.account_id, login, name, permission, zone, grant_id, frozenset(scopes.split())), expires_at)


async def use_token(tx: Writer, token_hash: bytes) -> bool:
    """Mark a refresh token as used; False where it was used or revoked before."""
    return await tx.run(_Q["use_token"], token_hash, tx.now) > 0


async def revoke_token(tx: Writer, token_hash: bytes) -> None:
    """Revoke one token."""
    await tx.run(_Q["revoke_token"], token_hash, tx.now)


async def revoke_grant(tx: Writer, grant_id: str) -> None:
    """Revoke all tokens that follow from one consent."""
    await tx.run(_Q["revoke_grant"], grant_id, tx.now)


async def revoke_of_agent(tx: Writer, client_id: str, login: str) -> int:
    """Revoke all tokens that an agent gave an app, and codes with them; tell how many tokens."""
    await tx.run(_Q["delete_codes_given"], client_id, login.lower())
    return await tx.run(_Q["revoke_of_agent"], client_id, login.lower(), tx.now)


async def delete_of(tx: Writer, login: str) -> None:
    """Delete all codes and tokens of an agent, who leaves."""
    await tx.run(_Q["delete_codes_of"], _NOBODY, login.lower())
    await tx.run(_Q["delete_tokens_of"], login.lower())


def _app(row: Row) -> App:
    client_id, name, addresses, scopes, secret_hash, requires_pkce, created_at = row
    return App(
        id=client_id,
        name=name,
        redirect_uris=msgspec.json.decode(addresses, type=tuple[str, ...]),
        scopes=frozenset(scopes.split()),
        is_public=secret_hash is None,
        requires_pkce=bool(requires_pkce),
        created_at=created_at,
    )


def _joined(scopes: frozenset[str]) -> str:
    return " ".join(sorted(scopes))
