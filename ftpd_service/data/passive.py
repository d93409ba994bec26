"""Passive mode: ports shared by all sessions, and a listener that waits for one client (RFC 959, 2428, 2577).

A port is chosen at random, so that nobody can guess the next one, and rests for some seconds after its use, so that a
late SYN of one client never reaches another's listener.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from random import Random, SystemRandom

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IAddress, IListeningPort
from twisted.internet.protocol import ServerFactory

from ftpd_service.data.protocol import DataProtocol
from ftpd_service.data.reactor import Clock, Listens
from ftpd_service.errors import NoDataConnection
from ftpd_service.values import IPAddress, unmapped

ANY_PORT = ((49152, 65535),)
"""The range for dynamic use (RFC 6335 section 6), where no range is configured."""

REST_SECONDS = 5.0
"""How long a port rests after its use, while others are free."""

GUESSES = 16
"""How many random ports are tried before all are gone through."""

BACKLOG = 5
"""One client is due; a stranger or two may knock before it."""

_TRY_ANOTHER = frozenset({errno.EADDRINUSE, errno.EACCES})


class PassivePorts:
    """Chooses the ports of passive listeners, for all sessions together."""

    def __init__(
        self,
        ranges: Sequence[tuple[int, int]],
        *,
        reactor: Listens,
        clock: Clock,
        random: Random | None = None,
    ) -> None:
        """Ranges include both ends and may overlap; none means `ANY_PORT`."""
        self._ranges = tuple(range(first, last + 1) for first, last in (ranges or ANY_PORT))
        self._reactor = reactor
        self._clock = clock
        self._random = random or SystemRandom()
        self._busy: set[int] = set()
        self._resting: dict[int, float] = {}

    @property
    def open(self) -> int:
        """How many ports are listened on."""
        return len(self._busy)

    def listen(self, factory: ServerFactory, interface: str) -> IListeningPort:
        """Listen on a free port of a local address.  The caller hands the port number to `release` after closing it.

        :raises NoDataConnection: no port is free.
        """
        self._wake()
        for number in self._candidates():
            if number in self._busy:
                continue
            try:
                port = self._reactor.listenTCP(number, factory, backlog=BACKLOG, interface=interface)
            except (CannotListenError, OSError) as problem:
                if _errno(problem) in _TRY_ANOTHER:
                    continue
                raise NoDataConnection(f"cannot listen on {interface}: {problem}") from problem
            self._busy.add(number)
            self._resting.pop(number, None)
            return port
        raise NoDataConnection("no passive port is free")

    def release(self, number: int) -> None:
        """Take back the number of a port that is closed; it rests now."""
        self._busy.discard(number)
        self._resting.pop(number, None)
        self._resting[number] = self._clock.seconds() + REST_SECONDS

    def _wake(self) -> None:
        now = self._clock.seconds()
        while self._resting:
            number = next(iter(self._resting))
            if self._resting[number] > now:
                break
            del self._resting[number]

    def _candidates(self) -> Iterator[int]:
        """Rested ports in random order, then those that rest, the longest-rested first.

        A short range under many small files would run dry otherwise.
        """
        total = sum(map(len, self._ranges))
        for _ in range(GUESSES):
            number = self._numbered(int(self._random.random() * total))
            if number not in self._resting:
                yield number
        everyone = [number for numbers in self._ranges for number in numbers if number not in self._resting]
        self._random.shuffle(everyone)
        yield from everyone
        yield from [number for number in self._resting if any(number in numbers for numbers in self._ranges)]

    def _numbered(self, index: int) -> int:
        for numbers in self._ranges:
            if index < len(numbers):
                return numbers[index]
            index -= len(numbers)
        raise IndexError(index)


class PassiveListener(ServerFactory):
    """Waits on one port for one client.

    The first connection from the client's own address closes the port; any other is closed at once and reported, and
    the port waits on, so that a stranger can't use it up (RFC 2577 section 8).
    """

    noisy = False

    def __init__(
        self,
        *,
        client: IPAddress,
        interface: IPAddress,
        ports: PassivePorts,
        report: Callable[[str], None],
        came: Callable[[PassiveListener], None],
    ) -> None:
        """Listen for a client on a local address.

        :param came: is told that the client has connected.
        :raises NoDataConnection: no port is free.
        """
        self._client = client
        self._ports = ports
        self._report = report
        self._came = came
        self._accepted: Deferred[None] = Deferred()
        self._protocol: DataProtocol | None = None
        self._closed: Deferred[None] | None = None
        self._port = ports.listen(self, str(interface))
        self.number = _host_and_port(self._port.getHost())[1]

    def buildProtocol(self, addr: IAddress | None) -> DataProtocol | None:
        """A Protocol for the client, None for strangers and for whoever comes too late."""
        if self._closed is not None:
            return None
        host = _host_and_port(addr)[0]
        if unmapped(host) != self._client:
            self._report(f"connection from {host} to passive port {self.number}, where {self._client} is due")
            return None
        return DataProtocol(self._made)

    def _made(self, protocol: DataProtocol) -> None:
        self._protocol = protocol
        self.close()
        if not self._accepted.called:
            self._accepted.callback(None)
        self._came(self)

    async def connection(self, clock: Clock, seconds: float) -> DataProtocol:
        """Wait so long for the client, who may have come already; the connection is the caller's from then on.

        :raises NoDataConnection: nobody came.
        """
        if self._protocol is None:
            timer = clock.callLater(seconds, self._accepted.errback, NoDataConnection("nobody connected in time"))
            try:
                await self._accepted
            finally:
                if timer.active():
                    timer.cancel()
        protocol = self.take()
        if protocol is None:
            raise NoDataConnection("the connection was given up")
        return protocol

    def take(self) -> DataProtocol | None:
        """The connection that was accepted and that nobody has taken; it is the caller's to end."""
        protocol, self._protocol = self._protocol, None
        return protocol

    def close(self) -> Deferred[None]:
        """Stop listening; safe to call again.  Fires when the port is closed, and can be cancelled without harm."""
        if self._closed is None:
            self._closed = Deferred()
            maybeDeferred(self._port.stopListening).addBoth(self._port_closed, self._closed)
        waiter: Deferred[None] = Deferred()
        self._closed.addBoth(_wake, waiter)
        return waiter

    def _port_closed(self, result: object, closed: Deferred[None]) -> object:
        self._ports.release(self.number)
        closed.callback(None)
        return result


def _wake(result: None, waiter: Deferred[None]) -> None:
    waiter.callback(None)


def _errno(problem: CannotListenError | OSError) -> int | None:
    return problem.socketError.errno if isinstance(problem, CannotListenError) else problem.errno


def _host_and_port(address: IAddress | None) -> tuple[str, int]:
    if not isinstance(address, IPv4Address | IPv6Address):
        raise TypeError(f"no TCP address: {address}")
    return address.host, address.port
