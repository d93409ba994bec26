"""A session in memory that reads as a transcript: say a line, expect a code.

::

    dialogue = Dialogue()
    dialogue.log_in()
    dialogue.say("MKD new", 257)
    assert dialogue.say("PWD", 257) == ['257 "/" is the current directory.']

The control connection, the queue, the dispatcher and the verbs are real; transport, clock, login, data channel and
storage are fakes.
"""

from __future__ import annotations

from ipaddress import ip_address

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import CancelledError
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from ftpd_service.commands.dispatch import Dispatcher
from ftpd_service.commands.table import standard_table
from ftpd_service.control.connection import ControlConnection
from ftpd_service.control.factory import ControlFactory
from ftpd_service.control.settings import ControlSettings
from ftpd_service.control.shared import Shared
from ftpd_service.interfaces import IStorage
from ftpd_service.observe.publisher import Publisher
from ftpd_service.policy.connections import Connections
from ftpd_service.policy.entrance import Entrance
from ftpd_service.policy.per_second import CommandRate
from ftpd_service.runtime.turns import Turns
from ftpd_service.session.parts import SessionParts
from ftpd_service.session.registry import Sessions
from ftpd_service.session.session import Session
from ftpd_service.session.settings import ListenerTls, SessionSettings
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.testing.fake_tls import HELLO, FakeTls
from ftpd_service.testing.fakes import FakeDataChannel, FakeLogin, Recorder, at_once
from ftpd_service.values import Peer

STARTED = 1_790_000_000.0
"""The time of `now` at the start, in seconds since 1970."""


class MemoryTransport(StringTransport):
    """A StringTransport with further methods of a TCP transport."""

    def __init__(self, here: IPv4Address | IPv6Address, there: IPv4Address | IPv6Address) -> None:
        StringTransport.__init__(self, hostAddress=here, peerAddress=there)
        self.write_closed = False
        self.aborted = False

    def written(self) -> bytes:
        """Return all written bytes."""
        return bytes(StringTransport.value(self))

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Do nothing."""

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """Do nothing."""

    def loseWriteConnection(self) -> None:
        """Note that our side is closed; the client may still send."""
        self.write_closed = True

    def connectionLost(self, reason: Failure) -> None:
        """Both sides are closed, and its protocol says so."""
        StringTransport.loseConnection(self)

    def abortConnection(self) -> None:
        """Close at once."""
        self.aborted = True
        StringTransport.loseConnection(self)


class Dialogue:
    """A control connection with all its parts, in memory.

    :ivar data: the fake data channel.
    :ivar storage: the storage of every login; a memory storage by default.
    :ivar recorder: the recorder of every event.
    :ivar settings: the settings of new sessions and logins; `factory.use` changes open sessions.
    """

    def __init__(
        self,
        *,
        settings: SessionSettings | None = None,
        control: ControlSettings | None = None,
        storage: IStorage | None = None,
        connections: Connections | None = None,
        entrance: Entrance | None = None,
        peer: str = "192.0.2.1",
        local: str = "192.0.2.7",
        tls: FakeTls | None = None,
        turns: Turns | None = None,
        command_rate: CommandRate | None = None,
    ) -> None:
        """Connect from `peer` to `local`; several dialogues may share `turns`."""
        self.tls = tls
        self.clock = Clock()
        self.memory = MemoryStorage(now=self.now)
        self.storage: IStorage = self.memory if storage is None else storage
        self.login = FakeLogin({"alice": b"secret"}, lambda name: self.storage)
        self.recorder = Recorder()
        self.sessions = Sessions()
        self.settings = SessionSettings() if settings is None else settings
        caps = Connections(100, None) if connections is None else connections
        shared = Shared(
            dispatcher=Dispatcher(standard_table(), cancelled=CancelledError),
            settings=ControlSettings() if control is None else control,
            entrance=Entrance(caps) if entrance is None else entrance,
            command_rate=CommandRate() if command_rate is None else command_rate,
            sessions=self.sessions,
            emit=Publisher(self.recorder),
            clock=self.clock,
            turns=Turns(self.clock) if turns is None else turns,
            now=self.now,
        )
        implicit = self.settings.tls is ListenerTls.IMPLICIT
        self.factory = ControlFactory(
            shared, self._open_session, listener="memory", renew=self._follow, implicit=lambda: implicit
        )
        self._taken = 0
        self.transport = self._transport(peer, local)
        self.connection: ControlConnection = self.factory.buildProtocol(None)
        Protocol.makeConnection(self.connection, self.transport)

    def now(self) -> float:
        """Return the seconds since 1970, by the fake clock."""
        return STARTED + self.clock.seconds()

    def _transport(self, peer: str, local: str) -> MemoryTransport:
        kind = IPv4Address if ip_address(peer).version == 4 else IPv6Address
        return MemoryTransport(kind("TCP", local, 21), kind("TCP", peer, 40000))

    def _open_session(self, peer: Peer) -> SessionParts:
        session = Session(id=self.sessions.new_id(), peer=peer, settings=self.settings, started=self.now())
        self.session = session
        self.data = FakeDataChannel(peer)
        self.parts = SessionParts(session=session, data=self.data, login=self.login, compute=at_once, tls=self.tls)
        return self.parts

    def _follow(self, parts: SessionParts) -> None:
        parts.session.follow(self.settings)

    def send(self, data: bytes) -> None:
        """Receive raw bytes from the client."""
        self.connection.dataReceived(data)

    def replies(self) -> list[str]:
        """Return the reply lines since the last look, without line ends."""
        written = self.transport.written()
        fresh, self._taken = written[self._taken :], len(written)
        return fresh.decode("utf-8", "surrogateescape").split("\r\n")[:-1]

    def codes(self) -> list[int]:
        """Return the code of each reply since the last look."""
        return [int(line[:3]) for line in self.replies() if line[:3].isdigit() and line[3] == " "]

    def say(self, line: str, *codes: int) -> list[str]:
        """Send a line, check the codes of its replies, and return the reply lines."""
        self.replies()
        self.send(line.encode("utf-8", "surrogateescape") + b"\r\n")
        lines = self.replies()
        found = tuple(int(text[:3]) for text in lines if text[:3].isdigit() and text[3] == " ")
        if found != codes:
            raise AssertionError(f"{line!r} was answered {lines}, not {codes}")
        return lines

    def log_in(self) -> None:
        """Log in as alice."""
        self.say("USER alice", 331)
        self.say("PASS secret", 230)

    def shake_hands(self) -> None:
        """Do the client's side of the TLS handshake."""
        self.send(HELLO)

    def secure(self) -> None:
        """Begin TLS."""
        self.say("AUTH TLS", 234)
        self.shake_hands()

    def download(self, line: str) -> bytes:
        """Carry out a verb that sends on a new data connection, and return the bytes sent."""
        self.say("EPSV", 229)
        self.say(line, 150, 226)
        return self.data.sent[-1]

    def upload(self, line: str, data: bytes) -> None:
        """Carry out a verb that receives these bytes on a new data connection."""
        self.say("EPSV", 229)
        self.data.incoming = data
        self.say(line, 150, 226)

    def take_nothing(self) -> None:
        """Stop taking replies: the transport's buffer is full of unsent replies."""
        IPushProducer(self.transport.producer).pauseProducing()

    def take_replies(self) -> None:
        """Take replies again."""
        IPushProducer(self.transport.producer).resumeProducing()

    def half_close(self) -> None:
        """Close the client's side."""
        self.connection.readConnectionLost()

    def lose(self, reason: Failure = connectionDone) -> None:
        """Lose the connection."""
        self.connection.connectionLost(reason)

    @property
    def closed(self) -> bool:
        """Whether the server has closed its side."""
        return self.transport.write_closed or self.transport.disconnecting
