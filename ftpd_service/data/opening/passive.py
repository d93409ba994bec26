"""Passive mode: ports that all sessions share, and a listener that waits for a client (RFC 959, 2428, 2577).

A port is chosen at random, so that it cannot be guessed, and rests for some seconds after its use, so that a late SYN
of a client never reaches the listener of another client.
"""

from __future__ import annotations

import errno
import socket
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random, SystemRandom
from typing import Protocol

from twisted.internet.defer import Deferred

from ftpd_service.data.opening.port import Accepts
from ftpd_service.data.reactor import Clock
from ftpd_service.errnos import no_data_connection
from ftpd_service.errors import NoDataConnection
from ftpd_service.policy.passive_ports import Held, to_take_back
from ftpd_service.reasons import DataFailure
from ftpd_service.values import IPAddress, Peer, unmapped

ANY_PORT = ((49152, 65535),)
"""The range for dynamic use (RFC 6335 section 6), used if no range is configured."""

REST_SECONDS = 5.0
"""The time that a port rests after its use, while other ports are free."""

GUESSES = 8
"""The number of random ports to try before all are tried."""

SHORT_RANGE = 256
"""In a range of up to this many ports, every rested port is tried before a resting port is taken."""

_TRY_ANOTHER = frozenset({errno.EADDRINUSE, errno.EACCES})


ReportFailure = Callable[[DataFailure, str], None]
"""Takes, for the operator, the class and the text of a failure."""


class OpenPort(Protocol):
    """A port on which the server listens; see `PassivePort`."""

    number: int

    def watch(self) -> None:
        """Have the reactor watch the port from now on; safe to call again."""

    def look(self) -> None:
        """Accept connections that are there already."""

    def close(self) -> None:
        """Stop listening; safe to call again."""


class Holder(Accepts, Protocol):
    """The session that holds a port."""

    def taken_back(self) -> None:
        """Give up the port, as another session needs it.  The port is closed and released on return."""


class Listens(Protocol):
    """Opens a port."""

    def __call__(self, number: int, holder: Accepts, interface: str, /) -> OpenPort:
        """Listen on a port of a local address.

        :raises OSError: the address is taken or not local.
        """


@dataclass(slots=True, kw_only=True)
class PortsInUse:
    """The ports that sessions hold and the ports that rest, of all configurations: sessions outlive a reload."""

    held: dict[int, Held] = field(default_factory=dict)
    holders: dict[int, Holder] = field(default_factory=dict)
    resting: OrderedDict[int, float] = field(default_factory=OrderedDict)
    """The time at which each port has rested, the earliest first."""


class PassivePorts:
    """The ports of passive listeners, for all sessions of a configuration together."""

    def __init__(
        self,
        ranges: Sequence[tuple[int, int]],
        *,
        listen: Listens,
        clock: Clock,
        random: Random | None = None,
        in_use: PortsInUse | None = None,
    ) -> None:
        """Use ranges that include both ends and may overlap; no range means `ANY_PORT`.

        :param in_use: the ports in use, shared with other configurations; None for the only configuration.
        """
        self._ranges = tuple(range(first, last + 1) for first, last in (ranges or ANY_PORT))
        self._listen = listen
        self._clock = clock
        self._random = random or SystemRandom()
        in_use = in_use or PortsInUse()
        self._held, self._holders, self._resting = in_use.held, in_use.holders, in_use.resting

    @property
    def open(self) -> int:
        """The number of open ports."""
        return len(self._held)

    def listen(self, holder: Holder, interface: str, host: IPAddress) -> OpenPort:
        """Listen on a free port of a local address.  The caller closes the port and hands its number to `release`.

        If no port is free, the host gets its share: see `ftpd_service.policy.passive_ports`.

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
            raise NoDataConnection("no passive port is free", cause=DataFailure.NO_PORT)
        return port

    def _taken_back(self, host: IPAddress) -> int | None:
        """Return the number of a port that another session has given up for a host, or None."""
        ours = {number: held for number, held in self._held.items() if self._holds(number)}
        number = to_take_back(ours, host, self._clock.seconds())
        if number is not None:
            self._holders[number].taken_back()
        return number

    def _holds(self, number: int) -> bool:
        """Whether a number is in the ranges; sessions of another configuration may use other ranges."""
        return any(number in numbers for numbers in self._ranges)

    def _opened(self, number: int, holder: Holder, interface: str, host: IPAddress) -> OpenPort | None:
        """Listen on a port, or return None if another program has it."""
        try:
            port = self._listen(number, holder, interface)
        except OSError as problem:
            if problem.errno in _TRY_ANOTHER:
                return None
            raise no_data_connection(f"cannot listen on {interface}", problem, DataFailure.NO_PORT) from problem
        self._held[number] = Held(host=host, since=self._clock.seconds())
        self._holders[number] = holder
        self._resting.pop(number, None)
        return port

    def release(self, number: int) -> None:
        """Take back the number of a closed port, which rests now."""
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
        """Yield rested ports in random order, then resting ports, the longest-rested first.

        Resting ports are used because many small files would exhaust any range.  A long range is not searched then: at
        thousands of files a second nearly all ports rest, and the longest-rested has rested for seconds.
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


class PassiveListener:
    """A listener that waits on a port for a client.

    The first connection from the client's own address closes the port.  Other connections are closed at once and
    reported, and the port stays open, so that a stranger cannot use it up (RFC 2577 section 8).
    """

    def __init__(
        self,
        *,
        peer: Peer,
        ports: PassivePorts,
        report: ReportFailure,
        came: Callable[[PassiveListener], None],
    ) -> None:
        """Listen for a client at the local address of its control connection.

        :param came: is called when the client has connected.
        :raises NoDataConnection: no port is free.
        """
        self._client = peer.address
        self._client_host = str(peer.address)
        self._ports = ports
        self._report = report
        self._came = came
        self._accepted: Deferred[None] | None = None
        self._connected: socket.socket | None = None
        self._closed = False
        self._failed: NoDataConnection | None = None
        self._port = ports.listen(self, str(peer.local_address), peer.host)
        self.number = self._port.number

    def accepted(self, connected: socket.socket, host: str) -> bool:
        """Take the client's connection; return False for strangers and for connections that come too late."""
        if self._closed:
            return False
        if host != self._client_host and unmapped(host) != self._client:
            text = f"connection from {host} to passive port {self.number}, which waits for {self._client}"
            self._report(DataFailure.STRANGER, text)
            return False
        self._connected = connected
        self.close()
        self._wake(None)
        self._came(self)
        return True

    def cannot_accept(self, problem: OSError) -> None:
        """Fail, because the port can accept no connection any more."""
        self.close()
        self._failed = no_data_connection(f"cannot accept on port {self.number}", problem, DataFailure.OTHER)
        self._wake(self._failed)

    def taken_back(self) -> None:
        """Fail, unless the client has already connected: then it keeps its connection."""
        self.look()
        if self._closed:
            return
        text = f"passive port {self.number} was given to another session: its client had not connected"
        self._report(DataFailure.TAKEN_BACK, text)
        self.close()
        self._wake(NoDataConnection(text, cause=DataFailure.TAKEN_BACK))

    def _wake(self, problem: NoDataConnection | None) -> None:
        waiter, self._accepted = self._accepted, None
        if waiter is not None and not waiter.called:
            waiter.callback(None) if problem is None else waiter.errback(problem)

    async def connection(self, clock: Clock, seconds: float) -> socket.socket:
        """Return the client's connection, which now belongs to the caller; wait for it with a timeout.

        :raises NoDataConnection: the client did not connect.
        """
        # The client often connects at the moment when it sends its command.
        self.look()
        if self._connected is None and not self._closed:
            self.watch()
            waiter: Deferred[None] = Deferred()
            self._accepted = waiter
            late = NoDataConnection("the client did not connect in time", cause=DataFailure.TIMEOUT)
            timer = clock.callLater(seconds, self._wake, late)
            try:
                await waiter
            finally:
                self._accepted = None
                if timer.active():
                    timer.cancel()
        connected = self.take()
        if connected is None:
            raise self._failed or NoDataConnection("the passive port was closed")
        return connected

    def look(self) -> None:
        """Accept a client that has connected already, if no client is accepted yet."""
        if not self._closed:
            self._port.look()

    def watch(self) -> None:
        """Have the reactor watch the port; before that only `look` accepts.  Safe to call again."""
        if not self._closed:
            self._port.watch()

    def take(self) -> socket.socket | None:
        """Return the accepted connection, once, for the caller to end; else None."""
        connected, self._connected = self._connected, None
        return connected

    def close(self) -> None:
        """Stop listening; safe to call again."""
        if not self._closed:
            self._closed = True
            self._port.close()
            self._ports.release(self.number)
