"""Transfers as such, whatever moves them: counts, translations, listings, and ends."""

from __future__ import annotations

from collections.abc import AsyncIterator

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock

from ftpd_service.data.pace import Pacing
from ftpd_service.data.settings import DataSettings
from ftpd_service.data.transfer import Transfer
from ftpd_service.errors import NoDataConnection, TransferAborted
from ftpd_service.policy.bandwidth import Flow
from ftpd_service.policy.throttles import Throttles, ThrottleSettings
from ftpd_service.values import DataEnd, Direction, Progress, ReceivedData
from tests.data.handles import MemoryReadHandle, MemoryWriteHandle, pattern
from tests.data.loopback import LoopbackCase, begun, until


class Upper:
    """A translation that shows in every octet, and at the end."""

    def translate(self, data: bytes) -> bytes:
        """Change octets."""
        return data.upper()

    def finish(self) -> bytes:
        """Add an octet."""
        return b"!"


class Silent:
    """A translation that leaves nothing."""

    def translate(self, data: bytes) -> bytes:
        """Nothing."""
        return b""

    def finish(self) -> bytes:
        """Nothing."""
        return b""


class Pages:
    """Pages of a listing that remember whether they were closed."""

    def __init__(self, *pages: bytes) -> None:
        self._pages = iter(pages)
        self.closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Itself."""
        return self

    async def __anext__(self) -> bytes:
        """The next page."""
        for page in self._pages:
            return page
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Remember."""
        self.closed = True


class TransferChannel(LoopbackCase):
    """Transfers as such, whatever moves them."""

    async def test_progress_is_there_while_the_client_is_waited_for(self) -> None:
        """STAT may come before the client does."""
        channel = self.make_channel()
        await channel.listen()
        self.assertIsNone(channel.progress())
        sending = begun(channel.send_file(MemoryReadHandle(b"data"), None, 4))
        self.assertEqual(channel.progress(), Progress(direction=Direction.DOWNLOAD, octets=0, total=4))
        sending.cancel()
        await self.assertFailure(sending, CancelledError)

    async def test_progress_has_the_time_since_the_connection_was_opened(self) -> None:
        """The wait for the client does not count."""
        clock = Clock()
        transfer = Transfer(
            clock=clock,
            stall_seconds=60.0,
            direction=Direction.UPLOAD,
            total=None,
            pacing=Pacing(Throttles(ThrottleSettings()), clock),
            flow=Flow(()),
        )
        clock.advance(5.0)
        waited = transfer.progress().seconds
        transfer.begin()
        clock.advance(2.0)
        transfer.moved(1000)
        self.assertEqual((waited, transfer.progress().seconds, transfer.progress().rate), (0.0, 2.0, 500.0))

    async def test_a_download_is_translated(self) -> None:
        """TYPE A: first octets, the others, and what was held back; the count is of the connection."""
        channel = self.make_channel()
        client = await self.connected(channel)
        sent = await channel.send_file(MemoryReadHandle(b"abcdef", first=3), Upper(), None)
        self.assertEqual(await client.ended(), b"ABCDEF!")
        self.assertEqual(sent, 7)

    async def test_an_upload_in_clear_ends_with_a_fin(self) -> None:
        """The channel returns that with the number of bytes."""
        channel = self.make_channel()
        client = await self.connected(channel)
        client.tcp.write(b"abc")
        client.tcp.loseWriteConnection()
        self.assertEqual(await channel.receive_file(MemoryWriteHandle(), None), ReceivedData(3, DataEnd.FIN))

    async def test_an_upload_is_translated(self) -> None:
        """TYPE A: the handle gets what the octets mean; the count is of the connection."""
        channel = self.make_channel()
        client = await self.connected(channel)
        client.tcp.write(b"abc")
        client.tcp.loseWriteConnection()
        handle = MemoryWriteHandle()
        self.assertEqual((await channel.receive_file(handle, Upper())).byte_count, 3)
        self.assertEqual(bytes(handle.data), b"ABC!")

    async def test_a_handle_hears_of_bytes_only(self) -> None:
        """The first write cuts off what it replaces: none while the translation holds all octets back."""
        channel = self.make_channel()
        client = await self.connected(channel)
        client.tcp.write(b"abc")
        client.tcp.loseWriteConnection()
        handle = MemoryWriteHandle()
        self.assertEqual((await channel.receive_file(handle, Silent())).byte_count, 3)
        self.assertFalse(handle.touched)

    async def test_pages_are_sent_and_closed(self) -> None:
        """A listing is streamed."""
        channel = self.make_channel()
        client = await self.connected(channel)
        pages = Pages(b"one\r\n", b"", b"two\r\n")
        self.assertEqual(await channel.send_pages(pages), 10)
        self.assertEqual(await client.ended(), b"one\r\ntwo\r\n")
        self.assertTrue(pages.closed)

    async def test_pages_are_closed_when_the_transfer_breaks(self) -> None:
        """A listing holds a directory open, which must go."""
        channel = self.make_channel()
        client = await self.connected(channel)
        client.pause()
        pages = Pages(*[pattern(1024 * 1024)] * 12)
        sending = begun(channel.send_pages(pages))
        client.tcp.abortConnection()
        await self.assertFailure(sending, TransferAborted)
        self.assertTrue(pages.closed)

    async def test_pages_are_closed_when_nobody_connects(self) -> None:
        """Also when not one page was asked for."""
        channel = self.make_channel()
        pages = Pages(b"one\r\n")
        await self.assertFailure(begun(channel.send_pages(pages)), NoDataConnection)
        self.assertTrue(pages.closed)

    async def test_an_error_of_the_pages_passes_through_and_closes(self) -> None:
        """The verb answers for it; the client sees that the listing is not whole."""

        async def failing() -> AsyncIterator[bytes]:
            yield b"one\r\n"
            raise ZeroDivisionError

        channel = self.make_channel()
        client = await self.connected(channel)
        ending = begun(client.ended())
        await self.assertFailure(begun(channel.send_pages(failing())), ZeroDivisionError)
        await self.assertFailure(ending, ConnectionLost)

    async def test_a_download_does_not_wait_for_the_clients_end(self) -> None:
        """Some clients close only after the final reply has come."""
        channel = self.make_channel()
        client = await self.connected(channel)
        self.assertEqual(await channel.send_file(MemoryReadHandle(b"data"), None, 4), 4)
        self.assertEqual(await client.ended(), b"data")
        self.assertNoResult(client.gone)

    async def test_a_client_that_leaves_its_side_open_is_closed_after_the_drain(self) -> None:
        """InputKind is discarded until the client's end or the drain time, without a reset."""
        channel = self.make_channel(DataSettings(drain_seconds=5))
        client = await self.connected(channel)
        await channel.send_file(MemoryReadHandle(b"data"), None, 4)
        await client.ended()
        resetting = begun(channel.reset())
        self.clock.advance(4)
        self.assertNoResult(resetting)
        self.clock.advance(1)
        await resetting

    async def test_two_transfers_follow_each_other(self) -> None:
        """Each with its own listener."""
        channel = self.make_channel()
        first = await self.connected(channel)
        await channel.send_file(MemoryReadHandle(b"first"), None, None)
        await channel.finish()
        second = await self.connected(channel)
        await channel.send_file(MemoryReadHandle(b"second"), None, None)
        await channel.finish()
        self.assertEqual([await first.ended(), await second.ended()], [b"first", b"second"])

    async def test_a_reset_while_the_file_is_read_is_seen(self) -> None:
        """A download hears of a reset also while it waits for its handle."""
        channel = self.make_channel()
        client = await self.connected(channel)
        sending = begun(channel.send_file(MemoryReadHandle(b"data", before_read=Deferred), None, 4))
        client.tcp.abortConnection()
        await self.assertFailure(sending, TransferAborted)

    async def test_the_clients_end_while_the_file_is_read_is_no_abort(self) -> None:
        """A client may close its own direction; the file comes all the same."""
        gate: Deferred[None] = Deferred()

        async def wait() -> None:
            if not gate.called:
                await gate

        channel = self.make_channel()
        client = await self.connected(channel)
        sending = begun(channel.send_file(MemoryReadHandle(b"data", before_read=wait), None, 4))
        client.tcp.loseWriteConnection()
        await until(lambda: not self.reactor.registered)
        gate.callback(None)
        self.assertEqual(await sending, 4)
        self.assertEqual(await client.ended(), b"data")
