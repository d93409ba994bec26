"""The listening sockets that the process was given at its start, until the listeners of its configuration take them.

A socket comes from a socket unit of systemd, from systemd's descriptor store after a crash, or from the predecessor of
an upgrade.  An endpoint finds its socket by its description.  If no socket has this description, it finds a socket by
address and port, because a description may be written in several ways and two sockets cannot be open at one place.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from ftpd_service.config.endpoints import ListenPlace, place, v6_only
from ftpd_service.succession.handover_text import PassedSocket
from ftpd_service.systemd import HandedOver
from ftpd_service.values import unmapped

_SYSTEMD = "systemd:"
_STORED = "ftpd-listener-"


@dataclass(frozen=True, slots=True)
class FoundSocket:
    """A given socket that an endpoint takes, and its address family."""

    given: PassedSocket
    family: int


class GivenSockets:
    """The given sockets that no listener has taken yet.

    :param sockets: may contain descriptors that are no listening sockets, which are ignored.
    """

    def __init__(self, sockets: Iterable[PassedSocket] = ()) -> None:
        self._places = {given: where for given in sockets if (where := listening_place(given.descriptor)) is not None}

    @property
    def rest(self) -> tuple[PassedSocket, ...]:
        """The sockets that no endpoint has taken."""
        return tuple(self._places)

    @property
    def unused(self) -> tuple[tuple[str, int], ...]:
        """The sockets of socket units among them: position and name, and port."""
        return tuple(
            (f"index={given.index} (name={given.name})", where.port)
            for given, where in self._places.items()
            if given.index is not None
        )

    def take(self, endpoint: str) -> FoundSocket | None:
        """Return the socket of an endpoint, which is the caller's from now on, or None.

        :raises LookupError: the endpoint is a socket of systemd, which has handed over no such socket.
        """
        given = self._of_systemd(endpoint) if endpoint.startswith(_SYSTEMD) else self._found(endpoint)
        if given is None:
            return None
        del self._places[given]
        known = socket.socket(fileno=given.descriptor)
        try:
            return FoundSocket(given, known.family)
        finally:
            known.detach()

    def give_back(self, given: PassedSocket) -> None:
        """Take a socket back that no endpoint needs any more."""
        where = listening_place(given.descriptor)
        if where is not None:
            self._places[given] = where

    def close(self) -> None:
        """Close the sockets that no endpoint has taken."""
        places, self._places = self._places, {}
        for given in places:
            os.close(given.descriptor)

    def demand(self, endpoint: str) -> None:
        """Check, for a dry run, that the socket of an endpoint is here.

        :raises LookupError: the endpoint is a socket of systemd, which has handed over no such socket.
        """
        if endpoint.startswith(_SYSTEMD):
            self._of_systemd(endpoint)

    def unwanted(self) -> tuple[PassedSocket, ...]:
        """Return the sockets that no endpoint has taken, for the caller to close; those of socket units stay here."""
        unwanted = tuple(given for given in self._places if given.index is None)
        for given in unwanted:
            del self._places[given]
        return unwanted

    def _found(self, endpoint: str) -> PassedSocket | None:
        by_description = [given for given in self._places if given.endpoint == endpoint]
        wanted = place(endpoint, v6_only=v6_only())
        by_place = [] if wanted is None else [given for given, there in self._places.items() if there == wanted]
        return next(iter([*by_description, *by_place]), None)

    def _of_systemd(self, endpoint: str) -> PassedSocket:
        opened = [given for given in self._places if given.index is not None]
        index, name = _index_and_name(endpoint)
        for given in opened:
            if str(given.index) == index or (name and given.name == name):
                return given
        told = ", ".join(f"index={given.index} (name={given.name})" for given in opened) or "no socket"
        raise LookupError(f"systemd has handed over no such socket; it has handed over {told}")


def from_systemd(given: HandedOver) -> tuple[PassedSocket, ...]:
    """Return the sockets that systemd has handed over: those of socket units, and those that it has stored for us."""
    return tuple(
        PassedSocket(descriptor=descriptor, index=None if name.startswith(_STORED) else index, name=name)
        for index, name in enumerate(given.names)
        if (descriptor := given.descriptor(index)) is not None
    )


def stored_name(where: ListenPlace) -> str:
    """Return the name of a socket in systemd's descriptor store, where names have no colons."""
    return f"{_STORED}{where.address}-{where.port}".replace(":", "_")


def listening_place(descriptor: int) -> ListenPlace | None:
    """Return the address and port of a listening socket, or None if the descriptor is no such socket."""
    try:
        known = socket.socket(fileno=descriptor)
    except (OSError, ValueError):
        return None
    try:
        return _place_of(known)
    except (OSError, ValueError):
        return None
    finally:
        known.detach()


def _place_of(known: socket.socket) -> ListenPlace | None:
    if not known.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return None
    address, port = known.getsockname()[:2]
    unspecified = known.family == socket.AF_INET6 and ip_address(address).is_unspecified
    both = unspecified and not known.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    return ListenPlace(port, unmapped(address), both)


def _index_and_name(endpoint: str) -> tuple[str, str]:
    """Return the index and the name in ``systemd:domain=INET6:index=0``; one of both is empty."""
    words = endpoint.removeprefix(_SYSTEMD).split(":")
    keyed = dict(word.split("=", 1) for word in words if "=" in word)
    positional = [word for word in words if "=" not in word]
    _, index, name = [*positional, "", "", ""][:3]
    return keyed.get("index", index), keyed.get("name", name)
