"""Who a request comes from: HTTP Basic with a login (or the account's number) and an API key or a personal access token, or an app's Bearer
token.

No passwords, no sessions. What a token may do is its scopes; which one a route needs is in the table of routes.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable

from deskline.domain.people import Principal
from deskline.domain.tokens import account_of, account_of_personal
from deskline.errors import InvalidTokenError, ScopeError, SignInError
from deskline.storage import oauth, people, personal_tokens
from deskline.storage.clocks import wall_clock
from deskline.storage.database import SERVER, Database
from deskline.web.requests import Request
from deskline.web.routes import Route

REMEMBERED_SECONDS = 0.5  # how long a found key is trusted without asking the database: a revoked key is dead in less than a second
MOST_REMEMBERED = 1_000
LONGEST_REMEMBERED = 512  # bytes of a header; longer ones are looked up each time, so that nobody fills the memory with variants of one key


class Credentials:
    """Sign requests in by their `Authorization` header, and let tokens only where their scopes let them."""

    def __init__(self, database: Database, clock: Callable[[], int] = wall_clock) -> None:
        """Take the database that keys and tokens are looked for in, and a clock (milliseconds UTC)."""
        self._database = database
        self._clock = clock
        self._looking: dict[bytes, asyncio.Task[Principal]] = {}
        self._found: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()

    async def authenticate(self, request: Request) -> Principal:
        """Find who sent a request, and whether they may take its route.

        Raises SignInError, the same for an unknown login, a wrong and a revoked key; ScopeError for a token without the route's scope.
        """
        header = request.headers.get(b"authorization")
        if header is None:
            raise SignInError("No Authorization header.")
        now = time.monotonic()
        found = self._found.get(header)
        principal = found[1] if found is not None and found[0] > now else await self._looked_up(header)
        request.principal = principal  # known also where the scope is missing: it counts for the credential's limit
        if principal.scopes is not None:
            check_scope(principal.scopes, request.route)
        return principal

    async def _looked_up(self, header: bytes) -> Principal:
        """Look a header up, once for all who ask with it meanwhile: a thousand listeners with one key hear of a change at the same moment.

        Who goes away while it is looked up ends it for nobody else.
        """
        looking = self._looking.get(header)
        if looking is None:
            looking = self._looking[header] = asyncio.create_task(self._find(header))
            looking.add_done_callback(lambda done: self._looked(header, done))
        return await asyncio.shield(looking)

    async def _find(self, header: bytes) -> Principal:
        now = time.monotonic()
        token = bearer(header)
        principal = await (self.sign_in(*login_and_key(header)) if token is None else self._by_token_of_app(token))
        if len(header) <= LONGEST_REMEMBERED:
            self._remember(header, now, principal)
        return principal

    def _looked(self, header: bytes, done: "asyncio.Task[Principal]") -> None:
        del self._looking[header]
        if not done.cancelled():
            done.exception()  # whoever asked has it, unless all have gone away

    async def sign_in(self, login: str, key: str) -> Principal:
        """Find whom a login (or the number of the account) and a key or personal token sign in. Raises SignInError."""
        account_id = account_of_personal(key)
        if account_id is not None:
            return await self._by_token(account_id, login, key)
        # The key alone is looked up, by its hash: an unknown login costs what a wrong key costs.
        async with self._database.read(SERVER) as tx:
            found = await people.find_key(tx, key_hash(key))
        if found is None:
            raise SignInError("Unknown key.")
        _check_names(login, found.login_key, found.account_id)
        async with self._database.read(found.account_id) as tx:
            principal = await people.find_signer(tx, found)
        if principal is None:
            raise SignInError("The key's agent does not sign in.")
        return principal

    async def _by_token(self, account_id: int, login: str, token: str) -> Principal:
        async with self._database.read(account_id) as tx:
            found = await personal_tokens.find_signer(tx, key_hash(token))
        if found is None or (found.expires_at is not None and found.expires_at <= self._clock()):
            raise SignInError("Unknown token.")
        _check_names(login, found.login_key, account_id)
        return found.principal

    async def _by_token_of_app(self, token: str) -> Principal:
        account_id = account_of("access", token)
        if account_id is not None:
            async with self._database.read(account_id) as tx:
                found = await oauth.find_signer(tx, key_hash(token))
            if found is not None and found.expires_at > self._clock():
                return found.principal
        raise InvalidTokenError("Unknown token.")

    def _remember(self, header: bytes, now: float, principal: Principal) -> None:
        self._found[header] = (now + REMEMBERED_SECONDS, principal)
        self._found.move_to_end(header)
        if len(self._found) > MOST_REMEMBERED:
            self._found.popitem(last=False)


def check_scope(scopes: frozenset[str], route: Route | None) -> None:
    """Raise ScopeError where a token of these scopes may not take a route. This is the one place that decides it."""
    wanted = route.scope if route is not None else ""
    if wanted not in scopes:
        raise ScopeError(wanted)


def _check_names(login: str, login_key: str, account_id: int) -> None:
    """Raise SignInError where the user named is neither the agent nor the account of a key or token."""
    names = (login_key, str(account_id))
    # A list, not a generator: both names are compared whatever the first says.
    if not any([hmac.compare_digest(login.lower().encode(), name.encode()) for name in names]):  # noqa: C419
        raise SignInError("The key belongs to somebody else.")


def key_hash(key: str) -> bytes:
    """Hash a key as it is stored. Keys are 128 random bits, so a fast hash is enough."""
    return hashlib.sha256(key.encode()).digest()


def bearer(header: bytes) -> str | None:
    """Read the token of a Bearer header (RFC 6750, 2.1); None for another scheme. No token is read anywhere but in this header."""
    scheme, _, value = header.strip().partition(b" ")
    return value.strip().decode("latin-1") if scheme.lower() == b"bearer" else None


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
