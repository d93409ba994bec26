"""TLS under a control connection: handshakes with a real client in memory, and their turns."""

from __future__ import annotations

import os
import ssl

from OpenSSL import SSL
from twisted.internet.error import ConnectionLost
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure

from ftpd_service.control.switch import TlsSwitch
from ftpd_service.runtime.turns import TURN_SECONDS, Turns
from ftpd_service.tls.settings import TlsSettings
from tests.cases import SynchronousTestCase
from tests.tls.hands import client_context, pair, session


class Transport(StringTransport):
    """A transport that can be cut off."""

    aborted = False

    def abortConnection(self) -> None:
        """Note it."""
        self.aborted = True


class Above(Protocol):
    """What stands above TLS."""

    def __init__(self) -> None:
        self.received = b""

    def dataReceived(self, data: bytes) -> None:
        """Keep it."""
        self.received += data


class SwitchTests(SynchronousTestCase):
    """One connection, whose client has sent its first words."""

    def setUp(self) -> None:
        """Begin TLS."""
        folder = os.path.abspath(self.mktemp())
        self.clock = Clock()
        self.turns = Turns(self.clock)
        self.done: list[SSL.Connection] = []
        self.pieces: list[int] = []
        self.switch = TlsSwitch(
            session(TlsSettings(pair=pair(folder, "ftp.example"))),
            clock=self.clock,
            due=self.due,
            behind=lambda: self.transport.pauseProducing(),
            done=self.done.append,
        )
        self.above, self.transport = Above(), Transport()
        factory = TLSMemoryBIOFactory(self.switch, False, Factory(), self.clock)
        self.between = TLSMemoryBIOProtocol(factory, self.above, False)
        self.between.makeConnection(self.transport)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client_context().wrap_bio(self.incoming, self.outgoing)
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
        self.between.dataReceived(self.outgoing.read())

    def others_shake_hands(self) -> None:
        """So long that there is no time left in this turn."""

        def step() -> None:
            self.clock.rightNow += TURN_SECONDS

        self.turns.run("others", step)

    def test_answered_at_once(self) -> None:
        """Where nobody else shakes hands; what came in one piece with the end of it is handed on."""
        self.send()
        self.assertTrue(self.go_on())
        self.assertTrue(self.switch.handshaking)
        self.client.write(b"NOOP\r\n")
        self.send()
        self.assertFalse(self.switch.handshaking)
        self.assertEqual((len(self.done), self.above.received), (1, b"NOOP\r\n"))

    def test_what_follows_waits_for_its_turn_too(self) -> None:
        """Decrypting is work like any other; the client's end is not read before it is done."""
        self.send()
        self.go_on()
        self.send()
        self.others_shake_hands()
        self.client.write(b"NOOP\r\n")
        self.send()
        self.assertEqual((self.above.received, self.transport.producerState), (b"", "paused"))
        self.clock.advance(0)
        self.assertEqual((self.above.received, self.transport.producerState), (b"NOOP\r\n", "producing"))

    def test_many_records_are_decrypted_a_few_at_a_time(self) -> None:
        """A client that puts each line into a record of its own takes no more of a turn than others."""
        self.send()
        self.go_on()
        self.send()
        self.pieces.clear()
        for _ in range(2_000):
            self.client.write(b"NOOP\r\n")
        self.send()
        self.assertEqual(self.above.received, b"NOOP\r\n" * 2_000)
        self.assertLess(max(self.pieces), 1_000)

    def test_what_is_left_of_a_client_that_has_gone_is_forgotten(self) -> None:
        """It is decrypted for nobody."""
        self.others_shake_hands()
        self.send()
        self.switch.end()
        self.assertFalse(self.switch.go_on())

    def test_answered_in_a_later_turn(self) -> None:
        """Where others have taken this one; nothing more is read meanwhile."""
        self.others_shake_hands()
        self.send()
        self.assertEqual((self.transport.value(), self.transport.producerState), (b"", "paused"))
        self.clock.advance(0)
        self.assertEqual(self.transport.producerState, "producing")
        self.assertTrue(self.go_on())

    def test_more_that_comes_meanwhile(self) -> None:
        """Goes behind it, in one piece."""
        self.others_shake_hands()
        words = self.outgoing.read()
        self.between.dataReceived(words[:10])
        self.between.dataReceived(words[10:])
        self.clock.advance(0)
        self.assertTrue(self.go_on())

    def test_a_client_that_leaves_meanwhile(self) -> None:
        """Its turn passes."""
        self.others_shake_hands()
        self.send()
        self.between.connectionLost(Failure(ConnectionLost()))
        self.transport.clear()
        self.clock.advance(0)
        self.assertEqual(self.transport.value(), b"")

    def test_a_client_that_is_given_up_meanwhile(self) -> None:
        """Likewise: the time for the login is over."""
        self.others_shake_hands()
        self.send()
        self.between.abortConnection()
        self.transport.clear()
        self.clock.advance(0)
        self.assertEqual((self.transport.value(), self.transport.aborted), (b"", True))
