"""Apps are registered and removed, by owners and administrators. A secret is handed back once; the database gets its hash."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from deskline.actions.permissions import MANAGERS, require
from deskline.domain.apps import MOST_ADDRESSES, App, check_redirect_uri
from deskline.domain.people import Principal
from deskline.domain.scopes import read
from deskline.domain.tokens import spell
from deskline.errors import ConflictError, InvalidError, NotFoundError
from deskline.storage import oauth
from deskline.storage.database import Writer

MOST: Final = 200  # of an account
LONGEST_NAME: Final = 100
SECRET_BYTES: Final = 32


class NewApp(msgspec.Struct, frozen=True):
    """An app that was just registered. `secret` is known here and to whoever is told now; a public app has none."""

    app: App
    secret: str | None


def check_may_change(principal: Principal) -> None:
    """Raise ForbiddenError for who may not register and remove apps."""
    require(principal, *MANAGERS, what="Apps are registered")


async def create(
    tx: Writer, name: str, redirect_uris: Sequence[str], scopes: Iterable[str], *, is_public: bool = False, requires_pkce: bool = True
) -> NewApp:
    """Register an app. Raises InvalidError for what is wrong of it, ConflictError where there are too many."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidError(f"name: accepted: 1 to {LONGEST_NAME} characters that can be printed")
    addresses = tuple(dict.fromkeys(redirect_uris))
    if not 1 <= len(addresses) <= MOST_ADDRESSES:
        raise InvalidError(f"redirect_uris: {len(addresses)} addresses; accepted: 1 to {MOST_ADDRESSES}")
    for address in addresses:
        check_redirect_uri(address)
    if is_public and not requires_pkce:
        raise InvalidError("pkce: a public app cannot do without; accepted: optional for apps with a secret")  # RFC 9700, 2.1.1
    if len(await oauth.list_clients(tx)) >= MOST:
        raise ConflictError(f"There are {MOST} apps already, as many as may be; remove one first.")
    client_id = f"{tx.account_id}-{secrets.token_hex(12)}"
    app = App(
        id=client_id,
        name=name,
        redirect_uris=addresses,
        scopes=read(scopes),
        is_public=is_public,
        requires_pkce=requires_pkce,
        created_at=tx.now,
    )
    secret = None if is_public else spell("client", tx.account_id, secrets.token_urlsafe(SECRET_BYTES))
    await oauth.add_client(tx, app, None if secret is None else hashlib.sha256(secret.encode()).digest())
    return NewApp(app, secret)


async def remove(tx: Writer, client_id: str) -> None:
    """Remove an app; all its codes and tokens open nothing from now on. Raises NotFoundError."""
    if not await oauth.revoke_client(tx, client_id):
        raise NotFoundError("app", client_id)


async def leave(tx: Writer, client_id: str, login: str) -> int:
    """Take back all that an agent gave an app, and tell how many tokens died. Raises NotFoundError for an unknown app."""
    if await oauth.find_client(tx, client_id) is None:
        raise NotFoundError("app", client_id)
    return await oauth.revoke_of_agent(tx, client_id, login)
