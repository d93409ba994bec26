"""The opening of ports: endpoints by description, sockets from systemd, PROXY headers."""

from __future__ import annotations

import errno
import os
import socket
from typing import cast

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import AdoptedStreamServerEndpoint, serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IProtocolFactory, IStreamServerEndpoint
from twisted.internet.posixbase import PosixReactorBase
from twisted.python.failure import Failure

from ftpd_service.config.endpoints import PROXIED, with_backlog
from ftpd_service.config.schema import ListenerSettings
from ftpd_service.control.factory import ControlFactory
from ftpd_service.control.proxied import HeaderRules, ProxiedFactory
from ftpd_service.interfaces import Emit
from ftpd_service.systemd import HandedOver, handed_over, started_with

_SYSTEMD = "systemd:"
BACKLOG = 65535
"""The most connections that may wait for acceptance: the system reduces this number to net.core.somaxconn.

Twisted's default is 50.  All clients of an operator may return within a moment, after a restart or a network failure,
and a client that finds the queue full tries again after one second, then three, and so on.  A free place in the queue
costs nothing, and each accepted connection is counted against the caps.
"""


class CannotServe(Exception):
    """The service cannot start; the text tells the operator the reason."""


class Listening:
    """The ports of a service, and the factories of their connections.

    :ivar ports: the open ports, in the order of the configuration.
    """

    def __init__(self, reactor: PosixReactorBase, emit: Emit) -> None:
        """Open no port yet; `emit` gets events about connections that never became a session."""
        self._reactor = reactor
        self._emit = emit
        # This precedes twistd's change to the background, after which the process has another id.
        self._handed_over = handed_over(started_with(), os.getpid())
        self.ports: list[IListeningPort] = []

    def open(self, listener: ListenerSettings, factory: ControlFactory, rules: HeaderRules) -> None:
        """Open a port, and hand its connections to a factory.

        :param rules: the rules of PROXY headers, for endpoints with such headers.
        :raises CannotServe: the port cannot be opened.
        """
        accepting: IProtocolFactory = factory
        if listener.endpoint.startswith(PROXIED):
            accepting = ProxiedFactory(factory, rules, clock=self._reactor, emit=self._emit)
        failures: list[Failure] = []
        try:
            endpoint = _endpoint(self._reactor, listener.endpoint.removeprefix(PROXIED), self._handed_over)
        except LookupError as missing:
            raise CannotServe(f"cannot listen on {listener.endpoint}: {missing.args[0]}") from missing
        opened: Deferred[IListeningPort] = endpoint.listen(accepting)
        opened.addCallbacks(self.ports.append, failures.append)
        if failures:
            raise CannotServe(f"cannot listen on {listener.endpoint}: {_reason(failures[0].value)}")

    async def close(self) -> None:
        ports, self.ports = self.ports, []
        for port in ports:
            closed = port.stopListening()
            if closed is not None:
                await closed


_ADVICE = {
    errno.EADDRINUSE: "another program listens there ('ss -ltnp' names it): end it, or give this listener another port",
    errno.EADDRNOTAVAIL: "this host has no such address, which 'ip address' would list",
    errno.EACCES: "ports below 1024 need CAP_NET_BIND_SERVICE, which the unit of 'ftpd-service print unit' gives",
}
"""Advice for the operator when the system refuses a port."""


def _reason(problem: BaseException | None) -> str:
    """Return the reason why a port could not be opened, and advice."""
    cause: object = problem.socketError if isinstance(problem, CannotListenError) else problem
    if not isinstance(cause, OSError) or cause.errno is None:
        return str(problem)
    advice = _ADVICE.get(cause.errno)
    return f"{cause.strerror}; {advice}" if advice else str(cause.strerror)


def place_of(port: IListeningPort) -> str:
    """Return the address of a port in the form of URLs: ``127.0.0.1:2121``, ``[::]:21``."""
    # Each endpoint that a configuration may name has such an address; Twisted's interface promises less.
    here = cast(IPv4Address | IPv6Address, port.getHost())  # see the line above
    return f"[{here.host}]:{here.port}" if ":" in here.host else f"{here.host}:{here.port}"


def _endpoint(reactor: PosixReactorBase, description: str, given: HandedOver) -> IStreamServerEndpoint:
    """Return an endpoint by its description.

    :raises LookupError: systemd has handed over no such socket.
    """
    try:
        endpoint: IStreamServerEndpoint = serverFromString(reactor, with_backlog(description, BACKLOG))
    except LookupError:
        domain, descriptor = _by_index(description, given)
        if descriptor is None:
            text = f"systemd has handed over no such socket; it has handed over {given}"
            raise LookupError(text) from None
        return AdoptedStreamServerEndpoint(reactor, descriptor, domain)
    return endpoint


def _by_index(description: str, given: HandedOver) -> tuple[int, int | None]:
    """Return the address family and, for an index, the descriptor, of ``systemd:domain=INET6:index=0``."""
    words = description.removeprefix(_SYSTEMD).split(":")
    keyed = dict(word.split("=", 1) for word in words if "=" in word)
    positional = [word for word in words if "=" not in word]
    domain, index = [*positional, "", ""][:2]
    domain, index = keyed.get("domain", domain), keyed.get("index", index)
    family = getattr(socket, f"AF_{domain}")
    return family, given.descriptor(int(index)) if index.isdigit() else None
