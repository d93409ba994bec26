"""Reloads and stops of a real server, with transfers running and clients that connect all the time."""

from __future__ import annotations

import ftplib
import signal
import socket
import threading
import time
from collections.abc import Callable
from io import BytesIO

from ftpd_service.shared_places import try_place
from tests.cases import SynchronousTestCase
from tests.interop.server import Server

RELOADS = 10
TRANSFERS = 20
TRANSFER_SECONDS = 6
KIB = 1024


class Transfers:
    """Downloads at a limited rate, each by a client of its own.

    :ivar received: the sizes of those that were answered 226.
    """

    def __init__(self, server: Server, count: int) -> None:
        self.received: list[int] = []
        self._clients = [ftplib.FTP() for _ in range(count)]
        for client in self._clients:
            client.connect("127.0.0.1", server.port, timeout=60)
            client.login("alice", "secret")
        self._threads = [threading.Thread(target=self._fetch, args=(client,)) for client in self._clients]
        for thread in self._threads:
            thread.start()

    def _fetch(self, client: ftplib.FTP) -> None:
        whole = BytesIO()
        client.retrbinary("RETR large.bin", whole.write)
        self.received.append(len(whole.getvalue()))

    def wait(self) -> None:
        """Wait for the end of all of them."""
        for thread in self._threads:
            thread.join(120)
        for client in self._clients:
            client.close()


class ConnectingClient:
    """Connects again and again, and takes the greeting.

    :ivar greeted: how often.
    :ivar failures: everything else that happened.
    """

    def __init__(self, *ports: int) -> None:
        self.greeted = 0
        self.failures: list[str] = []
        self._ports = ports
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._connect)
        self._thread.start()

    def _connect(self) -> None:
        while not self._over.is_set():
            for port in self._ports:
                try:
                    with socket.create_connection(("127.0.0.1", port), 20) as client, client.makefile("rb") as lines:
                        line = lines.readline()
                        client.sendall(b"QUIT\r\n")
                        lines.readline()
                except OSError as problem:
                    line = str(problem).encode()
                self.greeted += line.startswith(b"220 ")
                self.failures += [] if line.startswith(b"220 ") else [repr(line)]

    def stop(self) -> None:
        """End the loop."""
        self._over.set()
        self._thread.join(60)


class ReloadCase(SynchronousTestCase):
    """A server whose account alice downloads a file in a given time."""

    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.stop)

    def serve(self, *, seconds: int, limits: str = "") -> None:
        """Start with a file whose download takes so long."""
        (self.server.home / "large.bin").write_bytes(bytes(seconds * 256 * KIB))
        self.limits = f"download_per_session: 256KiB/s, sessions_per_host: 1000, connections_per_second: null{limits}"
        self.server.write(limits=self.limits)
        self.server.start()

    def reload(self, change: Callable[[], None], answer: str) -> None:
        """Change the file, send SIGHUP, and wait for the line of the log."""
        since = len(self.server.log)
        change()
        self.server.signal(signal.SIGHUP)
        self.server.logged(answer, since=since)

    def listeners(self, *endpoints: str) -> None:
        """Write other listeners into the file."""
        lines = self.server.configuration.read_text().split("\n")
        lines[0] = f"listeners: [{', '.join(f'{{endpoint: {one!r}}}' for one in endpoints)}]"
        self.server.configuration.write_text("\n".join(lines))


class ReloadUnderLoadTests(ReloadCase):
    """Nobody notices a reload."""

    def test_reloads_end_no_transfer_and_refuse_no_connection(self) -> None:
        """Ten reloads: each opens or closes a listener, and changes a limit."""
        self.serve(seconds=5)
        first, second = self.server.port, self.server.free_port()
        transfers, client = Transfers(self.server, TRANSFERS), ConnectingClient(first)
        for number in range(RELOADS):
            endpoints = [f"tcp:{port}:interface=127.0.0.1" for port in (first, second)[: 1 + number % 2]]
            self.server.write(limits=f"{self.limits}, sessions: {1000 + number}")
            self.reload(lambda endpoints=endpoints: self.listeners(*endpoints), "the configuration was read again")  # type: ignore[misc]  # bound by its default
        transfers.wait()
        client.stop()
        self.assertEqual(transfers.received, [5 * 256 * KIB] * TRANSFERS)
        self.assertEqual(client.failures, [])
        self.assertGreater(client.greeted, RELOADS)

    def test_an_address_that_holds_the_old_one(self) -> None:
        """The new port is open before the old one closes, though both have the same number."""
        self.serve(seconds=1)
        client = ConnectingClient(self.server.port)
        for interface in ("0.0.0.0", "127.0.0.1", "0.0.0.0"):
            endpoint = f"tcp:{self.server.port}:interface={interface}"
            self.reload(lambda one=endpoint: self.listeners(one), "the configuration was read again")  # type: ignore[misc]  # likewise
        client.stop()
        self.assertEqual(client.failures, [])

    def test_a_queue_of_another_length(self) -> None:
        """The port stays open."""
        self.serve(seconds=1)
        endpoint = f"tcp:{self.server.port}:interface=127.0.0.1:backlog=7"
        self.reload(lambda: self.listeners(endpoint), "the configuration was read again")
        with socket.create_connection(("127.0.0.1", self.server.port), 20) as client, client.makefile("rb") as lines:
            self.assertEqual(lines.readline()[:4], b"220 ")


class MistakeTests(ReloadCase):
    """All or nothing."""

    def test_a_bad_line_changes_nothing_and_is_named(self) -> None:
        """The good lines around it do not count, either."""
        self.serve(seconds=1)
        self.reload(lambda: self.server.write(limits="sessions: 0, idle_timeout: never"), "the old configuration stays")
        self.assertIn(f"{self.server.configuration}:5: limits.idle_timeout: ", self.server.log)
        with socket.create_connection(("127.0.0.1", self.server.port), 20) as client, client.makefile("rb") as lines:
            self.assertEqual(lines.readline()[:4], b"220 ")

    def test_a_port_of_another_program_is_named(self) -> None:
        """With its line; the listener before it is closed again."""
        self.serve(seconds=1)
        free = self.server.free_port()
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            ports = (self.server.port, free, other.getsockname()[1])
            endpoints = [f"tcp:{port}:interface=127.0.0.1" for port in ports]
            self.reload(lambda: self.listeners(*endpoints), "the old configuration stays in force")
            self.assertIn(f"ftpd.yaml:1: listeners[2].endpoint: cannot listen on {endpoints[2]}: Addr", self.server.log)
        self.assertRaises(ConnectionRefusedError, socket.create_connection, ("127.0.0.1", free), 20)

    def test_a_trial_of_an_address(self) -> None:
        """A dry run opens no port, and knows those that cannot be opened."""
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            port = other.getsockname()[1]
            other.listen()
            self.assertRaises(OSError, try_place, f"tcp:{port}:interface=127.0.0.1", [])
        try_place(f"tcp:{port}:interface=127.0.0.1", [])


class StopTests(ReloadCase):
    """SIGTERM."""

    def test_a_running_transfer_ends_before_the_process(self) -> None:
        """It takes some seconds; the exit status is 0, and new clients are refused meanwhile."""
        self.serve(seconds=TRANSFER_SECONDS, limits=", drain_timeout: 60s")
        transfers = Transfers(self.server, 1)
        self.server.logged('login of "alice"')
        time.sleep(1)  # the transfer, of which the log tells only the end, has begun
        self.server.signal(signal.SIGTERM)
        self.server.logged("draining: running transfers get 60 s")
        self.assertRaises(ConnectionRefusedError, socket.create_connection, ("127.0.0.1", self.server.port), 20)
        transfers.wait()
        self.assertEqual((transfers.received, self.server.wait()), ([TRANSFER_SECONDS * 256 * KIB], 0))
