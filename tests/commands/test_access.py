"""Logging in: USER PASS ACCT REIN QUIT HOST."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from ftpd_service.events import CommandFinished, LoginFailed, LoginSucceeded
from ftpd_service.reasons import LoginOutcome
from ftpd_service.session.settings import SessionSettings
from ftpd_service.testing.dialogue import Dialogue
from tests.cases import SynchronousTestCase


class LoginTests(SynchronousTestCase):
    """USER and PASS."""

    def test_the_greeting_is_220(self) -> None:
        """It comes without any octet from the client (RFC 959 section 5.4)."""
        self.assertEqual(Dialogue().codes(), [220])

    def test_the_banner_is_the_configured_one(self) -> None:
        """What the operator wrote is what clients read."""
        dialogue = Dialogue(settings=SessionSettings(banner="example ready"))
        self.assertEqual(dialogue.replies(), ["220 example ready"])

    def test_a_right_password_is_230(self) -> None:
        """The ordinary login."""
        dialogue = Dialogue()
        dialogue.log_in()
        self.assertEqual(dialogue.session.account_name, "alice")

    def test_unknown_names_are_answered_like_known_ones(self) -> None:
        """RFC 2577 section 7."""
        dialogue = Dialogue()
        known, unknown = dialogue.say("USER alice", 331), dialogue.say("USER nobody", 331)
        self.assertEqual(known, unknown)

    def test_user_without_a_name_is_501(self) -> None:
        """The argument is missing."""
        Dialogue().say("USER", 501)

    def test_a_wrong_password_is_530(self) -> None:
        """And nobody is logged in."""
        dialogue = Dialogue()
        dialogue.say("USER alice", 331)
        dialogue.say("PASS wrong", 530)
        dialogue.say("PWD", 530)

    def test_a_password_needs_a_name(self) -> None:
        """RFC 959 section 5.4."""
        Dialogue().say("PASS secret", 503)

    def test_a_wrong_password_forgets_the_name(self) -> None:
        """One guess a USER."""
        dialogue = Dialogue()
        dialogue.say("USER alice", 331)
        dialogue.say("PASS wrong", 530)
        dialogue.say("PASS secret", 503)

    def test_the_third_failure_is_421_and_closes(self) -> None:
        """RFC 2577 section 5: the failure itself is answered so."""
        dialogue = Dialogue()
        for _ in range(2):
            dialogue.say("USER alice", 331)
            dialogue.say("PASS wrong", 530)
        dialogue.say("USER alice", 331)
        dialogue.say("PASS wrong", 421)
        self.assertTrue(dialogue.closed)

    def test_an_empty_password_is_a_password(self) -> None:
        """Anonymous clients send PASS without argument."""
        dialogue = Dialogue()
        dialogue.login.passwords["anonymous"] = b""
        dialogue.say("USER anonymous", 331)
        dialogue.say("PASS", 230)

    def test_spaces_of_a_password_are_kept(self) -> None:
        """The argument of PASS is taken as it is."""
        dialogue = Dialogue()
        dialogue.login.passwords["bob"] = b" a b "
        dialogue.say("USER bob", 331)
        dialogue.say("PASS  a b ", 230)

    def test_user_after_a_login_logs_out(self) -> None:
        """RFC 959 section 4.1.1: data commands are refused until PASS."""
        dialogue = Dialogue()
        dialogue.log_in()
        dialogue.say("USER alice", 331)
        dialogue.say("PWD", 530)
        self.assertEqual(dialogue.login.logouts, ["alice"])

    def test_user_keeps_the_type(self) -> None:
        """Transfer parameters stay (RFC 959 section 4.1.1)."""
        dialogue = Dialogue()
        dialogue.log_in()
        dialogue.say("TYPE I", 200)
        dialogue.log_in()
        self.assertIn(" TYPE: I N; STRU: F; MODE: S", dialogue.say("STAT", 211))

    def test_the_password_is_in_no_event(self) -> None:
        """What is logged holds stars."""
        dialogue = Dialogue()
        dialogue.log_in()
        self.assertNotIn("secret", repr(dialogue.recorder.events))

    def test_a_login_is_reported(self) -> None:
        """With the account's name."""
        dialogue = Dialogue()
        dialogue.log_in()
        (event,) = dialogue.recorder.of(LoginSucceeded)
        self.assertEqual((event.account, event.checker), ("alice", "fake"))

    def test_a_failed_login_is_reported(self) -> None:
        """With the name that was typed and why."""
        dialogue = Dialogue()
        dialogue.say("USER alice", 331)
        dialogue.say("PASS wrong", 530)
        (event,) = dialogue.recorder.of(LoginFailed)
        self.assertEqual((event.name, event.reason), ("alice", "LoginRefused: wrong password"))
        self.assertEqual((event.outcome, event.checker), (LoginOutcome.WRONG, "fake"))

    def test_acct_is_superfluous(self) -> None:
        """202, and 503 before USER (RFC 959 section 5.4)."""
        dialogue = Dialogue()
        dialogue.say("ACCT x", 503)
        dialogue.say("USER alice", 331)
        dialogue.say("ACCT x", 202)

    def test_the_login_timer_ends_a_slow_checker(self) -> None:
        """The checker is cancelled and PASS answered 421."""
        dialogue = Dialogue()
        cancelled: list[object] = []
        dialogue.login.waiting = Deferred(cancelled.append)
        dialogue.say("USER alice", 331)
        dialogue.say("PASS secret")
        dialogue.clock.advance(60)
        self.assertEqual((dialogue.codes(), len(cancelled), dialogue.closed), ([421], 1, True))

    def test_the_login_timer_ends_a_silent_client(self) -> None:
        """From connecting on."""
        dialogue = Dialogue()
        dialogue.codes()
        dialogue.clock.advance(59)
        self.assertFalse(dialogue.closed)
        dialogue.clock.advance(1)
        self.assertEqual((dialogue.codes(), dialogue.closed), ([421], True))

    def test_the_login_timer_stops_at_the_login(self) -> None:
        """Whoever is logged in has the idle timeout."""
        dialogue = Dialogue()
        dialogue.log_in()
        dialogue.clock.advance(61)
        dialogue.say("NOOP", 200)

    def test_the_login_timer_begins_anew_with_a_lost_login(self) -> None:
        """USER and REIN lose it."""
        dialogue = Dialogue()
        dialogue.log_in()
        dialogue.clock.advance(100)
        dialogue.say("USER alice", 331)
        dialogue.clock.advance(60)
        self.assertTrue(dialogue.closed)


class SessionVerbTests(SynchronousTestCase):
    """REIN, QUIT, HOST and what needs a login."""

    def test_rein_resets_everything(self) -> None:
        """RFC 959 section 4.1.1."""
        dialogue = Dialogue()
        dialogue.log_in()
        dialogue.say("TYPE I", 200)
        dialogue.say("MKD d", 257)
        dialogue.say("CWD d", 250)
        dialogue.say("EPSV ALL", 200)
        dialogue.say("REIN", 220)
        dialogue.say("PWD", 530)
        dialogue.log_in()
        self.assertIn(" TYPE: A N; STRU: F; MODE: S", dialogue.say("STAT", 211))
        self.assertEqual(dialogue.say("PWD", 257), ['257 "/" is the current directory.'])
        dialogue.say("PASV", 227)

    def test_rein_logs_out_once(self) -> None:
        """The realm's logout is called exactly once a login."""
        dialogue = Dialogue()
        dialogue.log_in()
        dialogue.say("REIN", 220)
        dialogue.lose()
        self.assertEqual(dialogue.login.logouts, ["alice"])

    def test_quit_is_221_and_closes(self) -> None:
        """And what follows is not answered."""
        dialogue = Dialogue()
        dialogue.codes()
        dialogue.send(b"QUIT\r\nNOOP\r\n")
        self.assertEqual((dialogue.codes(), dialogue.closed), ([221], True))

    def test_a_lost_connection_logs_out(self) -> None:
        """The realm's logout is called exactly once."""
        dialogue = Dialogue()
        dialogue.log_in()
        dialogue.lose()
        self.assertEqual((dialogue.login.logouts, len(dialogue.sessions)), (["alice"], 0))

    def test_host_after_login_is_503(self) -> None:
        """RFC 7151 section 3.3."""
        dialogue = Dialogue()
        dialogue.log_in()
        dialogue.say("HOST localhost", 503)

    def test_host_of_an_unknown_name_is_504(self) -> None:
        """RFC 7151 section 3.3."""
        Dialogue().say("HOST other.example", 504)

    def test_host_of_a_known_name_is_220(self) -> None:
        """In any case of letters."""
        dialogue = Dialogue(settings=SessionSettings(host_names=("ftp.example",)))
        dialogue.say("HOST FTP.Example", 220)

    def test_host_takes_the_local_address(self) -> None:
        """A literal that matches where the client arrived."""
        Dialogue().say("HOST 192.0.2.7", 220)

    def test_host_with_a_port_is_501(self) -> None:
        """RFC 7151 section 3.1."""
        Dialogue().say("HOST localhost:21", 501)

    def test_verbs_behind_the_login_are_530(self) -> None:
        """Also without an argument: who asks is looked at first."""
        dialogue = Dialogue()
        dialogue.say("RETR", 530)

    def test_opts_utf8_works_before_the_login(self) -> None:
        """Windows ftp.exe sends it right after the greeting."""
        Dialogue().say("opts utf8 on", 200)

    def test_syst_works_before_the_login(self) -> None:
        """With the prefix that clients compare."""
        self.assertEqual(Dialogue().say("SYST", 215), ["215 UNIX Type: L8"])

    def test_http_before_the_login_closes(self) -> None:
        """A browser must not be used to speak FTP."""
        dialogue = Dialogue()
        dialogue.say("GET / HTTP/1.1", 421)
        self.assertTrue(dialogue.closed)

    def test_smtp_before_the_login_closes(self) -> None:
        """MAIL FROM is SMTP."""
        dialogue = Dialogue()
        dialogue.say("MAIL FROM:<a@example>", 421)
        self.assertTrue(dialogue.closed)

    def test_http_after_the_login_is_an_unknown_verb(self) -> None:
        """And MAIL is a disabled one."""
        dialogue = Dialogue()
        dialogue.log_in()
        dialogue.say("GET /", 500)
        dialogue.say("MAIL FROM:<a@example>", 502)
        dialogue.say("NOOP", 200)

    def test_every_command_is_reported(self) -> None:
        """With its code."""
        dialogue = Dialogue()
        dialogue.say("NOOP", 200)
        self.assertEqual([(e.verb, e.code) for e in dialogue.recorder.of(CommandFinished)], [("NOOP", 200)])
