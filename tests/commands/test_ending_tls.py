"""CCC and REIN, which end TLS on the control connection (RFC 4217 sections 12 and 13)."""

from __future__ import annotations

from dataclasses import replace

from ftpd_service.events import TlsEnded
from ftpd_service.session.settings import ListenerTls, SessionSettings
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.testing.fake_tls import CLOSE_NOTIFY, FakeTls
from tests.cases import SynchronousTestCase
from tests.commands.test_security import OFFERED, offered, secure

ALLOWED = replace(OFFERED, clear_command_channel=True)
REQUIRED = replace(ALLOWED, tls=ListenerTls.REQUIRED)
IMPLICIT = replace(ALLOWED, tls=ListenerTls.IMPLICIT)


def logged_in(settings: SessionSettings = ALLOWED) -> Dialogue:
    """A session under TLS whose client has logged in."""
    dialogue = offered(settings)
    if settings.tls is not ListenerTls.IMPLICIT:
        dialogue.say("AUTH TLS", 234)
    dialogue.shake_hands()
    dialogue.log_in()
    return dialogue


def cleared(settings: SessionSettings = ALLOWED) -> Dialogue:
    """The same once CCC has ended TLS for both sides."""
    dialogue = logged_in(settings)
    dialogue.say("PROT P", 200)
    dialogue.say("CCC", 200)
    dialogue.send(CLOSE_NOTIFY)
    return dialogue


def ended(dialogue: Dialogue) -> bool:
    """Whether our close_notify is what was sent last."""
    return dialogue.transport.written().endswith(CLOSE_NOTIFY)


class ClearTests(SynchronousTestCase):
    """CCC."""

    def test_tls_ends(self) -> None:
        """200 under TLS, close_notify behind it, then clear; one event tells it."""
        dialogue = logged_in()
        dialogue.say("CCC", 200)
        self.assertTrue(ended(dialogue))
        self.assertFalse(dialogue.session.peer.secure)
        self.assertEqual(len(dialogue.recorder.of(TlsEnded)), 1)
        dialogue.send(CLOSE_NOTIFY)
        dialogue.say("PWD", 257)

    def test_where_it_is_not_allowed(self) -> None:
        """534, and TLS stays."""
        dialogue = logged_in(OFFERED)
        dialogue.say("CCC", 534)
        self.assertTrue(dialogue.session.peer.secure)
        dialogue.say("PROT P", 200)

    def test_in_clear(self) -> None:
        """533."""
        offered(ALLOWED).say("CCC", 533)

    def test_before_the_login(self) -> None:
        """530: the password would follow in clear."""
        dialogue = secure(ALLOWED)
        dialogue.say("CCC", 530)
        self.assertTrue(dialogue.session.peer.secure)

    def test_twice(self) -> None:
        """533: the connection is in clear."""
        cleared().say("CCC", 533)

    def test_the_protection_of_data_stays(self) -> None:
        """At its level, which cannot be changed any more."""
        dialogue = cleared()
        self.assertTrue(dialogue.data.protected)
        dialogue.say("PBSZ 0", 503)
        dialogue.say("PROT C", 503)
        self.assertTrue(dialogue.data.protected)
        dialogue.download("LIST")

    def test_auth_behind_it(self) -> None:
        """534, and what follows in one piece is carried out."""
        dialogue = cleared()
        dialogue.replies()
        dialogue.send(b"AUTH TLS\r\nNOOP\r\n")
        self.assertEqual(dialogue.codes(), [534, 200])

    def test_what_was_sent_behind_it_under_tls(self) -> None:
        """It is dropped, in one piece with it or not."""
        dialogue = logged_in()
        dialogue.replies()
        dialogue.send(b"CCC\r\nMKD one\r\n")
        dialogue.send(b"MKD two\r\n")
        dialogue.send(CLOSE_NOTIFY)
        dialogue.send(b"MKD three\r\n")
        self.assertEqual(dialogue.codes(), [200, 257])

    def test_a_refused_one_is_no_barrier(self) -> None:
        """What follows is carried out in its turn."""
        dialogue = logged_in(OFFERED)
        dialogue.replies()
        dialogue.send(b"CCC\r\nNOOP\r\n")
        self.assertEqual(dialogue.codes(), [534, 200])

    def demanding(self, settings: SessionSettings) -> None:
        """The login stays behind CCC; another one needs TLS, and that needs REIN first."""
        dialogue = cleared(settings)
        dialogue.say("PWD", 257)
        dialogue.say("USER alice", 530)
        dialogue.say("PASS secret", 530)
        dialogue.say("REIN", 220)
        dialogue.say("PWD", 530)
        dialogue.say("USER alice", 530)
        dialogue.secure()
        dialogue.log_in()

    def test_where_the_listener_demands_tls(self) -> None:
        """``tls: required``."""
        self.demanding(REQUIRED)

    def test_where_the_listener_begins_with_tls(self) -> None:
        """``tls: implicit``."""
        self.demanding(IMPLICIT)

    def test_the_certificate_of_the_client_behind_it(self) -> None:
        """It logs nobody in: somebody else may have sent USER."""
        tls = FakeTls()
        tls.certified = "alice"
        dialogue = Dialogue(settings=ALLOWED, tls=tls)
        dialogue.secure()
        dialogue.say("USER alice", 232)
        dialogue.say("CCC", 200)
        dialogue.send(CLOSE_NOTIFY)
        dialogue.say("USER alice", 331)

    def test_features(self) -> None:
        """FEAT names CCC where it is carried out."""
        self.assertIn(" CCC", offered(ALLOWED).say("FEAT", 211))
        self.assertNotIn(" CCC", offered().say("FEAT", 211))
        self.assertNotIn(" CCC", Dialogue(settings=SessionSettings(clear_command_channel=True)).say("FEAT", 211))

    def test_quit_behind_it(self) -> None:
        """In clear, without a second close_notify."""
        dialogue = cleared()
        before = dialogue.transport.written()
        dialogue.say("QUIT", 221)
        self.assertNotIn(CLOSE_NOTIFY, dialogue.transport.written()[len(before) :])
        self.assertTrue(dialogue.closed)

    def test_a_client_that_ends_meanwhile(self) -> None:
        """There is nobody to answer."""
        dialogue = logged_in()
        dialogue.say("CCC", 200)
        dialogue.half_close()
        self.assertTrue(dialogue.closed)


class ReinitialiseTests(SynchronousTestCase):
    """REIN."""

    def test_tls_ends(self) -> None:
        """220 under TLS, close_notify, and the session is as new and in clear."""
        dialogue = logged_in()
        dialogue.say("PROT P", 200)
        dialogue.say("REIN", 220)
        self.assertTrue(ended(dialogue))
        dialogue.send(CLOSE_NOTIFY)
        self.assertFalse(dialogue.session.peer.secure or dialogue.session.data_protected or dialogue.data.protected)
        dialogue.say("PWD", 530)
        dialogue.say("PBSZ 0", 503)
        dialogue.log_in()

    def test_tls_begins_again(self) -> None:
        """With a handshake of its own."""
        dialogue = logged_in()
        dialogue.say("REIN", 220)
        dialogue.send(CLOSE_NOTIFY)
        assert dialogue.tls is not None
        self.assertFalse(dialogue.tls.started())
        dialogue.secure()
        dialogue.log_in()
        dialogue.say("PROT P", 200)

    def test_what_was_sent_behind_it_under_tls(self) -> None:
        """It is dropped."""
        dialogue = logged_in()
        dialogue.replies()
        dialogue.send(b"REIN\r\nUSER alice\r\n")
        dialogue.send(CLOSE_NOTIFY)
        dialogue.send(b"PASS secret\r\n")
        self.assertEqual(dialogue.codes(), [220, 503])

    def test_in_clear_nothing_is_dropped(self) -> None:
        """What follows in one piece is carried out."""
        dialogue = offered()
        dialogue.replies()
        dialogue.send(b"REIN\r\nUSER alice\r\nPASS secret\r\nPWD\r\n")
        self.assertEqual(dialogue.codes(), [220, 331, 230, 257])

    def test_where_the_listener_begins_with_tls(self) -> None:
        """A fresh connection there is under TLS with PROT P, and so is the session behind REIN."""
        dialogue = logged_in(IMPLICIT)
        dialogue.say("PROT C", 200)
        dialogue.say("REIN", 220)
        self.assertFalse(ended(dialogue))
        self.assertTrue(dialogue.session.peer.secure and dialogue.session.data_protected and dialogue.data.protected)
        dialogue.say("PWD", 530)
        dialogue.log_in()

    def test_where_the_listener_demands_tls(self) -> None:
        """The next login needs it again."""
        dialogue = logged_in(REQUIRED)
        dialogue.say("REIN", 220)
        dialogue.send(CLOSE_NOTIFY)
        dialogue.say("USER alice", 530)
