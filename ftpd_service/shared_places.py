"""Sockets at addresses where ports are open: for listeners whose address a reload changes, and for dry runs.

The system refuses to open ``127.0.0.1:21`` while ``0.0.0.0:21`` is open, unless both sockets have SO_REUSEPORT, which
may be set on an open socket (Linux).  So the new port is open before the old one is closed, and a failure leaves the
old one as it was.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import cast

from twisted.internet.interfaces import IListeningPort
from twisted.internet.tcp import Port

from ftpd_service.config.endpoints import arguments, place, v6_only

_ROUNDS = 100
"""The most rounds, of some hundred connections each, in which a port that closes accepts clients that wait."""


def overlap(one: str, other: str) -> bool:
    """Return whether the system would refuse to open the ports of two endpoints, of which one is open."""
    here, there = (place(endpoint, v6_only=v6_only()) for endpoint in (one, other))
    return here is not None and there is not None and here.overlaps(there)


def same_place(one: str, other: str) -> bool:
    """Return whether two endpoints have the same port, by its address or by their description."""
    here, there = (place(endpoint, v6_only=v6_only()) for endpoint in (one, other))
    return here == there if here is not None else one == other


def opened_beside(endpoint: str, backlog: int, ports: Iterable[IListeningPort]) -> socket.socket:
    """Return a listening socket at an address that overlaps with those of open ports.

    :raises OSError: the socket cannot be opened.
    """
    with _shareable(ports):
        opened = _bound(endpoint)
        try:
            opened.listen(int(arguments(endpoint)[1].get("backlog", backlog)))
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 0)
        except OSError:
            opened.close()
            raise
    return opened


def try_place(endpoint: str, ports: Iterable[IListeningPort]) -> None:
    """Try whether the port of an endpoint could be opened, without accepting a connection.

    :param ports: the open ports whose addresses overlap with it.
    :raises OSError: the socket cannot be opened.
    """
    if place(endpoint, v6_only=v6_only()) is not None:
        with _shareable(ports):
            _bound(endpoint).close()


def accept_waiting(port: IListeningPort) -> None:
    """Accept the clients that wait at a port, which the system would reset when the port closes."""
    if not isinstance(port, Port):
        return
    waiting = select.poll()
    waiting.register(port.fileno(), select.POLLIN)
    for _ in range(_ROUNDS):
        if not waiting.poll(0):
            return
        port.doRead()


def _bound(endpoint: str) -> socket.socket:
    kind, named = arguments(endpoint)
    bound = socket.socket(socket.AF_INET6 if kind == "tcp6" else socket.AF_INET)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((named.get("interface", ""), int(named["port"])))
    except OSError:
        bound.close()
        raise
    return bound


@contextmanager
def _shareable(ports: Iterable[IListeningPort]) -> Iterator[None]:
    # Each port that a configuration may name is of this class; Twisted's interface promises less.
    sockets = [cast(Port, port).socket for port in ports]  # see the line above
    try:
        for one in sockets:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        yield
    finally:
        for one in sockets:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 0)
