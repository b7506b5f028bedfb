"""How often a credential may ask, and how often an address may fail to sign in. Counted in each process by itself, nothing is stored.

Whoever has asked too often is told when to come back, in `Retry-After` and in the header fields of the IETF's draft (*RateLimit header
fields for HTTP*). What a request is about does not matter here.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from deskline.errors import ScopeError, SignInError, TooManyError
from deskline.web.buckets import Buckets, Level
from deskline.web.requests import Request
from deskline.web.responses import Header

Authenticate: TypeAlias = Callable[[Request], Awaitable[Any]]
Address: TypeAlias = Callable[[Request], str]

WINDOW_SECONDS: Final = 60
MOST_KNOWN: Final = 10_000  # credentials that have signed in before
_POLICY, _LIMIT = b"ratelimit-policy", b"ratelimit"
_REQUESTS, _FAILURES = b"requests", b"failed-sign-ins"


class Limits:
    """Signs requests in as `authenticate` does, within limits a minute; 0 is no limit.

    `address_of` tells where a request comes from; empty where nothing is to be counted.
    """

    def __init__(self, authenticate: Authenticate, address_of: Address, *, requests: int = 0, failures: int = 0) -> None:
        self._authenticate = authenticate
        self._address_of = address_of
        self._requests = Buckets(requests, WINDOW_SECONDS) if requests else None
        self._failures = Buckets(failures, WINDOW_SECONDS) if failures else None
        self._policy: Header = (_POLICY, _policy(_REQUESTS, requests))
        self._known: OrderedDict[int, None] = OrderedDict()

    async def authenticate(self, request: Request) -> Any:
        """Find who sent a request. Raises TooManyError, and whatever signing in raises."""
        header = request.headers.get(b"authorization")
        if header is None or self._failures is None:
            return await self._counted(request)
        return await self._watched(request, header, self._failures)

    async def _counted(self, request: Request) -> Any:
        """Sign in, and count the request for its credential, also where its scopes do not open the route."""
        try:
            principal = await self._authenticate(request)
        except ScopeError:
            self._take(request, request.principal)
            raise
        self._take(request, principal)
        return principal

    def _take(self, request: Request, principal: Any) -> None:
        if self._requests is None:
            return
        is_taken, level = self._requests.take((principal.account_id, principal.key_id))
        request.limit = (self._policy, (_LIMIT, b'"requests";r=%d;t=%d' % (level.left, level.full_seconds)))
        if not is_taken:
            raise TooManyError(
                f"Too many requests: {self._requests.size:,} a minute are accepted with one key; wait {_shown(level)}.", level.next_seconds
            )

    async def _watched(self, request: Request, header: bytes, failures: Buckets) -> Any:
        """Sign in, unless this address has failed too often. A credential that was good before is heard all the same:

        others at its address, behind one router, must not be able to lock it out.
        """
        credential = hash(header)
        if credential not in self._known:
            return await self._heard(request, credential, failures)
        try:
            return await self._counted(request)
        except SignInError:
            self._known.pop(credential, None)  # another at the same time may have been first
            place = self._place(request)
            if place:
                failures.take(place)
            raise

    async def _heard(self, request: Request, credential: int, failures: Buckets) -> Any:
        """Sign a stranger in. It is a failure until it is none, so that many at a time are not too many."""
        place = self._place(request)
        if place:
            _take_failure(request, failures, place)
        try:
            principal = await self._counted(request)
        except SignInError:
            raise
        except BaseException:
            failures.give_back(place)
            raise
        failures.give_back(place)
        self._remember(credential)
        return principal

    def _place(self, request: Request) -> str:
        """Tell what a failure is counted for; empty for nothing."""
        return network_of(self._address_of(request))

    def _remember(self, credential: int) -> None:
        self._known[credential] = None
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)


def _take_failure(request: Request, failures: Buckets, place: str) -> None:
    is_taken, level = failures.take(place)
    if not is_taken:
        request.limit = ((_POLICY, _policy(_FAILURES, failures.size)), (_LIMIT, b'"failed-sign-ins";r=0;t=%d' % level.full_seconds))
        raise TooManyError(
            f"Too many sign-ins from your address failed: {failures.size:,} a minute are accepted; wait {_shown(level)} and check the key.",
            level.next_seconds,
        )


def network_of(address: str) -> str:
    """Tell what counts as one address: of IPv6 the 64 bits that a customer has at least. Anything unreadable is itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped) if found.ipv4_mapped else str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))


def _policy(name: bytes, size: int) -> bytes:
    return b'"%b";q=%d;w=%d' % (name, size, WINDOW_SECONDS)


def _shown(level: Level) -> str:
    return "a second" if level.next_seconds == 1 else f"{level.next_seconds} seconds"
