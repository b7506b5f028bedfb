"""Whether a request may be heard at all: by its transport, by the site it comes from, by the version it asks for.

Who sends it is not asked here.
"""

import ipaddress
from collections.abc import Iterable
from typing import TypeAlias

from deskline.errors import ForbiddenError, SettingsError, UnsupportedVersionError
from deskline.web.requests import Request

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

HTTPS_TEXT = (
    "This server answers over HTTPS only, and this request did not come over HTTPS. To switch TLS on, start it with --tls-cert and "
    "--tls-key, or with --tls self-signed. Behind a proxy that ends TLS, name the proxy's address in trusted_proxies and let it send "
    "X-Forwarded-Proto: https. Plain HTTP, for a network you trust, is allowed with --no-tls."
)
ORIGIN_TEXT = "This request comes from a page of another site, and pages of other sites may not use this API."
VERSION_TEXT = "X-API-Version: version 1 of the API is not offered here; accepted: 2"
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Transport:
    """The rules of the transport, as the settings have them."""

    __slots__ = ("_is_plain_allowed", "_proxies")

    def __init__(self, *, allow_plain_http: bool = False, trusted_proxies: Iterable[str] = ()) -> None:
        """Take the addresses or networks of proxies whose X-Forwarded-… headers are believed. Raises SettingsError for anything else."""
        self._is_plain_allowed = allow_plain_http
        self._proxies = tuple(_network(name) for name in trusted_proxies)

    def check(self, request: Request, *, public: bool = False, from_pages: bool = False) -> None:
        """Raise ForbiddenError or UnsupportedVersionError where a request may not be heard.

        A `public` route (a probe) carries no secret: it is heard over plain HTTP and with any version. One that is for pages of other sites
        (`from_pages`) decides itself which.
        """
        headers = request.headers
        if (b"origin" in headers or b"sec-fetch-site" in headers) and not from_pages:
            _check_site(request)
        if public:
            return
        if request.scheme != "https" and not self._is_plain_allowed:
            self._check_secure(request)
        if headers.get(b"x-api-version") == b"1":
            raise UnsupportedVersionError(VERSION_TEXT)

    def client_of(self, request: Request) -> str:
        """Tell the address that a request comes from: what the last trusted proxy says, else the other end of the connection.

        Empty for a program on this machine that is no proxy.
        """
        address = request.peer
        if not self._is_trusted(address):
            return address
        forwarded = request.headers.get(b"x-forwarded-for")
        if forwarded is None:
            return "" if _is_loopback(address) else address
        for part in reversed(forwarded.decode("latin-1").split(",")):
            if _address(part.strip()) is None:
                break
            address = part.strip()
            if not self._is_trusted(address):
                break
        return address

    def _check_secure(self, request: Request) -> None:
        """A proxy's word that its client used no HTTPS is believed from anyone, that it did only from loopback and named proxies."""
        forwarded = request.headers.get(b"x-forwarded-proto")
        if forwarded is None:
            is_secure = _is_loopback(request.peer)
        else:
            is_secure = all(part.strip().lower() == b"https" for part in forwarded.split(b",")) and self._is_trusted(request.peer)
        if not is_secure:
            raise ForbiddenError(HTTPS_TEXT)

    def _is_trusted(self, peer: str) -> bool:
        if _is_loopback(peer):
            return True
        address = _address(peer)
        return address is not None and any(address in network for network in self._proxies)


def _check_site(request: Request) -> None:
    """Refuse what a page of another site makes a browser send.

    `Origin` is what the documentation speaks of. A page can also load an address as a script, with the Basic credentials that the
    browser remembers and without any Origin; there Sec-Fetch-Site tells. A person who follows a link to here is let through.
    """
    origin = request.headers.get(b"origin")
    if origin is not None and not _is_same_host(origin, request.headers.get(b"host", b"")):
        raise ForbiddenError(ORIGIN_TEXT)
    if request.headers.get(b"sec-fetch-site") in {b"cross-site", b"same-site"} and request.headers.get(b"sec-fetch-mode") != b"navigate":
        raise ForbiddenError(ORIGIN_TEXT)


def _is_same_host(raw_origin: bytes, raw_host: bytes) -> bool:
    """Compare as texts: an origin is a scheme, a host and a port and nothing else (RFC 6454, 6.2), whatever is not is another site."""
    scheme, _, site = raw_origin.decode("latin-1").lower().partition("://")
    host = raw_host.decode("latin-1").lower()
    port = _DEFAULT_PORTS.get(scheme, "")
    return site != "" and site.removesuffix(port) == host.removesuffix(port)


def _is_loopback(peer: str) -> bool:
    if peer in {"127.0.0.1", "::1"}:
        return True
    address = _address(peer)
    return address is not None and address.is_loopback


def _address(peer: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def _network(name: str) -> Network:
    try:
        return ipaddress.ip_network(name.strip(), strict=False)
    except ValueError:
        raise SettingsError(f"trusted_proxies: {name!r} is no address or network; accepted: such as 10.0.0.5 or 10.0.0.0/8") from None
