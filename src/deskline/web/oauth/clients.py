"""Which app sends a request: by its client id, and by its secret where it has one (RFC 6749, 2.3.1)."""

import base64
import binascii
import hmac
from urllib.parse import unquote_plus

from deskline.actions.oauth import hash_of
from deskline.domain.apps import App
from deskline.domain.tokens import account_of_client
from deskline.storage import oauth
from deskline.storage.database import Database
from deskline.web.oauth.refusals import OAuthError
from deskline.web.params import Params
from deskline.web.requests import Request

LONGEST = 2_000
_UNKNOWN = "client_id, client_secret: there is no such app, its secret is wrong, or it has none and sent one."


async def find_app(database: Database, client_id: str) -> tuple[int, App, bytes | None] | None:
    """Find an app with its account and the hash of its secret."""
    account_id = account_of_client(client_id)
    if account_id is None:
        return None
    async with database.read(account_id) as tx:
        found = await oauth.find_client(tx, client_id)
    return None if found is None else (account_id, *found)


async def identify(request: Request, params: Params) -> tuple[int, App]:
    """Find which app sends a request, with its account. Raises OAuthError, the same for an unknown app and a wrong secret.

    Wrong ones are not counted: nobody guesses 256 random bits, and who did count would let anybody lock an app out.
    """
    client_id, secret = _credentials(request, params)
    found = await find_app(request.services.database, client_id)
    if found is not None:
        account_id, app, secret_hash = found
        if secret is None if secret_hash is None else hmac.compare_digest(hash_of(secret or ""), secret_hash):
            return account_id, app
    raise OAuthError("invalid_client", _UNKNOWN, status=401, headers=((b"www-authenticate", b'Basic realm="Deskline"'),))


def _credentials(request: Request, params: Params) -> tuple[str, str | None]:
    client_id, secret = params.text("client_id", limit=LONGEST), params.text("client_secret", limit=LONGEST)
    params.check()
    header = request.headers.get(b"authorization")
    if header is None:
        return client_id or "", secret
    if secret is not None:
        raise OAuthError("invalid_request", "client_secret: it came in the header as well; accepted: one of both.")
    scheme, _, value = header.strip().partition(b" ")
    try:
        named, colon, told = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        named = colon = told = ""
    if scheme.lower() != b"basic" or not colon:
        raise OAuthError("invalid_client", _UNKNOWN, status=401, headers=((b"www-authenticate", b'Basic realm="Deskline"'),))
    return unquote_plus(named), unquote_plus(told)
