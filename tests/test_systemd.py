"""What the process tells systemd, on a socket that the test opens."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

from twisted.internet.task import Clock

from ftpd_service.systemd import UNSOUND_SECONDS, Notifier, Watchdog
from tests.cases import SynchronousTestCase


class NotifiedCase(SynchronousTestCase):
    """A socket in the place of systemd's."""

    def setUp(self) -> None:
        """Open it."""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.addCleanup(self.socket.close)
        self.path = self.mktemp()
        self.socket.bind(self.path)

    def environ(self, **more: str) -> Mapping[str, str]:
        """The environment of a process that systemd started."""
        return {"NOTIFY_SOCKET": self.path, **more}

    def told(self) -> list[str]:
        """Return what was sent since the last call."""
        messages = []
        while True:
            try:
                messages.append(self.socket.recv(65536).decode())
            except BlockingIOError:
                return messages


class MainProcessTests(NotifiedCase):
    """Messages of the main process, and of processes that are not the main process."""

    def test_descriptor_that_systemd_keeps(self) -> None:
        """It goes with the message."""
        with open(__file__, "rb") as file:
            Notifier(self.environ()).store(file.fileno(), "a-name")
            message, descriptors, _, _ = socket.recv_fds(self.socket, 4096, 2)
            (copy,) = descriptors
            self.addCleanup(os.close, copy)
            self.assertEqual(message, b"FDSTORE=1\nFDNAME=a-name")
            self.assertTrue(os.path.sameopenfile(copy, file.fileno()))

    def test_descriptor_that_systemd_no_longer_keeps(self) -> None:
        """By its name."""
        Notifier(self.environ()).forget("a-name")
        self.assertEqual(self.told(), ["FDSTOREREMOVE=1\nFDNAME=a-name"])

    def test_silence(self) -> None:
        """systemd would log each message of a process that is not the main process."""
        notifier = Notifier(self.environ())
        notifier.silence()
        notifier.send(status="x")
        notifier.store(0, "x")
        silent = self.told()
        notifier.speak()
        notifier.send(status="y")
        self.assertEqual((silent, self.told()), ([], ["STATUS=y"]))


class WatchdogTests(NotifiedCase):
    """Signs of life of a process for which systemd waits 20 seconds."""

    def setUp(self) -> None:
        """Have no watchdog yet."""
        super().setUp()
        self.clock = Clock()
        self.problems: list[str] = []

    def watch(self, **environ: str) -> Watchdog:
        """A watchdog in an environment, started."""
        watchdog = Watchdog(Notifier(self.environ(**environ)), lambda: self.problems, self.clock)
        watchdog.start()
        return watchdog

    def test_a_sign_of_life_comes_at_once(self) -> None:
        """systemd counts from READY."""
        self.watch(WATCHDOG_USEC="20000000")
        self.assertEqual(self.told(), ["WATCHDOG=1"])

    def test_signs_come_twice_in_the_time(self) -> None:
        """As sd_watchdog_enabled(3) recommends."""
        self.watch(WATCHDOG_USEC="20000000")
        self.clock.pump([1.0] * 30)
        self.assertEqual(self.told(), ["WATCHDOG=1"] * 4)

    def test_an_unsound_process_sends_nothing(self) -> None:
        """So systemd kills and restarts it."""
        self.problems.append("the reactor is late")
        self.watch(WATCHDOG_USEC="20000000")
        self.clock.pump([1.0] * 30)
        self.assertEqual(self.told(), [])

    def test_a_process_that_is_sound_again_sends_soon(self) -> None:
        """A short problem at a bad time must not let the whole time pass."""
        self.problems.append("the reactor is late")
        self.watch(WATCHDOG_USEC="20000000")
        self.problems.clear()
        self.clock.advance(UNSOUND_SECONDS)
        self.assertEqual(self.told(), ["WATCHDOG=1"])

    def test_systemd_that_waits_for_nothing_gets_nothing(self) -> None:
        """A unit without WatchdogSec sets no WATCHDOG_USEC."""
        self.watch()
        self.assertEqual((self.told(), self.clock.getDelayedCalls()), ([], []))

    def test_the_watchdog_of_another_process_is_not_ours(self) -> None:
        """The variables were inherited."""
        self.watch(WATCHDOG_USEC="20000000", WATCHDOG_PID=str(os.getpid() + 1))
        self.assertEqual(self.told(), [])

    def test_the_watchdog_may_name_this_process(self) -> None:
        """As systemd does."""
        self.watch(WATCHDOG_USEC="20000000", WATCHDOG_PID=str(os.getpid()))
        self.assertEqual(self.told(), ["WATCHDOG=1"])

    def test_a_time_that_is_no_number_is_none(self) -> None:
        """Only systemd writes it."""
        self.watch(WATCHDOG_USEC="soon")
        self.assertEqual(self.told(), [])

    def test_nothing_is_left_after_the_end(self) -> None:
        """No timed call keeps a reactor of a test busy."""
        self.watch(WATCHDOG_USEC="20000000").stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
