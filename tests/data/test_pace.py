"""Every mover keeps to the rates, waits without a thread, and hears of resets, stops and changes while it waits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from math import ceil

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionLost

from ftpd_service.account import Rates
from ftpd_service.data.channel import DataChannel
from ftpd_service.data.movers import sendfile, splice
from ftpd_service.data.placement import Load
from ftpd_service.data.settings import DataSettings
from ftpd_service.errors import TransferAborted
from ftpd_service.policy.bandwidth import BURST_SECONDS
from ftpd_service.policy.throttles import Throttles, ThrottleSettings
from ftpd_service.runtime.turns import TURN_SECONDS
from ftpd_service.values import Direction
from tests.data.handles import (
    DISK,
    FIRST_OCTETS,
    TMPFS,
    FileReadHandle,
    FileWriteHandle,
    MemoryReadHandle,
    MemoryWriteHandle,
    pattern,
)
from tests.data.loopback import Client, LoopbackCase, begun, turns, until
from tests.data.movers.test_sendfile import OnPool, OnReactor
from tests.data.pacing import WatchedPacing

SIZE = 3 * 1024 * 1024 + 1
RATE = 1024 * 1024
BURST = ceil(RATE * BURST_SECONDS)


def both_ways(rate: int | None) -> ThrottleSettings:
    """A rate of the server."""
    return ThrottleSettings(server=Rates(upload=rate, download=rate))


class Paced:
    """The rules of throttled transfers; a subclass says which way and by which mover."""

    class Rules(LoopbackCase):
        """Run once for each mover."""

        def setUp(self) -> None:
            """Throttle the server."""
            super().setUp()
            self.pacing = WatchedPacing(Throttles(both_ways(RATE)), self.clock)

        def start(self, channel: DataChannel, client: Client) -> Deferred[int]:
            """Begin to move the pattern."""
            raise NotImplementedError

        async def arrived(self, client: Client) -> bytes:
            """What has come to the other end, when all has."""
            raise NotImplementedError

        async def held(self, settings: DataSettings | None = None) -> tuple[DataChannel, Client, Deferred[int]]:
            """A transfer that has had its burst, but for what is less than a turn, and waits."""
            channel = self.make_channel(settings)
            client = await self.connected(channel)
            moving = self.start(channel, client)
            await self.waits()
            return channel, client, moving

        async def waits(self) -> None:
            """Wait until the transfer does."""
            await until(lambda: bool(self.pacing.waiting))

        def moved(self, channel: DataChannel) -> int:
            """The octets so far."""
            progress = channel.progress()
            return 0 if progress is None else progress.octets

        async def test_the_rate_is_kept(self) -> None:
            """A burst, then by the clock; and no thread waits."""
            channel, _, moving = await self.held()
            for step in range(1, 11):
                self.clock.advance(0.1)
                await self.waits()
                self.assertLessEqual(self.moved(channel), BURST + step * RATE / 10)
            self.assertGreaterEqual(self.moved(channel), 0.9 * (BURST + RATE))
            self.assertEqual(self.pool.running, 0)
            moving.cancel()
            await self.assertFailure(moving, CancelledError)

        async def test_a_change_counts_at_once_and_no_byte_is_lost(self) -> None:
            """Also for a transfer that waits: without that any time passes."""
            _, client, moving = await self.held()
            self.pacing.change(both_ways(None))
            self.assertEqual(await moving, SIZE)
            self.assertEqual(await self.arrived(client), pattern(SIZE))

        async def test_a_rate_of_the_account_that_an_operator_replaces_counts_at_once(self) -> None:
            """The transfer waits for a rate of the account, and goes on without a limit."""
            self.pacing.change(ThrottleSettings(account=lambda name: Rates(upload=RATE, download=RATE)))
            _, client, moving = await self.held()
            for direction in (Direction.UPLOAD, Direction.DOWNLOAD):
                self.pacing.replace_account("alice", direction, None)
            self.assertEqual(await moving, SIZE)
            self.assertEqual(await self.arrived(client), pattern(SIZE))

        async def test_a_reset_is_seen_while_it_waits(self) -> None:
            """Within the half second after which an upload looks."""
            self.pacing.change(both_ways(RATE))
            _, client, moving = await self.held()
            self.pacing.change(both_ways(1))
            await self.waits()
            client.tcp.abortConnection()
            await self.reset_came()
            self.clock.advance(0.5)
            await self.assertFailure(moving, TransferAborted)

        async def test_cancelling_ends_it_at_once(self) -> None:
            """ABOR; what it waited for is forgotten."""
            channel, _, moving = await self.held()
            self.pacing.change(both_ways(1))
            moving.cancel()
            await self.assertFailure(moving, CancelledError)
            await channel.reset()

        async def test_waiting_for_a_throttle_is_no_stall(self) -> None:
            """The stall timer stands still meanwhile."""
            _, _, moving = await self.held(DataSettings(stall_seconds=0.25))
            self.pacing.change(both_ways(1))
            await self.waits()
            self.clock.pump([0.1] * 9)
            await turns()
            self.assertNoResult(moving)
            moving.cancel()
            await self.assertFailure(moving, CancelledError)


class Downloads(Paced.Rules):
    """Chunks."""

    def handle(self) -> MemoryReadHandle | FileReadHandle:
        """A handle that gives the pattern."""
        return MemoryReadHandle(pattern(SIZE), first=65536)

    def opened(self) -> FileReadHandle:
        """A real file."""
        path: str = self.mktemp()
        with open(path, "wb") as file:
            file.write(pattern(SIZE))
        handle = FileReadHandle(path)
        self.addCleanup(handle.close)
        return handle

    def start(self, channel: DataChannel, client: Client) -> Deferred[int]:
        """Send."""
        return begun(channel.send_file(self.handle(), None, SIZE))

    async def arrived(self, client: Client) -> bytes:
        """At the client."""
        return await client.ended()


class SendfileInline(Downloads):
    """A file in the page cache."""

    def handle(self) -> FileReadHandle:
        """All slices run here."""
        self.patch(sendfile, "PageCache", OnReactor)
        return self.opened()

    async def held_up(self) -> tuple[Client, Deferred[int]]:
        """A transfer whose first slice waits for its turn: others on the reactor have taken their time."""
        self.pacing.change(both_ways(None))
        channel = self.make_channel()
        client = await self.connected(channel)
        await self.load.turns.take(None, lambda: self.clock.advance(2 * TURN_SECONDS))
        moving = self.start(channel, client)
        await turns()
        self.assertEqual(self.moved(channel), FIRST_OCTETS)
        return client, moving

    async def test_a_slice_waits_for_its_turn(self) -> None:
        """Without throttles too."""
        client, moving = await self.held_up()
        self.clock.advance(0)
        self.assertEqual(await moving, SIZE)
        self.assertEqual(await self.arrived(client), pattern(SIZE))

    async def test_a_slice_that_waits_for_its_turn_can_be_stopped(self) -> None:
        """It does not run in the end."""
        client, moving = await self.held_up()
        ending = begun(client.ended())
        moving.cancel()
        await self.assertFailure(moving, CancelledError)
        self.clock.advance(0)
        await self.assertFailure(ending, ConnectionLost)
        self.assertEqual(len(client.received), FIRST_OCTETS)


class SendfilePatient(SendfileInline):
    """A file in the page cache, while threads may wait for clients."""

    def handle(self) -> FileReadHandle:
        """Slices behind the first might wait."""
        self.patch(Load, "few", True)
        return super().handle()

    async def test_a_throttled_transfer_takes_no_thread(self) -> None:
        """Its slices are short, and end before they could wait."""
        _, _, moving = await self.held()
        self.assertEqual(self.pool.calls, 0)
        moving.cancel()
        await self.assertFailure(moving, CancelledError)


class SendfilePooled(Downloads):
    """A file that is not in the page cache."""

    def handle(self) -> FileReadHandle:
        """All slices run on the pool."""
        self.patch(sendfile, "PageCache", OnPool)
        return self.opened()


class Listings(Downloads):
    """Pages."""

    def start(self, channel: DataChannel, client: Client) -> Deferred[int]:
        """Send."""

        async def pages() -> AsyncIterator[bytes]:
            data = pattern(SIZE)
            for start in range(0, SIZE, 10_000):
                yield data[start : start + 10_000]

        return begun(channel.send_pages(pages()))


class Uploads(Paced.Rules):
    """Chunks."""

    def setUp(self) -> None:
        """Make the handle."""
        super().setUp()
        self.handle = self.make_handle()

    def make_handle(self) -> MemoryWriteHandle | FileWriteHandle:
        """A new handle."""
        return MemoryWriteHandle()

    def opened(self) -> FileWriteHandle:
        """A real file."""
        handle = FileWriteHandle(self.mktemp())
        self.addCleanup(handle.abort)
        return handle

    def start(self, channel: DataChannel, client: Client) -> Deferred[int]:
        """Receive."""
        client.tcp.write(pattern(SIZE))
        client.tcp.loseWriteConnection()
        return begun(self.received(channel))

    async def received(self, channel: DataChannel) -> int:
        """Receive, and return the number of bytes."""
        return (await channel.receive_file(self.handle, None)).byte_count

    async def arrived(self, client: Client) -> bytes:
        """In the handle."""
        return bytes(self.handle.data)


class SpliceInline(Uploads):
    """A file in memory."""

    def make_handle(self) -> FileWriteHandle:
        """All slices run here."""
        self.patch(splice, "type_of", lambda descriptor: TMPFS)
        return self.opened()

    async def test_a_slice_whose_turn_is_over_runs_on_the_pool(self) -> None:
        """Others on the reactor have taken their time; copying goes on beside them."""
        self.pacing.change(both_ways(None))
        channel = self.make_channel()
        client = await self.connected(channel)
        await self.load.turns.take(None, lambda: self.clock.advance(2 * TURN_SECONDS))
        self.assertEqual(await self.start(channel, client), SIZE)
        self.assertGreater(self.pool.calls, 0)
        self.clock.advance(0)


class SplicePooled(Uploads):
    """A file on a disk."""

    def make_handle(self) -> FileWriteHandle:
        """All slices run on the pool."""
        self.patch(splice, "type_of", lambda descriptor: DISK)
        return self.opened()
