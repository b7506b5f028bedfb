"""Personal access tokens in the database, by their hash. What a token looks like and who may make one is not known here."""

from typing import NamedTuple

import msgspec

from deskline.domain.people import Principal
from deskline.storage.database import Reader, Row, Writer
from deskline.storage.queries import queries

_Q = queries("personal_tokens")


class StoredToken(msgspec.Struct, frozen=True):
    """A token as it can be listed: everything but the secret. Instants are milliseconds UTC."""

    id: str
    login: str
    scopes: frozenset[str]
    label: str
    created_at: int
    expires_at: int | None
    revoked_at: int | None


class Found(NamedTuple):
    """Whom a token signs in, their login in lower case, and when its time is over."""

    principal: Principal
    login_key: str
    expires_at: int | None


async def find_signer(tx: Reader, token_hash: bytes) -> Found | None:
    """Find whom a token signs in. Revoked ones, and those of agents who do not sign in, are not found."""
    row = await tx.row(_Q["find_signer"], token_hash)
    if row is None:
        return None
    token_id, login_key, scopes, expires_at, login, name, permission, zone = row
    return Found(Principal(tx.account_id, login, name, permission, zone, token_id, frozenset(scopes.split())), login_key, expires_at)


async def add(tx: Writer, token_hash: bytes, token: StoredToken) -> None:
    """Add a token of an agent."""
    values = (token.id, token.login.lower(), " ".join(sorted(token.scopes)), token.label, token.created_at, token.expires_at)
    await tx.run(_Q["add"], token_hash, *values)


async def is_id_taken(tx: Reader, token_id: str) -> bool:
    """Tell whether a token of the account has the id."""
    return await tx.row(_Q["is_id_taken"], token_id) is not None


async def count_of(tx: Writer, login: str) -> int:
    """Count the tokens of an agent that work."""
    row = await tx.row(_Q["count_of"], login.lower(), tx.now)
    return int(row[0]) if row else 0


async def list_all(tx: Reader) -> list[StoredToken]:
    """List the account's tokens, revoked ones too."""
    return [_stored(row) for row in await tx.rows(_Q["list_all"])]


async def find(tx: Reader, token_id: str) -> StoredToken | None:
    """Find a token by its id, revoked ones too."""
    row = await tx.row(_Q["find"], token_id)
    return None if row is None else _stored(row)


async def revoke(tx: Writer, token_id: str) -> bool:
    """Revoke a token; False where there is no such token that still works."""
    return await tx.run(_Q["revoke"], token_id, tx.now) > 0


async def delete_of(tx: Writer, login: str) -> None:
    """Delete all tokens of an agent, who leaves."""
    await tx.run(_Q["delete_of"], login.lower())


def _stored(row: Row) -> StoredToken:
    token_id, login, scopes, label, created_at, expires_at, revoked_at = row
    return StoredToken(token_id, login, frozenset(scopes.split()), label, created_at, expires_at, revoked_at)
