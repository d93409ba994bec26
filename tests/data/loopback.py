"""The real reactor's sockets with a Clock's time, a client, and the test case that puts them together."""

from __future__ import annotations

import fcntl
import socket
import termios
import typing
from array import array
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from ipaddress import ip_address
from typing import Any, TypeVar

from twisted.internet import reactor
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.interfaces import (
    IDelayedCall,
    IHalfCloseableProtocol,
    IPushProducer,
    IReactorFromThreads,
    IReactorPluggableNameResolver,
    IReadDescriptor,
    ISystemHandle,
    ITCPTransport,
    IWriteDescriptor,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import Clock, deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest
from zope.interface import implementer

from ftpd_service.data.channel import DataChannel
from ftpd_service.data.connection.descriptor import ConnectionDescriptor
from ftpd_service.data.connection.endings import MOMENT_SECONDS
from ftpd_service.data.opening import opening
from ftpd_service.data.opening.advertised import PassiveAddresses
from ftpd_service.data.opening.passive import PassivePorts
from ftpd_service.data.opening.port import PassivePort
from ftpd_service.data.placement import Load, Slices
from ftpd_service.data.reactor import Readiness
from ftpd_service.data.settings import DataSettings
from ftpd_service.policy.throttles import Throttles, ThrottleSettings
from ftpd_service.reasons import DataFailure
from ftpd_service.runtime.pool import BlockingPool
from ftpd_service.runtime.turns import Turns
from ftpd_service.session.control_tls import ITlsSession
from ftpd_service.values import Peer
from tests.cases import TestCase
from tests.data.handles import CountingPool
from tests.data.pacing import WatchedPacing

T = TypeVar("T")

PEER = Peer(
    address=ip_address("127.0.0.1"), port=40000, local_address=ip_address("127.0.0.1"), local_port=2121, listener="test"
)

BLOCKING = 12 * 1024 * 1024
"""More octets than both ends' buffers hold."""

_pool = BlockingPool(IReactorFromThreads(reactor), threads=4)


class ClockedReactor:
    """The real reactor's sockets; time only passes when a test says so."""

    def __init__(self) -> None:
        self.clock = Clock()

    @property
    def registered(self) -> set[ConnectionDescriptor]:
        """The descriptors of ours that the reactor looks at."""
        looked_at = [*reactor.getReaders(), *reactor.getWriters()]
        return {descriptor for descriptor in looked_at if isinstance(descriptor, ConnectionDescriptor)}

    def seconds(self) -> float:
        """The Clock's time."""
        return self.clock.seconds()

    def callLater(self, delay: float, callable: Callable[..., object], *args: object) -> IDelayedCall:
        """By the Clock."""
        return self.clock.callLater(delay, callable, *args)

    def addReader(self, reader: IReadDescriptor) -> None:
        """By the reactor."""
        reactor.addReader(reader)

    def removeReader(self, reader: IReadDescriptor) -> None:
        """By the reactor."""
        reactor.removeReader(reader)

    def addWriter(self, writer: IWriteDescriptor) -> None:
        """By the reactor."""
        reactor.addWriter(writer)

    def removeWriter(self, writer: IWriteDescriptor) -> None:
        """By the reactor."""
        reactor.removeWriter(writer)


class Sending(typing.Protocol):
    """What tests do with a client's transport."""

    def write(self, data: bytes) -> None:
        """Send octets."""

    def loseWriteConnection(self) -> None:
        """Send the end behind them."""

    def abortConnection(self) -> None:
        """Send a reset."""

    def getPeer(self) -> IPv4Address | IPv6Address:
        """Who is at the other end."""


@implementer(IHalfCloseableProtocol)
class Client(Protocol):
    """The client's end of a data connection; stays open for writing when the server has ended.

    :ivar end: fires when the server has ended; fails when it was a reset.
    """

    def __init__(self) -> None:
        self.received = bytearray()
        self.end: Deferred[None] = Deferred()
        self.gone: Deferred[None] = Deferred()

    @property
    def tcp(self) -> Sending:
        """The transport."""
        return ITCPTransport(self.transport)

    @property
    def socket(self) -> socket.socket:
        """The transport's socket."""
        handle = ISystemHandle(self.transport).getHandle()
        assert isinstance(handle, socket.socket)
        return handle

    def pause(self) -> None:
        """Read nothing."""
        IPushProducer(self.transport).pauseProducing()

    def resume(self) -> None:
        """Read again."""
        IPushProducer(self.transport).resumeProducing()

    def dataReceived(self, data: bytes) -> None:
        """Keep octets."""
        self.received += data

    def readConnectionLost(self) -> None:
        """The server sent its FIN."""
        self.end.callback(None)

    def writeConnectionLost(self) -> None:
        """Our FIN is out."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell who waits."""
        if not self.end.called:
            self.end.errback(reason)
            self.end.addErrback(lambda failure: None if self._unasked else failure)
        self.gone.callback(None)

    _unasked = True

    async def ended(self) -> bytes:
        """Wait for the server's FIN: all that came before it."""
        self._unasked = False
        await self.end
        return bytes(self.received)


def outgoing(client: Client) -> int:
    """Octets that the other end's kernel has not confirmed."""
    count = array("i", [0])
    fcntl.ioctl(client.socket, termios.TIOCOUTQ, count)
    return count[0]


async def until(condition: Callable[[], bool]) -> None:
    """Let the reactor turn until something holds, for some ten seconds at most."""
    for _ in range(5000):
        if condition():
            return
        await deferLater(reactor, 0.002, lambda: None)
    raise AssertionError("this never came to hold")


async def turns() -> None:
    """Let the reactor turn often enough for what the kernel has to be heard."""
    for _ in range(5):
        await deferLater(reactor, 0.002, lambda: None)


def begun(work: Coroutine[Deferred[Any], Any, T]) -> Deferred[T]:  # Any: as fromCoroutine declares it
    """Start a coroutine beside the test."""
    return Deferred.fromCoroutine(work)


class LoopbackCase(TestCase):
    """A channel for a client on loopback, and clients, all gone at the end.

    :ivar connections: the server's ends of all data connections that a transfer took.
    """

    timeout = 30
    tls: ITlsSession | None = None
    """With one, channels are protected."""

    def setUp(self) -> None:
        """Make what a channel is given."""
        self.reactor = ClockedReactor()
        self.clock = self.reactor.clock
        self.pool = CountingPool(_pool)
        self.pacing = WatchedPacing(Throttles(ThrottleSettings()), self.clock)
        self.load = Load(Turns(self.clock), processors=0)
        self.addCleanup(self._nothing_left)
        self.reports: list[str] = []
        self.causes: list[DataFailure] = []
        self.connections: list[ConnectionDescriptor] = []
        self.patch(opening, "ConnectionDescriptor", self._taken)
        self.peer = PEER
        self.ports = PassivePorts((), listen=partial(PassivePort, reactor=reactor), clock=self.reactor)

    def make_channel(self, settings: DataSettings | None = None) -> DataChannel:
        """A channel that is reset at the end, and leaves nothing registered."""
        settings = settings or DataSettings()
        names = IReactorPluggableNameResolver(reactor)
        channel = DataChannel(
            peer=self.peer,
            settings=settings,
            ports=self.ports,
            addresses=PassiveAddresses(settings.passive_addresses, names=names, clock=self.clock),
            reactor=self.reactor,
            slices=Slices(self.pool, self.load),
            emit=self._report,
            tls=self.tls,
            pacing=self.pacing,
            flow=partial(self.pacing.flow, self.pacing.session("test"), "alice"),
        )
        self.addCleanup(self._gone, channel)
        channel.protect(self.tls is not None)
        return channel

    def _report(self, cause: DataFailure, reason: str) -> None:
        self.causes.append(cause)
        self.reports.append(reason)

    async def _gone(self, channel: DataChannel) -> None:
        reset = begun(channel.reset())
        while not reset.called:
            self.clock.advance(1)
            await deferLater(reactor, 0, lambda: None)
        await reset

    def _nothing_left(self) -> None:
        self.assertEqual(self.reactor.registered, set())
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def make_client(self) -> Client:
        """A client that is not connected."""
        return Client()

    async def connect(self, port: int, host: str = "127.0.0.1", source: str = "127.0.0.1") -> Client:
        """A client that is connected; gone at the end."""
        endpoint = TCP4ClientEndpoint(reactor, host, port, bindAddress=(source, 0))
        client = self.make_client()
        await connectProtocol(endpoint, client)
        self.addCleanup(self._closed, client)
        return client

    async def connected(self, channel: DataChannel) -> Client:
        """A client that was accepted on a new passive port, which is closed."""
        client = await self.connect(await channel.listen())
        self.clock.advance(MOMENT_SECONDS)
        await until(lambda: self.ports.open == 0)
        return client

    async def reset_came(self) -> None:
        """Wait until the kernel tells the server of the last client's reset, whether or not somebody looks."""
        last = self.connections[-1]
        await until(lambda: last.fileno() < 0 or last.is_reset())

    def _taken(self, connected: socket.socket, readiness: Readiness) -> ConnectionDescriptor:
        self.connections.append(ConnectionDescriptor(connected, readiness))
        return self.connections[-1]

    async def _closed(self, client: Client) -> None:
        client.tcp.abortConnection()
        await client.gone

    def on_ipv6(self) -> None:
        """Have client and server speak IPv6, which a host may have switched off."""
        try:
            with socket.socket(socket.AF_INET6) as trial:
                trial.bind(("::1", 0))
        except OSError as problem:
            raise SkipTest(f"no IPv6 on loopback: {problem.strerror}") from problem
        self.peer = replace(PEER, address=ip_address("::1"), local_address=ip_address("::1"))
