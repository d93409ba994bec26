"""Crashes under a real systemd, which keeps the sockets."""

from __future__ import annotations

import socket
import threading

from tests.integration.running_unit import RunningUnit
from tests.integration.systemd_case import CONFIGURATION

SECOND_PORT = 2121
TWO_LISTENERS = CONFIGURATION.replace("}]", f'}}, {{endpoint: "tcp:{SECOND_PORT}:interface=127.0.0.1"}}]', 1)


class CrashTests(RunningUnit):
    """systemd keeps the sockets."""

    def connect_until(self, over: threading.Event, refused: list[str]) -> None:
        """Connect again and again; a connection may be cut, but not refused."""
        while not over.is_set():
            try:
                with socket.create_connection(("127.0.0.1", 21), 60) as connection:
                    connection.recv(4)
            except ConnectionRefusedError as problem:
                refused.append(str(problem))
            except ConnectionResetError:
                # The process had accepted it.
                pass

    def test_connections_wait_for_the_next_process(self) -> None:
        """After SIGKILL no connection is refused."""
        over, refused = threading.Event(), list[str]()
        thread = threading.Thread(target=self.connect_until, args=(over, refused))
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(over.set)
        main = self.main()
        self.signal("SIGKILL")
        self.other_main(main)
        self.assertEqual(self.client().pwd(), "/")
        self.assertEqual((refused, self.stored()), ([], 1))

    def test_listener_that_a_reload_has_removed(self) -> None:
        """Its socket is closed everywhere, also after a crash."""
        self.configure(TWO_LISTENERS)
        self.bench.systemctl("reload", "ftpd.service")
        self.bench.logged(f"listening on 127.0.0.1:{SECOND_PORT}")
        self.bench.wait_for("NFileDescriptorStore", "2")
        self.configure(CONFIGURATION)
        self.bench.systemctl("reload", "ftpd.service")
        self.bench.wait_for("NFileDescriptorStore", "1")
        self.assertRaises(ConnectionRefusedError, socket.create_connection, ("127.0.0.1", SECOND_PORT))
        main = self.main()
        self.signal("SIGKILL")
        self.other_main(main)
        self.assertEqual((self.client().pwd(), self.stored()), ("/", 1))

    def test_listener_that_the_file_no_longer_has_after_a_crash(self) -> None:
        """The next process closes its socket, and has systemd close its copy."""
        self.configure(TWO_LISTENERS)
        self.bench.systemctl("reload", "ftpd.service")
        self.bench.wait_for("NFileDescriptorStore", "2")
        self.configure(CONFIGURATION)
        main = self.main()
        self.signal("SIGKILL")
        self.other_main(main)
        self.bench.wait_for("NFileDescriptorStore", "1")
        self.assertRaises(ConnectionRefusedError, socket.create_connection, ("127.0.0.1", SECOND_PORT))

    def test_stop_closes_the_sockets(self) -> None:
        """A service that is stopped refuses connections."""
        self.bench.systemctl("stop", "ftpd.service")
        self.assertEqual(self.stored(), 0)
        self.assertRaises(ConnectionRefusedError, socket.create_connection, ("127.0.0.1", 21))
