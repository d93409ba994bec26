"""AUTH, PBSZ, PROT, CCC, and what TLS changes of the other verbs (RFC 2228, RFC 4217)."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from ftpd_service.events import TlsStarted, TransferFinished
from ftpd_service.session.settings import ListenerTls, SessionSettings
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.testing.fake_tls import FakeTls
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in

OFFERED = SessionSettings(tls=ListenerTls.EXPLICIT, tls_available=True)


def offered(settings: SessionSettings = OFFERED) -> Dialogue:
    """A session on a listener that offers TLS."""
    return Dialogue(settings=settings, tls=FakeTls())


def secure(settings: SessionSettings = OFFERED) -> Dialogue:
    """A session under TLS."""
    dialogue = offered(settings)
    dialogue.secure()
    return dialogue


class AuthTests(SynchronousTestCase):
    """AUTH."""

    def test_tls_begins(self) -> None:
        """234 in clear, then the handshake (RFC 4217 section 4)."""
        dialogue = offered()
        dialogue.say("AUTH TLS", 234)
        dialogue.shake_hands()
        self.assertTrue(dialogue.session.peer.secure)
        self.assertEqual([event.text for event in dialogue.recorder.of(TlsStarted)], ["fake TLS"])

    def test_a_drain_meanwhile(self) -> None:
        """421 replaces 234, because no reply in clear may follow 234."""
        dialogue = offered()
        released: Deferred[None] = Deferred()
        dialogue.data.ending = released
        dialogue.say("AUTH TLS")
        dialogue.connection.drain()
        released.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.closed), ([421], True))

    def test_other_names_of_tls(self) -> None:
        """SSL, TLS-C, in any case: curl asks for SSL first."""
        for name in ("SSL", "TLS-C", "tls"):
            offered().say(f"AUTH {name}", 234)

    def test_ssl_protects_data_connections(self) -> None:
        """Clients that say AUTH SSL and no PROT mean PROT P, as servers before RFC 4217 had it."""
        dialogue = offered()
        dialogue.say("AUTH SSL", 234)
        dialogue.shake_hands()
        self.assertTrue(dialogue.session.data_protected and dialogue.data.protected)
        dialogue.say("PROT C", 200)
        self.assertFalse(dialogue.session.data_protected or dialogue.data.protected)

    def test_tls_leaves_data_connections_in_clear(self) -> None:
        """Until PROT P is said (RFC 4217 section 9)."""
        for name in ("TLS", "TLS-C"):
            dialogue = offered()
            dialogue.say(f"AUTH {name}", 234)
            dialogue.shake_hands()
            self.assertFalse(dialogue.session.data_protected or dialogue.data.protected)

    def test_unknown_mechanism(self) -> None:
        """504, and the session goes on in clear (RFC 2228 section 5.1)."""
        dialogue = offered()
        dialogue.say("AUTH GSSAPI", 504)
        dialogue.say("NOOP", 200)

    def test_without_mechanism(self) -> None:
        """501 (RFC 2228 section 5.1)."""
        offered().say("AUTH", 501)

    def test_twice(self) -> None:
        """503 under TLS."""
        secure().say("AUTH TLS", 503)

    def test_on_a_listener_without_tls(self) -> None:
        """502, whatever the argument."""
        dialogue = Dialogue()
        dialogue.say("AUTH TLS", 502)
        dialogue.say("AUTH", 502)

    def test_without_a_certificate(self) -> None:
        """431 (RFC 2228 section 5.1)."""
        dialogue = Dialogue(settings=SessionSettings(tls=ListenerTls.EXPLICIT))
        dialogue.say("AUTH TLS", 431)

    def test_the_session_is_as_new(self) -> None:
        """Not logged in, TYPE A, the root directory (RFC 4217 section 4)."""
        dialogue = offered()
        dialogue.log_in()
        dialogue.say("TYPE I", 200)
        dialogue.say("MKD d", 257)
        dialogue.say("CWD d", 250)
        dialogue.secure()
        dialogue.say("PWD", 530)
        self.assertEqual((dialogue.session.representation.type.value, dialogue.session.cwd), ("A", "/"))
        self.assertEqual((dialogue.login.logouts, dialogue.data.resets), (["alice"], 1))

    def test_what_the_client_said_of_itself_stays(self) -> None:
        """CLNT and HOST come before AUTH at many clients."""
        dialogue = offered()
        dialogue.say("CLNT lftp", 200)
        dialogue.say("HOST 192.0.2.7", 220)
        dialogue.secure()
        self.assertEqual((dialogue.session.client_name, dialogue.session.host), ("lftp", "192.0.2.7"))


class InjectionTests(SynchronousTestCase):
    """What is sent behind AUTH in clear."""

    def test_data_behind_auth(self) -> None:
        """503, the end, no 234, and nothing of it is carried out."""
        dialogue = offered()
        dialogue.replies()
        dialogue.send(b"AUTH TLS\r\nUSER mallory\r\n")
        self.assertEqual(dialogue.replies(), ["503 Data after AUTH."])
        self.assertTrue(dialogue.closed)
        dialogue.shake_hands()
        self.assertFalse(dialogue.session.peer.secure)

    def test_half_a_line_behind_auth(self) -> None:
        """One octet is enough."""
        dialogue = offered()
        dialogue.replies()
        dialogue.send(b"AUTH TLS\r\nU")
        self.assertEqual(dialogue.codes(), [503])

    def test_half_a_telnet_command_behind_auth(self) -> None:
        """Octets that would be no text count too."""
        dialogue = offered()
        dialogue.replies()
        dialogue.send(b"AUTH TLS\r\n\xff")
        self.assertEqual(dialogue.codes(), [503])

    def test_auth_that_waited(self) -> None:
        """Behind a slow PASS the rule is the same, when its turn comes."""
        dialogue = offered()
        dialogue.login.waiting = Deferred()
        dialogue.say("USER alice", 331)
        dialogue.send(b"PASS secret\r\nAUTH TLS\r\n")
        dialogue.send(b"NOOP\r\n")
        dialogue.login.waiting.callback(None)
        self.assertEqual(dialogue.codes(), [230, 503])
        self.assertTrue(dialogue.closed)

    def test_auth_in_one_piece_with_others(self) -> None:
        """What is answered on the spot before it lets nothing behind it overtake it."""
        dialogue = offered()
        dialogue.replies()
        dialogue.send(b"NOOP\r\nAUTH TLS\r\nSYST\r\n")
        self.assertEqual(dialogue.codes(), [200, 503])
        self.assertTrue(dialogue.closed)

    def test_auth_in_one_piece_with_a_slow_verb(self) -> None:
        """Nor does anything overtake the verb that AUTH waits for."""
        dialogue = offered()
        dialogue.login.waiting = Deferred()
        dialogue.replies()
        dialogue.send(b"USER alice\r\nPASS secret\r\nAUTH X\r\nNOOP\r\n")
        self.assertEqual(dialogue.codes(), [331])
        dialogue.login.waiting.callback(None)
        self.assertEqual(dialogue.codes(), [230, 504, 200])

    def test_abor_behind_auth_is_not_looked_at(self) -> None:
        """AUTH is a barrier for what acts at once too."""
        dialogue = offered()
        dialogue.log_in()
        dialogue.say("EPSV", 229)
        dialogue.data.waiting = Deferred()
        dialogue.say("LIST", 150)
        dialogue.send(b"AUTH TLS\r\nABOR\r\n")
        self.assertEqual(dialogue.replies(), [])
        dialogue.data.waiting.callback(None)
        self.assertEqual(dialogue.codes(), [226, 503])

    def test_a_refused_auth_is_no_barrier(self) -> None:
        """It switches nothing: what follows is carried out in its turn."""
        dialogue = offered()
        dialogue.replies()
        dialogue.send(b"AUTH X\r\nAUTH\r\nNOOP\r\nAUTH \0\r\nSYST\r\n")
        self.assertEqual(dialogue.codes(), [504, 501, 200, 501, 215])

    def test_ten_thousand_refused_ones_in_one_piece(self) -> None:
        """Each is answered, and none costs the square of what follows."""
        dialogue = logged_in()
        dialogue.replies()
        dialogue.send(b"AUTH TLS\r\n" * 10_000)
        self.assertEqual(dialogue.codes(), [502] * 10_000)

    def test_much_behind_auth_pauses_reading(self) -> None:
        """What waits is bounded, and is read on once AUTH is answered."""
        dialogue = offered()
        dialogue.login.waiting = Deferred()
        dialogue.say("USER alice", 331)
        dialogue.send(b"PASS secret\r\nAUTH X\r\n")
        dialogue.send(b"NOOP\r\n" * 5_500)
        dialogue.send(b"NOOP\r\n" * 5_500)
        self.assertEqual(dialogue.transport.producerState, "paused")
        dialogue.login.waiting.callback(None)
        self.assertEqual(dialogue.transport.producerState, "producing")
        self.assertEqual(dialogue.codes(), [230, 504] + [200] * 11_000)

    def test_the_decoder_begins_anew(self) -> None:
        """A Telnet option that was refused in clear is refused again: nothing is left of what came before."""
        dialogue = offered()
        dialogue.send(b"\xff\xfb\x01")
        dialogue.secure()
        taken = len(dialogue.transport.written())
        dialogue.send(b"\xff\xfb\x01")
        self.assertEqual(dialogue.transport.written()[taken:], b"\xff\xfe\x01")


class ProtectionTests(SynchronousTestCase):
    """PBSZ and PROT."""

    def test_in_clear(self) -> None:
        """503 for both (RFC 4217 sections 8 and 9), 501 first."""
        dialogue = offered()
        dialogue.say("PBSZ 0", 503)
        dialogue.say("PROT P", 503)
        dialogue.say("PBSZ x", 501)

    def test_buffer_size(self) -> None:
        """Any number is answered with 0 (RFC 2228 section 3)."""
        dialogue = secure()
        self.assertEqual(dialogue.say("PBSZ 0", 200), ["200 PBSZ=0"])
        self.assertEqual(dialogue.say("PBSZ 4294967295", 200), ["200 PBSZ=0"])

    def test_buffer_size_that_is_none(self) -> None:
        """501: no number, or one of more than 32 bits."""
        dialogue = secure()
        for argument in ("", " x", " -1", " 4294967296"):
            dialogue.say(f"PBSZ{argument}", 501)

    def test_levels(self) -> None:
        """P and C reach the data channel; C is where a session begins."""
        dialogue = secure()
        self.assertFalse(dialogue.session.data_protected)
        dialogue.say("PROT P", 200)
        self.assertTrue(dialogue.data.protected)
        dialogue.say("PROT c", 200)
        self.assertFalse(dialogue.data.protected)

    def test_a_protected_transfer_is_reported_as_protected(self) -> None:
        """Observers learn it from the event of its end."""
        dialogue = secure()
        dialogue.memory.put("/f", b"x")
        dialogue.log_in()
        dialogue.say("PROT P", 200)
        dialogue.download("RETR f")
        (finished,) = dialogue.recorder.of(TransferFinished)
        self.assertEqual((finished.protected, finished.peer), (True, dialogue.session.peer))

    def test_levels_that_tls_does_not_have(self) -> None:
        """536 for S and E, 504 for what is none (RFC 4217 section 9)."""
        dialogue = secure()
        dialogue.say("PROT S", 536)
        dialogue.say("PROT E", 536)
        dialogue.say("PROT X", 504)
        dialogue.say("PROT", 501)

    def test_prot_needs_pbsz_where_that_is_demanded(self) -> None:
        """503, and 200 once it has come (RFC 4217 section 9)."""
        dialogue = secure(SessionSettings(tls=ListenerTls.EXPLICIT, require_pbsz=True))
        dialogue.say("PROT P", 503)
        dialogue.say("PBSZ 0", 200)
        dialogue.say("PROT P", 200)

    def test_between_pasv_and_the_transfer(self) -> None:
        """The level is asked by the transfer (RFC 4217 section 10.2)."""
        dialogue = secure(SessionSettings(tls=ListenerTls.EXPLICIT, data_protection_required=True))
        dialogue.log_in()
        dialogue.say("EPSV", 229)
        dialogue.say("PROT P", 200)
        dialogue.say("LIST", 150, 226)

    def test_transfers_without_protection_where_it_is_demanded(self) -> None:
        """522 before the path is looked at and before 150 (RFC 4217 section 11.4)."""
        dialogue = secure(SessionSettings(tls=ListenerTls.EXPLICIT, data_protection_required=True))
        dialogue.log_in()
        for line in ("RETR none", "STOR a", "APPE a", "LIST", "NLST", "MLSD none"):
            dialogue.say("EPSV", 229)
            dialogue.say(line, 522)
        dialogue.say("RETR", 501)
        dialogue.say("MKD d", 257)

    def test_an_account_that_demands_protection(self) -> None:
        """From its login on, whatever PROT said before; others transfer in clear."""
        dialogue = secure(SessionSettings(tls=ListenerTls.EXPLICIT))
        dialogue.login.protection["alice"] = True
        dialogue.say("PROT C", 200)
        dialogue.log_in()
        dialogue.say("EPSV", 229)
        dialogue.say("LIST", 522)
        dialogue.say("PROT C", 534)

    def test_an_account_that_need_not_be_protected(self) -> None:
        """Its own word goes before that of all."""
        dialogue = secure(SessionSettings(tls=ListenerTls.EXPLICIT, data_protection_required=True))
        dialogue.login.protection["alice"] = False
        dialogue.log_in()
        dialogue.say("EPSV", 229)
        dialogue.say("LIST", 150, 226)

    def test_leaving_protection_where_it_is_demanded(self) -> None:
        """534, and P stays."""
        dialogue = secure(SessionSettings(tls=ListenerTls.EXPLICIT, data_protection_required=True))
        dialogue.say("PROT P", 200)
        dialogue.say("PROT C", 534)
        self.assertTrue(dialogue.session.data_protected)

    def test_clear_command_channel(self) -> None:
        """533 in clear, 534 under TLS, which stays (RFC 4217 section 12)."""
        dialogue = offered()
        dialogue.say("CCC", 533)
        dialogue.secure()
        dialogue.say("CCC", 534)
        dialogue.say("PROT P", 200)


class FeatureTests(SynchronousTestCase):
    """FEAT."""

    def lines(self, dialogue: Dialogue) -> set[str]:
        """The lines about TLS."""
        return {line.strip() for line in dialogue.say("FEAT", 211)} & {"AUTH TLS", "PBSZ", "PROT"}

    def test_with_a_certificate(self) -> None:
        """All three, in clear as under TLS (RFC 4217 section 6)."""
        dialogue = offered()
        self.assertEqual(self.lines(dialogue), {"AUTH TLS", "PBSZ", "PROT"})
        dialogue.secure()
        self.assertEqual(self.lines(dialogue), {"AUTH TLS", "PBSZ", "PROT"})

    def test_without(self) -> None:
        """None of them: a client would rely on it."""
        self.assertEqual(self.lines(Dialogue()), set())
