"""SIGUSR1 and twistd's log: which file the lines go to afterwards."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from twisted.application.service import Application
from twisted.python.components import Componentized
from twisted.python.logfile import LogFile

from ftpd_service.observe.settings import LoggingSettings
from ftpd_service.observe.twistd_log import TwistdLog, open_anew
from tests.cases import SynchronousTestCase
from tests.memory_service import Log


class OpenAnewTests(SynchronousTestCase):
    """A log file, by what became of its name."""

    def setUp(self) -> None:
        """A file with one line."""
        folder = os.path.abspath(self.mktemp())
        os.mkdir(folder)
        self.path = os.path.join(folder, "log")
        self.file = LogFile.fromFullPath(self.path)
        self.addCleanup(lambda: self.file.close())
        self.file.write(b"before\n")
        self.told = Log(self)

    def renew(self) -> None:
        """Have the file opened anew, and write a second line."""
        open_anew(self.file)
        self.file.write(b"after\n")

    def texts(self, *endings: str) -> list[str]:
        """What the files hold whose names begin with that of the log."""
        found = []
        for ending in endings:
            with open(self.path + ending, encoding="utf-8") as file:
                found.append(file.read())
        return found

    def test_that_was_moved_away(self) -> None:
        """By logrotate with ``nocreate``: there is a file again."""
        os.rename(self.path, f"{self.path}-2030")
        self.renew()
        self.assertEqual(self.texts("-2030", ""), ["before\n", "after\n"])

    def test_that_was_replaced(self) -> None:
        """By logrotate with ``create``: the new file is written to as it is."""
        os.rename(self.path, f"{self.path}-2030")
        with open(self.path, "w", encoding="utf-8"):
            os.chmod(self.path, 0o640)
        self.renew()
        self.assertEqual(self.texts("-2030", ""), ["before\n", "after\n"])

    def test_that_is_in_its_place(self) -> None:
        """As twistd does: the server moves it away by itself."""
        self.renew()
        self.assertEqual(self.texts(".1", ""), ["before\n", "after\n"])

    def test_whose_place_cannot_be_opened(self) -> None:
        """Lines go on in the old file, and one of them tells why."""
        os.rename(self.path, f"{self.path}-2030")
        os.mkdir(self.path)
        self.renew()
        self.assertEqual(self.texts("-2030"), ["before\nafter\n"])
        self.assertEqual(self.told.count(f"SIGUSR1: {self.path} cannot be opened: Is a directory"), 1)


class InstalledTests(SynchronousTestCase):
    """The observer that twistd finds."""

    def setUp(self) -> None:
        """A process in which nobody has taken SIGUSR1."""
        self.addCleanup(signal.signal, signal.SIGUSR1, signal.getsignal(signal.SIGUSR1))
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
        self.calls: list[Callable[[], object]] = []

    def installed(self, **options: object) -> TwistdLog:
        """A log by these options of twistd."""
        log = TwistdLog(options, LoggingSettings(queue=10), on_reactor=self.calls.append)
        application = Application("test")
        assert isinstance(application, Componentized)
        log.install(application)
        return log

    def test_sigusr1_does_not_end_a_process_that_logs_to_standard_output(self) -> None:
        """A rule of logrotate may send it to any process."""
        told = Log(self)
        self.installed(nodaemon=True)
        os.kill(os.getpid(), signal.SIGUSR1)
        self.calls.pop()()
        self.assertEqual(told.count("there is nothing to open again"), 1)

    def test_standard_output_is_where_it_goes(self) -> None:
        """Both standard streams of a terminal lead to the same place."""
        with open(self.mktemp(), "w", encoding="utf-8") as out, open(self.mktemp(), "w", encoding="utf-8") as other:
            self.patch(sys, "stdout", out)
            again = os.dup(out.fileno())
            self.addCleanup(os.close, again)
            log = self.installed(nodaemon=True)
            self.assertEqual([log.shown_on(descriptor) for descriptor in (again, other.fileno())], [True, False])

    def test_a_file_is_no_terminal(self) -> None:
        """Who starts the service does not see the log then."""
        log = self.installed(nodaemon=True, logfile=os.path.abspath(self.mktemp()))
        self.assertFalse(log.shown_on(2))
