"""Uploads by splice: the rules of all movers, where its slices run, and what it leaves to others."""

from __future__ import annotations

import os
import socket
import tempfile

from ftpd_service.data import placement
from ftpd_service.data.connection.opened import Opened
from ftpd_service.data.movers import splice
from ftpd_service.data.placement import SLICE_BYTES, placement_of
from ftpd_service.errors import QuotaExceeded, StorageFailed
from ftpd_service.kernel import zero_copy
from ftpd_service.placed import Placement
from ftpd_service.runtime.turns import Turns
from ftpd_service.values import Direction, Progress
from tests.data.handles import DISK, ELSEWHERE, LARGE, TMPFS, FileReadHandle, FileWriteHandle, pattern
from tests.data.loopback import LoopbackCase, begun, outgoing, until
from tests.data.movers.test_uploads import Uploads


def never_patient(*, at_hand: bool, short: bool = False, patient: bool = False) -> Placement:
    """As `placement_of`, for slices none of which waits for its client."""
    return placement_of(at_hand=at_hand, short=short)


class SpliceInlineUpload(Uploads.Rules):
    """A file in memory."""

    def setUp(self) -> None:
        """All slices run here."""
        super().setUp()
        self.patch(splice, "type_of", lambda descriptor: TMPFS)
        self.patch(splice, "placement_of", never_patient)

    def make_handle(self) -> FileWriteHandle:
        """A real file."""
        return self.opened(FileWriteHandle(self.mktemp()))

    async def test_no_byte_passes_through_python(self) -> None:
        """The handle's own write is never asked, nor the pool; every octet is told of."""
        await self.arrives(LARGE)
        assert isinstance(self.handle, FileWriteHandle)
        self.assertEqual((self.handle.wrote, self.handle.told, self.pool.calls), (0, LARGE, 0))

    async def sent_whole(self, size: int) -> FileWriteHandle:
        """An upload of which everything has come before its command, or as much as a new connection's window takes."""
        assert isinstance(self.handle, FileWriteHandle)
        channel = self.make_channel()
        client = await self.connected(channel)
        client.socket.sendall(pattern(size))
        client.socket.shutdown(socket.SHUT_WR)
        await until(lambda: outgoing(client) <= max(0, size - splice.WHOLE_BYTES // 2))
        self.assertEqual((await channel.receive_file(self.handle, None)).byte_count, size)
        self.assertEqual(self.handle.data, pattern(size))
        return self.handle

    async def test_a_small_file_that_is_there_as_a_whole_is_written_at_once(self) -> None:
        """So that the storage may write it together with its commit."""
        handle = await self.sent_whole(splice.WHOLE_BYTES // 2)
        self.assertEqual((handle.wrote, handle.told), (splice.WHOLE_BYTES // 2, 0))

    async def test_a_larger_file_that_is_there_as_a_whole_goes_by_the_kernel(self) -> None:
        """It would take memory and time in Python."""
        handle = await self.sent_whole(splice.WHOLE_BYTES + 1)
        self.assertEqual((handle.wrote, handle.told), (0, splice.WHOLE_BYTES + 1))

    async def test_urgent_bytes_hide_nothing_that_stands_behind_them(self) -> None:
        """The kernel counts and reads up to them; the urgent one itself is no part of the file."""
        channel = self.make_channel()
        client = await self.connected(channel)
        client.socket.sendall(b"before")
        client.socket.send(b"!", socket.MSG_OOB)
        client.socket.sendall(b"behind")
        client.socket.shutdown(socket.SHUT_WR)
        await channel.receive_file(self.handle, None)
        assert isinstance(self.handle, FileWriteHandle)
        self.assertEqual(self.handle.data, b"beforebehind")

    async def test_an_urgent_byte_within_a_large_file_ends_nothing(self) -> None:
        """Splice stops at it for good, and takes it for the end when the client has ended."""
        channel = self.make_channel()
        client, receiving = await self.begun_upload(channel)
        client.socket.send(b"!", socket.MSG_OOB)
        client.socket.sendall(b"behind")
        client.socket.shutdown(socket.SHUT_WR)
        self.assertEqual((await receiving).byte_count, 100_006)
        self.assertEqual(self.handle.data, pattern(100_000) + b"behind")

    async def test_bytes_behind_an_urgent_one_are_not_waited_for(self) -> None:
        """The reactor would tell of them again and again."""
        channel = self.make_channel()
        client, receiving = await self.begun_upload(channel)
        client.socket.send(b"!", socket.MSG_OOB)
        client.socket.sendall(b"behind")
        await until(lambda: channel.progress() == Progress(direction=Direction.UPLOAD, octets=100_006))
        client.tcp.loseWriteConnection()
        self.assertEqual((await receiving).byte_count, 100_006)

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

    async def test_bytes_go_where_the_file_stands(self) -> None:
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


class SpliceCrowdedUpload(Uploads.Rules):
    """A file in memory while others keep the reactor busy."""

    def setUp(self) -> None:
        """All slices find the turn over."""
        super().setUp()
        self.patch(splice, "type_of", lambda descriptor: TMPFS)
        self.patch(Turns, "over", True)

    def make_handle(self) -> FileWriteHandle:
        """A real file."""
        return self.opened(FileWriteHandle(self.mktemp()))

    async def test_slices_run_on_the_pool(self) -> None:
        """Another processor may copy meanwhile."""
        await self.arrives(LARGE)
        self.assertGreater(self.pool.calls, 0)


class SplicePooledUpload(Uploads.Rules):
    """A file on a disk."""

    def setUp(self) -> None:
        """All slices run on the pool."""
        super().setUp()
        self.patch(splice, "type_of", lambda descriptor: DISK)

    def make_handle(self) -> FileWriteHandle:
        """A real file."""
        return self.opened(FileWriteHandle(self.mktemp()))

    async def test_slices_run_on_the_pool(self) -> None:
        """What may wait for a disk never runs on the reactor."""
        await self.arrives(LARGE)
        assert isinstance(self.handle, FileWriteHandle)
        self.assertEqual((self.handle.wrote, self.handle.told), (0, LARGE))
        self.assertGreater(self.pool.calls, 0)

    async def test_slices_of_local_files_take_their_turn_for_a_core(self) -> None:
        """They copy, and more at once only take the interpreter's lock from each other."""
        await self.arrives(LARGE)
        self.assertGreater(self.pool.busy, 0)

    async def test_slices_of_other_files_take_no_core(self) -> None:
        """A network's or another program's may wait for seconds, and would hold up all others."""
        self.patch(splice, "type_of", lambda descriptor: ELSEWHERE)
        await self.arrives(LARGE)
        self.assertEqual(self.pool.busy, 0)


class SplicePatientUpload(Uploads.Rules):
    """A file of this host: behind the first slice a thread may wait for the client."""

    def setUp(self) -> None:
        """All slices but the first wait, on the pool."""
        super().setUp()
        self.patch(splice, "type_of", lambda descriptor: TMPFS)
        self.patch(splice, "SLICE_BYTES", {**SLICE_BYTES, Placement.REACTOR: 64 * 1024})

    def make_handle(self) -> FileWriteHandle:
        """A real file."""
        return self.opened(FileWriteHandle(self.mktemp()))

    async def test_a_fast_client_takes_few_trips_to_the_pool(self) -> None:
        """A slice ends by time, not when the socket is empty."""
        await self.arrives(LARGE)
        self.assertGreater(self.pool.busy, 0)
        self.assertLess(self.pool.calls, LARGE // (64 * 1024))

    async def test_a_slow_client_holds_no_thread(self) -> None:
        """Once it has kept a slice waiting it is the reactor's, also when it sends more."""
        self.patch(placement, "WAITING_SECONDS", 60.0)
        channel = self.make_channel()
        client = await self.connected(channel)
        receiving = begun(channel.receive_file(self.handle, None))

        async def sent(octets: int) -> None:
            client.tcp.write(pattern(1000))
            await until(lambda: channel.progress() == Progress(direction=Direction.UPLOAD, octets=octets))

        await sent(1000)
        await sent(2000)
        self.assertGreater(self.pool.calls, 0)
        before = self.pool.calls
        await sent(3000)
        client.tcp.loseWriteConnection()
        self.assertEqual(((await receiving).byte_count, self.pool.calls), (3000, before))

    async def test_the_socket_is_non_blocking_again(self) -> None:
        """The reactor would stand still at it."""
        blocking: list[bool] = []
        self.patch(Opened, "upload_ended", lambda opened: blocking.append(os.get_blocking(opened.connection.fileno())))
        await self.arrives(LARGE)
        self.assertGreater(self.pool.busy, 0)
        self.assertEqual(blocking, [False])


class SpliceRefusedUpload(Uploads.Rules):
    """A file that splice does not write to: chunks go on without a lost octet."""

    def make_handle(self) -> FileWriteHandle:
        """A real file, opened with O_APPEND, which splice refuses."""
        return self.opened(FileWriteHandle(self.mktemp(), flags=os.O_APPEND))

    async def test_all_bytes_were_written_by_the_handle(self) -> None:
        """Those that were in the pipe, too."""
        await self.arrives(LARGE)
        assert isinstance(self.handle, FileWriteHandle)
        self.assertEqual((self.handle.wrote, self.handle.told), (LARGE, 0))


class SpliceIsMissing(Uploads.Rules):
    """A kernel without splice, or a filter that forbids it: chunks receive the file."""

    def setUp(self) -> None:
        """Missing."""
        super().setUp()
        self.patch(zero_copy, "SPLICE", False)

    def make_handle(self) -> FileWriteHandle:
        """A real file."""
        return self.opened(FileWriteHandle(self.mktemp()))

    async def test_all_bytes_were_written_by_the_handle(self) -> None:
        """Its descriptor is never asked for."""
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
