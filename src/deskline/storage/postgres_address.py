"""How a PostgreSQL database is named: an address with one server or several. Read and checked here, without the driver; nobody connects."""

import difflib
import re
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

PORT: Final = 5432
PARAMETERS: Final = (
    "application_name",
    "database",
    "dbname",
    "host",
    "options",
    "passfile",
    "password",
    "port",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcrl",
    "sslkey",
    "sslmode",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "target_session_attrs",
    "user",
)
_FILES: Final = ("passfile", "sslcert", "sslcrl", "sslkey", "sslrootcert")
_CHOICES: Final = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslnegotiation": ("postgres", "direct"),
}
# What a session must be able to do, by whether the address is that of a stand-by. Which of the words is used makes no difference.
_TARGETS: Final = {False: ("read-write", "primary"), True: ("standby", "prefer-standby", "read-only")}
_ENCODED: Final = "in names and passwords @ is written %40, : %3A, / %2F, # %23 and ? %3F"


class AddressError(ValueError):
    """An address is wrong. The text says what is, without anything that could be a password."""


class Address(NamedTuple):
    """A database on one of several servers. A host that begins with / is a folder; none: the driver looks in PostgreSQL's usual places."""

    dsn: str
    hosts: tuple[tuple[str, int], ...]
    is_standby: bool = False
    application_name: str = "deskline"
    files: tuple[tuple[str, str], ...] = ()  # that it names, by parameter

    @property
    def places(self) -> str:
        """Where the servers are, for people."""
        return ", ".join(f"{host}:{port}" for host, port in self.hosts) or "this machine"


def read_address(dsn: str, *, is_standby: bool = False) -> Address:
    """Read an address; `is_standby` where a server that only replays is wanted instead of the one that writes. Raises AddressError."""
    try:
        parts = urlsplit(dsn)
    except ValueError:
        raise AddressError(f"its hosts cannot be read ({_ENCODED})") from None
    if parts.scheme not in ("postgresql", "postgres") or not dsn[len(parts.scheme) :].startswith("://"):
        raise AddressError("it does not begin with postgresql://")
    if dsn.count("@") != parts.netloc.count("@") or dsn.count("@") > 1 or "#" in dsn:
        raise AddressError(f"it holds a sign that must be encoded ({_ENCODED})")
    parameters = _read_parameters(parts.query)
    _check_target(parameters.get("target_session_attrs"), is_standby=is_standby)
    before = parts.netloc.rpartition("@")[2]
    if before and ("host" in parameters or "port" in parameters):
        raise AddressError("servers are named both before the path and as parameters; leave out one of the two")
    hosts = _read_hosts(before) if before else _hosts_of_parameters(parameters)
    files = tuple((name, parameters[name]) for name in _FILES if name in parameters)
    return Address(dsn, hosts, is_standby, parameters.get("application_name", "deskline"), files)


def _read_parameters(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError:
        raise AddressError("its parameters are not name=value, joined by &") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in PARAMETERS:
            close = difflib.get_close_matches(name, PARAMETERS, 1)
            meant = f"did you mean {close[0]}?" if close else f"accepted are {', '.join(PARAMETERS)}"
            raise AddressError(f"there is no parameter {name[:60]!r}; {meant}")
        if name in found or not value:
            raise AddressError(f"the parameter {name} has {'no value' if name not in found else 'two values'}")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise AddressError(f"{name} cannot be {value[:60]!r}; accepted are {', '.join(_CHOICES[name])}")
        found[name] = value
    return found


def _check_target(target: str | None, *, is_standby: bool) -> None:
    accepted = _TARGETS[is_standby]
    if target is not None and target not in accepted:
        kind = "a stand-by that is read" if is_standby else "the server that writes"
        raise AddressError(
            f"target_session_attrs cannot be {target[:60]!r}: this is {kind}; accepted are {', '.join(accepted)}, or nothing"
        )


def _read_hosts(text: str) -> tuple[tuple[str, int], ...]:
    found = []
    for part in text.split(","):
        match = _HOST.fullmatch(part)
        if match is None:
            raise AddressError(f"one of its hosts is not host or host:port, separated by commas ({_ENCODED})")
        host = unquote(match["bracketed"] or match["host"])
        found.append((host, PORT if match["port"] is None else _read_port(match["port"])))
    return tuple(found)


_HOST = re.compile(r"(?:\[(?P<bracketed>[0-9A-Fa-f:.%]+)\]|(?P<host>[^\[\]:]+))(?::(?P<port>.*))?")


def _hosts_of_parameters(parameters: dict[str, str]) -> tuple[tuple[str, int], ...]:
    """Pair hosts and ports: one port for all, or one for each. Without a host, PostgreSQL's usual places are meant: no port either."""
    hosts = [host.strip() for host in parameters["host"].split(",")] if "host" in parameters else []
    ports = [_read_port(port) for port in parameters["port"].split(",")] if "port" in parameters else []
    if not hosts:
        return tuple(("localhost", port) for port in ports)
    if not all(hosts):
        raise AddressError("one of its hosts is empty")
    if len(ports) not in (0, 1, len(hosts)):
        raise AddressError(f"it has {len(hosts)} hosts and {len(ports)} ports; accepted are one port for all, or one for each")
    if len(ports) <= 1:
        ports = [ports[0] if ports else PORT] * len(hosts)
    return tuple(zip(hosts, ports, strict=True))


def _read_port(text: str) -> int:
    # What stands behind a colon may be a password that was not encoded: it is not repeated.
    if not re.fullmatch("[0-9]{1,5}", text) or not 0 < int(text) < 65_536:
        raise AddressError(f"one of its ports is not a number from 1 to 65535 ({_ENCODED})")
    return int(text)
