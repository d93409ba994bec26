"""From lines to requests."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.errors import BadArgument, BadSyntax, RequestError
from ftpd_service.wire.names import encode
from ftpd_service.wire.request import Request, foreign_protocol, parse_request
from tests.cases import SynchronousTestCase
from tests.wire.strategies import relaxed, texts

_verbs = st.text("abcdefgxyzABCXYZ0189@", min_size=1, max_size=16)


class ParseTests(SynchronousTestCase):
    """`parse_request` (RFC 959 section 5.3)."""

    def test_verb_and_argument_part_at_the_first_space(self) -> None:
        """One space separates them."""
        self.assertEqual(parse_request(b"RETR a b"), Request(verb="RETR", argument="a b"))

    def test_a_verb_may_stand_alone(self) -> None:
        """Its argument is empty then."""
        self.assertEqual(parse_request(b"PWD"), Request(verb="PWD", argument=""))

    def test_verbs_are_read_in_any_case(self) -> None:
        """``tYpE`` is TYPE; the argument stays as it is."""
        self.assertEqual(parse_request(b"tYpE i"), Request(verb="TYPE", argument="i"))

    def test_spaces_of_a_path_are_kept(self) -> None:
        """``STOR  x `` creates a name with spaces at both ends (RFC 3659 section 2.2)."""
        self.assertEqual(parse_request(b"STOR  x "), Request(verb="STOR", argument=" x "))

    def test_an_empty_line_is_no_request(self) -> None:
        """It gets no reply: clients send one behind a password prompt."""
        self.assertIsNone(parse_request(b""))

    def test_remnants_of_telnet_before_abor_are_dropped(self) -> None:
        """IP and DM arrive glued to it (lftp, BSD ftp, Perl libnet)."""
        self.assertEqual(parse_request(b"\xf4\xf2ABOR"), Request(verb="ABOR", argument=""))

    def test_leading_control_bytes_are_dropped(self) -> None:
        """Likewise."""
        self.assertEqual(parse_request(b"\x03\x00\x7fABOR"), Request(verb="ABOR", argument=""))

    def test_remnants_alone_are_no_request(self) -> None:
        """Nothing that could be answered has come."""
        self.assertIsNone(parse_request(b"\xf2"))

    def test_nul_in_the_argument_is_refused(self) -> None:
        """No name holds NUL."""
        self.assertRaises(BadArgument, parse_request, b"STOR a\0b")

    def test_no_password_is_shown(self) -> None:
        """Not in a log, nor in a traceback with variables."""
        self.assertEqual(repr(parse_request(b"PASS hunter2")), "Request(verb='PASS', argument='****')")

    def test_other_arguments_are_shown(self) -> None:
        """As they are."""
        self.assertEqual(repr(parse_request(b"RETR f")), "Request(verb='RETR', argument='f')")

    def test_a_verb_of_other_letters_is_refused(self) -> None:
        """Letters, digits and ``@`` only."""
        self.assertRaises(BadSyntax, parse_request, b"RE\xc3\xa9 x")

    def test_a_tab_does_not_separate(self) -> None:
        """Only a space does."""
        self.assertRaises(BadSyntax, parse_request, b"RETR\tx")

    def test_a_line_that_begins_with_a_space_is_refused(self) -> None:
        """It has no verb."""
        self.assertRaises(BadSyntax, parse_request, b" NOOP")

    def test_sixteen_bytes_of_verb_are_accepted(self) -> None:
        """The longest verb."""
        self.assertEqual(parse_request(b"X" * 16), Request(verb="X" * 16, argument=""))

    def test_seventeen_bytes_of_verb_are_refused(self) -> None:
        """One more than the longest."""
        self.assertRaises(BadSyntax, parse_request, b"X" * 17)

    def test_raw_bytes_of_an_argument_stay(self) -> None:
        """A sequence that is no UTF-8 is used as it is (RFC 2640 section 3.1)."""
        self.assertEqual(parse_request(b"RETR \xe9"), Request(verb="RETR", argument="\udce9"))

    @relaxed
    @given(_verbs, texts.filter(lambda text: "\0" not in text))
    def test_what_was_sent_is_what_is_read(self, verb: str, argument: str) -> None:
        """Any argument comes through byte by byte."""
        line = verb.encode() + b" " + encode(argument)
        self.assertEqual(parse_request(line), Request(verb=verb.upper(), argument=argument))

    @relaxed
    @given(st.binary(max_size=40))
    def test_any_bytes_are_a_request_or_a_refusal(self, line: bytes) -> None:
        """Garbage raises nothing but what is answered 500 or 501."""
        try:
            request = parse_request(line)
        except RequestError:
            return
        self.assertTrue(request is None or request.verb == request.verb.upper())


class ForeignTests(SynchronousTestCase):
    """`foreign_protocol`."""

    def test_http_is_foreign(self) -> None:
        """A browser that was tricked into talking to this port."""
        self.assertTrue(foreign_protocol(Request(verb="GET", argument="/ HTTP/1.1")))

    def test_smtp_is_foreign(self) -> None:
        """Likewise."""
        self.assertTrue(foreign_protocol(Request(verb="EHLO", argument="x")))

    def test_mail_from_is_foreign(self) -> None:
        """In any case of letters."""
        self.assertTrue(foreign_protocol(Request(verb="MAIL", argument="from:<a@b>")))

    def test_mail_alone_is_ftp(self) -> None:
        """MAIL once was a verb of FTP."""
        self.assertFalse(foreign_protocol(Request(verb="MAIL", argument="someone")))

    def test_ftp_is_not_foreign(self) -> None:
        """A verb that is only similar."""
        self.assertFalse(foreign_protocol(Request(verb="REIN", argument="")))
