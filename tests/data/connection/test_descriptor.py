"""The rules for a data connection's socket: each was seen to go wrong when broken."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from typing import TypeVar

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.data.connection.descriptor import ConnectionDescriptor, InputKind
from ftpd_service.data.movers import splice
from ftpd_service.errors import TransferAborted
from ftpd_service.interfaces import Blocking
from ftpd_service.values import ReceivedData
from tests.data.handles import DISK, TMPFS, CountingPool, FileReadHandle, FileWriteHandle, pattern
from tests.data.loopback import Client, LoopbackCase, begun, until
from tests.open_files import open_files

T = TypeVar("T")


class HeldPool:
    """Holds each call on its thread until a test lets it go."""

    def __init__(self, pool: Blocking) -> None:
        self._pool = pool
        self._gate = threading.Event()
        self.entered = threading.Event()

    def let_go(self) -> None:
        """Let the calls run."""
        self._gate.set()

    async def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        """Run a call on the real pool, once it may."""

        def held() -> T:
            self.entered.set()
            self._gate.wait(20)
            return call()

        return await self._pool(held, discard=discard)


class DescriptorRules(LoopbackCase):
    """`ConnectionDescriptor` by itself."""

    def setUp(self) -> None:
        """Listen."""
        super().setUp()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listening.close)
        self.port = self.listening.getsockname()[1]

    async def pair(self) -> tuple[Client, ConnectionDescriptor]:
        """A client and the descriptor of its connection."""
        client = await self.connect(self.port)
        accepted, _ = self.listening.accept()
        accepted.setblocking(False)
        return client, ConnectionDescriptor(accepted, self.reactor)

    async def test_nothing_reads_before_the_transfer(self) -> None:
        """What came is still in the kernel when the transfer starts."""
        client, descriptor = await self.pair()
        client.tcp.write(b"early")
        await descriptor.readable()
        self.assertEqual(descriptor.socket.recv(100), b"early")
        await descriptor.abort()

    async def test_a_registration_ends_with_the_first_call_that_nobody_waits_for(self) -> None:
        """A mover that waits again at once costs no system call; one that does not, does not spin."""
        client, descriptor = await self.pair()
        client.tcp.write(b"x")
        await descriptor.readable()
        self.assertEqual(self.reactor.registered, {descriptor})
        await until(lambda: not self.reactor.registered)
        await descriptor.abort()

    async def test_a_cancelled_wait_leaves_nothing_to_wake(self) -> None:
        """The next wait is a fresh one."""
        client, descriptor = await self.pair()
        waiting = begun(descriptor.readable())
        waiting.cancel()
        await self.assertFailure(waiting, CancelledError)
        client.tcp.write(b"x")
        await descriptor.readable()
        await descriptor.abort()

    async def test_discarding_tells_of_bytes_and_of_the_end(self) -> None:
        """And of the end once."""
        seen: list[InputKind] = []
        client, descriptor = await self.pair()
        descriptor.discard_input(seen.append)
        client.tcp.write(b"x")
        await until(lambda: seen == [InputKind.BYTES])
        client.tcp.loseWriteConnection()
        await until(lambda: len(seen) > 1)
        self.assertEqual(seen, [InputKind.BYTES, InputKind.END])
        self.assertEqual(self.reactor.registered, set())
        await descriptor.abort()

    async def test_discarding_tells_of_a_reset(self) -> None:
        """While nobody waits for anything."""
        seen: list[InputKind] = []
        client, descriptor = await self.pair()
        descriptor.discard_input(seen.append)
        client.tcp.abortConnection()
        await until(lambda: bool(seen))
        self.assertEqual(seen, [InputKind.RESET])
        await descriptor.abort()

    async def test_a_reset_wakes_a_wait_for_room(self) -> None:
        """The kernel tells of it by other flags than room."""
        client, descriptor = await self.pair()
        client.pause()
        try:
            while descriptor.socket.send(bytes(65536)):
                pass
        except BlockingIOError:
            waiting = begun(descriptor.writable())
        client.tcp.abortConnection()
        await waiting
        self.assertRaises(ConnectionError, descriptor.socket.send, b"x")
        await descriptor.abort()

    async def test_the_end_of_output_on_a_broken_connection_is_an_abort(self) -> None:
        """The FIN could not go out: the transfer is not complete."""
        client, descriptor = await self.pair()
        client.tcp.abortConnection()
        await client.gone
        await descriptor.readable()
        self.assertRaises(TransferAborted, descriptor.end_output)
        await descriptor.abort()

    async def test_an_end_in_order_waits_for_the_client(self) -> None:
        """FIN first; the connection stays until the client's own, and what comes till then is discarded."""
        client, descriptor = await self.pair()
        ending = begun(descriptor.end(self.reactor, 5, proof=True))
        self.assertEqual(await client.ended(), b"")
        client.tcp.write(pattern(100_000))
        self.assertNoResult(ending)
        client.tcp.loseWriteConnection()
        await ending
        self.assertEqual(descriptor.fileno(), -1)

    async def test_an_end_behind_the_clients_own_closes_without_a_turn_of_the_reactor(self) -> None:
        """After an upload nothing is left to wait for."""
        client, descriptor = await self.pair()
        client.tcp.loseWriteConnection()
        await descriptor.readable()
        ending = begun(descriptor.end(self.reactor, 5, proof=True))
        self.assertEqual(descriptor.fileno(), -1)
        await ending

    async def test_a_cancelled_end_closes_at_once(self) -> None:
        """Shutdown has no time for slow clients."""
        _, descriptor = await self.pair()
        ending = begun(descriptor.end(self.reactor, 5, proof=True))
        ending.cancel()
        await self.assertFailure(ending, CancelledError)
        self.assertEqual(descriptor.fileno(), -1)

    async def test_a_socket_is_not_registered_when_it_is_closed(self) -> None:
        """The reactor would spin, and removing it would fail."""
        _, descriptor = await self.pair()
        waiting = begun(descriptor.readable())
        await descriptor.abort()
        self.assertEqual(self.reactor.registered, set())
        self.assertNotIn(descriptor, reactor.getReaders())
        waiting.cancel()
        await self.assertFailure(waiting, CancelledError)


class PoolRules(LoopbackCase):
    """A transfer whose slice is on the pool."""

    def setUp(self) -> None:
        """Hold the pool."""
        super().setUp()
        self.held = HeldPool(self.pool)
        self.addCleanup(self.held.let_go)
        self.pool = CountingPool(self.held)
        self.patch(splice, "type_of", lambda descriptor: DISK)

    async def upload(self) -> tuple[Client, FileWriteHandle, Deferred[ReceivedData]]:
        """An upload whose first slice is held on a thread."""
        handle = FileWriteHandle(self.mktemp())
        self.addCleanup(handle.abort)
        channel = self.make_channel()
        client = await self.connected(channel)
        receiving = begun(channel.receive_file(handle, None))
        client.tcp.write(b"data")
        await until(self.held.entered.is_set)
        return client, handle, receiving

    async def test_cancelling_waits_for_the_slice(self) -> None:
        """The descriptor's number might be another session's by then."""
        client, handle, receiving = await self.upload()
        receiving.cancel()
        self.assertNoResult(receiving)
        self.assertNoResult(client.end)
        self.held.let_go()
        await self.assertFailure(receiving, CancelledError)
        self.assertEqual(await client.ended(), b"")
        self.assertEqual(handle.data, b"data")

    async def test_what_a_cancelled_slice_wrote_is_told(self) -> None:
        """Limits and digests stay right."""
        _, handle, receiving = await self.upload()
        receiving.cancel()
        self.held.let_go()
        await self.assertFailure(receiving, CancelledError)
        self.assertEqual(handle.told, 4)

    async def test_the_reactor_goes_on_while_a_slice_is_held(self) -> None:
        """A hung disk holds up its own transfer only."""
        _, _, receiving = await self.upload()
        other = self.make_channel()
        client = await self.connected(other)
        path = self.mktemp()
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        handle = FileReadHandle(path)
        self.addCleanup(handle.close)
        self.assertEqual(await other.send_file(handle, None, 0), 0)
        self.assertEqual(await client.ended(), b"")
        self.assertNoResult(receiving)
        self.held.let_go()
        receiving.cancel()
        await self.assertFailure(receiving, CancelledError)


class PipeRules(LoopbackCase):
    """A pipe belongs to a slice."""

    async def test_transfers_share_a_pipe_a_thread(self) -> None:
        """Descriptors do not grow with the number of transfers that wait."""
        self.patch(splice, "type_of", lambda descriptor: TMPFS)
        await self.waiting_upload()
        before = open_files("pipe:")
        await self.waiting_upload()
        self.assertEqual(open_files("pipe:") - before, set())

    async def waiting_upload(self) -> None:
        """An upload that has begun and waits for more; over at the end."""
        handle = FileWriteHandle(self.mktemp())
        self.addCleanup(handle.abort)
        channel = self.make_channel()
        client = await self.connected(channel)
        receiving = begun(channel.receive_file(handle, None))
        client.tcp.write(b"data")
        await until(lambda: handle.told == 4)
        self.addCleanup(self.over, receiving)

    async def over(self, receiving: Deferred[ReceivedData]) -> None:
        """Cancel it."""
        receiving.cancel()
        await self.assertFailure(receiving, CancelledError)
