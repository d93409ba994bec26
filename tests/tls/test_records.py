"""The record layer by itself, in memory: events for what comes, however the bytes are cut."""

from __future__ import annotations

import ssl

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.tls.records import CloseNotify, Cut, Data, Event, Failed, Framing, HandshakeDone, Records
from tests.cases import SynchronousTestCase
from tests.data.tls import NEW, OLD, TlsSession, client_context
from tests.wire.strategies import relaxed

WASTE = memoryview(bytearray(1024))


def record(length: int) -> bytes:
    """A record of application data."""
    return b"\x17\x03\x03" + length.to_bytes(2, "big") + bytes(length)


class FramingTests(SynchronousTestCase):
    """The end of the input is between records or within one."""

    def test_nothing_is_whole(self) -> None:
        """No record was begun."""
        self.assertTrue(Framing().whole)

    @relaxed
    @given(st.lists(st.integers(0, 300), min_size=1, max_size=20), st.data())
    def test_only_the_ends_of_records_are_whole(self, lengths: list[int], data: st.DataObject) -> None:
        """Any records in any cuts, up to any byte."""
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


class Pair:
    """Records, and a client of one version of TLS, both in memory.

    :ivar told: every event, with the bytes of `Data` copied.
    """

    def __init__(self, version: ssl.TLSVersion) -> None:
        self.records = TlsSession().records()
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client_context(version).wrap_bio(self.incoming, self.outgoing)
        self.room = memoryview(bytearray(4096))
        self.told: list[Event | bytes] = []

    def receive(self, data: bytes) -> None:
        """Let bytes of the client arrive."""
        self.records.receive(data)
        while (event := self.records.next_event(self.room)) is not None:
            self.told.append(bytes(event.plain) if isinstance(event, Data) else event)

    def deliver(self) -> None:
        """Let arrive what the client has to say, and let it have the answer."""
        self.receive(self.outgoing.read())
        self.answer()

    def answer(self) -> bytes:
        """Give the client what waits for it; the same."""
        output = bytes(self.records.output())
        self.records.sent(len(output), WASTE)
        self.incoming.write(output)
        return output

    def shake(self) -> None:
        """The whole handshake."""
        for _ in range(2):
            try:
                self.client.do_handshake()
            except ssl.SSLWantReadError:
                self.deliver()
        self.client.do_handshake()
        if self.outgoing.pending:
            self.deliver()


class NewTests(SynchronousTestCase):
    """TLS 1.3."""

    version = NEW

    def setUp(self) -> None:
        """A pair that has shaken hands."""
        self.pair = Pair(self.version)
        self.records = self.pair.records
        self.pair.shake()

    def test_handshake(self) -> None:
        """Done is told once, and before any byte."""
        self.assertTrue(self.records.shaken)
        self.assertEqual(self.pair.told, [HandshakeDone()])

    def test_nothing_came(self) -> None:
        """There is no event."""
        self.assertIsNone(self.records.next_event(self.pair.room))

    def test_bytes_of_the_client(self) -> None:
        """They come as they were written; more than the room holds are told in several events."""
        self.pair.client.write(bytes(5000))
        self.pair.deliver()
        self.assertEqual(self.pair.told[1:], [bytes(4096), bytes(904)])

    def test_bytes_for_the_client(self) -> None:
        """They arrive."""
        self.records.write(b"220 hello")
        self.pair.answer()
        self.assertEqual(self.pair.client.read(100), b"220 hello")

    def test_output_that_goes_in_parts(self) -> None:
        """What was not sent stays, in its order."""
        self.records.write(bytes(3000))
        first = bytes(self.records.output()[:1500])
        self.records.sent(1500, WASTE)
        self.pair.incoming.write(first)
        self.pair.answer()
        self.assertEqual(self.pair.client.read(4096), bytes(3000))

    def test_close_notify_of_the_client(self) -> None:
        """It is told behind what came before it, and only once; `closed` knows at once."""
        self.pair.client.write(b"QUIT")
        with self.assertRaises(ssl.SSLWantReadError):
            self.pair.client.unwrap()
        self.records.receive(self.pair.outgoing.read())
        self.assertIsInstance(self.records.next_event(self.pair.room), Data)
        self.assertTrue(self.records.closed)
        self.assertEqual(self.records.next_event(self.pair.room), CloseNotify())
        self.assertIsNone(self.records.next_event(self.pair.room))

    def test_close_notify_of_ours(self) -> None:
        """The client sees an end in order, whatever number of times it is asked for."""
        self.records.close()
        self.records.close()
        self.pair.answer()
        self.assertEqual(self.pair.client.read(100), b"")

    def test_end_of_input_without_close_notify(self) -> None:
        """Between records it is a cut, told once."""
        self.pair.receive(b"")
        self.pair.receive(b"")
        self.assertEqual(self.pair.told[1:], [Cut()])

    def test_end_of_input_behind_close_notify(self) -> None:
        """It is no cut."""
        with self.assertRaises(ssl.SSLWantReadError):
            self.pair.client.unwrap()
        self.pair.deliver()
        self.pair.receive(b"")
        self.assertEqual((self.pair.told[1:], self.records.cut), ([CloseNotify()], False))

    def test_end_of_input_within_a_record(self) -> None:
        """It is a failure."""
        self.pair.client.write(b"USER alice")
        self.pair.receive(self.pair.outgoing.read()[:-1])
        self.pair.receive(b"")
        self.assertEqual(self.pair.told[1:], [Failed("the client's end came within a TLS record")])
        self.assertFalse(self.records.cut)

    def test_what_is_no_record(self) -> None:
        """It is a failure, told once; nothing behind it is looked at."""
        self.pair.receive(b"USER alice\r\n")
        self.pair.client.write(b"NOOP")
        self.pair.receive(self.pair.outgoing.read())
        self.assertEqual(self.pair.told[1:], [Failed(self.records.failure)])
        self.assertTrue(self.records.failure)

    def test_writing_behind_a_failure(self) -> None:
        """The failure stays the first one."""
        self.pair.receive(b"USER alice\r\n")
        before = self.records.failure
        self.records.write(b"331 Password")
        self.assertEqual(self.records.failure, before)

    def test_writing_behind_close_notify(self) -> None:
        """It is a failure, and nothing is sent."""
        self.records.close()
        self.pair.answer()
        self.records.write(b"220 hello")
        self.assertIn("protocol is shutdown", self.records.failure)
        self.assertEqual(self.pair.answer(), b"")


class OldTests(NewTests):
    """TLS 1.2."""

    version = OLD


class CutTests(SynchronousTestCase):
    """How the stream comes."""

    @relaxed
    @given(st.sampled_from([OLD, NEW]), st.data())
    def test_the_cuts_of_the_stream_do_not_matter(self, version: ssl.TLSVersion, data: st.DataObject) -> None:
        """Any cuts give the same bytes and the same end."""
        pair = Pair(version)
        pair.shake()
        for text in (b"USER alice\r\n", b"NOOP\r\n"):
            pair.client.write(text)
        with self.assertRaises(ssl.SSLWantReadError):
            pair.client.unwrap()
        stream = pair.outgoing.read()
        cuts = sorted(set(data.draw(st.lists(st.integers(1, len(stream) - 1), max_size=8))))
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            pair.receive(stream[start:end])
        told = pair.told[1:]
        self.assertEqual(b"".join(part for part in told if isinstance(part, bytes)), b"USER alice\r\nNOOP\r\n")
        self.assertEqual([part for part in told if not isinstance(part, bytes)], [CloseNotify()])


class HandshakeTests(SynchronousTestCase):
    """Handshakes that fail."""

    def test_what_is_no_handshake(self) -> None:
        """The reason is OpenSSL's."""
        pair = Pair(NEW)
        pair.receive(b"USER alice\r\n")
        self.assertEqual(pair.told, [Failed("wrong version number")])

    def test_no_version_in_common(self) -> None:
        """The alert that says so waits to be sent."""
        pair = Pair(OLD)
        pair.records.connection.set_options(ssl.OP_NO_TLSv1_2)
        self.assertRaises(ssl.SSLWantReadError, pair.client.do_handshake)
        pair.receive(pair.outgoing.read())
        self.assertEqual(pair.told, [Failed("unsupported protocol")])
        self.assertEqual(pair.answer()[:1], b"\x15")

    def test_no_event_without_input(self) -> None:
        """A server speaks second."""
        records: Records = Pair(NEW).records
        self.assertIsNone(records.next_event(WASTE))
        self.assertEqual(len(records.output()), 0)
