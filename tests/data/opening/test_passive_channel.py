"""The data channel in passive mode: what is chosen, how a connection comes to be, and what is left at the end."""

from __future__ import annotations

import socket
from dataclasses import replace
from functools import partial
from ipaddress import ip_address

from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectError
from zope.interface.verify import verifyObject

from ftpd_service.data.connection.endings import MOMENT_SECONDS
from ftpd_service.data.opening.passive import PassivePorts
from ftpd_service.data.opening.port import PassivePort
from ftpd_service.data.settings import DataSettings
from ftpd_service.errors import NoDataConnection, TransferAborted
from ftpd_service.interfaces import IDataChannel
from ftpd_service.policy.passive_ports import UNUSED_SECONDS
from ftpd_service.reasons import DataFailure
from tests.data.handles import MemoryReadHandle, MemoryWriteHandle
from tests.data.loopback import LoopbackCase, begun, turns, until


class PassiveChannel(LoopbackCase):
    """PASV and EPSV."""

    async def refused(self, port: int) -> None:
        """Nobody listens on a port."""
        # From another address: one whose port happens to be the same would reach itself (RFC 9293 section 3.5).
        await self.assertFailure(begun(self.connect(port, source="127.0.0.3")), ConnectError)

    async def test_it_provides_the_interface(self) -> None:
        """Nothing of `IDataChannel` is missing."""
        self.assertTrue(verifyObject(IDataChannel, self.make_channel()))

    async def test_nothing_is_chosen_at_first(self) -> None:
        """Without PORT or PASV there is no data connection (RFC 1123 section 4.1.2.6)."""
        channel = self.make_channel()
        self.assertFalse(channel.chosen())
        await self.assertFailure(begun(channel.send_file(MemoryReadHandle(b""), None, 0)), NoDataConnection)

    async def test_a_client_may_connect_after_the_command(self) -> None:
        """Some clients connect only after the preliminary reply."""
        channel = self.make_channel()
        port = await channel.listen()
        sending = begun(channel.send_file(MemoryReadHandle(b"data"), None, 4))
        client = await self.connect(port)
        self.assertEqual(await client.ended(), b"data")
        self.assertEqual(await sending, 4)

    async def test_a_client_may_come_by_ipv6(self) -> None:
        """The listener is where the control connection arrived."""
        self.on_ipv6()
        channel = self.make_channel()
        port = await channel.listen()
        client = await self.connect(port, host="::1", source="::1")
        await channel.send_file(MemoryReadHandle(b"data"), None, 4)
        self.assertEqual(await client.ended(), b"data")

    async def test_only_the_control_connections_local_address_listens(self) -> None:
        """Another address of the same machine refuses."""
        channel = self.make_channel()
        port = await channel.listen()
        await self.assertFailure(begun(self.connect(port, host="127.0.0.2")), ConnectError)

    async def test_a_stranger_is_turned_away_and_the_listener_waits_on(self) -> None:
        """Nobody else can use up the port (RFC 2577 section 8)."""
        channel = self.make_channel()
        port = await channel.listen()
        self.clock.advance(MOMENT_SECONDS)
        stranger = await self.connect(port, source="127.0.0.3")
        await stranger.ended()
        client = await self.connect(port)
        await channel.send_file(MemoryReadHandle(b"data"), None, 4)
        self.assertEqual(await client.ended(), b"data")
        self.assertEqual(self.causes, [DataFailure.STRANGER])
        self.assertIn("127.0.0.3", self.reports[0])

    async def test_the_listener_closes_behind_the_client(self) -> None:
        """One connection a listener."""
        channel = self.make_channel()
        port = await channel.listen()
        self.clock.advance(MOMENT_SECONDS)
        await self.connect(port)
        await until(lambda: self.ports.open == 0)
        await self.refused(port)

    async def test_a_second_listener_supersedes_the_first(self) -> None:
        """Only the last port works (RFC 959 section 3.2)."""
        channel = self.make_channel()
        first = await channel.listen()
        second = await channel.listen()
        self.assertNotEqual(first, second)
        await self.refused(first)
        self.assertEqual(self.ports.open, 1)

    async def test_superseding_ends_a_connection_that_was_not_used(self) -> None:
        """The client sees an end before the reply."""
        channel = self.make_channel()
        client = await self.connected(channel)
        await channel.listen()
        self.assertEqual(await client.ended(), b"")

    async def test_a_target_supersedes_a_listener(self) -> None:
        """PASV then PORT: PORT wins."""
        channel = self.make_channel()
        port = await channel.listen()
        await channel.target(ip_address("127.0.0.1"), 40001)
        await self.refused(port)
        self.assertTrue(channel.chosen())

    async def test_a_listener_serves_one_transfer(self) -> None:
        """A passive specification is used up (RFC 1123 section 4.1.2.6)."""
        channel = self.make_channel()
        await self.connected(channel)
        await channel.send_file(MemoryReadHandle(b"data"), None, 4)
        self.assertFalse(channel.chosen())

    async def test_nobody_came_in_time(self) -> None:
        """The transfer fails, the listener is gone, the operator hears of it."""
        channel = self.make_channel(DataSettings(opening_seconds=10))
        port = await channel.listen()
        sending = begun(channel.send_file(MemoryReadHandle(b"data"), None, 4))
        self.clock.advance(9)
        self.assertNoResult(sending)
        self.clock.advance(1)
        await self.assertFailure(sending, NoDataConnection)
        self.assertEqual(self.causes, [DataFailure.TIMEOUT])
        self.assertFalse(channel.chosen())
        await until(lambda: self.ports.open == 0)
        await self.refused(port)

    async def test_an_unused_listener_is_closed_after_a_while(self) -> None:
        """Silently; the next transfer finds nothing chosen."""
        channel = self.make_channel(DataSettings(listener_seconds=120))
        await channel.listen()
        self.clock.advance(MOMENT_SECONDS)
        self.clock.advance(119)
        self.assertTrue(channel.chosen())
        self.clock.advance(1)
        self.assertFalse(channel.chosen())
        await until(lambda: self.ports.open == 0)
        self.assertEqual(self.reports, [])

    async def test_an_unused_connection_is_closed_after_a_while(self) -> None:
        """Also when the client has connected and never sends its command."""
        channel = self.make_channel(DataSettings(listener_seconds=120))
        client = await self.connected(channel)
        self.clock.advance(120)
        self.assertEqual(await client.ended(), b"")
        self.assertFalse(channel.chosen())

    async def test_who_is_there_already_is_found_by_the_command(self) -> None:
        """Nobody watches the port so soon; strangers in front of the client are turned away then."""
        channel = self.make_channel()
        port = await channel.listen()
        stranger = await self.connect(port, source="127.0.0.3")
        client = await self.connect(port)
        await turns()
        self.assertEqual(self.ports.open, 1)
        await channel.send_file(MemoryReadHandle(b"data"), None, 4)
        self.assertEqual(await client.ended(), b"data")
        self.assertEqual(await stranger.ended(), b"")
        self.assertIn("127.0.0.3", self.reports[0])

    async def test_a_command_ends_the_listeners_time_and_starts_the_openings(self) -> None:
        """A transfer command within the cap starts a new count."""
        channel = self.make_channel(DataSettings(listener_seconds=120, opening_seconds=60))
        port = await channel.listen()
        self.clock.advance(100)
        sending = begun(channel.send_file(MemoryReadHandle(b"data"), None, 4))
        self.clock.advance(50)
        client = await self.connect(port)
        self.assertEqual(await client.ended(), b"data")
        await sending

    async def test_cancelling_the_wait_closes_the_listener(self) -> None:
        """ABOR before the client has connected."""
        channel = self.make_channel()
        port = await channel.listen()
        sending = begun(channel.send_file(MemoryReadHandle(b"data"), None, 4))
        sending.cancel()
        await self.assertFailure(sending, CancelledError)
        await until(lambda: self.ports.open == 0)
        await self.refused(port)
        self.assertFalse(channel.chosen())

    async def test_no_free_port_is_no_data_connection(self) -> None:
        """The range is used up by other sessions."""
        number = await self.make_channel().listen()
        listen = partial(PassivePort, reactor=self.reactor)
        self.ports = PassivePorts([(number, number)], listen=listen, clock=self.reactor)
        await self.assertFailure(begun(self.make_channel().listen()), NoDataConnection)
        self.assertEqual(self.causes, [DataFailure.NO_PORT])

    async def test_finish_closes_a_listener_that_was_not_used(self) -> None:
        """A transfer that was refused before its preliminary reply uses the specification up."""
        channel = self.make_channel()
        port = await channel.listen()
        await channel.finish()
        await self.refused(port)
        self.assertFalse(channel.chosen())

    async def test_finish_ends_a_connection_that_was_not_used(self) -> None:
        """A client that has connected already sees an end."""
        channel = self.make_channel()
        client = await self.connected(channel)
        await channel.finish()
        self.assertEqual(await client.ended(), b"")

    async def test_finish_ends_a_connection_that_nobody_has_looked_at(self) -> None:
        """A client that connects and sends its command at once sees an end in order, too, and no reset."""
        channel = self.make_channel()
        port = await channel.listen()
        client = await self.connect(port)
        await channel.finish()
        self.assertEqual(await client.ended(), b"")

    async def test_finish_is_safe_without_a_connection(self) -> None:
        """Every transfer verb ends with it."""
        channel = self.make_channel()
        await channel.finish()
        self.assertFalse(channel.chosen())

    async def test_reset_closes_a_listener(self) -> None:
        """REIN, AUTH and the end of the session."""
        channel = self.make_channel()
        port = await channel.listen()
        await channel.reset()
        await self.refused(port)

    async def test_reset_ends_a_running_transfer(self) -> None:
        """Nothing outlives the session."""
        channel = self.make_channel()
        client = await self.connected(channel)
        receiving = begun(channel.receive_file(MemoryWriteHandle(), None))
        await channel.reset()
        await self.assertFailure(receiving, TransferAborted)
        self.assertEqual(await client.ended(), b"")

    async def test_reset_ends_a_wait_for_the_client(self) -> None:
        """The transfer that waited is aborted."""
        channel = self.make_channel()
        await channel.listen()
        receiving = begun(channel.receive_file(MemoryWriteHandle(), None))
        await channel.reset()
        await self.assertFailure(receiving, TransferAborted)
        self.assertEqual(self.ports.open, 0)

    async def test_the_address_is_asked_of_the_rules(self) -> None:
        """A 227 names what the configuration says to this client."""
        self.assertEqual(await self.make_channel().passive_address(), ip_address("127.0.0.1"))


class SharedRange(LoopbackCase):
    """A range that one host holds."""

    def setUp(self) -> None:
        """Another host's channel holds the only port, and nobody connects to it."""
        super().setUp()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            number = probe.getsockname()[1]
        self.ports = PassivePorts(
            [(number, number)], listen=partial(PassivePort, reactor=self.reactor), clock=self.reactor
        )
        self.peer = replace(self.peer, address=ip_address("127.0.0.2"))
        self.holder = self.make_channel()
        self.peer = replace(self.peer, address=ip_address("127.0.0.1"))

    async def test_another_host_gets_the_port_and_is_served(self) -> None:
        """The transfer of the host that loses it ends as if nobody had connected (425)."""
        held = await self.holder.listen()
        self.clock.advance(UNUSED_SECONDS)
        channel = self.make_channel()
        port = await channel.listen()
        self.assertEqual(port, held)
        await self.assertFailure(begun(self.holder.send_file(MemoryReadHandle(b""), None, 0)), NoDataConnection)
        client = await self.connect(port)
        await channel.send_file(MemoryReadHandle(b"data"), None, 4)
        self.assertEqual(await client.ended(), b"data")

    async def test_a_client_that_has_connected_keeps_its_connection(self) -> None:
        """Also before anybody has looked; the number itself serves the other host at the same time."""
        held = await self.holder.listen()
        self.clock.advance(UNUSED_SECONDS)
        with socket.socket() as client:
            client.bind(("127.0.0.2", 0))
            client.connect(("127.0.0.1", held))
            self.assertEqual(await self.make_channel().listen(), held)
            await self.holder.send_file(MemoryReadHandle(b"data"), None, 4)
            self.assertEqual(client.recv(4), b"data")
        self.assertEqual(self.reports, [])

    async def test_a_transfer_that_waits_for_its_client_loses_the_port_too(self) -> None:
        """Else a command would keep what asking alone does not."""
        await self.holder.listen()
        waiting = begun(self.holder.send_file(MemoryReadHandle(b""), None, 0))
        self.clock.advance(UNUSED_SECONDS)
        await self.make_channel().listen()
        await self.assertFailure(waiting, NoDataConnection)
        self.assertIn("was given to another session", self.reports[0])
        self.assertEqual(self.causes[0], DataFailure.TAKEN_BACK)
