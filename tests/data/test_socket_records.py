"""The records of a data connection on a socket: what is held back while a client uploads."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from ftpd_service.data.socket_records import SocketRecords, plain_room
from ftpd_service.errors import TransferAborted
from tests.cases import SynchronousTestCase
from tests.data.key_updates import KeyUpdates
from tests.data.tls import NEW, TlsSession, client_context


class HeldBackTests(SynchronousTestCase):
    """What OpenSSL wants to say while a client uploads."""

    def setUp(self) -> None:
        """A client of TLS 1.3 that has shaken hands and reads nothing more."""
        self.socket, self.client = socket.socketpair()
        self.addCleanup(self.socket.close)
        self.addCleanup(self.client.close)
        self.socket.setblocking(False)
        self.inner = TlsSession().records()
        self.records = SocketRecords(self.inner, self.socket)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        key_log = Path(self.mktemp())
        context = client_context(NEW)
        context.keylog_filename = str(key_log)
        tls = context.wrap_bio(incoming, outgoing)
        self.assertRaises(ssl.SSLWantReadError, tls.do_handshake)
        self.assertFalse(self.records.handshake(outgoing.read()))
        self.assertTrue(self.records.flush(0))
        incoming.write(self.client.recv(65536))
        tls.do_handshake()
        self.assertTrue(self.records.handshake(outgoing.read()))
        cipher = tls.cipher()
        assert cipher is not None
        self.updates = KeyUpdates(key_log, cipher[0])

    def pull_after(self, updates: int) -> int:
        """Have the client ask so often for an answer: how many octets are held back then."""
        for _ in range(updates // 100):
            self.client.sendall(b"".join(next(self.updates) for _ in range(100)))
            self.assertEqual(self.records.pull(plain_room(), 4096), 0)
        return len(self.inner.output())

    def test_a_few_answers(self) -> None:
        """They wait for the end of the upload, and go out then."""
        held = self.pull_after(100)
        self.assertGreater(held, 100 * 20)
        self.assertTrue(self.records.flush(0))
        self.assertEqual(len(self.client.recv(65536)), held)

    def test_answers_without_an_end(self) -> None:
        """Some 64 KiB are held back, and then the upload is broken off."""
        with self.assertRaisesRegex(TransferAborted, "asks for too many answers"):
            self.pull_after(6000)
        self.assertLess(len(self.inner.output()), 80 * 1024)
