"""TLS under a control connection: handshakes with a real client in memory, and their turns."""

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
from ftpd_service.events import NoSharedCipher, TlsStarted
from ftpd_service.observe.publisher import Publisher
from ftpd_service.policy.connections import Connections
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

    :ivar ends: the reasons of ends that it was told.
    """

    def __init__(self) -> None:
        self.begun = 0
        self.received = b""
        self.ends: list[str] = []

    def tls_begun(self) -> None:
        """Count."""
        self.begun += 1

    def decrypted(self, data: bytes) -> None:
        """Keep it."""
        self.received += data

    def tls_ended(self, reason: str) -> None:
        """Note it."""
        self.ends.append(reason)


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
            connections=Connections(1, None),
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
        self.switch.begin(self.above, due=self.due, behind=lambda: self.transport.pauseProducing())
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


class SwitchTests(SwitchCase):
    """Turns."""

    def test_answered_at_once(self) -> None:
        """Where nobody else shakes hands; what came in one piece with the end of it is handed on."""
        self.send()
        self.assertTrue(self.go_on())
        self.assertTrue(self.switch.handshaking)
        self.client.write(b"NOOP\r\n")
        self.send()
        self.assertFalse(self.switch.handshaking)
        self.assertEqual((self.above.begun, self.above.received), (1, b"NOOP\r\n"))

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
        words = self.saying.read()
        self.switch.arrived(words[:10])
        self.switch.arrived(words[10:])
        self.clock.advance(0)
        self.assertTrue(self.go_on())

    def test_a_client_that_leaves_meanwhile(self) -> None:
        """Its turn passes."""
        self.others_shake_hands()
        self.send()
        self.switch.end()
        self.transport.clear()
        self.clock.advance(0)
        self.assertEqual(self.transport.value(), b"")


class EndTests(SwitchCase):
    """What is received and sent, and how it ends, under TLS 1.3."""

    def test_the_session_is_protected(self) -> None:
        """From the handshake on, and one event tells it."""
        self.shake()
        self.assertTrue(self.session.peer.secure)
        self.assertEqual(len(self.recorder.of(TlsStarted)), 1)

    def test_replies_are_encrypted(self) -> None:
        """Only the client can read them."""
        self.shake()
        self.outgoing.write(b"220 hello\r\n")
        self.assertNotIn(b"hello", self.transport.value())
        self.incoming.write(self.transport.value())
        self.assertEqual(self.client.read(100), b"220 hello\r\n")

    def test_our_end(self) -> None:
        """Close_notify goes out behind the last reply, and the client's is still heard."""
        self.shake()
        self.outgoing.write(b"221 Goodbye.\r\n")
        self.switch.close()
        self.incoming.write(self.transport.value())
        self.assertEqual((self.client.read(100), self.client.read(100)), (b"221 Goodbye.\r\n", b""))
        self.client.unwrap()
        self.send()
        self.assertEqual(self.above.ends, [""])

    def test_the_clients_close_notify(self) -> None:
        """It is answered, and what was said before it is handed on; what is written behind it goes nowhere."""
        self.shake()
        self.client.write(b"QUIT\r\n")
        with self.assertRaises(ssl.SSLWantReadError):
            self.client.unwrap()
        self.send()
        self.incoming.write(self.transport.value())
        self.client.unwrap()
        self.assertEqual((self.above.received, self.above.ends, self.switch.over), (b"QUIT\r\n", [""], True))
        self.transport.clear()
        self.outgoing.write(b"221 Goodbye.\r\n")
        self.assertEqual(self.transport.value(), b"")

    def test_what_is_no_record(self) -> None:
        """It ends the connection, and nothing of it is handed on."""
        self.shake()
        self.switch.arrived(b"USER mallory\r\n")
        self.assertEqual((self.above.received, self.above.ends), (b"", ["connection lost"]))

    def test_what_is_no_handshake(self) -> None:
        """It ends the connection, with the reason for the log."""
        self.switch.arrived(b"USER mallory\r\n")
        self.assertEqual(self.above.ends, ["TLS handshake failed: wrong version number"])

    def test_an_end_without_close_notify(self) -> None:
        """Is a loss."""
        self.shake()
        self.switch.cut()
        self.assertEqual(self.above.ends, ["connection lost"])

    def test_an_end_within_the_handshake(self) -> None:
        """Says so."""
        self.switch.cut()
        self.assertEqual(self.above.ends, ["TLS handshake failed: the client left"])


class OldEndTests(EndTests):
    """The same under TLS 1.2."""

    version = ssl.TLSVersion.TLSv1_2

    def test_no_suite_in_common(self) -> None:
        """The log tells which suites the client offers; the client gets an alert."""
        context = client_context(version=self.version)
        context.set_ciphers("AES128-SHA")
        self.saying.read()
        self.client = context.wrap_bio(self.incoming, self.saying)
        self.go_on()
        self.send()
        self.assertEqual(self.above.ends, ["TLS handshake failed: no shared cipher"])
        self.assertEqual(len(self.recorder.of(NoSharedCipher)), 1)
        self.assertRaises(ssl.SSLError, self.go_on)
