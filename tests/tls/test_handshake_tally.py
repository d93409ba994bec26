"""Handshakes are counted by connection, version and resumption."""

from __future__ import annotations

import os
import ssl

from ftpd_service.tls.handshake_tally import HandshakeTally
from ftpd_service.tls.tls_session import TlsSession
from tests.tls.hands import Hands, certificates, client_context
from tests.tls.test_tls_session import TLS_1_2, TLS_1_3, TlsTestCase


class TallyTests(TlsTestCase):
    """`HandshakeTally`, with real clients."""

    def tally(self, version: ssl.TLSVersion) -> HandshakeTally:
        """The counts of a control connection, and of two data connections of which one resumes."""
        tally, context = HandshakeTally(), client_context(version=version)
        tls = TlsSession(certificates(self.settings), token=os.urandom, handshakes=tally)
        former = self.control(tls, context, "ftp.example").former
        for known, with_context in ((former, context), (None, client_context(version=version))):
            hands = Hands(tls.server_connection(), with_context, former=known, name="ftp.example").shake()
            tls.admit_data(hands.server)
        return tally

    def test_tls_1_3(self) -> None:
        """Its name is that of OpenSSL."""
        tally = self.tally(TLS_1_3)
        self.assertEqual(tally.control, {"TLSv1.2": 0, "TLSv1.3": 1})
        self.assertEqual([pair for pair, count in tally.data.items() if count], [("TLSv1.3", False), ("TLSv1.3", True)])

    def test_tls_1_2(self) -> None:
        """Likewise."""
        tally = self.tally(TLS_1_2)
        self.assertEqual(tally.control, {"TLSv1.2": 1, "TLSv1.3": 0})
        self.assertEqual([pair for pair, count in tally.data.items() if count], [("TLSv1.2", False), ("TLSv1.2", True)])
