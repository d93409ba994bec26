"""Passive mode: ports shared by all sessions, and a listener that waits for one client (RFC 959, 2428, 2577).

A port is chosen at random, so that nobody can guess the next one, and rests for some seconds after its use, so that a
late SYN of one client never reaches another's listener.
"""

from __future__ import annotations

import errno
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random, SystemRandom
from typing import Protocol

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory

from ftpd_service.data.connection.protocol import DataProtocol
from ftpd_service.data.opening.port import Accepts
from ftpd_service.data.reactor import Clock
from ftpd_service.errnos import no_data_connection
from ftpd_service.errors import NoDataConnection
from ftpd_service.policy.passive_ports import Held, to_take_back
from ftpd_service.values import IPAddress, Peer, unmapped

ANY_PORT = ((49152, 65535),)
"""The range for dynamic use (RFC 6335 section 6), where no range is configured."""

REST_SECONDS = 5.0
"""How long a port rests after its use, while others are free."""

GUESSES = 8
"""How many random ports are tried before all are gone through."""

SHORT_RANGE = 256
"""Ranges of so many ports are gone through for a rested one before any that rests is taken."""

_TRY_ANOTHER = frozenset({errno.EADDRINUSE, errno.EACCES})


class OpenPort(Protocol):
    """A port that is listened on; see `PassivePort`."""

    number: int

    def watch(self) -> None:
        """Have the reactor look from now on; safe to call again."""

    def look(self) -> None:
        """Accept whoever is there already."""

    def close(self) -> None:
        """Listen no more; safe to call twice."""


class Holder(Accepts, Protocol):
    """Who holds a port."""

    def taken_back(self) -> None:
        """Give the port up: another session needs it.  It is closed and released on return."""


class Listens(Protocol):
    """Opens a port."""

    def __call__(self, number: int, factory: Accepts, interface: str, /) -> OpenPort:
        """Listen on a port of a local address.

        :raises OSError: the address is taken or not ours.
        """


@dataclass(slots=True, kw_only=True)
class PortsInUse:
    """The ports that sessions hold and those that rest: of all configurations, as sessions outlive a reload."""

    held: dict[int, Held] = field(default_factory=dict)
    holders: dict[int, Holder] = field(default_factory=dict)
    resting: OrderedDict[int, float] = field(default_factory=OrderedDict)
    """Until when, the first to wake first."""


class PassivePorts:
    """Chooses the ports of passive listeners, for all sessions of one configuration together."""

    def __init__(
        self,
        ranges: Sequence[tuple[int, int]],
        *,
        listen: Listens,
        clock: Clock,
        random: Random | None = None,
        in_use: PortsInUse | None = None,
    ) -> None:
        """Ranges include both ends and may overlap; none means `ANY_PORT`.

        :param in_use: is shared with other configurations; None for the only one.
        """
        self._ranges = tuple(range(first, last + 1) for first, last in (ranges or ANY_PORT))
        self._listen = listen
        self._clock = clock
        self._random = random or SystemRandom()
        in_use = in_use or PortsInUse()
        self._held, self._holders, self._resting = in_use.held, in_use.holders, in_use.resting

    @property
    def open(self) -> int:
        """How many ports are listened on."""
        return len(self._held)

    def listen(self, holder: Holder, interface: str, host: IPAddress) -> OpenPort:
        """Listen on a free port of a local address.  The caller hands the port number to `release` after closing it.

        Where all are held, the host gets its share: see `ftpd_service.policy.passive_ports`.

        :raises NoDataConnection: no port is free.
        """
        self._wake()
        for number in self._candidates():
            port = None if number in self._held else self._opened(number, holder, interface, host)
            if port is not None:
                return port
        freed = self._taken_back(host)
        port = None if freed is None else self._opened(freed, holder, interface, host)
        if port is None:
            raise NoDataConnection("no passive port is free")
        return port

    def _taken_back(self, host: IPAddress) -> int | None:
        """The number of a port that another session has given up for a host, or None."""
        ours = {number: held for number, held in self._held.items() if self._holds(number)}
        number = to_take_back(ours, host, self._clock.seconds())
        if number is not None:
            self._holders[number].taken_back()
        return number

    def _holds(self, number: int) -> bool:
        """Whether a number is in the ranges: sessions of another configuration may use others."""
        return any(number in numbers for numbers in self._ranges)

    def _opened(self, number: int, holder: Holder, interface: str, host: IPAddress) -> OpenPort | None:
        """Listen on a port, or None where another program has it."""
        try:
            port = self._listen(number, holder, interface)
        except OSError as problem:
            if problem.errno in _TRY_ANOTHER:
                return None
            raise no_data_connection(f"cannot listen on {interface}", problem) from problem
        self._held[number] = Held(host=host, since=self._clock.seconds())
        self._holders[number] = holder
        self._resting.pop(number, None)
        return port

    def release(self, number: int) -> None:
        """Take back the number of a port that is closed; it rests now."""
        self._held.pop(number, None)
        self._holders.pop(number, None)
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

        Many small files would run any range dry otherwise.  A long one is not gone through then: at thousands of files
        a second nearly all of its ports rest, and the longest-rested has rested for seconds.
        """
        total = sum(map(len, self._ranges))
        for _ in range(GUESSES):
            number = self._numbered(int(self._random.random() * total))
            if number not in self._resting:
                yield number
        if total <= SHORT_RANGE:
            yield from self._rested()
        yield from filter(self._holds, list(islice(self._resting, GUESSES)))
        yield from self._rested()
        yield from filter(self._holds, list(self._resting))

    def _rested(self) -> list[int]:
        everyone = [number for numbers in self._ranges for number in numbers if number not in self._resting]
        self._random.shuffle(everyone)
        return everyone

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
        peer: Peer,
        ports: PassivePorts,
        report: Callable[[str], None],
        came: Callable[[PassiveListener], None],
    ) -> None:
        """Listen for a client where its control connection arrived.

        :param came: is told that the client has connected.
        :raises NoDataConnection: no port is free.
        """
        self._client = peer.address
        self._client_host = str(peer.address)
        self._ports = ports
        self._report = report
        self._came = came
        self._accepted: Deferred[None] | None = None
        self._protocol: DataProtocol | None = None
        self._closed = False
        self._failed: NoDataConnection | None = None
        self._port = ports.listen(self, str(peer.local_address), peer.host)
        self.number = self._port.number

    def buildProtocol(self, addr: IAddress | None) -> DataProtocol | None:
        """A Protocol for the client, None for strangers and for whoever comes too late."""
        if self._closed:
            return None
        host = _host(addr)
        if host != self._client_host and unmapped(host) != self._client:
            self._report(f"connection from {host} to passive port {self.number}, where {self._client} is due")
            return None
        return DataProtocol(self._made)

    def cannot_accept(self, problem: OSError) -> None:
        """End the wait: nobody can come any more."""
        self.close()
        self._failed = no_data_connection(f"cannot accept on port {self.number}", problem)
        self._wake(self._failed)

    def taken_back(self) -> None:
        """End the wait, unless the client is there and nobody has looked: it keeps its connection then."""
        self.look()
        if self._closed:
            return
        text = f"passive port {self.number} was given to another session: nobody had connected to it"
        self._report(text)
        self.close()
        self._wake(NoDataConnection(text))

    def _made(self, protocol: DataProtocol) -> None:
        self._protocol = protocol
        self.close()
        self._wake(None)
        self._came(self)

    def _wake(self, problem: NoDataConnection | None) -> None:
        waiter, self._accepted = self._accepted, None
        if waiter is not None and not waiter.called:
            waiter.callback(None) if problem is None else waiter.errback(problem)

    async def connection(self, clock: Clock, seconds: float) -> DataProtocol:
        """Wait so long for the client, who may have come already; the connection is the caller's from then on.

        :raises NoDataConnection: nobody came.
        """
        # The client often connects in the moment when it sends its command.
        self.look()
        if self._protocol is None and not self._closed:
            self.watch()
            waiter: Deferred[None] = Deferred()
            self._accepted = waiter
            timer = clock.callLater(seconds, self._wake, NoDataConnection("nobody connected in time"))
            try:
                await waiter
            finally:
                self._accepted = None
                if timer.active():
                    timer.cancel()
        protocol = self.take()
        if protocol is None:
            raise self._failed or NoDataConnection("the connection was given up")
        return protocol

    def look(self) -> None:
        """Accept the client who is there already, if nobody is accepted yet."""
        if not self._closed:
            self._port.look()

    def watch(self) -> None:
        """Have the reactor tell when somebody is there; before that only `look` does.  Safe to call again."""
        if not self._closed:
            self._port.watch()

    def take(self) -> DataProtocol | None:
        """The connection that was accepted and that nobody has taken; it is the caller's to end."""
        protocol, self._protocol = self._protocol, None
        return protocol

    def close(self) -> None:
        """Stop listening; safe to call again."""
        if not self._closed:
            self._closed = True
            self._port.close()
            self._ports.release(self.number)


def _host(address: IAddress | None) -> str:
    if not isinstance(address, IPv4Address | IPv6Address):
        raise TypeError(f"no TCP address: {address}")
    return address.host
