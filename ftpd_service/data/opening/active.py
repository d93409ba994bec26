"""Active mode: which targets may be dialled, and dialling them (RFC 959, 1123 section 4.1.2.12, 2577 section 3)."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReadDescriptor, IWriteDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.data.reactor import DataReactor, Readiness
from ftpd_service.errnos import no_data_connection
from ftpd_service.errors import BadArgument, NoDataConnection, UnsupportedParameter
from ftpd_service.reasons import DataFailure
from ftpd_service.values import IPAddress, Peer

LOWEST_PORT = 1024
"""Lower ports belong to services, which a bounced connection could attack (RFC 2577 section 3)."""

_TRY_ANOTHER_SOURCE = frozenset({errno.EADDRNOTAVAIL, errno.EADDRINUSE})

_CONNECTING = frozenset({0, errno.EINPROGRESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The address at which the client listens."""

    address: IPAddress
    port: int

    def __str__(self) -> str:
        return f"{self.address} port {self.port}"


def checked_target(peer: Peer, address: IPAddress, port: int) -> Target:
    """Return the target, if the client may name it: the target has the client's address and no port of a service.

    :raises BadArgument: port 0.
    :raises UnsupportedParameter: a foreign address, or a port below 1024.
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


async def dial(reactor: DataReactor, peer: Peer, target: Target, seconds: float) -> socket.socket:
    """Connect from the control connection's local address, and from the port below its own if that can be bound.

    :param seconds: the timeout of all attempts together.
    :raises NoDataConnection:
    """
    deadline = reactor.seconds() + seconds
    for source in _source_ports(peer):
        try:
            return await _attempted(reactor, peer, target, source, deadline)
        except OSError as problem:
            another = isinstance(problem, _Unbound) or problem.errno in _TRY_ANOTHER_SOURCE
            if source == 0 or not another:
                cause = DataFailure.TIMEOUT if problem.errno == errno.ETIMEDOUT else DataFailure.UNREACHABLE
                raise no_data_connection(f"dialling {target}", problem, cause) from problem
    raise NoDataConnection(f"dialling {target}: no source port is left", cause=DataFailure.RESOURCES)


async def _attempted(reactor: DataReactor, peer: Peer, target: Target, source: int, deadline: float) -> socket.socket:
    attempt = _Attempt(target, reactor)
    attempt.begin(str(peer.local_address), source)
    timer = reactor.callLater(max(0.0, deadline - reactor.seconds()), attempt.time_out)
    try:
        return await attempt.outcome
    finally:
        if timer.active():
            timer.cancel()


def _source_ports(peer: Peer) -> Iterator[int]:
    """Yield L-1, then any port: L-1 may need a privilege, be taken, or be in TIME_WAIT towards the same target."""
    if peer.local_port > 1:
        yield peer.local_port - 1
    yield 0


class _Unbound(OSError):
    """The source port cannot be bound."""


@implementer(IReadDescriptor, IWriteDescriptor)
class _Attempt:
    """An attempt to connect from a source port, on a socket that the transfer takes over.

    Twisted's client tries to write as soon as it is connected.  That consumes the error of a reset, so that the
    transfer takes the reset for an end in order; and it fails where a small file is finished already.

    :ivar outcome: fires with the connected socket, or fails with OSError or NoDataConnection; cancelling it closes the
        socket.
    """

    def __init__(self, target: Target, reactor: Readiness) -> None:
        self._target = target
        self._reactor = reactor
        self._socket = socket.socket(_family(str(target.address)), socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self.outcome: Deferred[socket.socket] = Deferred(lambda outcome: self._close())

    def begin(self, address: str, port: int) -> None:
        """Start to connect from a local address and port; 0 means any port.

        :raises OSError: the target cannot be reached from there.
        """
        try:
            self._bind(address, port)
            code = self._socket.connect_ex(_numeric(str(self._target.address), self._target.port))
            if code not in _CONNECTING:
                raise OSError(code, os.strerror(code))
        except OSError:
            self._socket.close()
            raise
        self._reactor.addWriter(self)

    def _bind(self, address: str, port: int) -> None:
        # Concurrent transfers share the source port L-1.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(_numeric(address, port))
        except OSError as problem:
            raise _Unbound(problem.errno, problem.strerror) from problem

    def time_out(self) -> None:
        """Fail because the target did not answer in time."""
        if self._socket.fileno() >= 0 and not self.outcome.called:
            self._close()
            text = f"dialling {self._target}: no answer in time"
            self.outcome.errback(NoDataConnection(text, cause=DataFailure.TIMEOUT))

    def fileno(self) -> int:
        """The socket's number, -1 once it is closed."""
        return self._socket.fileno()

    def logPrefix(self) -> str:
        """Return Twisted's prefix of log lines."""
        return "data connection"

    def doRead(self) -> None:
        """Do nothing: the attempt reads nothing."""

    def doWrite(self) -> None:
        """Note the result of the attempt; the reactor calls this."""
        self._reactor.removeWriter(self)
        self._look()

    def connectionLost(self, reason: Failure) -> None:
        """Note the result; the reactor has removed the registration."""
        self._look()

    def _look(self) -> None:
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._socket.close()
            self.outcome.errback(OSError(code, os.strerror(code)))
        elif self._connected():
            self.outcome.callback(self._socket)
        else:
            # The kernel's report was about an earlier socket with this number.
            self._reactor.addWriter(self)

    def _connected(self) -> bool:
        try:
            self._socket.getpeername()
        except OSError:
            return False
        return True

    def _close(self) -> None:
        self._reactor.removeWriter(self)
        self._socket.close()


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _numeric(address: str, port: int) -> tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]:
    """Return an address as sockets take it, with the number of the zone that an IPv6 address may name."""
    found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return found[0][4]
