"""Which addresses messages may be sent to: those of the internet, and inside networks that the settings name. Pure."""

import ipaddress
from collections.abc import Sequence
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# What `is_global` says depends on the Python's age, so what must be refused is listed: IANA's special-purpose registries, multicast,
# and what looks public but is answered by a cloud's own machines.
_REFUSED: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by a provider's customers; a cloud's metadata at 100.100.100.200
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own machine, reachable from inside only
        "169.254.0.0/16",  # link-local, metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",  # unspecified, loopback, IPv4-compatible
        "::ffff:0:0:0/96",  # IPv4-translated, of RFC 2765
        "64:ff9b:1::/48",  # translated in a local network
        "100::/64",
        "2001::/23",  # Teredo, ORCHID and other protocols' own
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")


def read_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Read networks, each with or without a length. Raises ValueError."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def may_send_to(text: str, allowed: Sequence[Network]) -> bool:
    """Tell whether messages may be sent to an address, as the machine connects to it: also to the one that it holds inside."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(_is_open(each, allowed) for each in (address, *_inside(address)))


def _is_open(address: Address, allowed: Sequence[Network]) -> bool:
    if any(address in network for network in allowed if network.version == address.version):
        return True
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return True  # what is inside decides
    return not any(address in network for network in _REFUSED if network.version == address.version)


def _inside(address: Address) -> list[Address]:
    """List the IPv4 addresses that an IPv6 address leads to: mapped, translated (NAT64), 6to4."""
    if not isinstance(address, ipaddress.IPv6Address):
        return []
    if address in _TRANSLATED:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return [inner for inner in (address.ipv4_mapped, address.sixtofour) if inner is not None]
