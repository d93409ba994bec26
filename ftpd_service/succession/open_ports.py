"""The open ports of the process: opened by description, stored by systemd, and handed over to a successor.

A port that a successor takes over must not be shut down: a shutdown would end the listening of all processes that have
the socket, and close alone leaves the socket to the others.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from twisted.internet.defer import Deferred, succeed
from twisted.internet.endpoints import AdoptedStreamServerEndpoint, serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import (
    IListeningPort,
    IOpenSSLContextFactory,
    IProtocolFactory,
    IReadDescriptor,
    IStreamServerEndpoint,
)
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.protocol import Factory
from twisted.internet.tcp import Port
from twisted.logger import Logger
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure

from ftpd_service.config.endpoints import with_backlog
from ftpd_service.interfaces import Blocking
from ftpd_service.running_service import CannotServe
from ftpd_service.shared_places import opened_beside, try_place
from ftpd_service.succession.descriptor_store import DescriptorStore
from ftpd_service.succession.given_sockets import FoundSocket, GivenSockets
from ftpd_service.succession.handover_text import PassedSocket

_log = Logger(namespace="ftpd")

BACKLOG = 65535
"""The most connections that may wait for acceptance: the system reduces this number to net.core.somaxconn.

Twisted's default is 50.  All clients of an operator may return within a moment, after a restart or a network failure,
and a client that finds the queue full tries again after one second, then three, and so on.  A free place in the queue
costs nothing, and each accepted connection is counted against the caps.
"""

_ADVICE = {
    errno.EADDRINUSE: "another program listens there ('ss -ltnp' names it): end it, or give this listener another port",
    errno.EADDRNOTAVAIL: "this host has no such address, which 'ip address' would list",
    errno.EACCES: (
        "ports below 1024 need CAP_NET_BIND_SERVICE, which the unit of 'ftpd-service print unit' gives; a service that"
        " was started as root with --uid opens them only at its start: restart it"
    ),
}
"""Advice for the operator when the system refuses a port."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldPort:
    """A port that is open, and the origin of its socket."""

    port: IListeningPort
    socket: PassedSocket
    """The socket as the process was given it, but for the endpoint; only `OpenPorts.sockets` has its descriptor."""


class OpenPorts:
    """The open ports of the process.

    :param given: the sockets that the process was given at its start; endpoints take theirs from it.
    :param store: keeps copies of the sockets for the next process.
    :param accepting: whether ports accept connections at once; a successor begins with `begin`.
    """

    def __init__(
        self,
        reactor: PosixReactorBase,
        *,
        given: GivenSockets,
        store: DescriptorStore,
        accepting: bool = True,
    ) -> None:
        self._reactor = reactor
        self._given = given
        self._store = store
        self._accepting = accepting
        self._open: list[HeldPort] = []

    def open(
        self, endpoint: str, factory: IProtocolFactory, *, beside: Sequence[IListeningPort] = ()
    ) -> IListeningPort:
        """Open a port by the description of its endpoint, or take a given socket over.

        :param beside: the open ports whose addresses overlap with that of the endpoint.
        :raises CannotServe: the port cannot be opened; the text is the reason alone.
        """
        try:
            found = self._given.take(endpoint)
            if found is None:
                opening = self._opening(endpoint, beside)
                passed = PassedSocket(descriptor=-1, endpoint=endpoint)
            else:
                opening = self._taking_over(endpoint, found)
                passed = replace(found.given, endpoint=endpoint)
        except LookupError as missing:
            raise CannotServe(str(missing.args[0])) from missing
        except OSError as problem:
            raise CannotServe(reason_of(problem)) from problem
        opened: list[IListeningPort] = []
        failures: list[Failure] = []
        opening.listen(factory).addCallbacks(opened.append, failures.append)
        if failures:
            raise CannotServe(reason_of(failures[0].value))
        self._add(HeldPort(opened[0], passed))
        return opened[0]

    async def attempt(self, endpoint: str, blocking: Blocking, *, beside: Sequence[IListeningPort] = ()) -> None:
        """Try, for a dry run, whether a port could be opened, without accepting a connection.

        :param beside: as in `open`.
        :raises CannotServe: it could not; the text is the reason alone.
        """
        try:
            self._given.demand(endpoint)
            await blocking(partial(try_place, endpoint, beside))
        except LookupError as missing:
            raise CannotServe(str(missing.args[0])) from missing
        except OSError as problem:
            raise CannotServe(reason_of(problem)) from problem

    def _opening(self, endpoint: str, beside: Sequence[IListeningPort]) -> IStreamServerEndpoint:
        if not beside:
            described: IStreamServerEndpoint = serverFromString(self._reactor, with_backlog(endpoint, BACKLOG))
            return described
        opened = opened_beside(endpoint, BACKLOG, beside)
        return AdoptedStreamServerEndpoint(self._reactor, opened.detach(), opened.family)

    def _taking_over(self, endpoint: str, found: FoundSocket) -> IStreamServerEndpoint:
        if not endpoint.startswith("ssl:"):
            return AdoptedStreamServerEndpoint(self._reactor, found.given.descriptor, found.family)
        adopting = _AdoptingReactor(self._reactor, found)
        described: IStreamServerEndpoint = serverFromString(adopting, endpoint)
        return described

    def _add(self, opened: HeldPort) -> None:
        self._open.append(opened)
        if self._accepting:
            self._keep(opened)
        else:
            self._reactor.removeReader(cast(IReadDescriptor, opened.port))  # as all ports of a PosixReactorBase are

    def _keep(self, opened: HeldPort) -> None:
        if opened.socket.index is None:
            self._store.keep(descriptor_of(opened.port))

    def begin(self) -> None:
        """Accept connections from now on, and close the given sockets that no endpoint has taken."""
        if not self._accepting:
            self._accepting = True
            for opened in self._open:
                self._reactor.addReader(cast(IReadDescriptor, opened.port))  # see `_add`
                self._keep(opened)
        for given in self._given.unwanted():
            self._store.drop(given.descriptor)
            os.close(given.descriptor)
        for name, number in self._given.unused:
            _log.warn(
                "no listener uses the socket {name} of port {number} that systemd has handed over: its clients wait in"
                " vain; give it a listener, or remove its ListenStream= from the socket unit",
                name=name,
                number=number,
            )

    @property
    def sockets(self) -> tuple[PassedSocket, ...]:
        """The sockets for a successor: those of open ports, and those that no endpoint has taken."""
        held = (replace(opened.socket, descriptor=descriptor_of(opened.port)) for opened in self._open)
        return (*held, *self._given.rest)

    def close(self, port: IListeningPort) -> Deferred[None]:
        """Close a port for good: no copy of its socket stays open.

        The socket of a socket unit stays here, as systemd gives it only once: a later configuration may want it again.
        """
        opened = next((opened for opened in self._open if opened.port is port), None)
        if opened is None:
            return succeed(None)
        self._open.remove(opened)
        if opened.socket.index is not None:
            self._given.give_back(replace(opened.socket, descriptor=os.dup(descriptor_of(port))))
        # The sockets of a process that never served are those of its predecessor.
        elif self._accepting:
            self._store.drop(descriptor_of(port))
            # A copy, as in systemd's store, would go on to take connections until it is closed too.  Twisted shuts
            # down only the sockets that it has opened, and has no public name for the difference.
            cast(Port, port)._shouldShutdown = True  # as above
        return _closed(port)

    def stop(self) -> None:
        """Close the given sockets that are left, at the end of the service."""
        self._given.close()

    def let_go(self) -> None:
        """Stop accepting connections, because a successor has the sockets and accepts them."""
        opened, self._open = self._open, []
        for one in opened:
            # Twisted shuts down the sockets that it has opened, and has no public name for the difference.
            cast(Port, one.port)._shouldShutdown = False  # as above
            _closed(one.port)


class _AdoptingReactor:
    """The part of a reactor that an endpoint with TLS needs; the port is that of a given socket.

    The description has the certificate, which an adopted socket alone would lack: it would answer in clear.
    """

    def __init__(self, reactor: PosixReactorBase, found: FoundSocket) -> None:
        self._reactor = reactor
        self._found = found

    def listenSSL(
        self, port: int, factory: Factory, contextFactory: IOpenSSLContextFactory, **place: object
    ) -> IListeningPort:
        """Open the port; the parameters are Twisted's."""
        descriptor = self._found.given.descriptor
        protected = TLSMemoryBIOFactory(contextFactory, False, factory)
        opened: IListeningPort = self._reactor.adoptStreamPort(descriptor, self._found.family, protected)
        os.close(descriptor)
        return opened


def descriptor_of(port: IListeningPort) -> int:
    """Return the descriptor of an open port, which the port still owns."""
    # Each endpoint that a configuration may name makes such a port; Twisted's interface promises less.
    return int(cast(Port, port).fileno())  # see the line above


def reason_of(problem: BaseException | None) -> str:
    """Return the reason why a port could not be opened, and advice."""
    cause: object = problem.socketError if isinstance(problem, CannotListenError) else problem
    if not isinstance(cause, OSError) or cause.errno is None:
        return str(problem)
    advice = _ADVICE.get(cause.errno)
    return f"{cause.strerror}; {advice}" if advice else str(cause.strerror)


def _closed(port: IListeningPort) -> Deferred[None]:
    closed: Deferred[None] | None = port.stopListening()
    return succeed(None) if closed is None else closed
