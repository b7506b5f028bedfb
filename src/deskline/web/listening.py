"""The listening socket: bound before the server is there, emptied before it goes. HTTP begins behind it."""

import ctypes
import errno
import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress

from deskline.errors import SettingsError

_SO_ATTACH_FILTER = 26  # Linux; the socket module has no name for it
_SO_ATTACH_REUSEPORT_CBPF = 51  # likewise
_SO_BINDTOIFINDEX = 62  # likewise
_RANDOM = 0xFFFFF000 + 56  # where classic BPF loads a random number from
_NO_INTERFACE = 2**31 - 1
_TCP_INFO_UNACKED = 24  # the offset of tcpi_unacked in struct tcp_info: on a listening socket, the length of its queue
_SYN, _ACK = 0x02, 0x10
# Classic BPF over a TCP header: load the byte of flags, keep SYN and ACK of it, drop where SYN stands alone, else take it whole.
_DROP_SYN = ((0x30, 0, 0, 13), (0x54, 0, 0, _SYN | _ACK), (0x15, 0, 1, _SYN), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))


def listen(host: str, port: int, backlog: int) -> socket.socket:
    """Return a socket that listens on a host and port; port 0 is a free one.

    Without SO_REUSEPORT, which Granian's own sockets have: with it a second Deskline on the same port starts without a word and takes
    half of the connections. Raises SettingsError where the address is unknown, in use or not allowed.
    """
    return _bound(host, port, backlog)


def listen_together(host: str, port: int, backlog: int, count: int) -> list[socket.socket]:
    """Return as many sockets that listen on the same host and port, each with a queue of its own: one for each process.

    Processes that take connections from one queue take very different shares of them (decision 15). On systems that do not spread
    connections over queues it is one socket all the same. Raises SettingsError as `listen`.
    """
    if sys.platform != "linux":
        listener = listen(host, port, backlog)
        return [listener, *(listener.dup() for _ in range(1, count))]
    if port:
        _bound(host, port, None).close()  # with SO_REUSEPORT alone, a second Deskline would join the first
    first = _bound(host, port, backlog, shared=True)
    port = first.getsockname()[1]
    # The kernel numbers them in the order in which they begin to listen.
    return [first, *(_bound(host, port, backlog, shared=True) for _ in range(1, count))]


def spread(listener: socket.socket, among: Sequence[int]) -> None:
    """Have new connections go to some of the sockets that listen together, by number, each to any of them. Linux; elsewhere nothing.

    Without it the kernel chooses among all of them, and a connection to one that nobody serves would wait until somebody does.
    """
    if sys.platform != "linux":
        return
    code = [(0x20, 0, 0, _RANDOM), (0x94, 0, 0, len(among))]  # A = a random number, modulo how many
    for place, number in enumerate(among):
        code += [(0x15, 0, 1, place), (0x06, 0, 0, number)]  # if A is place: return number
    _attach(listener, _SO_ATTACH_REUSEPORT_CBPF, [*code, (0x06, 0, 0, among[0])])


def _bound(host: str, port: int, backlog: int | None, *, shared: bool = False) -> socket.socket:
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # A name such as localhost often means ::1 first, and clients that know only 127.0.0.1 would not find the server.
        family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(f"host: cannot listen on {host!r}: {error.strerror}; accepted: an address of this machine") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        if backlog is not None:
            listener.listen(backlog)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise SettingsError(f"host: {host!r} is no address of this machine; accepted: one that is, or 0.0.0.0 for all") from None
        raise SettingsError(f"port: cannot listen on {host}:{port}: {error.strerror}; accepted: a free port, or 0 to choose one") from None
    listener.setblocking(False)
    return listener


def drop_new_connections(listener: socket.socket) -> None:
    """Let no new connection in, while those that have been let in stay.

    A listening socket that is closed resets whatever waits in its queue, requests included. So its queue is emptied first, and for that
    nothing may enter it any more: a filter drops what asks for a connection (SYN). Whoever is dropped asks again a second later, and
    then finds the next server or hears that there is none. Where the kernel lets only root have a filter, the listening socket is bound
    to an interface that does not exist: then who asks is refused at once. Does nothing on systems without either.
    """
    if sys.platform != "linux":
        return
    try:
        _attach(listener, _SO_ATTACH_FILTER, _DROP_SYN)
    except OSError:
        refuse_new_connections(listener)


def _attach(listener: socket.socket, option: int, code: Sequence[tuple[int, int, int, int]]) -> None:
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *instruction) for instruction in code))
    listener.setsockopt(socket.SOL_SOCKET, option, struct.pack("HP", len(code), ctypes.addressof(program)))


def refuse_new_connections(listener: socket.socket) -> None:
    """Refuse whoever asks for a connection from now on, while those that have been let in stay. Linux 5.7 and later."""
    # A server that cannot do this stops all the same: it may lose who came in the very last moment.
    with suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, _SO_BINDTOIFINDEX, struct.pack("i", _NO_INTERFACE))


def count_waiting(listener: socket.socket) -> int:
    """Return how many connections wait to be accepted; 0 on systems that do not tell."""
    if sys.platform != "linux":
        return 0
    waiting: int = struct.unpack_from("I", listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 64), _TCP_INFO_UNACKED)[0]
    return waiting
