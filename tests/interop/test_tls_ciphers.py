"""Clients of old devices: what the log tells of them, and a listener that serves them."""

from __future__ import annotations

import signal
import socket
import ssl

from tests.cases import SynchronousTestCase
from tests.interop.tls_server import TlsServer, trusting

OLD = "ECDHE-ECDSA-AES128-SHA"


class OldDeviceTests(SynchronousTestCase):
    """A client with one cipher of TLS 1.2 that is not modern."""

    def setUp(self) -> None:
        """A server with ``ciphers: compatible`` on one listener."""
        self.server = TlsServer()
        self.addCleanup(self.server.stop)
        implicit = f"'tcp:{self.server.implicit}:interface=127.0.0.1', "
        text = self.server.configuration.read_text()
        self.server.configuration.write_text(text.replace(implicit, f"{implicit}ciphers: compatible, "))
        self.server.start()
        self.context = trusting(ssl.TLSVersion.TLSv1_2)
        self.context.set_ciphers(f"{OLD}:@SECLEVEL=0")

    def begin(self, port: int, source: str = "127.0.0.1") -> str | None:
        """The cipher that is agreed on, None where the handshake fails."""
        with socket.create_connection(("127.0.0.1", port), 20, (source, 0)) as plain:
            if port != self.server.implicit:
                plain.recv(1000)
                plain.sendall(b"AUTH TLS\r\n")
                plain.recv(1000)
            try:
                with self.context.wrap_socket(plain) as protected:
                    cipher = protected.cipher()
                    return cipher[0] if cipher else None
            except ssl.SSLError:
                return None

    def test_the_listeners(self) -> None:
        """Only one of them serves it."""
        self.assertEqual(self.begin(self.server.implicit), OLD)
        self.assertIsNone(self.begin(self.server.port))

    def test_the_log(self) -> None:
        """It tells once for each address what the client offers, and what would help."""
        for source in ("127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.1"):
            self.begin(self.server.port, source)
        self.server.signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(), 0)
        told = [line for line in self.server.log.splitlines() if "no cipher suite in common" in line]
        self.assertEqual(len(told), 2, told)
        self.assertIn(f" 127.0.0.1 TLS handshake failed: no cipher suite in common: the client offered {OLD};", told[0])
        self.assertIn(f"; ciphers: compatible would agree on {OLD}", told[0])
