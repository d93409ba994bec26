"""Every mover keeps the same rules: octets arrive exactly, both ways are paced, and a break is never an end."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
import termios
from array import array

from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.data.channel import DataChannel
from ftpd_service.data.movers import sendfile, splice
from ftpd_service.data.settings import DataSettings
from ftpd_service.errors import QuotaExceeded, StorageFailed, StorageFull, TransferAborted
from ftpd_service.interfaces import IReadHandle
from ftpd_service.values import Direction, Progress
from tests.data.handles import FileReadHandle, FileWriteHandle, MemoryReadHandle, MemoryWriteHandle, pattern
from tests.data.loopback import Client, LoopbackCase, begun, turns, until

LARGE = 3 * 1024 * 1024 + 1
BLOCKING = 12 * 1024 * 1024
"""More than both ends' buffers hold."""


def outgoing(client: Client) -> int:
    """Octets that the other end's kernel has not confirmed."""
    count = array("i", [0])
    fcntl.ioctl(client.socket, termios.TIOCOUTQ, count)
    return count[0]


class OnPool:
    """Finds no file in the cache."""

    def __init__(self, descriptor: int) -> None:
        """For any file."""

    def inline(self, offset: int, count: int) -> bool:
        """Never here."""
        return False


class OnReactor(OnPool):
    """Finds all files in the cache."""

    def inline(self, offset: int, count: int) -> bool:
        """Always here."""
        return True


class Downloads:
    """The rules of downloads; a subclass says which handle, and so which mover."""

    class Rules(LoopbackCase):
        """Run once for each mover."""

        def handle(self, data: bytes) -> IReadHandle:
            """A handle that gives these octets."""
            raise NotImplementedError

        def file(self, data: bytes) -> str:
            """The path of a file that holds these octets."""
            path: str = self.mktemp()
            with open(path, "wb") as file:
                file.write(data)
            return path

        def opened(self, handle: FileReadHandle) -> FileReadHandle:
            """A handle that is closed at the end."""
            self.addCleanup(handle.close)
            return handle

        async def arrives(self, size: int) -> None:
            """Send a file of a size and compare."""
            data = pattern(size)
            channel = self.make_channel()
            client = await self.connected(channel)
            sent = await channel.send_file(self.handle(data), None, size)
            self.assertEqual(sent, size)
            self.assertEqual(await client.ended(), data)

        async def blocked(self, channel: DataChannel) -> tuple[Client, Deferred[int]]:
            """A download to a client that does not read, standing still."""
            client = await self.connected(channel)
            client.pause()
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
            sending = begun(channel.send_file(self.handle(pattern(BLOCKING)), None, BLOCKING))
            await until(lambda: (progress := channel.progress()) is not None and progress.octets > 0)
            await self.stands_still(channel)
            return client, sending

        async def stands_still(self, channel: DataChannel) -> None:
            """Wait until nothing moves and nothing runs on the pool."""
            seen = [-1]

            def still() -> bool:
                progress = channel.progress()
                assert progress is not None
                before, seen[0] = seen[0], progress.octets
                return before == progress.octets and not self.pool.running

            await until(still)

        async def test_an_empty_file_is_an_end_and_nothing_else(self) -> None:
            """No octet is made up."""
            await self.arrives(0)

        async def test_one_octet_arrives(self) -> None:
            """The smallest file."""
            await self.arrives(1)

        async def test_a_file_one_short_of_64_kib_arrives(self) -> None:
            """The first octets are the whole file."""
            await self.arrives(65535)

        async def test_a_file_of_64_kib_arrives(self) -> None:
            """Exactly what opening reads."""
            await self.arrives(65536)

        async def test_a_file_one_beyond_64_kib_arrives(self) -> None:
            """One octet is left behind the first ones."""
            await self.arrives(65537)

        async def test_a_large_file_arrives(self) -> None:
            """Many slices, and an odd rest."""
            await self.arrives(LARGE)

        async def test_a_client_that_reads_late_gets_every_octet(self) -> None:
            """Back-pressure holds the file back and loses nothing; no thread waits meanwhile."""
            channel = self.make_channel()
            client, sending = await self.blocked(channel)
            self.assertEqual(self.pool.running, 0)
            self.assertNoResult(sending)
            client.resume()
            self.assertEqual(await sending, BLOCKING)
            self.assertEqual(await client.ended(), pattern(BLOCKING))

        async def test_progress_tells_octets_and_total(self) -> None:
            """STAT shows where a transfer stands."""
            channel = self.make_channel()
            _, sending = await self.blocked(channel)
            progress = channel.progress()
            assert progress is not None
            self.assertEqual((progress.direction, progress.total), (Direction.DOWNLOAD, BLOCKING))
            self.assertTrue(0 < progress.octets < BLOCKING)
            sending.cancel()
            await self.assertFailure(sending, CancelledError)
            self.assertIsNone(channel.progress())

        async def test_a_reset_while_it_waits_aborts(self) -> None:
            """The client's reset is seen at once, not at the next octet."""
            channel = self.make_channel()
            client, sending = await self.blocked(channel)
            client.tcp.abortConnection()
            await self.assertFailure(sending, TransferAborted)

        async def test_cancelling_closes_the_connection(self) -> None:
            """ABOR: the client sees an end, the coroutine is cancelled."""
            channel = self.make_channel()
            client, sending = await self.blocked(channel)
            sending.cancel()
            await self.assertFailure(sending, CancelledError)
            # The server's side is gone although the client has not read yet.
            await channel.reset()
            client.resume()
            received = await client.ended()
            self.assertLess(len(received), BLOCKING)
            self.assertTrue(pattern(BLOCKING).startswith(received))

        async def test_a_stall_aborts_and_closes(self) -> None:
            """No octet for the stall time ends a transfer."""
            channel = self.make_channel(DataSettings(stall_seconds=100))
            client, sending = await self.blocked(channel)
            self.clock.advance(99)
            self.assertNoResult(sending)
            self.clock.advance(1)
            await self.assertFailure(sending, TransferAborted)
            client.resume()
            self.assertLess(len(await client.ended()), BLOCKING)

        async def test_input_is_a_sign_of_life(self) -> None:
            """A stall is no octet in either direction."""
            channel = self.make_channel(DataSettings(stall_seconds=100))
            client, sending = await self.blocked(channel)
            self.clock.advance(99)
            client.tcp.write(b"still here")
            await until(lambda: outgoing(client) == 0)
            await turns()
            self.clock.advance(99)
            self.assertNoResult(sending)
            sending.cancel()
            await self.assertFailure(sending, CancelledError)

        async def test_octets_that_move_put_the_stall_off(self) -> None:
            """The time counts from the last octet."""
            channel = self.make_channel(DataSettings(stall_seconds=100))
            client, sending = await self.blocked(channel)
            self.clock.advance(99)
            client.resume()
            await until(lambda: len(client.received) > BLOCKING // 4)
            client.pause()
            await self.stands_still(channel)
            self.clock.advance(99)
            self.assertNoResult(sending)
            self.clock.advance(1)
            await self.assertFailure(sending, TransferAborted)

        async def test_the_clients_half_close_is_no_abort(self) -> None:
            """A client may close its own direction while it downloads (RFC 9293 section 3.6)."""
            channel = self.make_channel()
            client = await self.connected(channel)
            client.tcp.loseWriteConnection()
            await channel.send_file(self.handle(pattern(BLOCKING)), None, None)
            self.assertEqual(await client.ended(), pattern(BLOCKING))

        async def test_input_during_a_download_destroys_nothing(self) -> None:
            """Closing over unread input would send RST and lose what is in flight."""
            channel = self.make_channel()
            client, sending = await self.blocked(channel)
            client.tcp.write(pattern(200_000))
            client.resume()
            await sending
            self.assertEqual(await client.ended(), pattern(BLOCKING))


class ChunksDownload(Downloads.Rules):
    """Octets in memory."""

    def handle(self, data: bytes) -> MemoryReadHandle:
        """Without first octets."""
        return MemoryReadHandle(data)


class ChunksWithFirstDownload(Downloads.Rules):
    """Octets in memory, some read while opening."""

    def handle(self, data: bytes) -> MemoryReadHandle:
        """With first octets."""
        return MemoryReadHandle(data, first=65536)


class SendfileInlineDownload(Downloads.Rules):
    """A file in the page cache."""

    def setUp(self) -> None:
        """All slices run here."""
        super().setUp()
        self.patch(sendfile, "ReadPlace", OnReactor)

    def handle(self, data: bytes) -> FileReadHandle:
        """A real file."""
        return self.opened(FileReadHandle(self.file(data)))

    async def test_no_octet_passes_through_python(self) -> None:
        """The handle's own read is never asked, nor the pool."""
        handle = self.opened(FileReadHandle(self.file(pattern(LARGE))))
        channel = self.make_channel()
        client = await self.connected(channel)
        await channel.send_file(handle, None, LARGE)
        self.assertEqual(len(await client.ended()), LARGE)
        self.assertEqual((handle.reads, self.pool.calls), (0, 0))


class SendfilePooledDownload(Downloads.Rules):
    """A file that is not in the page cache."""

    def setUp(self) -> None:
        """All slices run on the pool."""
        super().setUp()
        self.patch(sendfile, "ReadPlace", OnPool)

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


class SendfileRefusedDownload(Downloads.Rules):
    """A descriptor that sendfile does not take: chunks go on without a lost octet."""

    def handle(self, data: bytes) -> FileReadHandle:
        """A real file that shows a socket for its descriptor."""
        shown, other = socket.socketpair()
        self.addCleanup(shown.close)
        self.addCleanup(other.close)
        return self.opened(FileReadHandle(self.file(data), descriptor=shown.fileno()))


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

    async def test_a_file_that_shrinks_ends_early(self) -> None:
        """Nothing is waited for that will never come."""
        path = self.file(pattern(LARGE))
        handle = self.opened(FileReadHandle(path))
        os.truncate(path, 100_000)
        channel = self.make_channel()
        client = await self.connected(channel)
        self.assertEqual(await channel.send_file(handle, None, LARGE), 100_000)
        self.assertEqual(await client.ended(), pattern(100_000))


class Uploads:
    """The rules of uploads; a subclass says which handle, and so which mover."""

    class Rules(LoopbackCase):
        """Run once for each mover."""

        handle: MemoryWriteHandle | FileWriteHandle

        def setUp(self) -> None:
            """Make the handle."""
            super().setUp()
            self.handle = self.make_handle()

        def make_handle(self) -> MemoryWriteHandle | FileWriteHandle:
            """An empty handle."""
            raise NotImplementedError

        def opened(self, handle: FileWriteHandle) -> FileWriteHandle:
            """A handle that is closed at the end."""
            self.addCleanup(handle.abort)
            return handle

        async def arrives(self, size: int) -> None:
            """Receive a file of a size and compare."""
            data = pattern(size)
            channel = self.make_channel()
            client = await self.connected(channel)
            receiving = begun(channel.receive_file(self.handle, None))
            client.tcp.write(data)
            client.tcp.loseWriteConnection()
            self.assertEqual(await receiving, size)
            self.assertEqual(self.handle.data, data)
            await channel.finish()
            self.assertEqual(await client.ended(), b"")

        async def begun_upload(self, channel: DataChannel) -> tuple[Client, Deferred[int]]:
            """An upload of which 100,000 octets have come and no more do."""
            client = await self.connected(channel)
            receiving = begun(channel.receive_file(self.handle, None))
            client.tcp.write(pattern(100_000))
            await until(lambda: channel.progress() == Progress(direction=Direction.UPLOAD, octets=100_000))
            return client, receiving

        async def test_an_empty_upload_touches_nothing(self) -> None:
            """Without an octet nothing is cut off: the handle hears of none."""
            await self.arrives(0)
            self.assertFalse(self.handle.touched)

        async def test_one_octet_is_kept(self) -> None:
            """The smallest file."""
            await self.arrives(1)

        async def test_a_file_one_short_of_64_kib_is_kept(self) -> None:
            """One short of what a pipe holds."""
            await self.arrives(65535)

        async def test_a_file_of_64_kib_is_kept(self) -> None:
            """Exactly what a pipe holds."""
            await self.arrives(65536)

        async def test_a_file_one_beyond_64_kib_is_kept(self) -> None:
            """One more than a pipe holds."""
            await self.arrives(65537)

        async def test_a_large_file_is_kept(self) -> None:
            """Many slices, and an odd rest."""
            await self.arrives(LARGE)

        async def test_octets_that_came_before_the_command_are_kept(self) -> None:
            """A client may send before its command: nothing is read, nothing lost."""
            channel = self.make_channel()
            client = await self.connected(channel)
            client.tcp.write(pattern(LARGE))
            client.tcp.loseWriteConnection()
            self.assertEqual(await channel.receive_file(self.handle, None), LARGE)
            self.assertEqual(self.handle.data, pattern(LARGE))

        async def test_a_client_that_sends_in_pieces_is_waited_for(self) -> None:
            """Nothing on the wire is no end; no thread waits meanwhile."""
            channel = self.make_channel()
            client, receiving = await self.begun_upload(channel)
            await until(lambda: self.pool.running == 0)
            self.assertNoResult(receiving)
            client.tcp.write(b"tail")
            client.tcp.loseWriteConnection()
            self.assertEqual(await receiving, 100_004)
            self.assertEqual(self.handle.data, pattern(100_000) + b"tail")

        async def test_the_connection_is_held_open_until_finish(self) -> None:
            """The commit comes before the end that the client sees."""
            channel = self.make_channel()
            client, receiving = await self.begun_upload(channel)
            client.tcp.loseWriteConnection()
            await receiving
            self.assertNoResult(client.end)
            await channel.finish()
            self.assertEqual(await client.ended(), b"")

        async def test_a_reset_is_never_a_complete_upload(self) -> None:
            """What came is kept by the handle, the transfer is aborted."""
            channel = self.make_channel()
            client, receiving = await self.begun_upload(channel)
            client.tcp.abortConnection()
            await self.assertFailure(receiving, TransferAborted)
            self.assertEqual(self.handle.data, pattern(100_000))

        async def test_a_reset_behind_queued_octets_is_no_end(self) -> None:
            """The kernel gives the queued octets first, then the error, then ends for ever."""
            channel = self.make_channel()
            client = await self.connected(channel)
            client.tcp.write(pattern(100_000))
            await until(lambda: outgoing(client) == 0)
            client.tcp.abortConnection()
            await client.gone
            await self.assertFailure(begun(channel.receive_file(self.handle, None)), TransferAborted)

        async def test_cancelling_closes_the_connection(self) -> None:
            """ABOR: the client sees an end, the coroutine is cancelled."""
            channel = self.make_channel()
            client, receiving = await self.begun_upload(channel)
            receiving.cancel()
            await self.assertFailure(receiving, CancelledError)
            self.assertEqual(await client.ended(), b"")

        async def test_a_stall_aborts_and_closes(self) -> None:
            """No octet for the stall time ends a transfer."""
            channel = self.make_channel(DataSettings(stall_seconds=100))
            client, receiving = await self.begun_upload(channel)
            self.clock.advance(99)
            self.assertNoResult(receiving)
            self.clock.advance(1)
            await self.assertFailure(receiving, TransferAborted)
            self.assertEqual(await client.ended(), b"")


class ChunksUpload(Uploads.Rules):
    """Octets into memory."""

    def make_handle(self) -> MemoryWriteHandle:
        """Memory."""
        return MemoryWriteHandle()

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
        self.assertEqual(await receiving, BLOCKING)
        self.assertEqual(self.handle.data, pattern(BLOCKING))

    async def test_an_error_of_the_handle_passes_through_and_closes(self) -> None:
        """The verb answers for the storage; the client sees an end."""

        async def full() -> None:
            raise StorageFull("ENOSPC")

        channel = self.make_channel()
        client = await self.connected(channel)
        receiving = begun(channel.receive_file(MemoryWriteHandle(before_write=full), None))
        client.tcp.write(b"x")
        await self.assertFailure(receiving, StorageFull)
        self.assertEqual(await client.ended(), b"")


class SpliceInlineUpload(Uploads.Rules):
    """A file in memory."""

    def setUp(self) -> None:
        """All slices run here."""
        super().setUp()
        self.patch(splice, "in_memory", lambda descriptor: True)

    def make_handle(self) -> FileWriteHandle:
        """A real file."""
        return self.opened(FileWriteHandle(self.mktemp()))

    async def test_no_octet_passes_through_python(self) -> None:
        """The handle's own write is never asked, nor the pool; every octet is told of."""
        await self.arrives(LARGE)
        assert isinstance(self.handle, FileWriteHandle)
        self.assertEqual((self.handle.wrote, self.handle.told, self.pool.calls), (0, LARGE, 0))

    async def test_an_error_of_the_file_is_told_and_the_pipe_not_used_again(self) -> None:
        """An error of the file passes through; what was left in the pipe never reaches another file."""
        descriptor = os.open(self.mktemp(), os.O_RDONLY | os.O_CREAT)
        self.addCleanup(os.close, descriptor)
        failing = self.opened(FileWriteHandle(self.mktemp(), descriptor=descriptor))
        channel = self.make_channel()
        client = await self.connected(channel)
        receiving = begun(channel.receive_file(failing, None))
        client.tcp.write(b"left in the pipe")
        await self.assertFailure(receiving, StorageFailed)
        await self.arrives(LARGE)

    async def test_the_quota_says_no(self) -> None:
        """What `written` raises ends the transfer."""
        small = self.opened(FileWriteHandle(self.mktemp(), quota=10))
        channel = self.make_channel()
        client = await self.connected(channel)
        receiving = begun(channel.receive_file(small, None))
        client.tcp.write(b"eleven octets")
        await self.assertFailure(receiving, QuotaExceeded)

    async def test_octets_go_where_the_file_stands(self) -> None:
        """A restarted upload writes from its offset and keeps what is around (RFC 3659 section 5.3)."""
        assert isinstance(self.handle, FileWriteHandle)
        await self.handle.write(b"0123456789")
        os.lseek(await self.handle.descriptor(), 4, os.SEEK_SET)
        channel = self.make_channel()
        client = await self.connected(channel)
        client.tcp.write(b"abc")
        client.tcp.loseWriteConnection()
        await channel.receive_file(self.handle, None)
        self.assertEqual(self.handle.data, b"0123abc789")


class SplicePooledUpload(Uploads.Rules):
    """A file on a disk."""

    def setUp(self) -> None:
        """All slices run on the pool."""
        super().setUp()
        self.patch(splice, "in_memory", lambda descriptor: False)

    def make_handle(self) -> FileWriteHandle:
        """A real file."""
        return self.opened(FileWriteHandle(self.mktemp()))

    async def test_slices_run_on_the_pool(self) -> None:
        """What may wait for a disk never runs on the reactor."""
        await self.arrives(LARGE)
        assert isinstance(self.handle, FileWriteHandle)
        self.assertEqual((self.handle.wrote, self.handle.told), (0, LARGE))
        self.assertGreater(self.pool.calls, 0)


class SpliceRefusedUpload(Uploads.Rules):
    """A file that splice does not write to: chunks go on without a lost octet."""

    def make_handle(self) -> FileWriteHandle:
        """A real file, opened with O_APPEND, which splice refuses."""
        return self.opened(FileWriteHandle(self.mktemp(), flags=os.O_APPEND))

    async def test_all_octets_were_written_by_the_handle(self) -> None:
        """Those that were in the pipe, too."""
        await self.arrives(LARGE)
        assert isinstance(self.handle, FileWriteHandle)
        self.assertEqual((self.handle.wrote, self.handle.told), (LARGE, 0))


class SpliceIntoTmpfs(LoopbackCase):
    """The whole path without a patch, in the system's folder for temporary files."""

    async def test_a_file_comes_back_as_it_was_sent(self) -> None:
        """Up by splice, down by sendfile, wherever the kernel lets the slices run."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "file")
            up = FileWriteHandle(path)
            channel = self.make_channel()
            client = await self.connected(channel)
            receiving = begun(channel.receive_file(up, None))
            client.tcp.write(pattern(LARGE))
            client.tcp.loseWriteConnection()
            await receiving
            await up.commit()
            await channel.finish()
            down = FileReadHandle(path)
            other = await self.connected(channel)
            await channel.send_file(down, None, LARGE)
            await down.close()
            self.assertEqual(await other.ended(), pattern(LARGE))
