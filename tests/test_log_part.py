"""The log and the audit of a service: their places follow the configuration, or nothing changes."""

from __future__ import annotations

import json
import os
import select
import threading
from pathlib import Path
from typing import Any

from ftpd_service.observe.settings import LoggingSettings
from ftpd_service.running_service import CannotServe
from ftpd_service.service import FtpService
from tests.memory_service import ARRIVES_SECONDS, Client, ServiceCase


class LogPartCase(ServiceCase):
    """A service with files of its own."""

    def setUp(self) -> None:
        """A folder for them."""
        super().setUp()
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.path = self.folder / "log"
        self.clients: list[Client] = []
        self.others = set(threading.enumerate())

    def writers(self) -> list[threading.Thread]:
        """The threads of this test that write files."""
        return [one for one in threading.enumerate() if one.name == "log writer" and one not in self.others]

    def serving(self, **settings: Any) -> FtpService:  # Any: as `LoggingSettings` takes
        """A service with settings of its logs."""
        return self.started(self.config(logging=LoggingSettings(**settings)))

    def change(self, service: FtpService, **settings: Any) -> None:  # Any: likewise
        """Reload other settings of logs."""
        self.reread(service, self.config(logging=LoggingSettings(**settings)))

    def client(self, **where: Any) -> Client:  # Any: as `Client` takes
        """A control connection, which `stop` ends."""
        client = super().client(**where)
        self.clients.append(client)
        return client

    def stop(self, service: FtpService) -> None:
        """Stop a service whose clients have left, and wait for its files."""
        for client in self.clients:
            client.lose()
        self.successResultOf(service.stopService())
        for thread in self.writers():
            thread.join(ARRIVES_SECONDS)

    def objects(self, path: Path) -> list[dict[str, Any]]:  # Any: as in JSON
        """The lines of a file of JSON."""
        return [json.loads(line) for line in path.read_bytes().splitlines()]

    def names(self, path: Path) -> list[str]:
        """The events of a file of JSON."""
        return [str(one["event"]) for one in self.objects(path)]


class FileTests(LogPartCase):
    """``logging.file`` and ``logging.format``."""

    def test_events_are_lines_of_the_file(self) -> None:
        """Of the form that the configuration names."""
        service = self.serving(file=str(self.path), format="json")
        self.client().log_in("alice", "secret")
        self.stop(service)
        self.assertEqual(self.names(self.path)[:2], ["session_started", "login_succeeded"])

    def test_a_file_that_cannot_be_opened_stops_the_start(self) -> None:
        """Whoever starts the service sees why."""
        service = self.made(self.config(logging=LoggingSettings(file=str(self.path / "below"))))
        problem = self.assertRaises(CannotServe, service.privilegedStartService)
        self.assertEqual(
            (str(problem), problem.where),
            (f"{self.path}/below cannot be opened: No such file or directory", ("logging", "file")),
        )

    def test_a_reload_moves_to_another_file(self) -> None:
        """The lines before it are in the old one."""
        other = self.folder / "other"
        service = self.serving(file=str(self.path), format="json")
        first = self.client()
        self.change(service, file=str(other), format="json")
        first.say("QUIT")
        self.stop(service)
        self.assertEqual(self.names(self.path), ["session_started"])
        self.assertEqual(self.names(other), ["configuration_reloaded", "session_ended"])

    def test_a_reload_to_a_file_that_cannot_be_opened_changes_nothing(self) -> None:
        """Not even the level."""
        service = self.serving(file=str(self.path), format="json")
        self.change(service, file=str(self.path / "below"), level="error")
        self.client()
        self.stop(service)
        self.assertEqual(self.names(self.path)[:2], ["reload_failed", "session_started"])

    def test_a_reload_changes_the_form(self) -> None:
        """In the same file."""
        service = self.serving(file=str(self.path))
        self.change(service, file=str(self.path), format="json")
        self.stop(service)
        self.assertEqual(self.names(self.path), ["configuration_reloaded"])

    def test_a_reload_changes_levels_of_open_sessions(self) -> None:
        """And of parts alone."""
        service = self.serving(file=str(self.path), format="json", level="error")
        client = self.client()
        self.change(service, file=str(self.path), format="json", level="error", levels={"control": "info"})
        client.say("QUIT")
        self.stop(service)
        self.assertEqual(self.names(self.path), ["session_ended"])

    def test_a_dry_run_makes_no_file(self) -> None:
        """It says that the file could be opened."""
        service = self.serving()
        self.files.append(self.config(logging=LoggingSettings(file=str(self.path))))
        answer = service.reload(dry_run=True)
        self.reactor.run_until(answer)
        self.assertEqual((self.successResultOf(answer).mistakes, self.path.exists()), ((), False))

    def test_a_dry_run_tells_that_a_file_cannot_be_opened(self) -> None:
        """As the reload would."""
        service = self.serving()
        self.files.append(self.config(logging=LoggingSettings(file=str(self.path / "below"))))
        answer = service.reload(dry_run=True)
        self.reactor.run_until(answer)
        self.assertIn("cannot be opened: No such file or directory", self.successResultOf(answer).mistakes[0])

    def test_files_are_opened_anew(self) -> None:
        """The log and the audit, when logrotate has moved them away."""
        audit = self.folder / "audit"
        service = self.serving(file=str(self.path), format="json", audit=str(audit))
        os.rename(self.path, self.folder / "log.1")
        os.rename(audit, self.folder / "audit.1")
        self.assertEqual(service.reopen_files(), 2)
        self.client().log_in("alice", "secret")
        self.stop(service)
        self.assertEqual([path.exists() for path in (self.path, audit)], [True, True])


class AuditTests(LogPartCase):
    """``logging.audit``."""

    def test_the_audit_is_apart_from_the_log(self) -> None:
        """And does not know its levels."""
        service = self.serving(level="error", audit=str(self.path))
        client = self.client()
        client.log_in("alice", "secret")
        client.say("TYPE X")
        self.stop(service)
        self.assertEqual(self.names(self.path), ["login_succeeded", "refused"])

    def test_without_the_key_there_is_none(self) -> None:
        """A reload ends it."""
        service = self.serving(audit=str(self.path))
        self.change(service)
        self.client().log_in("alice", "secret")
        self.stop(service)
        self.assertEqual(self.names(self.path), [])

    def test_a_reload_begins_it(self) -> None:
        """For sessions that are open, too."""
        service = self.serving()
        client = self.client()
        self.change(service, audit=str(self.path))
        client.log_in("alice", "secret")
        self.stop(service)
        self.assertEqual(self.names(self.path), ["configuration_reloaded", "login_succeeded"])

    def test_an_audit_that_cannot_be_opened_stops_the_start(self) -> None:
        """Nothing happens without a record."""
        service = self.made(self.config(logging=LoggingSettings(audit=str(self.path / "below"))))
        problem = self.assertRaises(CannotServe, service.privilegedStartService)
        self.assertEqual(problem.where, ("logging", "audit"))


class HungAuditTests(LogPartCase):
    """An audit that nobody reads, and of which two lines may wait."""

    def setUp(self) -> None:
        """A FIFO that is full."""
        super().setUp()
        os.mkfifo(self.path)
        self.reader = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, self.reader)
        full = b"\n" * 4096
        while True:
            try:
                os.write(self.reader, full)
            except BlockingIOError:
                break
        self.service = self.serving(audit=str(self.path), queue=2)
        self.addCleanup(self.emptied)

    def fill(self) -> Client:
        """Have more lines wait than may; the session that made them."""
        client = self.client()
        client.log_in("alice", "secret")
        client.say("TYPE X", "TYPE X")
        return client

    def emptied(self) -> bytes:
        """Read the FIFO until there is nothing more in it for now."""
        found = b""
        while True:
            try:
                found += os.read(self.reader, 65536)
            except BlockingIOError:
                return found

    def finished(self) -> list[str]:
        """Read the FIFO from its beginning to the end of the service; the events in it."""
        for client in self.clients:
            client.lose()
        self.successResultOf(self.service.stopService())
        found = b""
        while self.writers():
            select.select([self.reader], [], [], 0.01)
            found += self.emptied()
        found += self.emptied()
        return [json.loads(line)["event"] for line in found.splitlines() if line]

    def test_nobody_logs_in_beyond_the_bound(self) -> None:
        """421, and the reason is in the log."""
        self.fill()
        self.assertEqual(self.client().log_in("alice", "secret"), 421)
        self.assertEqual(self.log.count("nobody logs in: 3 lines wait for its disk"), 1)
        self.finished()

    def test_a_session_that_is_logged_in_goes_on(self) -> None:
        """Nobody waits for the audit."""
        self.assertEqual(self.fill().say("NOOP"), [200])
        self.finished()

    def test_at_twice_the_bound_a_session_that_acts_is_ended(self) -> None:
        """421 behind the answer."""
        client = self.fill()
        client.say("TYPE X")
        self.assertEqual(client.say("TYPE X"), [504, 421])
        self.finished()

    def test_no_line_is_lost(self) -> None:
        """Once somebody reads again."""
        self.fill()
        self.client().log_in("alice", "secret")
        found = self.finished()
        self.assertEqual(found[:5], ["login_succeeded", "refused", "refused", "login_failed", "message"])
