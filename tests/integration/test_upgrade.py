"""Upgrades of a running server without systemd."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

from tests.cases import SynchronousTestCase
from tests.integration.load_of_clients import Load
from tests.integration.upgraded_server import UpgradedServer, gone

TRANSFERS = 50


class UpgradeCase(SynchronousTestCase):
    """A server that runs."""

    def server(self, **given: str) -> UpgradedServer:
        """Start a server."""
        server = UpgradedServer(**given)
        self.addCleanup(server.stop)
        server.start()
        return server


class UnderLoadTests(UpgradeCase):
    """Clients do not notice."""

    def test_three_upgrades(self) -> None:
        """No transfer ends, no connection is refused, and the first process ends after its last session."""
        server = self.server(limits="sessions_per_host: 1000")
        load = Load(server.client, server.home, transfers=TRANSFERS)
        self.addCleanup(load.finish)
        load.start()
        server.upgrade()
        server.upgrade()
        server.upgrade()
        load.finish()
        self.assertEqual(load.failures, [])
        self.assertEqual(server.wait(30), 0)
        self.assertGreater(load.connections, 0)


class BrokenTests(UpgradeCase):
    """A new process that cannot serve changes nothing."""

    def refused(self, server: UpgradedServer, reason: str) -> None:
        """Wait for the failure of an upgrade, for a reason; the old process serves, and systemd is told."""
        server.logged("upgrade failed, and this process goes on to serve")
        self.assertIn(reason, server.log)
        told = server.notified()
        self.assertIn(f"MAINPID={server.main}", told)
        self.assertIn("STATUS=serving; the last upgrade has failed", told)
        self.assertTrue(server.serves())

    def test_mistake_in_the_configuration(self) -> None:
        """The log has its line."""
        server = self.server()
        server.configuration.write_text(server.configuration.read_text() + "limits: {sesions: 1}\n")
        server.ask()
        self.refused(server, f"{server.configuration}:")

    def test_port_that_another_program_has(self) -> None:
        """Likewise, and the port that is served already goes on to accept."""
        server = self.server()
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        text = server.configuration.read_text()
        second = f"}}, {{endpoint: 'tcp:{taken.getsockname()[1]}:interface=127.0.0.1'}}]"
        server.configuration.write_text(text.replace("}]", second, 1))
        server.ask()
        self.refused(server, "Address already in use")

    def test_program_that_exits(self) -> None:
        """The log has its last lines."""
        server = self.server()
        server.break_with("echo 'no module named twisted' >&2; exit 3")
        server.ask()
        self.refused(server, "it has ended | no module named twisted")

    def test_program_that_is_gone(self) -> None:
        """The shell says so."""
        server = self.server()
        server.twistd.unlink()
        server.ask()
        self.refused(server, "not found")

    def test_program_that_hangs(self) -> None:
        """It is killed after ``service.upgrade_timeout``, and its last lines are told."""
        server = self.server(timeout="1s")
        told = server.fifo()
        server.break_with(f"echo $$ > {told}; echo 'waiting for a disk' >&2; exec sleep 600")
        server.ask()
        started = os.pidfd_open(int(told.read_text()))
        self.addCleanup(os.close, started)
        self.refused(server, "it is not ready after 1 s (service.upgrade_timeout) | waiting for a disk")
        self.assertTrue(gone(started))

    def test_the_next_upgrade_succeeds(self) -> None:
        """Once the installation is whole."""
        server = self.server()
        working = server.twistd.read_bytes()
        server.break_with("exit 1")
        server.ask()
        self.refused(server, "it has ended")
        server.twistd.write_bytes(working)
        server.upgrade()
        self.assertTrue(server.serves())

    def test_second_request_meanwhile(self) -> None:
        """It is refused, and the first one goes on."""
        server = self.server(timeout="2s")
        server.break_with("exec sleep 600")
        server.ask()
        server.logged("upgrade: starting")
        server.ask()
        server.logged("upgrade refused: an upgrade is going on already")
        server.logged("it is not ready after 2 s")

    def test_end_of_the_old_process_meanwhile(self) -> None:
        """Both end."""
        server = self.server()
        told = server.fifo()
        server.break_with(f"echo $$ > {told}; exec sleep 600")
        server.ask()
        started = os.pidfd_open(int(told.read_text()))
        self.addCleanup(os.close, started)
        server.signal(signal.SIGTERM)
        self.assertEqual((server.wait(), gone(started)), (0, True))

    def test_reload_meanwhile(self) -> None:
        """It waits: the new process has got the sockets that it would close."""
        server = self.server()
        working = server.twistd.with_name("working")
        working.write_bytes(server.twistd.read_bytes())
        working.chmod(0o755)
        told = server.fifo()
        server.break_with(f'read line < {told}; exec {working} "$@"')
        server.ask()
        server.logged("upgrade: starting")
        server.signal(signal.SIGHUP)
        told.write_text("go on\n")
        server.logged("serves now")
        server.logged("takes no other configuration")


class SessionsTests(UpgradeCase):
    """The sessions of the old process."""

    def test_session_goes_on(self) -> None:
        """Also a session that is idle, and it transfers through new data connections."""
        server = self.server()
        client = server.client()
        self.addCleanup(client.close)
        server.upgrade()
        self.assertEqual(client.pwd(), "/")
        self.assertEqual(client.nlst(), [])
        client.quit()
        self.assertEqual(server.wait(), 0)

    def test_sessions_are_drained_at_the_deadline(self) -> None:
        """421 after ``limits.upgrade_drain_timeout``, at a moment when the session is idle."""
        server = self.server(limits="upgrade_drain_timeout: 1s")
        client = server.client()
        self.addCleanup(client.close)
        server.upgrade()
        self.assertRegex(client.getmultiline(), "^421 ")

    def test_end_of_the_old_process(self) -> None:
        """SIGTERM drains it, and the new process serves on."""
        server = self.server()
        client = server.client()
        self.addCleanup(client.close)
        server.upgrade()
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertTrue(server.serves())

    def test_old_process_is_asked_again(self) -> None:
        """It names the process that serves."""
        server = self.server()
        server.upgrade()
        server.signal(signal.SIGUSR2)
        server.logged(f"upgrade refused: process {server.main} has replaced this process")


class ConfigurationTests(UpgradeCase):
    """The new process reads the configuration anew."""

    def test_listener_that_is_gone_and_new_listener(self) -> None:
        """The port of one is closed, and that of the other is open."""
        server = self.server()
        former, server.port = server.port, server.free_port()
        server.write()
        server.upgrade()
        self.assertTrue(server.serves())
        self.assertEqual(server.wait(), 0)
        self.assertRaises(ConnectionRefusedError, socket.create_connection, ("127.0.0.1", former))

    def test_description_that_is_written_differently(self) -> None:
        """The port is the same, and is taken over."""
        server = self.server()
        text = server.configuration.read_text()
        server.configuration.write_text(text.replace(f"tcp:{server.port}:", f"tcp:port={server.port}:"))
        server.upgrade()
        self.assertTrue(server.serves())


class TwistdTests(UpgradeCase):
    """twistd's own options."""

    def begin(self, *arguments: str, manner: tuple[str, ...] = ("--nodaemon", "--pidfile=")) -> UpgradedServer:
        """Start a server with options."""
        server = UpgradedServer(arguments=arguments)
        self.addCleanup(server.stop)
        server.manner = manner
        server.start()
        return server

    def test_working_directory(self) -> None:
        """A path relative to the directory of the start means the same again."""
        server = self.begin("--rundir=tmp")
        server.upgrade()
        self.assertTrue(server.serves())

    def test_pid_file(self) -> None:
        """It names the process that serves, and the old process leaves it alone at its end."""
        path = Path(self.mktemp()).absolute()
        server = self.begin(manner=("--nodaemon", f"--pidfile={path}"))
        server.upgrade()
        self.assertEqual((server.wait(), path.read_text()), (0, str(server.main)))
        serving = os.pidfd_open(server.main)
        self.addCleanup(os.close, serving)
        os.kill(server.main, signal.SIGTERM)
        self.assertTrue(gone(serving))
        self.assertFalse(path.exists())

    def test_daemon(self) -> None:
        """In the background, where twistd forks twice and has no standard error."""
        path = Path(self.mktemp()).absolute()
        server = self.begin(manner=(f"--pidfile={path}",))
        server.main = int(path.read_text())
        former = os.pidfd_open(server.main)
        self.addCleanup(os.close, former)
        server.upgrade()
        self.assertTrue(gone(former))
        self.assertEqual(path.read_text(), str(server.main))
        self.assertTrue(server.serves())

    def test_log_file_of_both_processes(self) -> None:
        """Neither process overwrites lines of the other."""
        server = self.begin()
        client = server.client()
        self.addCleanup(client.close)
        server.upgrade()
        for _ in range(20):
            self.assertTrue(server.serves())
            client.nlst()
        client.quit()
        server.wait()
        self.assertEqual((server.log.count(" login of "), server.log.count(" NLST ")), (21, 20))
