"""Active mode: the client listens, the server dials."""

from __future__ import annotations

import socket
import struct
from dataclasses import replace
from functools import partial
from ipaddress import ip_address

from twisted.internet import reactor
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import CancelledError, Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import IAddress, IListeningPort
from twisted.internet.protocol import ServerFactory

from ftpd_service.data.opening import active
from ftpd_service.data.opening.active import Target, checked_target
from ftpd_service.data.settings import DataSettings
from ftpd_service.errors import BadArgument, NoDataConnection, NoDataResources, TransferAborted, UnsupportedParameter
from ftpd_service.reasons import DataFailure
from ftpd_service.values import ReceivedData
from tests.data.handles import MemoryReadHandle, MemoryWriteHandle, pattern
from tests.data.loopback import PEER, Client, LoopbackCase, begun, until

LOOPBACK = ip_address("127.0.0.1")


def port_of(listener: IListeningPort) -> int:
    """The number of a port."""
    address = listener.getHost()
    assert isinstance(address, IPv4Address | IPv6Address)
    return address.port


class Clients(ServerFactory):
    """The client's listener: what was accepted, and from where."""

    noisy = False

    def __init__(self) -> None:
        self.clients: list[Client] = []

    def buildProtocol(self, addr: IAddress | None) -> Client:
        """Keep each."""
        self.clients.append(Client())
        return self.clients[-1]


class ActiveChannel(LoopbackCase):
    """PORT and EPRT."""

    def setUp(self) -> None:
        """A client that listens, and a control port below which a port is kept for those who may share it."""
        super().setUp()
        self.factory = Clients()
        self.listener = self.listen("127.0.0.1")
        self.port = port_of(self.listener)
        kept = self.shareable()
        kept.bind(("127.0.0.1", 0))
        self.source = kept.getsockname()[1]
        self.peer = replace(PEER, local_port=self.source + 1)

    def shareable(self) -> socket.socket:
        """A socket whose port others may bind that allow it too, as long as nobody listens."""
        made = socket.socket()
        self.addCleanup(made.close)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return made

    def listen(self, interface: str) -> IListeningPort:
        """Listen as a client; all that came of it is gone at the end."""
        listener = reactor.listenTCP(0, self.factory, interface=interface)
        self.addCleanup(maybeDeferred, listener.stopListening)
        self.addCleanup(self.close_clients)
        return listener

    async def close_clients(self) -> None:
        """Close what was accepted."""
        for client in self.factory.clients:
            client.tcp.abortConnection()
            await client.gone

    async def test_the_file_goes_to_the_clients_port(self) -> None:
        """A download to a target."""
        channel = self.make_channel()
        await channel.target(LOOPBACK, self.port)
        self.assertEqual(await channel.send_file(MemoryReadHandle(b"data"), None, 4), 4)
        await until(lambda: len(self.factory.clients) == 1)
        self.assertEqual(await self.factory.clients[0].ended(), b"data")

    async def test_an_upload_comes_from_the_clients_port(self) -> None:
        """The other way."""
        channel = self.make_channel()
        await channel.target(LOOPBACK, self.port)
        handle = MemoryWriteHandle()
        receiving = begun(channel.receive_file(handle, None))
        await until(lambda: len(self.factory.clients) == 1)
        self.factory.clients[0].tcp.write(b"data")
        self.factory.clients[0].tcp.loseWriteConnection()
        self.assertEqual((await receiving).byte_count, 4)
        self.assertEqual(bytes(handle.data), b"data")

    async def test_it_works_over_ipv6(self) -> None:
        """EPRT with an IPv6 address."""
        self.on_ipv6()
        channel = self.make_channel()
        await channel.target(ip_address("::1"), port_of(self.listen("::1")))
        await channel.send_file(MemoryReadHandle(b"data"), None, 4)
        await until(lambda: len(self.factory.clients) == 1)
        self.assertEqual(await self.factory.clients[0].ended(), b"data")

    async def test_the_source_is_the_local_address_and_the_port_below(self) -> None:
        """L-1 of the control connection's local address (RFC 959 section 3.2; RFC 1123 section 4.1.2.12)."""
        self.peer = replace(self.peer, local_address=ip_address("127.0.0.7"))
        channel = self.make_channel()
        await channel.target(LOOPBACK, self.port)
        await channel.send_file(MemoryReadHandle(b""), None, 0)
        await until(lambda: len(self.factory.clients) == 1)
        peer = self.factory.clients[0].tcp.getPeer()
        self.assertEqual((peer.host, peer.port), ("127.0.0.7", self.source))

    async def test_any_port_does_where_the_one_below_is_taken(self) -> None:
        """Rather another source port than no data connection."""
        taken = self.shareable()
        taken.bind(("127.0.0.1", self.source))
        taken.listen()
        channel = self.make_channel()
        await channel.target(LOOPBACK, self.port)
        await channel.send_file(MemoryReadHandle(b""), None, 0)
        await until(lambda: len(self.factory.clients) == 1)
        peer = self.factory.clients[0].tcp.getPeer()
        self.assertEqual(peer.host, "127.0.0.1")
        self.assertNotEqual(peer.port, self.source)

    async def test_a_target_serves_two_transfers_at_once_and_after(self) -> None:
        """It stays (RFC 959 section 4.1.2), and the pair of ports may still be in use by the one before."""
        channel = self.make_channel()
        await channel.target(LOOPBACK, self.port)
        await channel.send_file(MemoryReadHandle(b"first"), None, 5)
        await channel.finish()
        self.assertTrue(channel.chosen())
        await channel.send_file(MemoryReadHandle(b"second"), None, 6)
        await until(lambda: len(self.factory.clients) == 2)
        first, second = self.factory.clients
        self.assertEqual([await first.ended(), await second.ended()], [b"first", b"second"])
        self.assertEqual(first.tcp.getPeer().port, self.source)
        self.assertNotEqual(second.tcp.getPeer().port, self.source)

    async def test_nobody_listens(self) -> None:
        """Refused is no data connection; the target stays, the operator hears of it."""
        await maybeDeferred(self.listener.stopListening)
        channel = self.make_channel()
        await channel.target(LOOPBACK, self.port)
        await self.assertFailure(begun(channel.send_file(MemoryReadHandle(b""), None, 0)), NoDataConnection)
        self.assertTrue(channel.chosen())
        self.assertEqual(self.causes, [DataFailure.UNREACHABLE])

    async def test_without_a_descriptor_there_is_no_data_connection(self) -> None:
        """The process has none left: the operator hears of it."""

        def none_left(target: Target, reactor: object) -> None:
            raise OSError(24, "Too many open files")

        self.patch(active, "_Attempt", none_left)
        channel = self.make_channel()
        await channel.target(LOOPBACK, self.port)
        await self.assertFailure(begun(channel.send_file(MemoryReadHandle(b"data"), None, 4)), NoDataResources)
        self.assertEqual(self.causes, [DataFailure.RESOURCES])

    async def test_reset_forgets_the_target(self) -> None:
        """REIN and AUTH."""
        channel = self.make_channel()
        await channel.target(LOOPBACK, self.port)
        await channel.reset()
        self.assertFalse(channel.chosen())

    async def test_a_refused_target_leaves_what_was_chosen(self) -> None:
        """A bad PORT changes nothing."""
        channel = self.make_channel()
        await channel.target(LOOPBACK, self.port)
        await self.assertFailure(begun(channel.target(ip_address("192.0.2.1"), 5000)), UnsupportedParameter)
        await channel.send_file(MemoryReadHandle(b""), None, 0)
        await until(lambda: len(self.factory.clients) == 1)


class SilentTarget(LoopbackCase):
    """A client whose port takes no connection and gives no answer."""

    def setUp(self) -> None:
        """Fill a listener's queue, so that it drops what comes."""
        super().setUp()
        full = socket.socket()
        self.addCleanup(full.close)
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        self.port = full.getsockname()[1]
        self.addCleanup(socket.create_connection(full.getsockname()).close)
        # The one that waits there makes the kernel drop these; some kernels keep one or two more.
        for _ in range(3):
            queued = socket.socket()
            self.addCleanup(queued.close)
            queued.setblocking(False)
            queued.connect_ex(("127.0.0.1", self.port))

    async def test_no_answer_in_time_is_no_data_connection(self) -> None:
        """The opening time counts for all attempts together."""
        channel = self.make_channel(DataSettings(opening_seconds=10))
        await channel.target(LOOPBACK, self.port)
        sending = begun(channel.send_file(MemoryReadHandle(b""), None, 0))
        self.clock.advance(9)
        self.assertNoResult(sending)
        self.clock.advance(1)
        await self.assertFailure(sending, NoDataConnection)
        self.assertEqual(self.causes, [DataFailure.TIMEOUT])

    async def test_cancelling_gives_up_dialling(self) -> None:
        """ABOR before the client has answered."""
        channel = self.make_channel()
        await channel.target(LOOPBACK, self.port)
        sending = begun(channel.send_file(MemoryReadHandle(b""), None, 0))
        sending.cancel()
        await self.assertFailure(sending, CancelledError)


class TalkativeTarget(LoopbackCase):
    """A client that sends at once: the reactor hears of the connection and of octets together."""

    def setUp(self) -> None:
        """Listen; what was accepted is closed at the end."""
        super().setUp()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listening.close)

    def answer(self, data: bytes, *, end: bool = False) -> None:
        """Accept and send, before the reactor looks at its end."""
        self.accepted, _ = self.listening.accept()
        self.addCleanup(self.accepted.close)
        self.accepted.sendall(data)
        if end:
            self.accepted.shutdown(socket.SHUT_WR)

    async def reset(self) -> None:
        """Break the connection."""
        self.accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("@ii", 1, 0))
        self.accepted.close()

    async def test_a_reset_behind_the_first_bytes_is_no_end(self) -> None:
        """Whoever else asks the socket for its error takes it away from the transfer."""
        channel = self.make_channel()
        await channel.target(LOOPBACK, self.listening.getsockname()[1])
        receiving = begun(channel.receive_file(MemoryWriteHandle(before_write=self.reset), None))
        reactor.callLater(0, self.answer, b"part")
        await self.assertFailure(receiving, TransferAborted)

    def everything(self) -> bytes:
        """What the server has sent, up to its end."""
        return b"".join(iter(lambda: self.accepted.recv(65536), b""))

    async def test_a_download_that_is_cut_ends_with_a_reset(self) -> None:
        """Twisted's transport sends a FIN by itself: the part that has come, and is read, would be a whole."""
        waiting: list[Deferred[None]] = [Deferred(), succeed(None)]
        channel = self.make_channel()
        await channel.target(LOOPBACK, self.listening.getsockname()[1])
        sending = begun(channel.send_file(MemoryReadHandle(pattern(10), before_read=waiting.pop), None, 10))
        reactor.callLater(0, self.answer, b"")
        await until(lambda: not waiting)
        self.assertEqual(self.accepted.recv(100), pattern(10))
        sending.cancel()
        await self.assertFailure(sending, CancelledError)
        await channel.reset()
        self.assertRaises(ConnectionResetError, self.everything)

    async def test_a_file_that_is_there_at_once_closes_at_once(self) -> None:
        """Nothing is done with the connection behind that, which the log would tell of."""
        channel = self.make_channel()
        await channel.target(LOOPBACK, self.listening.getsockname()[1])

        async def whole() -> ReceivedData:
            received = await channel.receive_file(MemoryWriteHandle(), None)
            await channel.finish()
            return received

        receiving = begun(whole())
        reactor.callLater(0, partial(self.answer, b"data", end=True))
        self.assertEqual((await receiving).byte_count, 4)
        self.assertEqual(self.accepted.recv(1), b"")


class CheckedTarget(LoopbackCase):
    """Which targets a client may name (RFC 2577 section 3)."""

    def test_its_own_address_and_port_1024_may_be_dialled(self) -> None:
        """The lowest port that is no service's."""
        self.assertEqual(checked_target(PEER, LOOPBACK, 1024), Target(address=LOOPBACK, port=1024))

    def test_a_mapped_address_is_the_ipv4_address(self) -> None:
        """EPRT may name it in that form."""
        target = checked_target(PEER, ip_address("::ffff:127.0.0.1"), 5000)
        self.assertEqual(target, Target(address=LOOPBACK, port=5000))

    def test_another_address_is_refused(self) -> None:
        """The bounce attack."""
        self.assertRaises(UnsupportedParameter, checked_target, PEER, ip_address("127.0.0.2"), 5000)

    def test_a_port_of_a_service_is_refused(self) -> None:
        """Below 1024."""
        self.assertRaises(UnsupportedParameter, checked_target, PEER, LOOPBACK, 1023)

    def test_port_0_is_malformed(self) -> None:
        """Nobody listens there."""
        self.assertRaises(BadArgument, checked_target, PEER, LOOPBACK, 0)
