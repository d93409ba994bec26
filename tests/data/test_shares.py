"""What throttled transfers do to each other."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.data.channel import DataChannel
from ftpd_service.data.placement import Load
from ftpd_service.policy.bandwidth import Flow
from ftpd_service.policy.throttles import Throttles
from tests.data.handles import (
    MemoryReadHandle,
    MemoryWriteHandle,
    pattern,
)
from tests.data.loopback import BLOCKING, Client, LoopbackCase, begun, turns, until
from tests.data.pacing import WatchedPacing
from tests.data.test_pace import RATE, SIZE, both_ways


class Several(LoopbackCase):
    """What one transfer does to others."""

    def setUp(self) -> None:
        """Throttle the server."""
        super().setUp()
        self.pacing = WatchedPacing(Throttles(both_ways(RATE)), self.clock)

    async def sending(self, size: int = SIZE) -> tuple[DataChannel, Client, Deferred[int]]:
        """A download of a session of its own."""
        channel = self.make_channel()
        client = await self.connected(channel)
        return channel, client, begun(channel.send_file(MemoryReadHandle(pattern(size)), None, size))

    async def passes(self, seconds: float, *flows: Flow) -> None:
        """Let time pass in small steps, in each of which these transfers move what they are allowed."""
        for _ in range(round(seconds / 0.05)):
            self.clock.advance(0.05)
            await until(lambda: self.pacing.waiting.issuperset(flows))

    async def test_two_downloads_get_equal_shares(self) -> None:
        """Of the server's rate."""
        channels = []
        for _ in range(2):
            channel, _, moving = await self.sending()
            channels.append(channel)
            self.addCleanup(self.assertFailure, moving, CancelledError)
            self.addCleanup(moving.cancel)
        before = [self.octets(channel) for channel in channels]
        await self.passes(2.0, *self.pacing.flows)
        shares = [self.octets(channel) - then for channel, then in zip(channels, before, strict=True)]
        self.assertLess(abs(sum(shares) - 2 * RATE), 0.1 * 2 * RATE)
        self.assertTrue(all(share > 0.35 * sum(shares) for share in shares), shares)

    async def test_few_transfers_are_no_more_than_processors(self) -> None:
        """Each may have a thread that waits for its client then; one that has ended does not count."""
        self.pacing = WatchedPacing(Throttles(both_ways(None)), self.clock)
        self.load = Load(self.load.turns, processors=1)
        _, stuck, first = await self.sending(BLOCKING)
        stuck.pause()
        self.assertTrue(self.load.few)
        _, other, second = await self.sending(BLOCKING)
        other.pause()
        self.assertFalse(self.load.few)
        first.cancel()
        await self.assertFailure(first, CancelledError)
        self.assertTrue(self.load.few)
        second.cancel()
        await self.assertFailure(second, CancelledError)

    async def test_a_client_that_takes_nothing_keeps_nothing_from_others(self) -> None:
        """What it was allowed and could not take is given back."""
        self.pacing.change(both_ways(None))
        _, stuck, blocked = await self.sending(BLOCKING)
        stuck.pause()
        await turns()
        self.pacing.change(both_ways(RATE))
        channel, _, moving = await self.sending()
        await self.passes(1.0, self.pacing.flows[-1])
        self.assertGreater(self.octets(channel), 0.9 * RATE)
        for one in (blocked, moving):
            one.cancel()
            await self.assertFailure(one, CancelledError)

    async def test_a_limit_that_comes_counts_for_a_transfer_that_runs(self) -> None:
        """From its next slice on; and one that goes lets it on at once."""
        self.pacing.change(both_ways(None))
        channel = self.make_channel()
        client = await self.connected(channel)
        receiving = begun(channel.receive_file(MemoryWriteHandle(), None))
        client.tcp.write(pattern(100_000))
        await until(lambda: self.octets(channel) == 100_000)
        self.pacing.change(both_ways(1))
        client.tcp.write(pattern(100_000))
        client.tcp.loseWriteConnection()
        await turns()
        self.assertEqual(self.octets(channel), 100_000)
        self.pacing.change(both_ways(None))
        self.assertEqual((await receiving).byte_count, 200_000)

    def octets(self, channel: DataChannel) -> int:
        """What went over a connection."""
        progress = channel.progress()
        assert progress is not None
        return progress.octets
