"""Who must use TLS and what that does to a login; HOST and certificates of clients (RFC 4217, RFC 7151)."""

from __future__ import annotations

from ipaddress import ip_network

from ftpd_service.events import LoginFailed, LoginSucceeded, Refused
from ftpd_service.policy.tls_networks import TlsNetworks
from ftpd_service.session.settings import ListenerTls, SessionSettings
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.testing.fake_tls import FakeTls
from tests.cases import SynchronousTestCase
from tests.commands.test_security import offered, secure

REQUIRED = SessionSettings(tls=ListenerTls.REQUIRED, tls_available=True)
IMPLICIT = SessionSettings(tls=ListenerTls.IMPLICIT, tls_available=True)


class RequiredTests(SynchronousTestCase):
    """A listener with ``tls: required``."""

    def test_a_login_in_clear(self) -> None:
        """530 with a text that says what to do, and the session goes on (RFC 4217 section 10.1)."""
        dialogue = offered(REQUIRED)
        for line in ("USER alice", "PASS secret", "ACCT x", "PWD", "RETR"):
            self.assertEqual(dialogue.say(line, 530), ["530 Please use AUTH TLS first."])

    def test_what_is_no_login(self) -> None:
        """Whatever a client asks before AUTH is answered."""
        dialogue = offered(REQUIRED)
        dialogue.say("FEAT", 211)
        dialogue.say("SYST", 215)
        dialogue.say("OPTS UTF8 ON", 200)
        dialogue.say("CLNT x", 200)
        dialogue.say("NOOP", 200)
        dialogue.say("HELP", 214)
        dialogue.say("STAT", 211)
        dialogue.say("ABOR", 225)
        dialogue.say("REIN", 220)
        dialogue.say("PBSZ 0", 503)
        dialogue.say("CCC", 533)

    def test_under_tls(self) -> None:
        """As everywhere, and before the login 530 says so."""
        dialogue = secure(REQUIRED)
        self.assertEqual(dialogue.say("PWD", 530), ["530 Please login with USER and PASS."])
        dialogue.log_in()
        dialogue.say("PWD", 257)


class AccountTests(SynchronousTestCase):
    """Accounts with ``tls: required``, on a listener that only offers TLS."""

    def session(self) -> Dialogue:
        """A session where bob may log in in clear, and anonymous."""
        dialogue = offered(SessionSettings(tls=ListenerTls.EXPLICIT, tls_available=True))
        dialogue.login.clear = {"bob", "anonymous", "ftp", "FTP"}
        dialogue.login.passwords.update({"bob": b"b", "FTP": b"x"})
        return dialogue

    def test_in_clear(self) -> None:
        """USER is answered like any name; the right password and a wrong one get the same, unchecked."""
        dialogue = self.session()
        dialogue.say("USER alice", 331)
        right = dialogue.say("PASS secret", 530)
        dialogue.say("USER alice", 331)
        self.assertEqual(dialogue.say("PASS wrong", 530), right)
        self.assertEqual(dialogue.session.failed_logins, 0)

    def test_unknown_names_in_clear(self) -> None:
        """Alike, so that nobody learns which names exist."""
        dialogue = self.session()
        dialogue.say("USER nobody", 331)
        self.assertEqual(dialogue.say("PASS x", 530), ["530 Please use AUTH TLS first."])

    def test_the_name_is_forgotten(self) -> None:
        """As after any refused password."""
        dialogue = self.session()
        dialogue.say("USER alice", 331)
        dialogue.say("PASS secret", 530)
        dialogue.say("PASS secret", 503)

    def test_other_accounts_in_clear(self) -> None:
        """They log in as before, anonymous under all its names."""
        dialogue = self.session()
        dialogue.say("USER bob", 331)
        dialogue.say("PASS b", 230)
        dialogue.say("USER FTP", 331)
        dialogue.say("PASS x", 230)

    def test_under_tls(self) -> None:
        """230."""
        dialogue = self.session()
        dialogue.secure()
        dialogue.log_in()

    def test_an_account_that_another_name_led_to(self) -> None:
        """A checker may answer another account than was named: it is refused in clear too, and logged out."""
        dialogue = self.session()
        dialogue.login.needing_tls = {"bob"}
        dialogue.say("USER bob", 331)
        dialogue.say("PASS b", 530)
        self.assertEqual(dialogue.login.logouts, ["bob"])
        self.assertEqual([event.name for event in dialogue.recorder.of(LoginFailed)], ["bob"])
        dialogue.say("PWD", 530)


class NetworkTests(SynchronousTestCase):
    """Clients of a network with ``tls.required_from``, on a listener that only offers TLS."""

    def session(self, network: str) -> Dialogue:
        """A session of 192.0.2.1 where this network must use TLS."""
        networks = TlsNetworks(required=(ip_network(network),))
        settings = SessionSettings(tls=ListenerTls.EXPLICIT, tls_available=True, tls_networks=networks)
        return offered(settings)

    def test_in_clear(self) -> None:
        """USER is answered like any name; the right password and a wrong one get the same, unchecked."""
        dialogue = self.session("192.0.2.0/24")
        dialogue.say("USER alice", 331)
        right = dialogue.say("PASS secret", 530)
        dialogue.say("USER alice", 331)
        self.assertEqual(dialogue.say("PASS wrong", 530), right)
        self.assertEqual(right, ["530 Please use AUTH TLS first."])
        self.assertEqual(dialogue.session.failed_logins, 0)

    def test_the_reason_for_the_log(self) -> None:
        """Names the key."""
        dialogue = self.session("192.0.2.0/24")
        dialogue.say("USER alice", 331)
        dialogue.say("PASS secret", 530)
        self.assertIn("tls.required_from", dialogue.recorder.of(Refused)[-1].reason)

    def test_unknown_names_and_anonymous(self) -> None:
        """Alike."""
        dialogue = self.session("192.0.2.1")
        for name in ("nobody", "anonymous"):
            dialogue.say(f"USER {name}", 331)
            dialogue.say("PASS x", 530)

    def test_under_tls(self) -> None:
        """230."""
        dialogue = self.session("192.0.2.0/24")
        dialogue.secure()
        dialogue.log_in()

    def test_another_network(self) -> None:
        """Its clients log in as before."""
        self.session("198.51.100.0/24").log_in()


class CertificateTests(SynchronousTestCase):
    """A client certificate that is the login."""

    def session(self, certified: str) -> Dialogue:
        """A session under TLS with the certificate of an account."""
        tls = FakeTls()
        tls.certified = certified
        dialogue = Dialogue(settings=SessionSettings(tls=ListenerTls.EXPLICIT), tls=tls)
        dialogue.secure()
        return dialogue

    def test_it_names_the_account(self) -> None:
        """232, and no password is due (RFC 2228 section 5)."""
        dialogue = self.session("alice")
        dialogue.say("USER alice", 232)
        dialogue.say("PWD", 257)
        self.assertEqual([event.account for event in dialogue.recorder.of(LoginSucceeded)], ["alice"])

    def test_it_names_another_account(self) -> None:
        """Then a password decides."""
        dialogue = self.session("bob")
        dialogue.log_in()

    def test_there_is_no_such_account(self) -> None:
        """530."""
        self.session("carol").say("USER carol", 530)

    def test_in_clear_it_counts_for_nothing(self) -> None:
        """Nobody has shown it yet."""
        tls = FakeTls()
        tls.certified = "alice"
        Dialogue(settings=SessionSettings(tls=ListenerTls.EXPLICIT), tls=tls).say("USER alice", 331)


class HostTests(SynchronousTestCase):
    """HOST and the server name of the handshake (RFC 7151 section 4)."""

    def session(self, asked: str) -> tuple[Dialogue, FakeTls]:
        """A session that serves two hosts by their certificates."""
        tls = FakeTls()
        tls.hosts, tls.asked = {"a.example", "b.example"}, asked
        return Dialogue(settings=SessionSettings(tls=ListenerTls.EXPLICIT), tls=tls), tls

    def test_names_of_certificates(self) -> None:
        """They are served, in clear too, and choose the certificate."""
        dialogue, tls = self.session("")
        dialogue.say("HOST A.example", 220)
        dialogue.say("HOST c.example", 504)
        self.assertEqual(tls.preferred, ["a.example"])

    def test_another_name_than_in_the_handshake(self) -> None:
        """504."""
        dialogue, _ = self.session("a.example")
        dialogue.secure()
        dialogue.say("HOST b.example", 504)
        dialogue.say("HOST a.example", 220)

    def test_the_handshake_counts_more_than_what_came_in_clear(self) -> None:
        """A HOST that disagrees is forgotten."""
        dialogue, _ = self.session("a.example")
        dialogue.say("HOST b.example", 220)
        dialogue.secure()
        self.assertEqual(dialogue.session.host, "")


class ImplicitTests(SynchronousTestCase):
    """A listener with ``tls: implicit``."""

    def test_no_word_in_clear(self) -> None:
        """The greeting comes behind the handshake."""
        dialogue = offered(IMPLICIT)
        self.assertEqual(dialogue.replies(), [])
        dialogue.shake_hands()
        self.assertEqual(dialogue.codes(), [220])

    def test_reload_in_the_handshake(self) -> None:
        """What the listener is from now on changes nothing for a client that began otherwise: one greeting for each."""
        explicit = SessionSettings(tls=ListenerTls.EXPLICIT, tls_available=True)
        early, late = offered(IMPLICIT), offered(explicit)
        early.session.follow(explicit)
        early.shake_hands()
        self.assertEqual((early.codes(), early.data.protected), ([220], True))
        late.say("AUTH TLS", 234)
        late.session.follow(IMPLICIT)
        late.shake_hands()
        self.assertEqual(late.codes(), [])

    def test_data_connections_are_protected_from_the_start(self) -> None:
        """PROT P is preset; PBSZ and PROT are answered as ever."""
        dialogue = offered(IMPLICIT)
        dialogue.shake_hands()
        self.assertTrue(dialogue.data.protected and dialogue.session.data_protected)
        dialogue.say("PBSZ 0", 200)
        dialogue.say("PROT P", 200)

    def test_auth(self) -> None:
        """503: TLS is active."""
        dialogue = offered(IMPLICIT)
        dialogue.shake_hands()
        dialogue.replies()
        dialogue.say("AUTH TLS", 503)


class DataConnectionTests(SynchronousTestCase):
    """Whose data connections are judged: what is asked of them may be an account's own."""

    def test_from_the_login_to_the_next_user(self) -> None:
        """An account's word holds while it is logged in."""
        dialogue = secure()
        dialogue.log_in()
        dialogue.say("USER bob", 331)
        assert dialogue.tls is not None
        self.assertEqual(dialogue.tls.owners, [None, "alice", None])

    def test_a_failed_login(self) -> None:
        """Leaves nobody's."""
        dialogue = secure()
        dialogue.say("USER alice", 331)
        dialogue.say("PASS wrong", 530)
        assert dialogue.tls is not None
        self.assertEqual(dialogue.tls.owners, [None])

    def test_protection_stays(self) -> None:
        """PROT P before the login holds behind it (RFC 4217 section 9)."""
        dialogue = secure()
        dialogue.say("PROT P", 200)
        dialogue.log_in()
        self.assertTrue(dialogue.data.protected)
