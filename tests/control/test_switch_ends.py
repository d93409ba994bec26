"""TLS under a control connection with a real client in memory: what is sent and received, and how it ends."""

from __future__ import annotations

import ssl

from ftpd_service.events import NoSharedCipher, TlsEnded, TlsStarted
from tests.control.switching import SwitchCase
from tests.tls.hands import client_context


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
        """What was said before it is handed on and can be answered; ours comes when all is."""
        self.shake()
        self.client.write(b"QUIT\r\n")
        with self.assertRaises(ssl.SSLWantReadError):
            self.client.unwrap()
        self.send()
        self.assertEqual((self.above.received, self.above.ends, self.switch.over), (b"QUIT\r\n", [""], True))
        self.outgoing.write(b"221 Goodbye.\r\n")
        self.incoming.write(self.transport.value())
        self.transport.clear()
        self.assertEqual(self.client.read(100), b"221 Goodbye.\r\n")
        self.switch.close()
        self.incoming.write(self.transport.value())
        self.client.unwrap()

    def test_behind_the_clients_close_notify(self) -> None:
        """Nothing is kept of what comes, and the end of the connection is no loss."""
        self.shake()
        with self.assertRaises(ssl.SSLWantReadError):
            self.client.unwrap()
        self.send()
        self.switch.arrived(b"x" * 100_000)
        self.switch.cut()
        self.assertEqual((self.above.received, self.above.ends, self.switch.go_on()), (b"", [""], False))

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

    def taken_off(self) -> None:
        """A handshake, one reply, and the end of TLS; the client has read both."""
        self.shake()
        self.outgoing.write(b"200 TLS ends.\r\n")
        self.switch.take_off()
        self.incoming.write(self.transport.value())
        self.transport.clear()
        self.assertEqual((self.client.read(100), self.client.read(100)), (b"200 TLS ends.\r\n", b""))

    def test_tls_that_is_taken_off(self) -> None:
        """Our close_notify stands behind the last reply, and what is sent then is in clear."""
        self.taken_off()
        self.outgoing.write(b"421 Timeout.\r\n")
        self.assertEqual(self.transport.value(), b"421 Timeout.\r\n")
        self.assertFalse(self.session.peer.secure)
        self.assertEqual(len(self.recorder.of(TlsEnded)), 1)

    def test_what_comes_behind_the_clients_close_notify(self) -> None:
        """It is in clear, and nothing of it is lost."""
        self.taken_off()
        self.client.unwrap()
        self.switch.arrived(self.saying.read() + b"PWD\r\nNO")
        self.assertEqual((self.above.clear, self.above.ends), ([b"PWD\r\nNO"], []))

    def test_a_close_notify_that_comes_in_pieces(self) -> None:
        """Nothing is in clear before its last byte."""
        self.taken_off()
        self.client.unwrap()
        words = self.saying.read()
        self.switch.arrived(words[:-1])
        self.assertEqual(self.above.clear, [])
        self.switch.arrived(words[-1:])
        self.assertEqual(self.above.clear, [b""])

    def test_a_client_without_close_notify(self) -> None:
        """curl answers none in its passive mode: the first byte of a line tells that TLS is over."""
        self.taken_off()
        self.switch.arrived(b"PWD\r\n")
        self.assertEqual((self.above.clear, self.above.ends), ([b"PWD\r\n"], []))

    def test_what_still_comes_under_tls(self) -> None:
        """It is dropped: the client had not heard that TLS ends."""
        self.shake()
        self.client.write(b"DELE f\r\n")
        self.switch.take_off()
        self.send()
        self.assertEqual((self.above.received, self.above.clear), (b"", []))

    def test_bytes_in_clear_within_a_record(self) -> None:
        """They break TLS, and the connection ends."""
        self.taken_off()
        self.switch.arrived(b"\x17\x03\x03\x00\x20")
        self.switch.arrived(b"DELE f\r\n" * 8)
        self.assertEqual((self.above.clear, self.above.ends), ([], ["connection lost"]))


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
