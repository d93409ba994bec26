"""Protected downloads: the rules of every mover again, and those of TLS."""

from __future__ import annotations

import os
import socket

from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.data.movers import tls_batches
from ftpd_service.data.movers.route import Route
from ftpd_service.data.placement import PageCache
from ftpd_service.data.settings import DataSettings
from ftpd_service.data.socket_records import SocketRecords
from ftpd_service.errors import StorageFailed
from ftpd_service.interfaces import IReadHandle
from tests.data.handles import LARGE, FileReadHandle, MemoryReadHandle, pattern
from tests.data.loopback import BLOCKING, Client, begun, turns, until
from tests.data.movers.test_downloads import Downloads
from tests.data.test_transfer import Pages, Upper
from tests.data.tls import OLD, TlsCase, TlsClient


class TlsRules:
    """What is added under TLS."""

    class Rules(TlsCase, Downloads.Rules):
        """Run once for each kind of handle."""

        async def test_an_empty_file_ends_with_close_notify(self) -> None:
            """Without it a client cannot tell it from one that was cut."""
            channel = self.make_channel()
            client = await self.tls_connected(channel)
            self.assertEqual(await channel.send_file(self.handle(b""), None, 0), 0)
            self.assertEqual(await client.ended(), b"")
            self.assertTrue(client.closed)

        async def test_a_large_file_ends_with_close_notify(self) -> None:
            """Before the FIN."""
            channel = self.make_channel()
            client = await self.tls_connected(channel)
            await channel.send_file(self.handle(pattern(LARGE)), None, LARGE)
            self.assertEqual(await client.ended(), pattern(LARGE))
            self.assertTrue(client.closed)

        async def test_the_clients_close_notify_is_no_abort(self) -> None:
            """It ends what the client says, not what it is told (RFC 8446 section 6.1)."""
            channel = self.make_channel()
            client = await self.tls_connected(channel)
            client.pause()
            sending = begun(channel.send_file(self.handle(pattern(BLOCKING)), None, BLOCKING))
            await until(lambda: client.shaken)
            client.raw.write(b"\x15\x03\x03\x00\x13" + bytes(19))
            client.resume()
            self.assertEqual(await sending, BLOCKING)
            self.assertEqual(await client.ended(), pattern(BLOCKING))

        async def has_no_end(self, client: Client, ending: Deferred[bytes]) -> None:
            """There was no close_notify."""
            await ending
            assert isinstance(client, TlsClient)
            self.assertFalse(client.closed)

        async def test_a_cancelled_download_has_no_close_notify(self) -> None:
            """A client is not to take a part for the whole."""
            channel = self.make_channel()
            client, sending = await self.blocked(channel)
            sending.cancel()
            await self.assertFailure(sending, CancelledError)
            await channel.reset()
            client.resume()
            await client.ended()
            assert isinstance(client, TlsClient)
            self.assertFalse(client.closed)


class TlsFileDownload(TlsRules.Rules):
    """A file, in batches on the pool."""

    def handle(self, data: bytes) -> IReadHandle:
        """A real file."""
        return self.opened(FileReadHandle(self.file(data)))

    async def test_a_small_file_needs_no_pool(self) -> None:
        """A handoff costs more than what there is to do; no octet waits for another packet."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        await channel.send_file(self.handle(b"small"), None, 5)
        self.assertEqual(await client.ended(), b"small")
        self.assertEqual((self.pool.calls, client.pieces), (0, 2))

    async def test_a_file_that_shrinks_has_no_close_notify(self) -> None:
        """Its end is met while it is read: that is not the end of what was announced."""
        path = self.file(pattern(LARGE))
        handle = self.opened(FileReadHandle(path))
        os.truncate(path, 100_000)
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        ending = begun(client.ended())
        await self.assertFailure(begun(channel.send_file(handle, None, LARGE)), StorageFailed)
        await self.has_no_end(client, ending)

    async def test_large_files_are_encrypted_on_the_pool(self) -> None:
        """So that streams use every core; the handle's own read is not asked."""
        handle = self.opened(FileReadHandle(self.file(pattern(LARGE))))
        channel = self.make_channel()
        client = await self.connected(channel)
        await channel.send_file(handle, None, LARGE)
        self.assertEqual(len(await client.ended()), LARGE)
        self.assertEqual(handle.reads, 0)
        self.assertGreater(self.pool.calls, 0)

    async def test_slices_take_their_turn_for_a_core(self) -> None:
        """More at once only take the interpreter's lock from each other."""
        self.patch(PageCache, "holds", lambda place, offset, count: True)
        channel = self.make_channel()
        client = await self.connected(channel)
        await channel.send_file(self.handle(pattern(LARGE)), None, LARGE)
        await client.ended()
        self.assertGreater(self.pool.busy, 0)

    async def test_slices_that_wait_for_a_disk_take_no_core(self) -> None:
        """Else two cold files would hold up the transfers of all others."""
        self.patch(PageCache, "holds", lambda place, offset, count: False)
        channel = self.make_channel()
        client = await self.connected(channel)
        await channel.send_file(self.handle(pattern(LARGE)), None, LARGE)
        self.assertEqual(await client.ended(), pattern(LARGE))
        self.assertEqual(self.pool.busy, 0)

    async def test_a_range_without_a_stop_goes_to_the_files_end(self) -> None:
        """Found while reading."""
        handle = self.opened(FileReadHandle(self.file(pattern(LARGE)), to_end=True))
        channel = self.make_channel()
        client = await self.connected(channel)
        await channel.send_file(handle, None, LARGE)
        self.assertEqual(await client.ended(), pattern(LARGE))

    async def test_an_error_of_the_file_is_no_end(self) -> None:
        """It passes through, and the client sees no close_notify."""
        shown, other = socket.socketpair()
        self.addCleanup(shown.close)
        self.addCleanup(other.close)
        handle = self.opened(FileReadHandle(self.file(pattern(LARGE)), descriptor=shown.fileno()))
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        await self.assertFailure(begun(channel.send_file(handle, None, LARGE)), StorageFailed)
        await client.ended()
        self.assertFalse(client.closed)

    async def test_a_client_that_does_not_read_is_remembered_in_one_batch(self) -> None:
        """What is encrypted ahead of a slow client is bounded."""
        made: list[SocketRecords] = []
        send_file = tls_batches.send_file

        async def watched(route: Route, records: SocketRecords, *rest: object) -> None:
            made.append(records)
            await send_file(route, records, *rest)  # type: ignore[arg-type]  # passed on as they came

        self.patch(tls_batches, "send_file", watched)
        channel = self.make_channel()
        _, sending = await self.blocked(channel)
        self.assertTrue(0 < made[0].unsent <= 256 * 1024)
        sending.cancel()
        await self.assertFailure(sending, CancelledError)


class OldTlsDownload(TlsFileDownload):
    """All rules again with TLS 1.2."""

    version = OLD

    async def test_a_small_file_needs_no_pool(self) -> None:
        """The server's last flight is one packet more."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        await channel.send_file(self.handle(b"small"), None, 5)
        self.assertEqual(await client.ended(), b"small")
        self.assertEqual(self.pool.calls, 0)


class TlsMemoryDownload(TlsRules.Rules):
    """Octets in memory, some read while opening."""

    def handle(self, data: bytes) -> IReadHandle:
        """With first octets."""
        return MemoryReadHandle(data, first=65536)


class TlsListing(TlsCase):
    """Listings and translated files."""

    async def test_pages_are_sent_as_they_are_made(self) -> None:
        """The first rows leave before the others are there."""
        gate: Deferred[None] = Deferred()
        channel = self.make_channel(DataSettings())
        client = await self.tls_connected(channel)

        class Slow(Pages):
            async def __anext__(self) -> bytes:
                page = await super().__anext__()
                if page == b"two\r\n":
                    await gate
                return page

        sending = begun(channel.send_pages(Slow(b"one\r\n", b"", b"two\r\n")))
        await until(lambda: client.received == b"one\r\n")
        self.assertNoResult(sending)
        gate.callback(None)
        self.assertEqual(await sending, 10)
        self.assertEqual(await client.ended(), b"one\r\ntwo\r\n")
        self.assertTrue(client.closed)

    async def test_an_empty_listing_ends_with_close_notify(self) -> None:
        """And without a reset."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        self.assertEqual(await channel.send_pages(Pages()), 0)
        self.assertEqual(await client.ended(), b"")
        self.assertTrue(client.closed)

    async def test_a_download_is_translated(self) -> None:
        """TYPE A: first octets, the others, and what was held back."""
        channel = self.make_channel()
        client = await self.connected(channel)
        self.assertEqual(await channel.send_file(MemoryReadHandle(b"abcdef", first=3), Upper(), None), 7)
        self.assertEqual(await client.ended(), b"ABCDEF!")

    async def test_the_connection_is_drained_until_the_clients_end(self) -> None:
        """A client that answers close_notify late is not reset meanwhile."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        await channel.send_pages(Pages(b"one\r\n"))
        await client.ended()
        client.notify()
        await turns()
        self.assertNoResult(client.gone)
        client.leave()
        await channel.reset()


class OldTlsListing(TlsListing):
    """The same with TLS 1.2."""

    version = OLD
