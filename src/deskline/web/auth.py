"""Who a request comes from: HTTP Basic with a login (or the account's number) and an API key. No passwords, no sessions."""

import base64
import binascii
import hashlib
import hmac
import time
from collections import OrderedDict

from deskline.domain.people import Principal
from deskline.errors import SignInError
from deskline.storage import people
from deskline.storage.database import SERVER, Database
from deskline.web.requests import Request

REMEMBERED_SECONDS = 0.5  # how long a found key is trusted without asking the database: a revoked key is dead in less than a second
MOST_REMEMBERED = 1_000
LONGEST_REMEMBERED = 512  # bytes of a header; longer ones are looked up each time, so that nobody fills the memory with variants of one key


class Credentials:
    """Sign requests in by their `Authorization` header."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()

    async def authenticate(self, request: Request) -> Principal:
        """Find who sent a request. Raises SignInError, the same for an unknown login, a wrong and a revoked key."""
        header = request.headers.get(b"authorization")
        if header is None:
            raise SignInError("No Authorization header.")
        now = time.monotonic()
        found = self._found.get(header)
        if found is not None and found[0] > now:
            return found[1]
        principal = await self._sign_in(*login_and_key(header))
        if len(header) <= LONGEST_REMEMBERED:
            self._remember(header, now, principal)
        return principal

    async def _sign_in(self, login: str, key: str) -> Principal:
        # The key alone is looked up, by its hash: an unknown login costs what a wrong key costs.
        async with self._database.read(SERVER) as tx:
            found = await people.find_key(tx, key_hash(key))
        if found is None:
            raise SignInError("Unknown key.")
        names = (found.login_key, str(found.account_id))
        # A list, not a generator: both names are compared whatever the first says.
        if not any([hmac.compare_digest(login.lower().encode(), name.encode()) for name in names]):  # noqa: C419
            raise SignInError("The key belongs to somebody else.")
        async with self._database.read(found.account_id) as tx:
            principal = await people.find_signer(tx, found)
        if principal is None:
            raise SignInError("The key's agent does not sign in.")
        return principal

    def _remember(self, header: bytes, now: float, principal: Principal) -> None:
        self._found[header] = (now + REMEMBERED_SECONDS, principal)
        self._found.move_to_end(header)
        if len(self._found) > MOST_REMEMBERED:
            self._found.popitem(last=False)


def key_hash(key: str) -> bytes:
    """Hash a key as it is stored. Keys are 128 random bits, so a fast hash is enough."""
    return hashlib.sha256(key.encode()).digest()


def login_and_key(header: bytes) -> tuple[str, str]:
    """Read a Basic header, split at the first colon. Raises SignInError.

    The documentation's own samples send `login:key` as it is; a colon is no letter of base64, so both are told apart.
    """
    scheme, _, value = header.strip().partition(b" ")
    if scheme.lower() != b"basic":
        raise SignInError("Only Basic authorization is offered.")
    value = value.strip()
    try:
        text = (value if b":" in value else base64.b64decode(value, validate=True)).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise SignInError("The Authorization header is not base64.") from error
    login, colon, key = text.partition(":")
    if not colon or not login or not key:
        raise SignInError("The Authorization header holds no login and key.")
    return login, key
