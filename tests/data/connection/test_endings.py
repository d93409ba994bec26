"""Connections that end behind the reply: what the reactor hears of them, and when they are closed."""

from __future__ import annotations

from ftpd_service.data.connection.endings import MOMENT_SECONDS
from ftpd_service.data.settings import DataSettings
from tests.data.handles import MemoryReadHandle
from tests.data.loopback import LoopbackCase, begun, until


class EndingsOfDownloads(LoopbackCase):
    """The FIN is sent; what is left is the client's own."""

    async def test_the_reactor_does_not_watch_one_that_is_over_in_a_moment(self) -> None:
        """A small file costs no registration, and its descriptor is given back."""
        channel = self.make_channel()
        client = await self.connected(channel)
        await channel.send_file(MemoryReadHandle(b"data"), None, 4)
        self.assertEqual(await client.ended(), b"data")
        client.tcp.abortConnection()
        await self.reset_came()
        self.assertEqual(self.reactor.registered, set())
        self.clock.advance(MOMENT_SECONDS)
        self.assertEqual(self.reactor.registered, set())
        self.assertEqual(self.clock.getDelayedCalls(), [])

    async def test_a_client_that_takes_longer_is_waited_for(self) -> None:
        """By the reactor, until its end comes."""
        channel = self.make_channel()
        client = await self.connected(channel)
        await channel.send_file(MemoryReadHandle(b"data"), None, 4)
        self.clock.advance(MOMENT_SECONDS)
        self.assertEqual(len(self.reactor.registered), 1)
        self.assertEqual(await client.ended(), b"data")
        client.tcp.loseWriteConnection()
        await until(lambda: not self.reactor.registered)

    async def test_it_is_waited_for_so_long(self) -> None:
        """Then it is closed."""
        channel = self.make_channel(DataSettings(drain_seconds=10))
        await self.connected(channel)
        await channel.send_file(MemoryReadHandle(b"data"), None, 4)
        self.clock.advance(MOMENT_SECONDS)
        self.clock.advance(9)
        self.assertEqual(len(self.reactor.registered), 1)
        self.clock.advance(1)
        self.assertEqual(self.reactor.registered, set())

    async def test_the_end_of_the_session_waits_for_what_was_put_off(self) -> None:
        """Cut short it could cost the client octets."""
        channel = self.make_channel(DataSettings(drain_seconds=10))
        client = await self.connected(channel)
        await channel.send_file(MemoryReadHandle(b"data"), None, 4)
        reset = begun(channel.reset())
        self.assertNoResult(reset)
        self.assertEqual(await client.ended(), b"data")
        client.tcp.loseWriteConnection()
        await reset

    async def test_a_service_that_cuts_its_sessions_off_waits_for_no_client(self) -> None:
        """Neither for one that ends already, nor for one that is yet to."""
        channel = self.make_channel(DataSettings(drain_seconds=10))
        await self.connected(channel)
        await channel.send_file(MemoryReadHandle(b"data"), None, 4)
        reset = begun(channel.reset())
        self.assertNoResult(reset)
        channel.hurry()
        await reset
        await self.connected(channel)
        await channel.send_file(MemoryReadHandle(b"data"), None, 4)
        late = begun(channel.reset())
        self.clock.advance(0)
        await late
        self.assertEqual(self.clock.getDelayedCalls(), [])
