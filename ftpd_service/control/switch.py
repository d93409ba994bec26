"""TLS under a control connection: begun by AUTH or with the connection, ended with it.

Twisted's wrapper does the work.  What it does not do is said here: it waits without limit for the client's
close_notify, closes our side only then, and resets a connection that is closed in mid-handshake.  And it decrypts all
that comes at once, which takes 20 ms where a client puts each line into a record of its own: so what comes is kept, and
the wrapper gets it a little at a time, in the connection's turns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator, IReactorTime
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.control.transport import ControlTransport
from ftpd_service.session.control_tls import HELLO_OCTETS, IControlTls

_PIECE_OCTETS = 1024
"""What the wrapper gets at once: forty records of a NOOP each take some 0.3 ms (measured)."""


@implementer(IOpenSSLServerConnectionCreator)
class TlsSwitch:
    """Puts TLS under a transport, once.

    :ivar handshaking: whether the handshake is not done yet; nothing may be written meanwhile.
    """

    def __init__(
        self,
        tls: IControlTls,
        *,
        clock: IReactorTime,
        due: Callable[[], None],
        behind: Callable[[], None],
        done: Callable[[SSL.Connection], None],
    ) -> None:
        """Put TLS under a transport.

        :param due: has `go_on` called, now or in a turn to come.
        :param behind: stops reading until there is nothing to do.
        :param done: is called as soon as the handshake is, before the first byte is handed on.
        """
        self._clock = clock
        self._hello = b""
        self._due = due
        self._behind = behind
        self._came = bytearray()
        self._tls = tls
        self._done = done
        self._protocol: TLSMemoryBIOProtocol | None = None
        self.handshaking = True

    def start(self, transport: ControlTransport) -> None:
        """From here on everything on this transport is TLS; what was written before stays in clear."""
        transport.startTLS(self, True)

    def serverConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """What Twisted asks for the connection's OpenSSL side."""
        self._protocol = tlsProtocol
        connection = self._tls.server_connection()
        shake = connection.do_handshake

        def watched() -> None:
            shake()
            # Once only; and the connection must not hold itself.
            del connection.do_handshake
            self.handshaking = False
            self._hello = b""
            self._done(connection)

        # IHandshakeListener is asked of the protocol directly above, which may be the PROXY header's wrapper.
        connection.do_handshake = watched  # type: ignore[method-assign]  # see the line above
        tlsProtocol.dataReceived = self._arrived  # type: ignore[method-assign]  # until the end
        return connection

    def _arrived(self, data: bytes) -> None:
        """Keep what came until its turn; until then nothing more is read, the client's end neither."""
        self._came += data
        self._due()
        if self._came:
            self._behind()

    def go_on(self) -> bool:
        """Give the wrapper the next piece of what came; whether there was any."""
        protocol, below = self._protocol, self._below()
        # Gone, or given up, while it waited.
        if protocol is None or below is None or not protocol.connected:
            self._came.clear()
        if not self._came or protocol is None:
            return False
        piece = bytes(self._came[:_PIECE_OCTETS])
        del self._came[:_PIECE_OCTETS]
        if self.handshaking:
            self._hello = (self._hello + piece)[:HELLO_OCTETS]
        if not (self.handshaking and protocol.disconnecting):
            TLSMemoryBIOProtocol.dataReceived(protocol, piece)
        return True

    def end(self) -> None:
        """The connection is gone."""
        self._came.clear()
        if self._protocol is not None:
            # It must not hold itself.
            del self._protocol.dataReceived
            self._protocol = None

    def feed(self, data: bytes) -> None:
        """Octets that have come around Twisted's wrapper: in one piece with a PROXY header."""
        if self._protocol is not None:
            self._protocol.dataReceived(data)

    def close(self, transport: ControlTransport) -> None:
        """Send close_notify and our FIN; what the client still sends is read on."""
        transport.loseConnection()
        below = self._below()
        if below is not None and self._protocol is not None:
            self._protocol.transport = _Unhurried(below, self._clock)  # type: ignore[assignment]  # all that it is asked
            below.loseWriteConnection()

    def finish(self) -> None:
        """Close what is left: the client did not answer our close_notify."""
        below = self._below()
        if below is not None:
            below.loseConnection()

    def unshared(self, failure: Failure) -> str:
        """What to log where the handshake failed as no cipher suite is shared; else nothing."""
        return self._tls.unshared(self._hello) if "no shared cipher" in failure_reason(failure) else ""

    def _below(self) -> ControlTransport | None:
        """The transport without TLS."""
        return None if self._protocol is None else cast(ControlTransport | None, self._protocol.transport)  # as ours


class _Unhurried:
    """A transport whose end is put off by a turn of the reactor.

    Once our side is closed, Twisted's transport ends within `loseConnection`; its TLS, which calls that when the
    client's close_notify has come, still needs what it has forgotten by then.
    """

    def __init__(self, transport: ControlTransport, clock: IReactorTime) -> None:
        self._transport = transport
        self._clock = clock

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)

    def loseConnection(self) -> None:
        """Close, soon."""
        self._clock.callLater(0, self._transport.loseConnection)


def failure_reason(failure: Failure) -> str:
    """Why a handshake failed, in OpenSSL's own words where there are any."""
    problem = failure.value
    if isinstance(problem, SSL.Error) and problem.args and isinstance(problem.args[0], list):
        return "; ".join(str(entry[-1]) for entry in problem.args[0])
    return "the client left"
