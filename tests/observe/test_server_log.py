"""The log of a process: events and chatter in one form, at the levels of the server and its parts."""

from __future__ import annotations

from twisted.logger import Logger, LogLevel, LogPublisher

from ftpd_service import events
from ftpd_service.observe.event_log import EventLog
from ftpd_service.observe.levels import Levels
from ftpd_service.observe.server_log import ServerLog
from ftpd_service.observe.text_lines import TextLines
from ftpd_service.testing.fakes import peer
from ftpd_service.values import SessionId
from tests.cases import SynchronousTestCase

LIFTED = events.BanLifted(kind="host", subject="192.0.2.1")
COMMAND = events.CommandFinished(session=SessionId("s1"), peer=peer(), verb="NOOP", argument="", code=200, seconds=0.0)


class ServerLogTests(SynchronousTestCase):
    """What is written."""

    def setUp(self) -> None:
        """A log of lines without times."""
        self.lines: list[bytes] = []
        self.levels = Levels()
        self.log = ServerLog(TextLines(stamped=False), self.lines.append, self.levels)
        self.events = EventLog(self.log.tell, self.levels)

    def chat(self, namespace: str, level: LogLevel = LogLevel.info) -> None:
        """Log a line by Twisted's logger."""
        Logger(namespace=namespace, observer=LogPublisher(self.log)).emit(level, "text")

    def test_events_and_chatter_have_one_form(self) -> None:
        """In the order of their making."""
        self.events.observe(LIFTED)
        self.chat("ftpd.tls")
        self.assertEqual(self.lines, [b'[ftpd#info] ban of host "192.0.2.1" was lifted\n', b"[ftpd#info] text\n"])

    def test_chatter_below_the_level_is_left_out(self) -> None:
        """As events are."""
        self.levels.change("warn", {})
        self.chat("ftpd")
        self.events.observe(LIFTED)
        self.assertEqual(self.lines, [])

    def test_a_part_may_have_a_level_of_its_own(self) -> None:
        """A lower one shows more of it, and of it alone."""
        self.levels.change("error", {"auth": "debug"})
        self.chat("ftpd_service.auth.ordered", LogLevel.debug)
        self.chat("ftpd.tls", LogLevel.warn)
        self.events.observe(LIFTED)
        self.assertEqual(len(self.lines), 2)

    def test_a_part_may_be_quieter_than_the_server(self) -> None:
        """Other libraries, for example."""
        self.levels.change("info", {"twisted": "error"})
        self.chat("twisted.internet.tcp", LogLevel.warn)
        self.chat("ftpd", LogLevel.warn)
        self.assertEqual(self.lines, [b"[ftpd#warn] text\n"])

    def test_a_change_of_levels_counts_at_once(self) -> None:
        """For sessions that are open, too."""
        self.events.observe(COMMAND)
        self.levels.change("info", {"commands": "debug"})
        self.events.observe(COMMAND)
        self.assertEqual(self.lines, [b"[ftpd#debug] s1 - NOOP -> 200 in 0.0000 s\n"])

    def test_chatter_of_our_modules_has_their_part(self) -> None:
        """Whatever part has no level of its own has that of the server."""
        self.levels.change("error", {"storage": "info"})
        self.chat("ftpd_service.storage.local.modes")
        self.chat("ftpd_service.service")
        self.assertEqual(len(self.lines), 1)
