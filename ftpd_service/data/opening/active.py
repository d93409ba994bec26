"""Active mode: which targets may be dialled, and dialling them (RFC 959, 1123 section 4.1.2.12, 2577 section 3)."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectBindError, ConnectError
from twisted.internet.interfaces import IAddress, IConnector
from twisted.internet.protocol import ClientFactory
from twisted.internet.tcp import makeBinding
from twisted.python.failure import Failure

from ftpd_service.data.connection.protocol import DataProtocol
from ftpd_service.data.reactor import DataReactor
from ftpd_service.errnos import no_data_connection
from ftpd_service.errors import BadArgument, NoDataConnection, UnsupportedParameter
from ftpd_service.values import IPAddress, Peer

LOWEST_PORT = 1024
"""Ports below it belong to services, which a bounced connection could attack (RFC 2577 section 3)."""

_TRY_ANOTHER_SOURCE = frozenset({errno.EADDRNOTAVAIL, errno.EADDRINUSE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the client listens."""

    address: IPAddress
    port: int

    def __str__(self) -> str:
        return f"{self.address} port {self.port}"


def checked_target(peer: Peer, address: IPAddress, port: int) -> Target:
    """The target, if this client may name it: its own address, and no port of a service.

    :raises BadArgument: port 0.
    :raises UnsupportedParameter: another address, or a port below 1024.
    """
    if port == 0:
        raise BadArgument("Port 0 cannot be dialled.")
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address != peer.address:
        raise UnsupportedParameter("Illegal address: it is not yours.")
    if port < LOWEST_PORT:
        raise UnsupportedParameter("Illegal port: below 1024.")
    return Target(address=address, port=port)


async def dial(reactor: DataReactor, peer: Peer, target: Target, seconds: float) -> DataProtocol:
    """Connect from the control connection's local address, from the port below its own where that can be bound.

    :param seconds: for all attempts together.
    :raises NoDataConnection:
    """
    deadline = reactor.seconds() + seconds
    for source in _source_ports(peer):
        attempt = _Attempt(target)
        timer = reactor.callLater(max(0.0, deadline - reactor.seconds()), attempt.time_out)
        try:
            attempt.begin(reactor, str(peer.local_address), source, seconds)
            return await attempt.outcome
        except ConnectError as problem:
            another = isinstance(problem, ConnectBindError) or problem.osError in _TRY_ANOTHER_SOURCE
            if source == 0 or not another:
                code = problem.osError if isinstance(problem.osError, int) else 0
                raise no_data_connection(f"dialling {target}", OSError(code, str(problem))) from problem
        finally:
            if timer.active():
                timer.cancel()
    raise NoDataConnection(f"dialling {target}: no source port is left")


def _source_ports(peer: Peer) -> Iterator[int]:
    """L-1, then any: the first may need a privilege, be taken, or be in TIME_WAIT towards the same target."""
    if peer.local_port > 1:
        yield peer.local_port - 1
    yield 0


def _write_nothing() -> None:
    """What a transport does that nothing is ever written to."""


class _Attempt(ClientFactory[DataProtocol]):
    """One attempt to connect, from one source port.

    :ivar outcome: the connection, or a ConnectError, or NoDataConnection; cancelling it gives up.
    """

    noisy = False

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connector: IConnector | None = None
        self._over = False
        self.outcome: Deferred[DataProtocol] = Deferred(lambda outcome: self._stop())

    def begin(self, reactor: DataReactor, address: str, port: int, seconds: float) -> None:
        """Start to connect from a local address and port; 0 is any port."""
        reactor.connectTCP(
            str(self._target.address),
            self._target.port,
            self,
            timeout=seconds,
            # Concurrent transfers share the source port L-1, so it needs SO_REUSEADDR.
            bindAddress=makeBinding(address, port, reuseAddress=True),  # type: ignore[arg-type]  # in IReactorTCP2 only
        )

    def startedConnecting(self, connector: IConnector) -> None:
        """Remember whom to stop."""
        self._connector = connector

    def buildProtocol(self, addr: IAddress | None) -> DataProtocol:
        """A Protocol that ends the wait."""
        return DataProtocol(self._made)

    def _made(self, protocol: DataProtocol) -> None:
        self._over = True
        # Where the client has sent something already, the reactor has the transport write next, though there is nothing
        # to be written: its send(2) would take a reset's error away from the transfer, for which the reset is then an
        # end in order; and it fails where a small file is over already.
        protocol.transport.doWrite = _write_nothing  # type: ignore[union-attr]  # as Twisted's client itself does
        self.outcome.callback(protocol)

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        """End the wait, unless it was given up."""
        if not self._over:
            self._over = True
            self.outcome.errback(reason)

    def time_out(self) -> None:
        """End the wait for want of an answer."""
        if not self._over:
            self._stop()
            self.outcome.errback(NoDataConnection(f"dialling {self._target}: no answer in time"))

    def _stop(self) -> None:
        self._over = True
        if self._connector is not None:
            self._connector.stopConnecting()
