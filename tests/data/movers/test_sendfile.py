"""Downloads by sendfile: the rules of all movers, where its slices run, and ranges of a file."""

from __future__ import annotations

import os
import socket

from twisted.internet.error import ConnectionLost

from ftpd_service.data import placement
from ftpd_service.data.connection.opened import Opened
from ftpd_service.data.movers import sendfile
from ftpd_service.data.placement import Load
from ftpd_service.errors import StorageFailed
from ftpd_service.kernel import zero_copy
from tests.data.handles import LARGE, FileReadHandle, pattern
from tests.data.loopback import BLOCKING, begun, until
from tests.data.movers.test_downloads import Downloads


class OnPool:
    """Finds no file in the cache."""

    def __init__(self, descriptor: int) -> None:
        """For any file."""

    def holds(self, offset: int, count: int) -> bool:
        """Never here."""
        return False


class OnReactor(OnPool):
    """Finds all files in the cache."""

    def holds(self, offset: int, count: int) -> bool:
        """Always here."""
        return True


class SendfileInlineDownload(Downloads.Rules):
    """A file in the page cache."""

    def setUp(self) -> None:
        """All slices run here."""
        super().setUp()
        self.patch(sendfile, "PageCache", OnReactor)

    def handle(self, data: bytes) -> FileReadHandle:
        """A real file."""
        return self.opened(FileReadHandle(self.file(data)))

    async def test_no_byte_passes_through_python(self) -> None:
        """The handle's own read is never asked, nor the pool."""
        handle = self.opened(FileReadHandle(self.file(pattern(LARGE))))
        channel = self.make_channel()
        client = await self.connected(channel)
        await channel.send_file(handle, None, LARGE)
        self.assertEqual(len(await client.ended()), LARGE)
        self.assertEqual((handle.reads, self.pool.calls), (0, 0))

    async def test_a_large_file_leaves_in_full_packets(self) -> None:
        """Each packet may wake the client, and the FIN takes along what is left."""
        corked: list[int] = []

        def look(opened: Opened) -> None:
            corked.append(opened.connection.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_CORK))
            opened.connection.end_output()

        self.patch(Opened, "download_ended", look)
        await self.arrives(LARGE)
        self.assertEqual(corked, [1])


class SendfilePooledDownload(Downloads.Rules):
    """A file that is not in the page cache."""

    def setUp(self) -> None:
        """All slices run on the pool."""
        super().setUp()
        self.patch(sendfile, "PageCache", OnPool)

    def handle(self, data: bytes) -> FileReadHandle:
        """A real file."""
        return self.opened(FileReadHandle(self.file(data)))

    async def test_slices_run_on_the_pool(self) -> None:
        """What may wait for a disk never runs on the reactor."""
        handle = self.opened(FileReadHandle(self.file(pattern(LARGE))))
        channel = self.make_channel()
        client = await self.connected(channel)
        await channel.send_file(handle, None, LARGE)
        self.assertEqual(len(await client.ended()), LARGE)
        self.assertEqual(handle.reads, 0)
        self.assertGreater(self.pool.calls, 0)


class SendfilePatientDownload(Downloads.Rules):
    """A file in the page cache, and a thread that may wait for the client."""

    def setUp(self) -> None:
        """All slices but the first wait, on the pool."""
        super().setUp()
        self.patch(sendfile, "PageCache", OnReactor)
        self.patch(sendfile, "SENDFILE_BYTES", 64 * 1024)
        self.patch(Load, "few", True)

    def handle(self, data: bytes) -> FileReadHandle:
        """A real file."""
        return self.opened(FileReadHandle(self.file(data)))

    async def test_a_fast_client_takes_few_trips_to_the_pool(self) -> None:
        """A slice ends by time, not with the socket's room."""
        await self.arrives(LARGE)
        self.assertGreater(self.pool.busy, 0)
        self.assertLess(self.pool.calls, LARGE // sendfile.SENDFILE_BYTES)

    async def test_a_slow_client_holds_no_thread(self) -> None:
        """Once it has kept a slice waiting it is the reactor's, also when it takes octets again."""
        self.patch(placement, "WAITING_SECONDS", 60.0)
        data = pattern(2 * BLOCKING)
        channel = self.make_channel()
        client = await self.connected(channel)
        client.pause()
        sending = begun(channel.send_file(self.handle(data), None, len(data)))
        await until(lambda: self.pool.calls > 0 and not self.pool.running)
        await self.stands_still(channel)
        before = self.pool.calls
        client.resume()
        self.assertEqual(await sending, len(data))
        self.assertEqual((await client.ended(), self.pool.calls), (data, before))

    async def test_the_socket_is_non_blocking_again(self) -> None:
        """The reactor would stand still at it."""
        channel, blocking = self.make_channel(), []
        self.patch(
            Opened, "download_ended", lambda opened: blocking.append(os.get_blocking(opened.connection.fileno()))
        )
        await self.connected(channel)
        await channel.send_file(self.handle(pattern(LARGE)), None, LARGE)
        self.assertGreater(self.pool.busy, 0)
        self.assertEqual(blocking, [False])


class SendfileRefusedDownload(Downloads.Rules):
    """A descriptor that sendfile does not take: chunks go on without a lost octet."""

    def handle(self, data: bytes) -> FileReadHandle:
        """A real file that shows a socket for its descriptor."""
        shown, other = socket.socketpair()
        self.addCleanup(shown.close)
        self.addCleanup(other.close)
        return self.opened(FileReadHandle(self.file(data), descriptor=shown.fileno()))


class SendfileIsMissing(Downloads.Rules):
    """A kernel without sendfile, or a filter that forbids it: chunks send the file."""

    def setUp(self) -> None:
        """Missing; whoever asks for it fails."""
        super().setUp()
        self.patch(zero_copy, "SENDFILE", False)
        self.patch(os, "sendfile", None)

    def handle(self, data: bytes) -> FileReadHandle:
        """A real file."""
        return self.opened(FileReadHandle(self.file(data)))


class SendfileEdges(Downloads.Rules):
    """Ranges of a file; all rules again with a range that has no stop."""

    def handle(self, data: bytes) -> FileReadHandle:
        """A real file whose end is found while sending."""
        return self.opened(FileReadHandle(self.file(data), to_end=True))

    async def test_a_restarted_download_sends_the_tail(self) -> None:
        """The range starts at the restart offset (RFC 3659 section 5.3)."""
        handle = self.opened(FileReadHandle(self.file(pattern(LARGE)), start=1_000_001))
        channel = self.make_channel()
        client = await self.connected(channel)
        await channel.send_file(handle, None, LARGE - 1_000_001)
        self.assertEqual(await client.ended(), pattern(LARGE)[1_000_001:])

    async def test_a_file_that_grows_is_sent_as_it_was_opened(self) -> None:
        """The count of the preliminary reply stays true."""
        path = self.file(pattern(100_000))
        handle = self.opened(FileReadHandle(path))
        os.truncate(path, 200_000)
        channel = self.make_channel()
        client = await self.connected(channel)
        self.assertEqual(await channel.send_file(handle, None, 100_000), 100_000)
        self.assertEqual(await client.ended(), pattern(100_000))

    async def test_a_file_that_shrinks_is_a_failure(self) -> None:
        """Nothing is waited for that will never come, and nothing is told that is not so."""
        path = self.file(pattern(LARGE))
        handle = self.opened(FileReadHandle(path))
        os.truncate(path, 100_000)
        channel = self.make_channel()
        client = await self.connected(channel)
        ending = begun(client.ended())
        await self.assertFailure(begun(channel.send_file(handle, None, LARGE)), StorageFailed)
        await self.assertFailure(ending, ConnectionLost)
        self.assertTrue(pattern(LARGE).startswith(bytes(client.received)))
