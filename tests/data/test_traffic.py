"""The bytes of all data connections, by direction and protection, are counted while they move."""

from __future__ import annotations

from ftpd_service.values import Direction
from tests.data.handles import MemoryReadHandle, MemoryWriteHandle, pattern
from tests.data.loopback import LoopbackCase, begun, until
from tests.data.test_transfer import Pages
from tests.data.tls import TlsCase


class ClearTests(LoopbackCase):
    """Data connections in clear."""

    def counted(self) -> dict[tuple[Direction, bool], int]:
        """What is not 0."""
        return {key: one.byte_count for key, one in self.load.traffic.amounts.items() if one.byte_count}

    async def test_a_download(self) -> None:
        """Its bytes."""
        channel = self.make_channel()
        client = await self.connected(channel)
        await channel.send_file(MemoryReadHandle(pattern(1000)), None, 1000)
        await client.ended()
        self.assertEqual(self.counted(), {(Direction.DOWNLOAD, False): 1000})

    async def test_a_listing(self) -> None:
        """Apart from downloads."""
        channel = self.make_channel()
        client = await self.connected(channel)
        await channel.send_pages(Pages(b"rows"))
        await client.ended()
        self.assertEqual(self.counted(), {(Direction.LISTING, False): 4})

    async def test_an_upload_that_is_not_over(self) -> None:
        """What has come so far."""
        channel = self.make_channel()
        client = await self.connected(channel)
        receiving = begun(channel.receive_file(MemoryWriteHandle(), None))
        client.tcp.write(b"abc")
        await until(lambda: bool(self.counted()))
        self.assertNoResult(receiving)
        self.assertEqual(self.counted(), {(Direction.UPLOAD, False): 3})
        client.tcp.loseWriteConnection()
        await receiving


class ProtectedTests(TlsCase):
    """Data connections under TLS."""

    async def test_a_download(self) -> None:
        """The bytes of the file, not those of the records."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        await channel.send_file(MemoryReadHandle(pattern(1000)), None, 1000)
        await client.ended()
        client.leave()
        self.assertEqual(self.load.traffic.amounts[Direction.DOWNLOAD, True].byte_count, 1000)
