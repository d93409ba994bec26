"""Protected transfers keep to what they are allowed, slice by slice."""

from __future__ import annotations

from ftpd_service.data.transfer import Transfer
from ftpd_service.interfaces import IReadHandle
from tests.data.handles import FileReadHandle, FileWriteHandle, MemoryReadHandle, MemoryWriteHandle, pattern
from tests.data.loopback import begun
from tests.data.tls import TlsCase

SIZE = 500_001
ALLOWED = 10_000
RECORD = 16 * 1024


class Throttled(TlsCase):
    """Nobody is allowed more than a little at once."""

    def setUp(self) -> None:
        """Watch what is moved."""
        super().setUp()
        self.slices: list[int] = []
        moved = Transfer.moved

        async def few(transfer: Transfer, wanted: int) -> int:
            return min(wanted, ALLOWED)

        def watched(transfer: Transfer, octets: int) -> None:
            self.slices.append(octets)
            moved(transfer, octets)

        self.patch(Transfer, "allowed", few)
        self.patch(Transfer, "moved", watched)

    def file(self, data: bytes) -> str:
        """The path of a file that holds these octets."""
        path: str = self.mktemp()
        with open(path, "wb") as file:
            file.write(data)
        return path

    async def goes_down(self, handle: IReadHandle) -> None:
        """Send a file and look at the slices."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        self.assertEqual(await channel.send_file(handle, None, SIZE), SIZE)
        self.assertEqual(await client.ended(), pattern(SIZE))
        self.assertTrue(client.closed)
        self.assertLessEqual(max(self.slices), ALLOWED)

    async def goes_up(self, handle: FileWriteHandle | MemoryWriteHandle) -> None:
        """Receive a file and look at the slices: a record that was begun before may be decrypted in one."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        receiving = begun(channel.receive_file(handle, None))
        client.tcp.write(pattern(SIZE))
        client.tcp.loseWriteConnection()
        self.assertEqual((await receiving).byte_count, SIZE)
        self.assertEqual(handle.data, pattern(SIZE))
        self.assertLessEqual(max(self.slices), ALLOWED + RECORD)

    async def test_a_file_goes_down_slice_by_slice(self) -> None:
        """From its descriptor."""
        handle = FileReadHandle(self.file(pattern(SIZE)))
        self.addCleanup(handle.close)
        await self.goes_down(handle)

    async def test_memory_goes_down_slice_by_slice(self) -> None:
        """In pieces."""
        await self.goes_down(MemoryReadHandle(pattern(SIZE)))

    async def test_a_file_goes_up_slice_by_slice(self) -> None:
        """Into its descriptor."""
        handle = FileWriteHandle(self.mktemp())
        self.addCleanup(handle.abort)
        await self.goes_up(handle)

    async def test_memory_goes_up_slice_by_slice(self) -> None:
        """In pieces."""
        await self.goes_up(MemoryWriteHandle())
