"""What a client may say before it has logged in."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from ftpd_service.control.settings import ControlSettings
from ftpd_service.control.stranger import COMMANDS_BEFORE_LOGIN, WASTE_BYTES
from ftpd_service.testing.dialogue import Dialogue
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in


class FailedCommandsTests(SynchronousTestCase):
    """``limits.failed_commands``."""

    def setUp(self) -> None:
        """A session in which the third refusal is one too many."""
        self.dialogue = Dialogue(control=ControlSettings(failed_commands=3))
        self.dialogue.codes()

    def test_below_the_bound_each_has_its_reply(self) -> None:
        """Two of three, and what is carried out does not count."""
        self.dialogue.send(b"XYZZY\r\nNOOP\r\nPWD\r\nNOOP\r\n")
        self.assertEqual((self.dialogue.codes(), self.dialogue.closed), ([500, 200, 530, 200], False))

    def test_at_the_bound_it_is_421(self) -> None:
        """In place of the third."""
        self.dialogue.send(b"XYZZY\r\nPWD\r\nXYZZY\r\nNOOP\r\n")
        self.assertEqual((self.dialogue.codes(), self.dialogue.closed), ([500, 530, 421], True))

    def test_malformed_and_long_lines_count(self) -> None:
        """As unknown verbs do."""
        self.dialogue.send(b"*?!\r\n" + b"X" * 9_000 + b"\r\nNOOP a\0b\r\n")
        self.assertEqual(self.dialogue.codes(), [500, 500, 421])

    def test_behind_a_login_nothing_counts(self) -> None:
        """However much is refused."""
        self.dialogue.log_in()
        self.dialogue.send(b"XYZZY\r\n" * 10_000)
        self.assertEqual(self.dialogue.codes(), [500] * 10_000)

    def test_a_login_makes_no_new_count(self) -> None:
        """It is the session's: REIN does not begin it anew."""
        self.dialogue.send(b"XYZZY\r\nXYZZY\r\n")
        self.dialogue.codes()
        self.dialogue.log_in()
        self.dialogue.say("REIN", 220)
        self.dialogue.say("XYZZY", 421)

    def test_twenty_are_the_default(self) -> None:
        """Clients try a few verbs before they log in."""
        dialogue = Dialogue()
        dialogue.codes()
        dialogue.send(b"XYZZY\r\n" * 21)
        self.assertEqual(dialogue.codes(), [500] * 19 + [421])


class CommandsTests(SynchronousTestCase):
    """What is carried out before a login is bounded too."""

    def test_at_the_bound_each_has_its_reply(self) -> None:
        """More than any client says."""
        dialogue = Dialogue()
        dialogue.codes()
        dialogue.send(b"NOOP\r\n" * COMMANDS_BEFORE_LOGIN)
        self.assertEqual((dialogue.codes(), dialogue.closed), ([200] * COMMANDS_BEFORE_LOGIN, False))

    def test_above_the_bound_it_is_421(self) -> None:
        """In place of the next reply."""
        dialogue = Dialogue()
        dialogue.codes()
        dialogue.send(b"NOOP\r\n" * (COMMANDS_BEFORE_LOGIN + 2))
        self.assertEqual((dialogue.codes(), dialogue.closed), ([200] * COMMANDS_BEFORE_LOGIN + [421], True))

    def test_what_waits_for_a_login_is_not_before_it(self) -> None:
        """Lftp sends them in heaps: they are carried out behind it."""
        dialogue = Dialogue()
        dialogue.codes()
        answered: Deferred[None] = Deferred()
        dialogue.login.waiting = answered
        dialogue.send(b"USER alice\r\nPASS secret\r\n" + b"SIZE a-longer-name-of-a-file\r\n" * 3_000)
        answered.callback(None)
        self.assertEqual(dialogue.codes(), [331, 230] + [550] * 3_000)


class WasteTests(SynchronousTestCase):
    """Bytes that belong to no command."""

    def wasted(self, data: bytes) -> tuple[list[int], bool]:
        """The replies to these bytes before a login, and whether that was the end."""
        dialogue = Dialogue()
        dialogue.codes()
        dialogue.send(data)
        replies = dialogue.transport.written().split(b"\r\n")[1:-1]
        return [int(line[-200:].lstrip(b"\xff\xfc\xfd\xfe\x00\x01")[:3]) for line in replies], dialogue.closed

    def test_at_the_bound_the_session_goes_on(self) -> None:
        """Nobody can tell why somebody sends them."""
        self.assertEqual(self.wasted(b"\r\n" * (WASTE_BYTES // 2)), ([], False))

    def test_empty_lines_above_the_bound_are_421(self) -> None:
        """They get no reply else."""
        self.assertEqual(self.wasted(b"\r\n" * (WASTE_BYTES // 2 + 1)), ([421], True))

    def test_telnet_counts(self) -> None:
        """Commands that are dropped, too."""
        self.assertEqual(self.wasted(b"\xff\xf6" * (WASTE_BYTES // 2 + 1)), ([421], True))

    def test_refused_options_count(self) -> None:
        """Refused once, and never again."""
        self.assertEqual(self.wasted(b"\xff\xfd\x01" * (WASTE_BYTES // 3 + 1)), ([421], True))

    def test_behind_a_login_it_does_not(self) -> None:
        """Only time is shared there."""
        dialogue = logged_in()
        dialogue.codes()
        dialogue.send(b"\r\n" * WASTE_BYTES + b"NOOP\r\n")
        self.assertEqual(dialogue.codes(), [200])
