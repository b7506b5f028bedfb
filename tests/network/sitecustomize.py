"""Close the network, except loopback and a database server that was named, for the tests and for every Python program that they start.

Python imports a module of this name from its path when it starts; `tests/conftest.py` puts this folder on the path of child programs. The
guard is an audit hook: it sees every socket of the interpreter, however it was made, and cannot be taken out again. What libuv opens
without Python (uvloop's own connections) it does not see.
"""

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qs, unquote, urlsplit

_CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_RESOLVING = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})


class NetworkClosedError(RuntimeError):
    """A test reached for the world. Not an OSError: nothing may take it for a network that happens to be down."""

    def __init__(self, event: str, host: object) -> None:
        super().__init__(f"{event} to {host!r}: tests talk to loopback only")
        self.host = host


def refuse_strangers(event: str, arguments: Sequence[object]) -> None:
    """Raise NetworkClosedError where an audit event means a host other than this machine's loopback."""
    if event in _CONNECTING:
        connection, address = arguments[0], arguments[1]
        if (
            isinstance(connection, socket.SocketType)
            and connection.family in {socket.AF_INET, socket.AF_INET6}
            and isinstance(address, tuple)
        ):
            _refuse_unless(is_loopback(address[0]), event, address[0])
    elif event in _RESOLVING:
        host = arguments[0]
        _refuse_unless(host in {None, ""} or is_numeric(host) or is_loopback(host), event, host)


def is_loopback(host: object) -> bool:
    """Whether a host, a name or an address, can only be this machine."""
    name = _text(host)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return is_numeric(name) and ipaddress.ip_address(name).is_loopback


def is_numeric(host: object) -> bool:
    """Whether a host is an address already, so that naming it asks nobody."""
    try:
        ipaddress.ip_address(_text(host))
    except ValueError:
        return False
    return True


def _refuse_unless(allowed: bool, event: str, host: object) -> None:
    if not allowed and _text(host) not in _OPEN:
        raise NetworkClosedError(event, host)


def _named(address: str) -> Iterator[str]:
    """List the hosts of an address of PostgreSQL, and what their names mean."""
    parts = urlsplit(address)
    hosts = parts.netloc.rpartition("@")[2].split(",") + ",".join(parse_qs(parts.query).get("host", [])).split(",")
    for host in hosts:
        name = unquote(host.strip().rsplit(":", 1)[0] if not host.startswith("[") else host[1:].partition("]")[0]).lower()
        if name and not name.startswith("/"):
            yield name
            yield from {str(found[4][0]) for found in socket.getaddrinfo(name, None)}


def _text(host: object) -> str:
    return (host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)).lower()


_OPEN = frozenset(_named(os.environ.get("DESKLINE_TEST_SERVER", "")))  # looked up while that is allowed still
sys.addaudithook(refuse_strangers)
