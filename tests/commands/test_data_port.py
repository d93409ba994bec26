"""Where the data connection will be: PORT EPRT PASV EPSV."""

from __future__ import annotations

from ftpd_service.errors import NoDataConnection
from ftpd_service.session.settings import SessionSettings
from ftpd_service.testing.dialogue import Dialogue
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in, logged_in_by_ipv6

OWN_PORT = "PORT 192,0,2,1,200,10"


def with_file() -> Dialogue:
    """A session with a file to fetch."""
    dialogue = logged_in()
    dialogue.memory.put("/f", b"content")
    return dialogue


class ActiveTests(SynchronousTestCase):
    """PORT and EPRT."""

    def test_the_own_address_is_taken(self) -> None:
        """RFC 2577 section 3."""
        logged_in().say(OWN_PORT, 200)

    def test_another_address_is_504(self) -> None:
        """No bounce attacks (RFC 2577 section 3)."""
        dialogue = logged_in()
        dialogue.say("PORT 192,0,2,2,200,10", 504)
        self.assertFalse(dialogue.data.chosen())

    def test_a_well_known_port_is_504(self) -> None:
        """RFC 2577 section 3."""
        logged_in().say("PORT 192,0,2,1,3,255", 504)

    def test_a_malformed_address_is_501(self) -> None:
        """Five numbers are none."""
        logged_in().say("PORT 192,0,2,1,200", 501)

    def test_port_in_an_ipv6_session_is_501(self) -> None:
        """With a hint at EPRT."""
        self.assertEqual(logged_in_by_ipv6().say("PORT 192,0,2,1,200,10", 501), ["501 Use EPRT."])

    def test_a_mapped_ipv4_client_counts_as_ipv4(self) -> None:
        """A listener on ``::`` sees IPv4 clients so."""
        dialogue = Dialogue(peer="::ffff:192.0.2.1", local="::ffff:192.0.2.7")
        dialogue.log_in()
        dialogue.say(OWN_PORT, 200)

    def test_eprt_takes_the_own_family(self) -> None:
        """RFC 2428 section 2."""
        logged_in().say("EPRT |1|192.0.2.1|50000|", 200)

    def test_eprt_takes_ipv6_in_an_ipv6_session(self) -> None:
        """RFC 2428 section 2."""
        logged_in_by_ipv6().say("EPRT |2|2001:db8::1|50000|", 200)

    def test_eprt_of_the_other_family_is_522(self) -> None:
        """The parenthesis holds what works (RFC 2428 section 2)."""
        lines = logged_in().say("EPRT |2|2001:db8::1|50000|", 522)
        self.assertEqual(lines, ["522 Network protocol not supported, use (1)"])

    def test_eprt_of_ipv4_in_an_ipv6_session_is_522(self) -> None:
        """The parenthesis holds what works (RFC 2428 section 2)."""
        lines = logged_in_by_ipv6().say("EPRT |1|192.0.2.1|50000|", 522)
        self.assertEqual(lines, ["522 Network protocol not supported, use (2)"])

    def test_eprt_of_an_unknown_protocol_is_522(self) -> None:
        """RFC 2428 section 2."""
        lines = logged_in().say("EPRT |3|x|50000|", 522)
        self.assertEqual(lines, ["522 Network protocol not supported, use (1)"])

    def test_eprt_with_an_address_of_another_family_is_501(self) -> None:
        """Protocol 1 has dotted quads."""
        logged_in().say("EPRT |1|2001:db8::1|50000|", 501)

    def test_eprt_to_another_address_is_504(self) -> None:
        """As PORT."""
        logged_in().say("EPRT |1|192.0.2.2|50000|", 504)

    def test_a_target_serves_two_transfers(self) -> None:
        """A transfer parameter keeps its last value (RFC 959 section 4.1.2)."""
        dialogue = with_file()
        dialogue.say(OWN_PORT, 200)
        dialogue.say("RETR f", 150, 226)
        dialogue.say("RETR f", 150, 226)

    def test_a_target_outlives_a_refused_transfer(self) -> None:
        """Only passive choices are used up."""
        dialogue = with_file()
        dialogue.say(OWN_PORT, 200)
        dialogue.say("RETR nothing", 550)
        dialogue.say("RETR f", 150, 226)


class ActiveOffTests(SynchronousTestCase):
    """Where the operator has switched active mode off: both verbs are disabled, whatever else could be said."""

    def setUp(self) -> None:
        self.dialogue = Dialogue(settings=SessionSettings(active=False))

    def test_port_is_502(self) -> None:
        """And chooses nothing."""
        self.dialogue.log_in()
        self.assertEqual(self.dialogue.say(OWN_PORT, 502), ["502 Active mode is off."])
        self.assertFalse(self.dialogue.data.chosen())

    def test_eprt_is_502(self) -> None:
        """Also where its family would be 522."""
        self.dialogue.log_in()
        self.dialogue.say("EPRT |2|2001:db8::1|50000|", 502)

    def test_a_malformed_argument_is_not_looked_at(self) -> None:
        """A client that gets 501 would try it again in another form."""
        self.dialogue.log_in()
        self.dialogue.say("PORT", 502)

    def test_it_is_said_before_the_login(self) -> None:
        """As of every verb that is disabled."""
        self.dialogue.say("EPRT |1|192.0.2.1|50000|", 502)

    def test_feat_does_not_name_it(self) -> None:
        """FEAT names only what works (RFC 2389 section 3.2)."""
        features = [line.strip() for line in self.dialogue.say("FEAT", 211)]
        self.assertNotIn("EPRT", features)
        self.assertIn("EPSV", features)


class PassiveTests(SynchronousTestCase):
    """PASV and EPSV."""

    def test_pasv_has_the_literal_text(self) -> None:
        """Six decimals in the one pair of parentheses (RFC 959 section 4.1.2; NAT helpers parse it)."""
        self.assertEqual(logged_in().say("PASV", 227), ["227 Entering Passive Mode (192,0,2,7,195,81)."])

    def test_pasv_forgives_an_argument(self) -> None:
        """It takes none."""
        logged_in().say("PASV x", 227)

    def test_pasv_spoilt_by_a_middlebox_is_pasv(self) -> None:
        """Broken firewalls write it so."""
        logged_in().say("P@SW", 227)

    def test_two_pasv_give_two_ports(self) -> None:
        """The earlier one is given up (RFC 1123 section 4.1.2.6)."""
        dialogue = logged_in()
        self.assertNotEqual(dialogue.say("PASV", 227), dialogue.say("PASV", 227))

    def test_pasv_on_ipv6_is_425(self) -> None:
        """With a hint at EPSV."""
        self.assertEqual(logged_in_by_ipv6().say("PASV", 425), ["425 Use EPSV."])

    def test_epsv_has_the_literal_text(self) -> None:
        """Three delimiters, the port, one delimiter (RFC 2428 section 3)."""
        self.assertEqual(logged_in().say("EPSV", 229), ["229 Entering Extended Passive Mode (|||50001|)"])

    def test_epsv_of_the_own_family_is_229(self) -> None:
        """RFC 2428 section 3."""
        logged_in().say("EPSV 1", 229)

    def test_epsv_of_the_own_family_is_229_on_ipv6(self) -> None:
        """wget sends it."""
        logged_in_by_ipv6().say("EPSV 2", 229)

    def test_epsv_of_the_other_family_is_522(self) -> None:
        """RFC 2428 section 3."""
        lines = logged_in().say("EPSV 2", 522)
        self.assertEqual(lines, ["522 Network protocol not supported, use (1)"])

    def test_epsv_of_an_unknown_family_is_522(self) -> None:
        """RFC 2428 section 3."""
        logged_in().say("EPSV 3", 522)

    def test_epsv_with_garbage_is_501(self) -> None:
        """Neither a number nor ALL."""
        logged_in().say("EPSV x", 501)

    def test_epsv_all_forbids_the_other_ways(self) -> None:
        """RFC 2428 section 4: PORT, PASV and EPRT are refused, EPSV is not."""
        dialogue = logged_in()
        dialogue.say("epsv all", 200)
        dialogue.say(OWN_PORT, 501)
        dialogue.say("PASV", 501)
        dialogue.say("EPRT |1|192.0.2.1|50000|", 501)
        dialogue.say("EPSV", 229)

    def test_epsv_all_is_looked_at_before_the_argument(self) -> None:
        """The reply is that of the refusal, whatever the argument."""
        dialogue = logged_in()
        dialogue.say("EPSV ALL", 200)
        self.assertEqual(dialogue.say("PORT", 501), ["501 Refused: EPSV ALL is in force."])

    def test_rein_ends_epsv_all(self) -> None:
        """Everything is as after connecting."""
        dialogue = logged_in()
        dialogue.say("EPSV ALL", 200)
        dialogue.say("REIN", 220)
        dialogue.log_in()
        dialogue.say(OWN_PORT, 200)

    def test_a_passive_choice_serves_one_transfer(self) -> None:
        """RFC 1123 section 4.1.2.6."""
        dialogue = with_file()
        dialogue.say("PASV", 227)
        dialogue.say("RETR f", 150, 226)
        dialogue.say("RETR f", 425)

    def test_a_refused_transfer_uses_a_passive_choice_up(self) -> None:
        """A client that has connected already must see an end."""
        dialogue = with_file()
        dialogue.say("PASV", 227)
        dialogue.say("RETR nothing", 550)
        self.assertEqual((dialogue.data.finished, dialogue.data.chosen()), (1, False))

    def test_a_transfer_with_a_bad_argument_uses_a_passive_choice_up(self) -> None:
        """Whatever the reason of the refusal."""
        dialogue = with_file()
        dialogue.say("PASV", 227)
        dialogue.say("RETR", 501)
        self.assertFalse(dialogue.data.chosen())

    def test_other_verbs_leave_a_passive_choice_alone(self) -> None:
        """TYPE, CWD and SIZE come between PASV and the transfer."""
        dialogue = with_file()
        dialogue.say("PASV", 227)
        dialogue.say("TYPE I", 200)
        dialogue.say("SIZE f", 213)
        dialogue.say("CWD /", 250)
        dialogue.say("RETR f", 150, 226)

    def test_pasv_after_port_is_used_up(self) -> None:
        """The later one wins: nothing is left of the target."""
        dialogue = with_file()
        dialogue.say(OWN_PORT, 200)
        dialogue.say("PASV", 227)
        dialogue.say("RETR f", 150, 226)
        dialogue.say("RETR f", 425)

    def test_port_after_pasv_stays(self) -> None:
        """The later one wins."""
        dialogue = with_file()
        dialogue.say("PASV", 227)
        dialogue.say(OWN_PORT, 200)
        dialogue.say("RETR f", 150, 226)
        dialogue.say("RETR f", 150, 226)

    def test_a_transfer_without_a_choice_is_425(self) -> None:
        """And no 150 that nothing follows."""
        self.assertEqual(with_file().say("RETR f", 425), ["425 Use PORT or PASV first."])

    def test_nobody_connecting_is_425_after_150(self) -> None:
        """And the session goes on."""
        dialogue = with_file()
        dialogue.say("PASV", 227)
        dialogue.data.failure = NoDataConnection("nobody came")
        dialogue.say("RETR f", 150, 425)
        dialogue.say("NOOP", 200)

    def test_rein_forgets_the_choice(self) -> None:
        """Everything is as after connecting."""
        dialogue = with_file()
        dialogue.say(OWN_PORT, 200)
        dialogue.say("REIN", 220)
        dialogue.log_in()
        dialogue.say("RETR f", 425)

    def test_a_new_login_keeps_the_choice(self) -> None:
        """Transfer parameters stay with USER (RFC 959 section 4.1.1)."""
        dialogue = with_file()
        dialogue.say(OWN_PORT, 200)
        dialogue.log_in()
        dialogue.say("RETR f", 150, 226)
