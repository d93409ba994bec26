"""Handshakes of data connections: in time, in both modes, and what they must resume."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet import reactor
from twisted.internet.address import IPv4Address
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.protocol import ServerFactory

from ftpd_service.data.channel import DataChannel
from ftpd_service.data.settings import DataSettings
from ftpd_service.errors import DataHandshakeFailed, NoDataConnection, ResumptionRequired, TransferAborted
from ftpd_service.resumption_mode import ResumptionMode
from ftpd_service.runtime.turns import Turns
from tests.data.handles import MemoryReadHandle, MemoryWriteHandle, pattern
from tests.data.loopback import Client, begun, turns, until
from tests.data.test_transfer import Pages
from tests.data.tls import OLD, TlsCase, TlsClient, TlsSession


class Plain(TlsCase):
    """Clients that speak no TLS, to a channel that wants it."""

    def make_client(self) -> Client:
        """One that says nothing by itself."""
        return Client()

    async def test_a_handshake_that_does_not_end_in_time_fails(self) -> None:
        """A silent client holds the command no longer than the opening time."""
        channel = self.make_channel(DataSettings(opening_seconds=10))
        client = await self.connected(channel)
        sending = begun(channel.send_pages(Pages(b"secret")))
        await turns()
        self.clock.advance(9.9)
        self.assertNoResult(sending)
        self.clock.advance(0.2)
        await self.assertFailure(sending, DataHandshakeFailed)
        self.assertEqual(await client.ended(), b"")

    async def test_a_handshake_that_stalls_half_way_fails(self) -> None:
        """The head of a record is no sign of life."""
        channel = self.make_channel(DataSettings(opening_seconds=10))
        client = await self.connected(channel)
        sending = begun(channel.send_pages(Pages(b"secret")))
        client.tcp.write(b"\x16\x03\x01\x02\x00\x01")
        await turns()
        self.clock.advance(10)
        await self.assertFailure(sending, DataHandshakeFailed)

    async def test_a_handshake_waits_for_its_turn_on_the_reactor(self) -> None:
        """Others come in between where many shake hands at once."""
        waiting: list[Deferred[None]] = []

        async def later(turns: Turns, host: object, step: Callable[[], None]) -> None:
            turn: Deferred[None] = Deferred()
            waiting.append(turn)
            await turn
            step()

        self.patch(Turns, "take", later)
        channel = self.make_channel()
        client = await self.connected(channel)
        sending = begun(channel.send_pages(Pages(b"secret")))
        client.tcp.write(b"\x16\x03\x01\x00\x05garbage that is long enough")
        await until(lambda: bool(waiting))
        self.assertNoResult(sending)
        waiting[0].callback(None)
        await self.assertFailure(sending, DataHandshakeFailed)

    async def test_garbage_fails_at_once_and_an_alert_is_sent(self) -> None:
        """Nothing of the listing is."""
        channel = self.make_channel()
        client = await self.connected(channel)
        sending = begun(channel.send_pages(Pages(b"secret")))
        client.tcp.write(b"\x16\x03\x01\x00\x05garbage that is long enough")
        await self.assertFailure(sending, DataHandshakeFailed)
        self.assertEqual((await client.ended())[:1], b"\x15")

    async def test_a_client_that_leaves_fails(self) -> None:
        """A stolen port yields nothing."""
        channel = self.make_channel()
        client = await self.connected(channel)
        sending = begun(channel.send_pages(Pages(b"secret")))
        client.tcp.loseWriteConnection()
        await self.assertFailure(sending, DataHandshakeFailed)

    async def test_a_client_that_resets_fails(self) -> None:
        """As a handshake, not as a transfer."""
        channel = self.make_channel()
        client = await self.connected(channel)
        sending = begun(channel.send_pages(Pages(b"secret")))
        client.tcp.abortConnection()
        await self.assertFailure(sending, DataHandshakeFailed)

    async def test_cancelling_a_handshake_closes_the_connection(self) -> None:
        """ABOR."""
        channel = self.make_channel()
        client = await self.connected(channel)
        sending = begun(channel.send_pages(Pages(b"secret")))
        await turns()
        sending.cancel()
        await self.assertFailure(sending, CancelledError)
        self.assertEqual(await client.ended(), b"")

    async def test_a_reset_of_the_channel_takes_the_protection_away(self) -> None:
        """REIN and AUTH begin in clear."""
        channel = self.make_channel()
        await channel.reset()
        client = await self.connected(channel)
        await channel.send_pages(Pages(b"clear"))
        self.assertEqual(await client.ended(), b"clear")

    async def test_protection_can_be_taken_away(self) -> None:
        """PROT C."""
        channel = self.make_channel()
        channel.protect(False)
        client = await self.connected(channel)
        await channel.send_pages(Pages(b"clear"))
        self.assertEqual(await client.ended(), b"clear")

    async def test_a_connection_is_not_used_in_clear_that_was_made_for_tls(self) -> None:
        """PROT C between the connection and the command."""
        channel = self.make_channel()
        client = await self.connected(channel)
        channel.protect(False)
        await self.assertFailure(begun(channel.send_pages(Pages(b"clear"))), NoDataConnection)
        # It was given its time to shake hands.
        self.clock.advance(DataSettings().drain_seconds)
        self.assertEqual(await client.ended(), b"")

    async def test_protection_without_tls_is_refused(self) -> None:
        """Rather than going on in clear."""
        self.tls = None
        channel = self.make_channel()
        self.assertRaises(ValueError, channel.protect, True)


class BeforeTheCommand(TlsCase):
    """Clients that shake hands as soon as they are connected, and give the command afterwards."""

    async def shaken(self, channel: DataChannel) -> TlsClient:
        """Such a client."""
        client = await self.tls_connected(channel)
        await until(lambda: client.shaken)
        return client

    async def test_the_handshake_needs_no_command(self) -> None:
        """The transfer goes on with what was agreed."""
        channel = self.make_channel()
        client = await self.shaken(channel)
        self.assertTrue(channel.chosen())
        self.assertEqual(await channel.send_pages(Pages(b"rows")), 4)
        self.assertEqual(await client.ended(), b"rows")

    async def test_another_choice_ends_it(self) -> None:
        """No octet is sent, and the next connection serves."""
        channel = self.make_channel()
        first = await self.shaken(channel)
        second = await self.shaken(channel)
        self.assertEqual(await first.ended(), b"")
        await channel.send_pages(Pages(b"rows"))
        self.assertEqual(await second.ended(), b"rows")

    async def test_its_failure_is_told_to_the_command(self) -> None:
        """Which has to answer for it."""
        self.be(TlsSession(ResumptionMode.REQUIRED))
        channel = self.make_channel()
        client = await self.shaken(channel)
        await self.assertFailure(begun(channel.send_pages(Pages(b"secret"))), ResumptionRequired)
        self.assertEqual(await client.ended(), b"")

    async def test_the_listener_s_lifetime_ends_it(self) -> None:
        """Nobody gave a command."""
        channel = self.make_channel()
        client = await self.shaken(channel)
        self.clock.advance(DataSettings().listener_seconds)
        self.assertEqual(await client.ended(), b"")
        self.assertFalse(channel.chosen())


class AfterAFailure(TlsCase):
    """The session goes on."""

    async def test_the_next_transfer_works(self) -> None:
        """A handshake that failed leaves nothing behind."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        client.raw.abortConnection()
        await client.gone
        await self.assertFailure(begun(channel.send_pages(Pages(b"one"))), DataHandshakeFailed, TransferAborted)
        await channel.finish()
        other = await self.tls_connected(channel)
        self.assertEqual(await channel.send_pages(Pages(b"two")), 3)
        self.assertEqual(await other.ended(), b"two")


class Accepting(ServerFactory):
    """A client's listener in active mode."""

    def __init__(self, client: TlsClient) -> None:
        self._client = client

    def buildProtocol(self, addr: object) -> TlsClient:
        """The one client."""
        return self._client


class ActiveMode(TlsCase):
    """The server dials."""

    async def test_the_server_is_tls_server_in_active_mode_too(self) -> None:
        """The FTP client is always the TLS client (RFC 4217 section 7)."""
        client = TlsClient(self.context)
        port = reactor.listenTCP(0, Accepting(client), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        where = port.getHost()
        assert isinstance(where, IPv4Address)
        channel = self.make_channel()
        await channel.target(self.peer.address, where.port)
        self.assertEqual(await channel.send_pages(Pages(b"rows")), 4)
        self.addCleanup(self._closed, client)
        self.assertEqual(await client.ended(), b"rows")
        self.assertTrue(client.closed)


class Resuming(TlsCase):
    """What `ITlsSession.admit_data` says decides, before an octet of the file is sent."""

    async def download(self) -> TlsClient:
        """A file that a client got."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        sending = begun(channel.send_file(MemoryReadHandle(pattern(1000)), None, 1000))
        try:
            await sending
        finally:
            self.received = await client.ended()
            client.leave()
            await channel.reset()
        return client

    async def upload(self, client_ends: str = "notify") -> TlsClient:
        """A file that a client sent."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        receiving = begun(channel.receive_file(MemoryWriteHandle(), None))
        client.tcp.write(b"abc")
        client.when_shaken(lambda: getattr(client, client_ends)())
        await receiving
        await channel.finish()
        await client.ended()
        client.leave()
        await channel.reset()
        return client

    async def test_a_session_is_resumed(self) -> None:
        """The client's ticket of an earlier data connection of the same session."""
        self.resume = (await self.download()).tls.session
        client = await self.download()
        self.assertTrue(client.tls.session_reused)
        self.assertEqual(self.session.judged, [False, True])

    async def test_a_ticket_serves_again_and_again(self) -> None:
        """Many clients use the same one for every transfer."""
        self.resume = (await self.download()).tls.session
        for _ in range(3):
            await self.download()
        self.assertEqual(self.session.judged, [False, True, True, True])

    async def test_another_sessions_ticket_never_resumes(self) -> None:
        """It is a full handshake, in a context of its own."""
        self.resume = (await self.download()).tls.session
        self.be(TlsSession())
        client = await self.download()
        self.assertFalse(client.tls.session_reused)
        self.assertEqual(self.session.judged, [False])

    async def test_another_sessions_ticket_gets_nothing_where_resumption_is_required(self) -> None:
        """A close_notify, no octet of the file, and an error that says why."""
        self.resume = (await self.download()).tls.session
        self.be(TlsSession(ResumptionMode.REQUIRED))
        problem = await self.assertFailure(begun(self.download()), ResumptionRequired)
        self.assertEqual(self.received, b"")
        self.assertIn("resumption is required", str(problem))

    async def test_a_refused_client_sees_close_notify(self) -> None:
        """Its handshake was done, so this is how it is told of the end."""
        self.be(TlsSession(ResumptionMode.REQUIRED))
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        await self.assertFailure(begun(channel.send_pages(Pages(b"secret"))), ResumptionRequired)
        self.assertEqual(await client.ended(), b"")
        self.assertTrue(client.closed)
        self.assertIsNone(client.problem)

    async def test_who_has_resumed_must_go_on(self) -> None:
        """A connection that does not is somebody else's (``sticky``)."""
        self.be(TlsSession(ResumptionMode.STICKY))
        self.resume = (await self.download()).tls.session
        await self.download()
        self.resume = None
        await self.assertFailure(begun(self.download()), ResumptionRequired)

    async def test_a_client_that_spends_each_ticket_uploads_ten_times(self) -> None:
        """Each upload gives it the ticket for the next one, which it takes after its close_notify."""
        self.be(TlsSession(ResumptionMode.STICKY))
        for _ in range(10):
            self.resume = (await self.upload()).tls.session
        self.assertEqual(self.session.judged, [False] + [True] * 9)

    async def test_a_client_that_spends_each_ticket_and_runs_out_goes_on(self) -> None:
        """Ten uploads of which it takes no ticket: what it does not hold it need not show."""
        self.be(TlsSession(ResumptionMode.STICKY))
        self.resume = (await self.download()).tls.session
        await self.upload("cut")
        self.resume = None
        for _ in range(9):
            await self.upload("cut")
        self.assertEqual(self.session.judged, [False, True] + [False] * 9)


class OldResuming(Resuming):
    """The same with TLS 1.2, whose sessions are not spent."""

    version = OLD

    async def test_a_client_that_spends_each_ticket_and_runs_out_goes_on(self) -> None:
        """There is no running out: who has resumed can do so for ever."""
        self.be(TlsSession(ResumptionMode.STICKY))
        self.resume = (await self.download()).tls.session
        await self.upload("cut")
        self.resume = None
        await self.assertFailure(begun(self.download()), ResumptionRequired)
