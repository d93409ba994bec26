"""Bans of a service: who is not let in, and whose password is not checked."""

from __future__ import annotations

from ftpd_service.config.schema import Config, LimitsSettings
from ftpd_service.policy.bans import BanSettings
from tests.memory_service import ServiceCase

RULE = BanSettings(failures=2, exempt=())


class BansTests(ServiceCase):
    """Two wrong passwords ban host and name; alice's password is ``secret``."""

    def banning(self, rule: BanSettings | None = RULE) -> Config:
        """A configuration with bans."""
        return self.config(limits=LimitsSettings(bans=rule))

    def guess(self, host: str = "192.0.2.1", name: str = "alice", *passwords: str) -> list[int]:
        """Try passwords over one connection: the codes."""
        client = self.client(host=host)
        found = []
        for password in passwords or ("x", "y"):
            client.say(f"USER {name}")
            client.send(f"PASS {password}")
            self.reactor.advance(6)
            found += client.codes()
        return found

    def test_banned_host_gets_no_greeting(self) -> None:
        """421 and the end; the log has the key."""
        self.started(self.banning())
        self.guess()
        client = self.client()
        self.assertEqual((client.codes(), client.transport.disconnecting), ([421], True))
        self.assertEqual(self.log.count("refused 192.0.2.1: limits.bans: 192.0.2.1 is banned (2 failed logins"), 1)
        self.assertEqual(self.log.count('ban of host "192.0.2.1" for 3600 s: 2 failed logins within 600 s'), 1)

    def test_others_are_let_in(self) -> None:
        """With other names."""
        self.started(self.banning())
        self.guess()
        self.assertEqual(self.client(host="192.0.2.2").codes(), [220])

    def test_right_password_of_a_banned_account(self) -> None:
        """From a host that is new, it is answered as a wrong one, and after the same delay."""
        self.started(self.banning())
        self.guess()
        other = self.client(host="192.0.2.2")
        other.say("USER alice")
        other.send("PASS secret")
        self.assertEqual(other.codes(), [])
        self.reactor.advance(6)
        self.assertEqual(other.codes(), [530])
        self.assertEqual(
            self.log.count("the account is banned (2 failed logins within 600 s): the password was not"), 1
        )

    def test_known_host_of_a_banned_account(self) -> None:
        """Whoever guesses at a name does not lock out its owner."""
        self.started(self.banning())
        self.client(host="192.0.2.2").log_in("alice", "secret")
        self.guess()
        self.assertEqual(self.client(host="192.0.2.2").log_in("alice", "secret"), 230)

    def test_session_that_is_open_guesses_no_more(self) -> None:
        """Its passwords are not checked either."""
        self.started(self.banning())
        early = self.client()
        self.guess(name="bob")
        early.say("USER alice")
        early.send("PASS secret")
        self.reactor.advance(6)
        self.assertEqual(early.codes(), [530])

    def test_session_that_is_logged_in_goes_on(self) -> None:
        """It has proved who it is."""
        self.started(self.banning())
        early = self.client()
        early.log_in("alice", "secret")
        self.guess(name="bob")
        self.assertEqual(early.say("NOOP"), [200])

    def test_rule_of_a_reload_counts_at_once(self) -> None:
        """Bans that were made stay."""
        service = self.started(self.banning(None))
        self.guess()
        self.assertEqual(self.client().codes(), [220])
        self.reread(service, self.banning())
        self.guess()
        self.assertEqual(self.client().codes(), [421])
        self.reread(service, self.banning(None))
        self.assertEqual(self.client().codes(), [421])
