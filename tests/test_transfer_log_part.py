"""The transfer log of a service: its file follows the configuration, or nothing changes."""

from __future__ import annotations

import contextlib
import os
import select
from pathlib import Path

from ftpd_service.observe.settings import LoggingSettings
from ftpd_service.running_service import CannotServe
from tests.test_log_part import LogPartCase


class TransferLogTests(LogPartCase):
    """``logging.transfers``."""

    def remove(self, *names: str) -> None:
        """Have a session delete files."""
        client = self.client()
        client.log_in("alice", "secret")
        for name in names:
            Path(self.home, name).touch()
            self.assertEqual(client.say(f"DELE {name}"), [250])

    def paths(self, name: str = "log") -> list[str]:
        """The names of files in a transfer log."""
        return [line.split()[8] for line in (self.folder / name).read_text().splitlines()]

    def test_events_have_lines(self) -> None:
        """In the file that the configuration names."""
        service = self.serving(transfers=str(self.path))
        self.remove("f")
        self.stop(service)
        self.assertEqual(self.paths(), ["/f"])

    def test_a_file_that_cannot_be_opened_stops_the_start(self) -> None:
        """The problem names the key."""
        service = self.made(self.config(logging=LoggingSettings(transfers=str(self.path / "below"))))
        problem = self.assertRaises(CannotServe, service.privilegedStartService)
        self.assertEqual(problem.where, ("logging", "transfers"))

    def test_a_reload_moves_to_another_file(self) -> None:
        """The former file has the lines before it."""
        service = self.serving(transfers=str(self.path))
        self.remove("one")
        self.change(service, transfers=str(self.folder / "other"))
        self.remove("two")
        self.stop(service)
        self.assertEqual((self.paths(), self.paths("other")), (["/one"], ["/two"]))

    def test_a_reload_begins_and_ends_it(self) -> None:
        """Events before and behind have no lines."""
        service = self.serving()
        self.remove("one")
        self.change(service, transfers=str(self.path))
        self.remove("two")
        self.change(service)
        self.remove("three")
        self.stop(service)
        self.assertEqual(self.paths(), ["/two"])

    def test_a_reload_that_fails_changes_nothing(self) -> None:
        """Here the audit cannot be opened, and the transfer log stays where it is."""
        service = self.serving(transfers=str(self.path))
        self.change(service, transfers=str(self.folder / "other"), audit=str(self.path / "below"))
        self.remove("f")
        self.stop(service)
        self.assertEqual(self.paths(), ["/f"])

    def test_a_dry_run_makes_no_file(self) -> None:
        """It says that the file could be opened."""
        service = self.serving()
        self.files.append(self.config(logging=LoggingSettings(transfers=str(self.path))))
        answer = service.reload(dry_run=True)
        self.reactor.run_until(answer)
        self.assertEqual((self.successResultOf(answer).mistakes, self.path.exists()), ((), False))

    def test_the_file_is_opened_anew(self) -> None:
        """When logrotate has moved it away."""
        service = self.serving(transfers=str(self.path))
        os.rename(self.path, self.folder / "log.1")
        self.assertEqual(service.reopen_files(), 1)
        self.remove("f")
        self.stop(service)
        self.assertEqual(self.paths(), ["/f"])

    def test_lines_that_a_hung_disk_does_not_take_are_counted(self) -> None:
        """Clients do not wait; the log says how many lines are missing, and the file has whole lines only."""
        os.mkfifo(self.path)
        reader = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        with contextlib.suppress(BlockingIOError):
            while os.write(reader, b"\n" * 4096):
                pass
        service = self.serving(transfers=str(self.path), queue=2)
        self.remove(*(f"f{number}" for number in range(10)))
        for client in self.clients:
            client.lose()
        self.successResultOf(service.stopService())
        found = b""
        while self.writers():
            select.select([reader], [], [], 0.01)
            with contextlib.suppress(BlockingIOError):
                found += os.read(reader, 65536)
        with contextlib.suppress(BlockingIOError):
            found += os.read(reader, 65536)
        lines = found.split()
        self.assertEqual(len(lines) % 18, 0)
        self.assertEqual(self.log.count(f"{10 - len(lines) // 18} lines are missing in {self.path}: "), 1)
