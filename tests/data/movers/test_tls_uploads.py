"""Protected uploads: the rules of every mover again, and those of TLS."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from ftpd_service.data.movers import tls_uploads
from ftpd_service.errors import DataHandshakeFailed, QuotaExceeded, StorageFull, TransferAborted
from ftpd_service.policy.truncation import TruncatedUploads
from ftpd_service.values import DataEnd, ReceivedData
from tests.data.handles import LARGE, FileWriteHandle, MemoryWriteHandle, pattern
from tests.data.loopback import BLOCKING, begun, outgoing, turns, until
from tests.data.movers.test_uploads import Uploads
from tests.data.test_transfer import Upper
from tests.data.tls import OLD, TlsCase, TlsClient, TlsSession


class TlsRules:
    """What differs under TLS."""

    class Rules(TlsCase, Uploads.Rules):
        """Run once for each kind of handle."""

        async def test_a_reset_behind_queued_bytes_is_no_end(self) -> None:
            """Before, in or behind the handshake; nothing of it reaches the handle."""
            channel = self.make_channel()
            client = await self.tls_connected(channel)
            await until(lambda: outgoing(client) == 0)
            client.raw.abortConnection()
            await client.gone
            receiving = begun(channel.receive_file(self.handle, None))
            await self.assertFailure(receiving, DataHandshakeFailed, TransferAborted)
            self.assertFalse(self.handle.touched)

        async def test_the_bytes_are_taken(self) -> None:
            """As they are written, by the handle and by its descriptor."""
            await self.takes(LARGE)

        async def test_the_bytes_of_a_small_file_are_put_off(self) -> None:
            """Its few bytes cost the reactor nothing."""
            await self.takes(1000)


class TlsFileUpload(TlsRules.Rules):
    """Into a file, in batches on the pool."""

    def make_handle(self) -> FileWriteHandle:
        """A real file."""
        return self.opened(FileWriteHandle(self.mktemp()))

    async def test_most_bytes_go_by_the_descriptor(self) -> None:
        """Only the first small batch goes through the handle's own write."""
        await self.arrives(LARGE)
        assert isinstance(self.handle, FileWriteHandle)
        self.assertEqual(self.handle.wrote + self.handle.told, LARGE)
        self.assertLessEqual(self.handle.wrote, 128 * 1024)

    async def test_the_quota_says_no(self) -> None:
        """What `written` raises ends the transfer."""
        small = self.opened(FileWriteHandle(self.mktemp(), quota=100_000))
        channel = self.make_channel()
        client = await self.connected(channel)
        receiving = begun(channel.receive_file(small, None))
        client.tcp.write(pattern(LARGE))
        await self.assertFailure(receiving, QuotaExceeded)

    async def test_slices_of_a_file_that_may_wait_take_no_core(self) -> None:
        """They keep to the threads that wait."""
        self.patch(tls_uploads, "is_local", lambda descriptor: False)
        await self.arrives(LARGE)
        self.assertEqual(self.pool.busy, 0)


class OldTlsUpload(TlsFileUpload):
    """All rules again with TLS 1.2."""

    version = OLD


class TlsMemoryUpload(TlsRules.Rules):
    """Into memory."""

    def make_handle(self) -> MemoryWriteHandle:
        """Memory."""
        return MemoryWriteHandle()

    async def test_an_upload_is_translated(self) -> None:
        """TYPE A."""
        channel = self.make_channel()
        client = await self.connected(channel)
        receiving = begun(channel.receive_file(self.handle, Upper()))
        client.tcp.write(b"abc")
        client.tcp.loseWriteConnection()
        self.assertEqual((await receiving).byte_count, 3)
        self.assertEqual(self.handle.data, b"ABC!")

    async def test_a_handle_that_writes_slowly_holds_the_client_back(self) -> None:
        """Nothing is received while a piece is written: memory is bounded."""
        gate: Deferred[None] = Deferred()

        async def wait() -> None:
            if not gate.called:
                await gate

        self.handle = MemoryWriteHandle(before_write=wait)
        channel = self.make_channel()
        client = await self.connected(channel)
        receiving = begun(channel.receive_file(self.handle, None))
        client.tcp.write(pattern(BLOCKING))
        client.tcp.loseWriteConnection()
        await until(lambda: self.handle.touched)
        progress = channel.progress()
        assert progress is not None
        self.assertLessEqual(progress.octets, 256 * 1024)
        gate.callback(None)
        self.assertEqual((await receiving).byte_count, BLOCKING)
        self.assertEqual(self.handle.data, pattern(BLOCKING))

    async def test_an_error_of_the_handle_passes_through_and_closes(self) -> None:
        """The verb answers for the storage."""

        async def full() -> None:
            raise StorageFull("ENOSPC")

        channel = self.make_channel()
        client = await self.connected(channel)
        receiving = begun(channel.receive_file(MemoryWriteHandle(before_write=full), None))
        client.tcp.write(b"x")
        await self.assertFailure(receiving, StorageFull)
        self.assertEqual(await client.ended(), b"")


class EndsOfUploads(TlsCase):
    """close_notify, tickets, and what is no end."""

    def setUp(self) -> None:
        """Make a handle."""
        super().setUp()
        self.handle = MemoryWriteHandle()

    async def ends(self, client_ends: str) -> TlsClient:
        """An upload of three octets that a client ends in a way: its client, when the transfer has succeeded."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        receiving = begun(channel.receive_file(self.handle, None))
        client.tcp.write(b"abc")
        client.when_shaken(lambda: getattr(client, client_ends)())
        try:
            self.received = await receiving
        finally:
            await channel.finish()
        return client

    async def test_close_notify_is_an_end_of_its_own(self) -> None:
        """The channel tells it from a FIN, which an attacker can send too."""
        await self.ends("close")
        self.assertEqual(self.received, ReceivedData(3, DataEnd.CLOSE_NOTIFY))

    async def test_a_fin_without_close_notify_is_truncated(self) -> None:
        """The channel tells so, even if the policy accepts the end."""
        await self.ends("cut")
        self.assertEqual(self.received, ReceivedData(3, DataEnd.TRUNCATED))

    async def test_close_notify_is_answered_before_the_clients_fin(self) -> None:
        """A client may wait for the answer with its connection open (curl 8.13)."""
        client = await self.ends("notify")
        await client.ended()
        self.assertTrue(client.closed)
        self.assertIsNone(client.problem)

    async def test_a_client_that_reads_gets_a_ticket_it_can_resume_with(self) -> None:
        """What was held back is not dropped: without it close_notify would be a bad record."""
        client = await self.ends("close")
        await client.ended()
        session = client.tls.session
        assert session is not None
        self.assertTrue(session.has_ticket)
        self.resume = session
        other = await self.ends("close")
        await other.ended()
        self.assertEqual(self.session.judged, [False, True])

    async def test_nothing_is_said_to_a_client_that_uploads(self) -> None:
        """It may never read: what is unread at its close would reset the connection and lose the tail of its file."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        receiving = begun(channel.receive_file(self.handle, None))
        await until(lambda: client.shaken)
        pieces = client.pieces
        client.tcp.write(b"abc")
        await until(lambda: len(self.handle.data) == 3)
        await turns()
        self.assertEqual(client.pieces, pieces)
        client.tcp.loseWriteConnection()
        await receiving
        await channel.finish()
        await client.ended()
        self.assertTrue(client.closed)
        self.assertIsNone(client.problem)

    async def test_a_client_that_never_reads_loses_no_byte(self) -> None:
        """It sends and closes; its kernel would answer unread tickets with a reset (TLS 1.3)."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        receiving = begun(channel.receive_file(self.handle, None))
        client.pause()
        client.tcp.write(pattern(LARGE))
        client.when_shaken(client.notify)
        client.when_shaken(client.leave)
        self.assertEqual((await receiving).byte_count, LARGE)
        self.assertEqual(self.handle.data, pattern(LARGE))
        await channel.finish()
        await client.gone

    async def test_a_client_that_took_its_ticket_is_counted(self) -> None:
        """It read to our end and then closed: its FIN came behind the ticket."""
        client = await self.ends("notify")
        await client.ended()
        client.leave()
        await until(lambda: (True, True) in self.session.ends)
        self.assertEqual(self.session.ends, [(True, False), (True, True)])

    async def test_a_client_that_closed_at_once_is_not_counted(self) -> None:
        """Its kernel answered the ticket with a reset."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        receiving = begun(channel.receive_file(self.handle, None))
        client.pause()
        client.when_shaken(client.notify)
        client.when_shaken(client.leave)
        await receiving
        await channel.finish()
        await channel.reset()
        self.assertEqual(self.session.ends, [(True, False)])

    async def test_a_fin_without_close_notify_is_told_as_such(self) -> None:
        """Many clients end so; whether that is an end is the session's policy."""
        client = await self.ends("cut")
        await client.ended()
        self.assertEqual(self.session.ends, [(False, False)])
        self.assertTrue(client.closed)

    async def test_a_refused_end_aborts(self) -> None:
        """The policy's word ends the transfer."""
        self.be(TlsSession(uploads=TruncatedUploads.REFUSE))
        await self.assertFailure(begun(self.ends("cut")), TransferAborted)

    async def test_a_client_that_has_sent_close_notify_must_go_on(self) -> None:
        """A later end without it was cut by somebody."""
        await self.ends("close")
        await self.assertFailure(begun(self.ends("cut")), TransferAborted)

    async def test_a_fin_within_a_record_is_never_an_end(self) -> None:
        """Whatever the policy accepts: octets are missing for certain."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        receiving = begun(channel.receive_file(self.handle, None))
        client.tcp.write(b"abc")
        await until(lambda: len(self.handle.data) == 3)
        client.raw.write(b"\x17\x03\x03\x40")
        client.raw.loseWriteConnection()
        await self.assertFailure(receiving, TransferAborted)

    async def test_a_record_that_is_none_aborts(self) -> None:
        """Somebody meddles with the octets."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        receiving = begun(channel.receive_file(self.handle, None))
        client.tcp.write(b"abc")
        await until(lambda: len(self.handle.data) == 3)
        client.raw.write(b"\x17\x03\x03\x00\x20" + bytes(32))
        await self.assertFailure(receiving, TransferAborted)
        self.assertEqual(self.handle.data, b"abc")

    async def test_a_reset_is_no_end_even_where_any_end_is_accepted(self) -> None:
        """The session is never asked about it."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        receiving = begun(channel.receive_file(self.handle, None))
        client.tcp.write(b"abc")
        await until(lambda: len(self.handle.data) == 3)
        client.raw.abortConnection()
        await self.assertFailure(receiving, TransferAborted)
        self.assertEqual(self.session.ends, [])


class OldEndsOfUploads(EndsOfUploads):
    """All of it with TLS 1.2, where nothing is said behind the handshake."""

    version = OLD
