"""Apps that ask agents for tokens, and the rules of what they ask (RFC 6749, 7636, 8252): addresses, challenges, lifetimes. All pure."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec

from deskline.errors import InvalidError, shortened

CODE_SECONDS: Final = 60
ACCESS_SECONDS: Final = 28_800  # as the original's, since 2020
REFRESH_SECONDS: Final = 90 * 86_400  # of each: an app that is used keeps its grant
MOST_TOKENS: Final = 25  # access tokens, and as many refresh tokens, of an app and an agent, as in the original
MOST_ADDRESSES: Final = 20
LONGEST_ADDRESS: Final = 2_000
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")  # of SHA-256 (RFC 7636, 4.2)
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636, 4.1
_LOOPBACK: Final = ("127.0.0.1", "[::1]", "localhost")
_ADDRESS: Final = re.compile(r"[!-~]+")
_UNSAFE: Final = re.compile(r"[\"'<>\\^`{|}*;,]|\s")  # none is needed in an address, and each means something in HTML or a policy
_PRIVATE_SCHEME: Final = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")  # such as com.example.app (RFC 8252, 7.1)
_HOST: Final = re.compile(r"(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)


class App(msgspec.Struct, frozen=True, kw_only=True):
    """An app (an OAuth client) of an account. `scopes` is what it may ask for at most; a public one can keep no secret."""

    id: str
    name: str
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    is_public: bool
    requires_pkce: bool
    created_at: int


def check_redirect_uri(address: str) -> None:
    """Make sure that an app may have codes sent to an address. Raises InvalidError.

    HTTPS anywhere; plain HTTP to the own machine; a scheme that is a reversed domain name, for apps on phones (RFC 8252, 7).
    """
    if problem := _problem(address):
        raise InvalidError(
            f"redirect_uris: {shortened(address)!r} {problem}; accepted: https://host/path, http://127.0.0.1/path, com.example.app:/path"
        )


def _problem(address: str) -> str:
    if not _ADDRESS.fullmatch(address) or len(address) > LONGEST_ADDRESS or _UNSAFE.search(address):
        return "is no address"
    if "#" in address:
        return "has a fragment"  # RFC 6749, 3.1.2
    scheme, _, rest = address.partition(":")
    if scheme in ("https", "http"):
        host = rest.removeprefix("//").partition("/")[0].partition("?")[0]
        if not rest.startswith("//") or not _HOST.fullmatch(host):
            return "is no address of a host"
        if scheme == "http" and _without_port(host) not in _LOOPBACK:
            return "is not HTTPS"
        return ""
    return "" if _PRIVATE_SCHEME.fullmatch(scheme) and rest.startswith("/") else "has a scheme that is not accepted"


def is_registered(asked: str, registered: Sequence[str]) -> bool:
    """Tell whether an address is one of an app's, to the letter (RFC 9700, 4.1.3); on the own machine any port will do (RFC 8252, 7.3)."""
    return asked in registered or any(_is_same_loopback(asked, own) for own in registered)


def _is_same_loopback(asked: str, own: str) -> bool:
    if not (asked.startswith("http://") and own.startswith("http://")) or _problem(asked):
        return False
    host, own_host = (text.removeprefix("http://").partition("/")[0].partition("?")[0] for text in (asked, own))
    name = _without_port(own_host)
    return name in _LOOPBACK and name == _without_port(host) and asked.replace(host, name, 1) == own.replace(own_host, name, 1)


def _without_port(host: str) -> str:
    return re.sub(r":[0-9]*$", "", host.lower())


def origin_of(address: str) -> str:
    """Tell where an address leads as a policy of a page names it: `https://host:port`, or `com.example.app:`."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def is_challenge(text: str) -> bool:
    """Tell whether a text may be a code challenge of the method S256."""
    return _CHALLENGE.fullmatch(text) is not None


def answers(challenge: str, verifier: str) -> bool:
    """Tell whether a code verifier is the one whose challenge was sent before (RFC 7636, 4.6)."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, challenge.encode())
