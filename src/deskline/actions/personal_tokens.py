"""Personal access tokens: agents make them for themselves, and revoke them. A token is handed back once; the database gets its hash."""

import hashlib
import secrets
from collections.abc import Iterable
from typing import Final

import msgspec

from deskline.domain.people import Principal
from deskline.domain.scopes import read
from deskline.domain.tokens import spell_personal
from deskline.errors import ConflictError, InvalidError, NotFoundError
from deskline.storage import people
from deskline.storage import personal_tokens as stored
from deskline.storage.database import Reader, Writer
from deskline.storage.personal_tokens import StoredToken

MOST: Final = 100  # of an agent, that work
LONGEST_LABEL: Final = 200
LONGEST_DAYS: Final = 3_650
SECRET_BYTES: Final = 32
_DAY: Final = 86_400_000


class NewToken(msgspec.Struct, frozen=True):
    """A token that was just made. `secret` is known here and to whoever is told now, and stored nowhere."""

    token: StoredToken
    secret: str


async def create(tx: Writer, login: str, scopes: Iterable[str], *, label: str = "", days: int | None = None) -> NewToken:
    """Make a token of an agent, for some days or until it is revoked.

    Raises NotFoundError for an unknown login, InvalidError for scopes, label or days that are none, ConflictError where there are too many.
    """
    chosen = read(scopes)
    if len(label) > LONGEST_LABEL or not (label.isprintable() or not label):
        raise InvalidError(f"label: accepted: at most {LONGEST_LABEL} characters that can be printed")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise InvalidError(
            f"expires_in_days: {days} is not accepted; accepted: 1 to {LONGEST_DAYS}, or none for a token that does not expire"
        )
    agent = await people.find_agent(tx, login)
    if agent is None:
        raise NotFoundError("agent", login)
    if not agent.signs_in:
        raise ConflictError(f"{agent.login!r} came with an imported history and cannot sign in; add the agent first.")
    if await stored.count_of(tx, login) >= MOST:
        raise ConflictError(f"{agent.login!r} has {MOST} tokens already, as many as may be; revoke one first.")
    secret = spell_personal(tx.account_id, secrets.token_urlsafe(SECRET_BYTES))
    expires_at = None if days is None else tx.now + days * _DAY
    token = StoredToken(await _free_id(tx), agent.login, chosen, label, tx.now, expires_at, None)
    await stored.add(tx, hashlib.sha256(secret.encode()).digest(), token)
    return NewToken(token, secret)


async def list_visible(tx: Reader, principal: Principal) -> list[StoredToken]:
    """List the tokens that an agent may see: their own, and all of the account for an owner or administrator."""
    return [token for token in await stored.list_all(tx) if _may_see(principal, token)]


async def revoke(tx: Writer, token_id: str, principal: Principal | None = None) -> StoredToken:
    """Make a token open nothing from now on; a `principal` only one that they may see. Raises NotFoundError."""
    token = await stored.find(tx, token_id)
    if token is None or (principal is not None and not _may_see(principal, token)) or not await stored.revoke(tx, token_id):
        raise NotFoundError("working token", token_id)
    return token


def _may_see(principal: Principal, token: StoredToken) -> bool:
    return principal.permission != "normal" or token.login == principal.login


async def _free_id(tx: Reader) -> str:
    """Choose a token's public name, which says nothing of the token."""
    while True:
        token_id = secrets.token_hex(4)
        if not await stored.is_id_taken(tx, token_id):
            return token_id
