"""Every mover of downloads keeps the same rules: octets arrive exactly, are paced, and a break is never an end."""

from __future__ import annotations

import socket

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionLost

from ftpd_service.data.channel import DataChannel
from ftpd_service.data.settings import DataSettings
from ftpd_service.errors import StorageFailed, TransferAborted
from ftpd_service.interfaces import IReadHandle
from ftpd_service.values import Direction
from tests.data.handles import LARGE, FileReadHandle, MemoryReadHandle, pattern
from tests.data.loopback import BLOCKING, Client, LoopbackCase, begun, outgoing, turns, until


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

        async def test_one_byte_arrives(self) -> None:
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

        async def test_a_client_that_reads_late_gets_every_byte(self) -> None:
            """Back-pressure holds the file back and loses nothing; no thread waits meanwhile."""
            channel = self.make_channel()
            client, sending = await self.blocked(channel)
            self.assertEqual(self.pool.running, 0)
            self.assertNoResult(sending)
            client.resume()
            self.assertEqual(await sending, BLOCKING)
            self.assertEqual(await client.ended(), pattern(BLOCKING))

        async def test_progress_tells_bytes_and_total(self) -> None:
            """STAT shows where a transfer stands."""
            channel = self.make_channel()
            _, sending = await self.blocked(channel)
            progress = channel.progress()
            assert progress is not None
            self.assertEqual((progress.direction, progress.total), (Direction.DOWNLOAD, BLOCKING))
            self.assertTrue(0 < progress.octets < BLOCKING)
            sending.cancel()
            await self.assertFailure(sending, CancelledError)
            self.assertEqual(channel.progress(), progress)
            await channel.finish()
            self.assertIsNone(channel.progress())

        async def test_a_reset_while_it_waits_aborts(self) -> None:
            """The client's reset is seen at once, not at the next octet."""
            channel = self.make_channel()
            client, sending = await self.blocked(channel)
            client.tcp.abortConnection()
            await self.assertFailure(sending, TransferAborted)

        async def test_cancelling_closes_the_connection(self) -> None:
            """The coroutine is cancelled, and the client cannot take the part for the whole."""
            channel = self.make_channel()
            client, sending = await self.blocked(channel)
            ending = begun(client.ended())
            sending.cancel()
            await self.assertFailure(sending, CancelledError)
            # The server's side is gone although the client has not read yet.
            await channel.reset()
            client.resume()
            await self.has_no_end(client, ending)
            self.assertLess(len(client.received), BLOCKING)
            self.assertTrue(pattern(BLOCKING).startswith(bytes(client.received)))

        async def test_a_stall_aborts_and_closes(self) -> None:
            """No octet for the stall time ends a transfer."""
            channel = self.make_channel(DataSettings(stall_seconds=100))
            client, sending = await self.blocked(channel)
            ending = begun(client.ended())
            self.clock.advance(99)
            self.assertNoResult(sending)
            self.clock.advance(1)
            await self.assertFailure(sending, TransferAborted)
            client.resume()
            await self.has_no_end(client, ending)
            self.assertLess(len(client.received), BLOCKING)

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

        async def test_bytes_that_move_put_the_stall_off(self) -> None:
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

        async def cut(self, size: int, due: int) -> None:
            """Send a file that gives less than is due."""
            channel = self.make_channel()
            client = await self.connected(channel)
            ending = begun(client.ended())
            await self.assertFailure(begun(channel.send_file(self.handle(pattern(size)), None, due)), StorageFailed)
            await self.has_no_end(client, ending)

        async def test_a_small_file_that_is_cut_short_has_no_end(self) -> None:
            """Fewer bytes than announced: a client must not take them for the whole."""
            await self.cut(1000, 1001)

        async def test_a_large_file_that_is_cut_short_has_no_end(self) -> None:
            """The same where the bytes go by another way."""
            await self.cut(LARGE, LARGE + 1)

        async def has_no_end(self, client: Client, ending: Deferred[bytes]) -> None:
            """The client has seen a reset, not an end."""
            await self.assertFailure(ending, ConnectionLost)

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
