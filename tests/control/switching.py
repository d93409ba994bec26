"""A control connection's TLS with a real client, both in memory."""

from __future__ import annotations

import os
import ssl
from ipaddress import ip_address

from twisted.internet.address import IPv4Address
from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock

from ftpd_service.commands.dispatch import Dispatcher
from ftpd_service.commands.table import standard_table
from ftpd_service.control.settings import ControlSettings
from ftpd_service.control.shared import Shared
from ftpd_service.control.switch import TlsSwitch
from ftpd_service.control.transport import Outgoing
from ftpd_service.observe.publisher import Publisher
from ftpd_service.policy.connections import Connections
from ftpd_service.policy.entrance import Entrance
from ftpd_service.runtime.turns import TURN_SECONDS, Turns
from ftpd_service.session.registry import Sessions
from ftpd_service.session.session import Session
from ftpd_service.session.settings import SessionSettings
from ftpd_service.testing.dialogue import MemoryTransport
from ftpd_service.testing.fakes import Recorder
from ftpd_service.tls.settings import TlsSettings
from ftpd_service.values import Peer, SessionId
from tests.cases import SynchronousTestCase
from tests.tls.hands import client_context, pair, session

PEER = Peer(
    address=ip_address("192.0.2.1"), port=40000, local_address=ip_address("192.0.2.7"), local_port=21, listener="x"
)


class Above:
    """What stands above TLS.

    :ivar ends: the reasons of ends that it was told; nothing for one in order.
    :ivar clear: what came in clear with the end of TLS that was taken off.
    """

    def __init__(self) -> None:
        self.begun = 0
        self.received = b""
        self.ends: list[str] = []
        self.clear: list[bytes] = []

    def tls_begun(self) -> None:
        """Count."""
        self.begun += 1

    def take(self, data: bytes) -> None:
        """Keep it."""
        self.received += data

    def ended_in_order(self) -> None:
        """Note it as an end without a reason."""
        self.ends.append("")

    def tls_ended(self, reason: str) -> None:
        """Note it."""
        self.ends.append(reason)

    def in_clear(self, data: bytes) -> None:
        """Note it."""
        self.clear.append(data)


class SwitchCase(SynchronousTestCase):
    """One connection, whose client has sent its first words."""

    version = ssl.TLSVersion.TLSv1_3

    def setUp(self) -> None:
        """Begin TLS."""
        folder = os.path.abspath(self.mktemp())
        self.clock = Clock()
        self.turns = Turns(self.clock)
        self.pieces: list[int] = []
        self.recorder = Recorder()
        shared = Shared(
            dispatcher=Dispatcher(standard_table(), cancelled=CancelledError),
            settings=ControlSettings(),
            entrance=Entrance(Connections(1, None)),
            sessions=Sessions(),
            emit=Publisher(self.recorder),
            clock=self.clock,
            turns=self.turns,
            now=self.clock.seconds,
        )
        there = IPv4Address("TCP", "192.0.2.1", 40000)
        self.above, self.transport = Above(), MemoryTransport(there, there)
        self.outgoing = Outgoing(self.transport, None)
        self.session = Session(id=SessionId("s1"), peer=PEER, settings=SessionSettings(), started=0.0)
        tls = session(TlsSettings(pair=pair(folder, "ftp.example")))
        self.switch = TlsSwitch(shared, self.session, tls, outgoing=self.outgoing)
        self.switch.begin(
            self.above, take=self.above.take, due=self.due, behind=lambda: self.transport.pauseProducing()
        )
        self.incoming, self.saying = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client_context(version=self.version).wrap_bio(self.incoming, self.saying)
        self.go_on()

    def due(self) -> None:
        """What a connection's input does, see ``test_input.py``."""
        self.turns.run("", self.decrypt)

    def decrypt(self) -> None:
        """All that has come, in the switch's own pieces."""
        before = len(self.above.received)
        while self.switch.go_on():
            self.pieces.append(len(self.above.received) - before)
            before = len(self.above.received)
        if self.transport.producerState == "paused" and not self.transport.disconnecting:
            self.transport.resumeProducing()

    def go_on(self) -> bool:
        """The client's side, as far as it goes: whether that is the end."""
        self.incoming.write(self.transport.value())
        self.transport.clear()
        try:
            self.client.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def send(self) -> None:
        """Let arrive what the client has to say."""
        self.switch.arrived(self.saying.read())

    def others_shake_hands(self) -> None:
        """So long that there is no time left in this turn."""

        def step() -> None:
            self.clock.rightNow += TURN_SECONDS

        self.turns.run("others", step)

    def shake(self) -> None:
        """The whole handshake, with what follows it read by the client."""
        while not self.go_on():
            self.send()
        self.send()
        self.incoming.write(self.transport.value())
        self.transport.clear()
