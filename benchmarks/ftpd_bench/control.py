"""The client's control connection: lines out, replies in, in their order; any number may be on their way."""

from __future__ import annotations

import ssl
from collections import deque

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IConnector, ITCPTransport
from twisted.internet.protocol import ClientFactory, Protocol, connectionDone
from twisted.python.failure import Failure

from ftpd_bench.reactor import BenchReactor
from ftpd_bench.replies import BadReply, Reply, ReplySplitter
from ftpd_bench.tls import TlsEnd


class ControlConnection(Protocol):
    """One control connection.

    :ivar tls: the TLS that bytes go through, or None.
    :ivar ended: fires when the connection has ended, however it did.
    """

    transport: ITCPTransport

    def __init__(self, connected: Deferred[ControlConnection]) -> None:
        self.tls: TlsEnd | None = None
        self.ended: Deferred[None] = Deferred()
        self._connected = connected
        self._shaken: Deferred[None] | None = None
        self._splitter = ReplySplitter()
        self._early: deque[Reply] = deque()
        self._awaited: deque[Deferred[Reply]] = deque()
        self._lost: Failure | None = None

    def connectionMade(self) -> None:
        """Small packets leave at once; whoever dialled gets this connection."""
        self.transport.setTcpNoDelay(True)
        self._connected.callback(self)

    def dataReceived(self, data: bytes) -> None:
        """Take what the server sends; anything that is no reply ends the connection."""
        try:
            for reply in self._splitter.feed(self._plain(data)):
                if self._awaited:
                    self._awaited.popleft().callback(reply)
                else:
                    self._early.append(reply)
        except (BadReply, ssl.SSLError):
            self._end(Failure())
            self.transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End all waits for replies, because no reply will come."""
        self._end(reason)
        self.ended.callback(None)

    async def start_tls(self, end: TlsEnd) -> None:
        """Shake hands, and go on under TLS.

        :raises ssl.SSLError: the handshake failed.
        """
        self.tls, self._shaken = end, Deferred()
        end.shake()
        self.transport.write(end.leaving())
        await self._shaken

    def send(self, *lines: str) -> None:
        """Send lines in one packet, without waiting."""
        data = "".join(f"{line}\r\n" for line in lines).encode()
        if self.tls is not None:
            self.tls.encrypt(data)
            data = self.tls.leaving()
        self.transport.write(data)

    def reply(self) -> Deferred[Reply]:
        """The next reply that nobody waits for yet; fails if the connection ends before."""
        waiting: Deferred[Reply] = Deferred()
        if self._early:
            waiting.callback(self._early.popleft())
        elif self._lost is not None:
            waiting.errback(self._lost)
        else:
            self._awaited.append(waiting)
        return waiting

    async def command(self, line: str) -> Reply:
        """Send a line and wait for its reply.

        :raises BadReply: it refuses.
        """
        self.send(line)
        return await self.positive(line)

    async def positive(self, what: str) -> Reply:
        """The next reply.

        :param what: it answers, for the exception.
        :raises BadReply: it refuses.
        """
        reply = await self.reply()
        if not reply.positive:
            # The argument may be a password.
            raise BadReply(f"{what.split(' ')[0]} was answered {reply}")
        return reply

    def _plain(self, data: bytes) -> bytes:
        """Take the server's bytes, decrypted if necessary."""
        if self.tls is None:
            return data
        self.tls.feed(data)
        plain = self.tls.decrypted() if self.tls.established else b""
        if leaving := self.tls.leaving():
            self.transport.write(leaving)
        if self.tls.established and self._shaken is not None:
            shaken, self._shaken = self._shaken, None
            shaken.callback(None)
        return plain

    def _end(self, reason: Failure) -> None:
        if self._lost is None:
            self._lost = reason
        if self._shaken is not None:
            shaken, self._shaken = self._shaken, None
            shaken.errback(self._lost)
        while self._awaited:
            self._awaited.popleft().errback(self._lost)


class _Dialling(ClientFactory[Protocol]):
    """Makes the one connection that is asked for."""

    noisy = False

    def __init__(self) -> None:
        self.connected: Deferred[ControlConnection] = Deferred()

    def buildProtocol(self, addr: IAddress | None) -> ControlConnection:
        """Connected: the protocol tells."""
        return ControlConnection(self.connected)

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        """Refused, or too late."""
        self.connected.errback(reason)


def dial(reactor: BenchReactor, host: str, port: int) -> Deferred[ControlConnection]:
    """Connect a control connection; its greeting is not read yet.

    :raises ConnectError: nobody listens there.
    """
    dialling = _Dialling()
    reactor.connectTCP(host, port, dialling)
    return dialling.connected
