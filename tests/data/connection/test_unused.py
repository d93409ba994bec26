"""Connections that no transfer uses: they end in order, in time, and not too many at once."""

from __future__ import annotations

import socket
import ssl

from ftpd_service.data.channel import DataChannel
from ftpd_service.data.connection.unused import UNUSED_MOST
from ftpd_service.data.settings import DataSettings
from ftpd_service.errors import StorageFull
from tests.data.handles import MemoryWriteHandle
from tests.data.loopback import Client, LoopbackCase, begun, outgoing, turns, until
from tests.data.tls import OLD, TlsCase, TlsClient

SECONDS = 5.0


class InClear(LoopbackCase):
    """The reply to the command is a refusal, and the client has connected already."""

    async def test_a_client_that_sends_is_heard_to_its_end(self) -> None:
        """The end comes to it, and no reset that would destroy what it sends, or itself."""
        channel = self.make_channel(DataSettings(drain_seconds=SECONDS))
        client = await self.connected(channel)
        await channel.finish()
        self.assertEqual(await client.ended(), b"")
        client.tcp.write(b"x" * 1_000_000)
        await until(lambda: outgoing(client) == 0)
        self.assertEqual(len(self.reactor.registered), 1)
        client.tcp.loseWriteConnection()
        await until(lambda: not self.reactor.registered)

    async def test_a_client_that_sends_without_an_end(self) -> None:
        """Is closed after a while."""
        channel = self.make_channel(DataSettings(drain_seconds=SECONDS))
        client = await self.connected(channel)
        await channel.finish()
        await client.ended()
        client.tcp.write(b"x")
        await until(lambda: outgoing(client) == 0)
        self.assertEqual(len(self.reactor.registered), 1)
        self.clock.advance(SECONDS)
        self.assertEqual(self.reactor.registered, set())

    async def test_a_client_whose_upload_is_refused_is_heard_to_its_end(self) -> None:
        """The disk is full: it goes on sending until it has heard of that, and a reset would hide the reply."""

        async def full() -> None:
            raise StorageFull("ENOSPC")

        channel = self.make_channel(DataSettings(drain_seconds=SECONDS))
        client = await self.connected(channel)
        receiving = begun(channel.receive_file(MemoryWriteHandle(before_write=full), None))
        ending = begun(client.ended())
        client.tcp.write(b"x" * 1_000_000)
        await self.assertFailure(receiving, StorageFull)
        self.assertEqual(await ending, b"")
        self.assertEqual(len(self.reactor.registered), 1)
        await until(lambda: outgoing(client) == 0)
        client.tcp.loseWriteConnection()
        await until(lambda: not self.reactor.registered)

    async def test_more_than_may_end_at_once(self) -> None:
        """The oldest is closed, the others are waited for."""
        channel = self.make_channel(DataSettings(drain_seconds=SECONDS))
        for _ in range(UNUSED_MOST):
            await self.connected(channel)
            await channel.finish()
        self.assertEqual(len(self.reactor.registered), UNUSED_MOST)
        oldest = self.connections[0]
        await self.connected(channel)
        await channel.finish()
        self.assertEqual(len(self.reactor.registered), UNUSED_MOST)
        self.assertNotIn(oldest, self.reactor.registered)


class Protected(TlsCase):
    """The same under TLS: the handshake is completed."""

    def channel(self) -> DataChannel:
        """One with a bound that tests know."""
        return self.make_channel(DataSettings(drain_seconds=SECONDS))

    async def assert_ended_in_order(self, client: TlsClient) -> None:
        """It has shaken hands, and got close_notify and FIN without an octet before them."""
        self.assertEqual(await client.ended(), b"")
        self.assertTrue(client.shaken)
        self.assertTrue(client.closed)
        self.assertIsNone(client.problem)

    async def test_a_handshake_that_has_begun_is_completed(self) -> None:
        """basic-ftp and commons-net take a reset in it for the end of everything."""
        channel = self.channel()
        client = await self.tls_connected(channel)
        await channel.finish()
        await self.assert_ended_in_order(client)

    async def test_a_handshake_that_is_done_is_ended(self) -> None:
        """aioftp shakes hands before its command."""
        channel = self.channel()
        client = await self.tls_connected(channel)
        await until(lambda: client.shaken)
        await channel.finish()
        await self.assert_ended_in_order(client)

    async def test_a_handshake_that_has_not_begun_goes_behind_the_reply(self) -> None:
        """Nothing is sent, nor waited for, before the next turn of the reactor."""
        channel = self.channel()
        port = await channel.listen()
        # Without a turn of the reactor, so that nobody has accepted it.
        client = socket.create_connection(("127.0.0.1", port))
        self.addCleanup(client.close)
        client.setblocking(False)
        outgoing = ssl.MemoryBIO()
        tls = self.context.wrap_bio(ssl.MemoryBIO(), outgoing)
        self.assertRaises(ssl.SSLWantReadError, tls.do_handshake)
        client.send(outgoing.read())
        await channel.finish()
        await turns()
        self.assertRaises(BlockingIOError, client.recv, 1)
        self.clock.advance(0)
        await turns()
        self.assertEqual(client.recv(1), b"\x16")

    async def test_another_address_is_chosen(self) -> None:
        """The former connection is ended in the same way."""
        channel = self.channel()
        client = await self.tls_connected(channel)
        await channel.target(self.peer.address, 2000)
        await self.assert_ended_in_order(client)

    async def test_a_session_that_ends_waits_for_it(self) -> None:
        """In order, too."""
        channel = self.channel()
        client = await self.tls_connected(channel)
        reset = begun(channel.reset())
        await self.assert_ended_in_order(client)
        self.assertNoResult(reset)
        client.leave()
        await reset

    async def test_a_handshake_and_its_end_have_the_same_time(self) -> None:
        """No client makes one last longer than an end in clear."""
        channel = self.channel()
        client = await self.tls_connected(channel)
        await channel.finish()
        await self.assert_ended_in_order(client)
        self.assertEqual(len(self.reactor.registered), 1)
        self.clock.advance(SECONDS)
        self.assertEqual(self.reactor.registered, set())


class OldProtected(Protected):
    """The same with TLS 1.2."""

    version = OLD


class Silent(TlsCase):
    """Clients that connect, and never shake hands."""

    def make_client(self) -> Client:
        """One that says nothing by itself."""
        return Client()

    async def test_it_sees_an_end_after_a_while(self) -> None:
        """Not before: its first words may be on their way."""
        channel = self.make_channel(DataSettings(drain_seconds=SECONDS))
        client = await self.connected(channel)
        await channel.finish()
        self.clock.advance(SECONDS - 0.1)
        await turns()
        self.assertFalse(client.end.called)
        self.clock.advance(0.1)
        self.assertEqual(await client.ended(), b"")
        self.assertEqual(self.reactor.registered, set())

    async def test_more_than_may_wait_at_once(self) -> None:
        """The oldest is closed, also before its turn has come."""
        channel = self.make_channel(DataSettings(drain_seconds=SECONDS))
        clients = []
        for _ in range(UNUSED_MOST + 1):
            clients.append(await self.connect(await channel.listen()))
            await channel.finish()
        self.assertEqual(await clients[0].ended(), b"")
        self.clock.advance(0)
        await turns()
        self.assertEqual([client.end.called for client in clients[1:]], [False] * UNUSED_MOST)
