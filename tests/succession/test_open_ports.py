"""Ports that are opened, taken over, and left to another process."""

from __future__ import annotations

import os
import socket

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IListeningPort
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.protocol import Factory

from ftpd_service.running_service import CannotServe
from ftpd_service.succession.descriptor_store import DescriptorStore
from ftpd_service.succession.given_sockets import GivenSockets, listening_place
from ftpd_service.succession.handover_text import PassedSocket
from ftpd_service.succession.open_ports import OpenPorts, descriptor_of
from ftpd_service.systemd import Notifier
from tests.cases import TestCase
from tests.succession.listening_sockets import listening, port_of

ENDPOINT = "tcp:0:interface=127.0.0.1"


class RecordingStore(DescriptorStore):
    """Takes notes instead of asking systemd.

    :ivar kept: the ports of the sockets that are kept.
    """

    def __init__(self) -> None:
        super().__init__(Notifier({}))
        self.kept: list[int] = []

    def keep(self, descriptor: int) -> None:
        """Take note."""
        self.kept.append(_port(descriptor))

    def drop(self, descriptor: int) -> None:
        """Take note, also of sockets that were kept by an earlier process."""
        port = _port(descriptor)
        if port in self.kept:
            self.kept.remove(port)
        else:
            self.kept.append(-port)


class OpenPortsTests(TestCase):
    """Real sockets on the reactor of the tests, which accepts nothing meanwhile."""

    def setUp(self) -> None:
        assert isinstance(reactor, PosixReactorBase)
        self.reactor = reactor
        self.store = RecordingStore()

    def ports(self, *given: socket.socket, accepting: bool = True, index: int | None = None) -> OpenPorts:
        """Ports of a process that was given sockets, or copies of them."""
        passed = [PassedSocket(descriptor=os.dup(one.fileno()), index=index) for one in given]
        return OpenPorts(self.reactor, given=GivenSockets(passed), store=self.store, accepting=accepting)

    def opened(self, ports: OpenPorts, endpoint: str = ENDPOINT) -> IListeningPort:
        """A port that is closed at the test's end."""
        port = ports.open(endpoint, Factory())
        self.addCleanup(ports.stop)
        self.addCleanup(lambda: ports.close(port))
        return port

    def is_read(self, port: IListeningPort) -> bool:
        """Whether the reactor accepts connections on a port."""
        return descriptor_of(port) in [reader.fileno() for reader in self.reactor.getReaders()]

    def test_port_is_opened_and_kept(self) -> None:
        """systemd gets a copy of its socket."""
        port = self.opened(self.ports())
        self.assertEqual((self.store.kept, self.is_read(port)), ([_port(descriptor_of(port))], True))

    def test_given_socket_is_taken(self) -> None:
        """The port is the same, and the descriptor that was given is closed."""
        given = listening(self.addCleanup)
        ports = self.ports(given)
        (passed,) = ports.sockets
        port = self.opened(ports, f"tcp:{port_of(given)}:interface=127.0.0.1")
        self.assertEqual(_port(descriptor_of(port)), port_of(given))
        self.assertIsNone(listening_place(passed.descriptor))

    def test_sockets_for_a_successor(self) -> None:
        """Those of the ports, with the descriptions of this process, and those that are left."""
        taken, left = listening(self.addCleanup), listening(self.addCleanup)
        ports = self.ports(taken, left)
        endpoint = f"tcp:{port_of(taken)}:interface=127.0.0.1"
        self.opened(ports, endpoint)
        found = [(_port(passed.descriptor), passed.endpoint) for passed in ports.sockets]
        ports.begin()
        self.assertEqual(found, [(port_of(taken), endpoint), (port_of(left), "")])

    def test_socket_of_a_unit_is_not_kept(self) -> None:
        """Its socket unit keeps it; it goes to a successor with its number."""
        ports = self.ports(listening(self.addCleanup), index=0)
        self.opened(ports, "systemd:domain=INET:index=0")
        self.assertEqual((self.store.kept, [passed.index for passed in ports.sockets]), ([], [0]))

    def test_socket_that_systemd_has_not_handed_over(self) -> None:
        """The reason alone is the text."""
        problem = self.assertRaises(CannotServe, self.ports().open, "systemd:domain=INET:index=0", Factory())
        self.assertEqual(str(problem), "systemd has handed over no such socket; it has handed over no socket")

    def test_successor_accepts_nothing_yet(self) -> None:
        """Nor does it store sockets: it may be given up."""
        port = self.opened(self.ports(accepting=False))
        self.assertEqual((self.store.kept, self.is_read(port)), ([], False))

    def test_successor_that_begins(self) -> None:
        """It accepts connections, and stores the sockets."""
        ports = self.ports(accepting=False)
        port = self.opened(ports)
        ports.begin()
        self.assertEqual((self.store.kept, self.is_read(port)), ([_port(descriptor_of(port))], True))

    async def test_successor_that_is_given_up(self) -> None:
        """The sockets of the older process stay stored."""
        ports = self.ports(accepting=False)
        await ports.close(ports.open(ENDPOINT, Factory()))
        self.assertEqual(self.store.kept, [])

    def test_unwanted_socket_is_closed_everywhere(self) -> None:
        """Also systemd's copy of it."""
        given = listening(self.addCleanup)
        ports = self.ports(given)
        (passed,) = ports.sockets
        ports.begin()
        self.assertEqual((self.store.kept, listening_place(passed.descriptor)), ([-port_of(given)], None))

    async def test_close(self) -> None:
        """Clients are refused."""
        ports = self.ports()
        port = ports.open(ENDPOINT, Factory())
        number = _port(descriptor_of(port))
        await ports.close(port)
        self.assertEqual(self.store.kept, [])
        self.assertRaises(ConnectionRefusedError, socket.create_connection, ("127.0.0.1", number))

    async def test_closed_socket_of_a_unit_can_be_opened_again(self) -> None:
        """A reload that fails, or that removes its listener for a while, does not lose it: systemd gives it once."""
        ports = self.ports(listening(self.addCleanup), index=0)
        await ports.close(ports.open("systemd:domain=INET:index=0", Factory()))
        self.assertEqual([given.index for given in ports.sockets], [0])
        port = self.opened(ports, "systemd:domain=INET:index=0")
        self.assertEqual([given.descriptor for given in ports.sockets], [descriptor_of(port)])

    async def test_stop_closes_the_sockets_of_units(self) -> None:
        """Also those whose ports were closed before."""
        ports = self.ports(listening(self.addCleanup), index=0)
        await ports.close(ports.open("systemd:domain=INET:index=0", Factory()))
        (passed,) = ports.sockets
        ports.stop()
        self.assertEqual((ports.sockets, listening_place(passed.descriptor)), ((), None))

    async def test_close_of_a_given_socket_ends_its_copies(self) -> None:
        """Otherwise clients would wait at a copy that nobody reads, such as one that systemd has not closed yet."""
        given = listening(self.addCleanup)
        ports = self.ports(given)
        await ports.close(ports.open(f"tcp:{port_of(given)}:interface=127.0.0.1", Factory()))
        with socket.socket() as client:
            self.assertRaises(ConnectionRefusedError, client.connect, ("127.0.0.1", port_of(given)))

    async def test_second_close(self) -> None:
        """It does nothing."""
        ports = self.ports()
        port = ports.open(ENDPOINT, Factory())
        await ports.close(port)
        await ports.close(port)
        self.assertEqual(self.store.kept, [])

    async def test_socket_that_is_let_go(self) -> None:
        """Another process with the socket goes on to listen, and it stays stored."""
        ports = self.ports()
        port = ports.open(ENDPOINT, Factory())
        number = _port(descriptor_of(port))
        other = socket.socket(fileno=os.dup(descriptor_of(port)))
        self.addCleanup(other.close)
        ports.let_go()
        self.assertFalse(self.is_read(port))
        turn: Deferred[None] = Deferred()
        self.reactor.callLater(0, self.reactor.callLater, 0, turn.callback, None)
        await turn
        self.assertEqual((self.store.kept, ports.sockets), ([number], ()))
        socket.create_connection(("127.0.0.1", number)).close()


def _port(descriptor: int) -> int:
    where = listening_place(descriptor)
    assert where is not None
    return where.port
