"""The record layer by itself: where records end, however the octets come."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.data.records import Framing, Records, plain_room
from ftpd_service.errors import TransferAborted
from ftpd_service.tls.openssl import waiting_output
from tests.cases import SynchronousTestCase
from tests.data.key_updates import KeyUpdates
from tests.data.tls import NEW, TlsSession, client_context
from tests.wire.strategies import relaxed


def record(length: int) -> bytes:
    """A record of application data."""
    return b"\x17\x03\x03" + length.to_bytes(2, "big") + bytes(length)


class FramingTests(SynchronousTestCase):
    """A FIN is between records or within one."""

    def test_nothing_is_whole(self) -> None:
        """No record was begun."""
        self.assertTrue(Framing().whole)

    @relaxed
    @given(st.lists(st.integers(0, 300), min_size=1, max_size=20), st.data())
    def test_only_the_ends_of_records_are_whole(self, lengths: list[int], data: st.DataObject) -> None:
        """Any records in any cuts, up to any octet."""
        ends = [0]
        for length in lengths:
            ends.append(ends[-1] + 5 + length)
        stream = b"".join(record(length) for length in lengths)
        stop = data.draw(st.one_of(st.sampled_from(ends), st.integers(0, len(stream))))
        cuts = sorted(data.draw(st.lists(st.integers(0, stop), max_size=10)))
        framing = Framing()
        for start, end in zip([0, *cuts], [*cuts, stop], strict=True):
            if start < end:
                framing.add(memoryview(stream[start:end]))
        self.assertEqual(framing.whole, stop in ends)


class HeldBackTests(SynchronousTestCase):
    """What OpenSSL wants to say while a client uploads."""

    def setUp(self) -> None:
        """A client of TLS 1.3 that has shaken hands and reads nothing more."""
        self.socket, self.client = socket.socketpair()
        self.addCleanup(self.socket.close)
        self.addCleanup(self.client.close)
        self.socket.setblocking(False)
        self.records = Records(TlsSession().server_connection(), self.socket)
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
        return len(waiting_output(self.records.connection))

    def test_a_few_answers(self) -> None:
        """They wait for the end of the upload, and go out then."""
        held = self.pull_after(100)
        self.assertGreater(held, 100 * 20)
        self.assertTrue(self.records.flush(0))
        self.assertEqual(len(self.client.recv(65536)), held)

    def test_answers_without_an_end(self) -> None:
        """Some 64 KiB are held back, and then the upload is broken off."""
        with self.assertRaisesRegex(TransferAborted, "asks for answers without an end"):
            self.pull_after(6000)
        self.assertLess(len(waiting_output(self.records.connection)), 80 * 1024)
