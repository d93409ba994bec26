"""Every mover of uploads keeps the same rules: octets are kept exactly, are paced, and a break is never an end."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.data.channel import DataChannel
from ftpd_service.data.settings import DataSettings
from ftpd_service.errors import StorageFull, TransferAborted
from ftpd_service.interfaces import Translation
from ftpd_service.values import Direction, Progress, ReceivedData
from tests.data.handles import LARGE, FileWriteHandle, MemoryWriteHandle, pattern
from tests.data.loopback import BLOCKING, Client, LoopbackCase, begun, outgoing, until
from tests.data.test_transfer import Upper


class Collected:
    """Takes the bytes of an upload, and keeps them."""

    def __init__(self) -> None:
        self.data = b""
        self.put_off_bytes = 0

    @property
    def byte_count(self) -> int:
        return len(self.data)

    def digests(self) -> dict[str, str]:
        return {}

    def put_off(self, data: bytes) -> None:
        self.put_off_bytes += len(data)
        self.data += data

    def take(self, data: bytes | memoryview) -> None:
        self.data += data


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
            self.assertEqual((await receiving).byte_count, size)
            self.assertEqual(self.handle.data, data)
            await channel.finish()
            self.assertEqual(await client.ended(), b"")

        async def takes(self, size: int, translation: Translation | None = None) -> None:
            """Receive a file, and compare what was taken of it with what was written."""
            taken = Collected()
            channel = self.make_channel()
            client = await self.connected(channel)
            receiving = begun(channel.receive_file(self.handle, translation, taken))
            client.tcp.write(pattern(size))
            client.tcp.loseWriteConnection()
            await receiving
            self.assertEqual(taken.data, self.handle.data)
            self.assertLessEqual(taken.put_off_bytes, 64 * 1024)

        async def begun_upload(self, channel: DataChannel) -> tuple[Client, Deferred[ReceivedData]]:
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

        async def test_one_byte_is_kept(self) -> None:
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

        async def test_bytes_that_came_before_the_command_are_kept(self) -> None:
            """A client may send before its command: nothing is read, nothing lost."""
            channel = self.make_channel()
            client = await self.connected(channel)
            client.tcp.write(pattern(LARGE))
            client.tcp.loseWriteConnection()
            self.assertEqual((await channel.receive_file(self.handle, None)).byte_count, LARGE)
            self.assertEqual(self.handle.data, pattern(LARGE))

        async def test_a_client_that_sends_in_pieces_is_waited_for(self) -> None:
            """Nothing on the wire is no end; no thread waits meanwhile."""
            channel = self.make_channel()
            client, receiving = await self.begun_upload(channel)
            await until(lambda: self.pool.running == 0)
            self.assertNoResult(receiving)
            client.tcp.write(b"tail")
            client.tcp.loseWriteConnection()
            self.assertEqual((await receiving).byte_count, 100_004)
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

        async def test_a_reset_behind_queued_bytes_is_no_end(self) -> None:
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

    async def test_the_bytes_are_taken(self) -> None:
        """As they are written, so behind a translation."""
        await self.takes(LARGE, Upper())

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
        """The verb answers for the storage; the client sees an end."""

        async def full() -> None:
            raise StorageFull("ENOSPC")

        channel = self.make_channel()
        client = await self.connected(channel)
        receiving = begun(channel.receive_file(MemoryWriteHandle(before_write=full), None))
        client.tcp.write(b"x")
        await self.assertFailure(receiving, StorageFull)
        self.assertEqual(await client.ended(), b"")
