"""The lines of the protocol of programs."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.auth.credentials import SessionCredentials
from ftpd_service.auth.programs.answers import Answer, Nonsense, read_answer, request_line
from tests.auth.strangers import PEER
from tests.cases import SynchronousTestCase


def asked(name: bytes, password: bytes = b"hunter2") -> SessionCredentials:
    """A login of a session."""
    return SessionCredentials(username=name, password=password, peer=PEER, session="ab12")


class RequestTests(SynchronousTestCase):
    """What a program reads."""

    def test_a_request(self) -> None:
        """The keys that are fixed."""
        expected = {"user": "alice", "password": "hunter2", "address": "192.0.2.1", "tls": True, "session": "ab12"}
        self.assertEqual(json.loads(request_line(asked(b"alice"))), expected)

    def test_ipv6_without_tls(self) -> None:
        """The address as text."""
        peer = replace(PEER, address=ip_address("2001:db8::7"), secure=False)
        request = json.loads(request_line(SessionCredentials(username=b"x", password=b"", peer=peer)))
        self.assertEqual((request["address"], request["tls"]), ("2001:db8::7", False))

    @given(st.text(), st.text())
    def test_any_text_is_one_line_and_comes_back(self, name: str, password: str) -> None:
        """NUL, quotes, line ends and all others."""
        try:
            credentials = asked(name.encode(), password.encode())
        except UnicodeEncodeError:
            return  # a lone surrogate stands for no bytes
        line = request_line(credentials)
        self.assertTrue(line.isascii() and line.decode().isprintable())
        request = json.loads(line)
        self.assertEqual((request["user"], request["password"]), (name, password))

    def test_bytes_that_are_not_utf_8(self) -> None:
        """JSON cannot say them."""
        self.assertRaises(UnicodeDecodeError, request_line, asked(b"al\xffice"))
        self.assertRaises(UnicodeDecodeError, request_line, asked(b"alice", b"\xed\xb3\xbf"))


class AnswerTests(SynchronousTestCase):
    """What a program writes."""

    def test_the_three_answers(self) -> None:
        """Accepted, refused, not mine."""
        answers = [read_answer(b'{"accept": %s}' % word).accept for word in (b"true", b"false", b"null")]
        self.assertEqual(answers, [True, False, None])

    def test_settings_of_the_account(self) -> None:
        """All keys but the protocol's own."""
        answer = read_answer(b'{"accept": true, "user": "al", "home": "/srv/al", "limits": {"sessions": 2}}')
        settings = {"home": "/srv/al", "limits": {"sessions": 2}}
        self.assertEqual(answer, Answer(accept=True, user="al", account=settings))

    def test_line_ends_of_windows(self) -> None:
        """White space around an answer is none of it."""
        self.assertTrue(read_answer(b' {"accept": true}\r').accept)

    def test_a_refusal_has_no_settings(self) -> None:
        """Whatever stands beside it."""
        self.assertEqual(read_answer(b'{"accept": false, "home": "/"}'), Answer(accept=False))

    def test_an_error(self) -> None:
        """It goes before everything else."""
        answer = read_answer(b'{"accept": true, "error": "no route"}')
        self.assertEqual((answer.accept, answer.error), (None, "no route"))
        self.assertTrue(read_answer(b'{"error": ""}').error)


class NonsenseTests(SynchronousTestCase):
    """Lines that are no answers let nobody in."""

    def nonsense(self, line: bytes) -> None:
        """A line is no answer, and the text quotes nothing of it."""
        problem = self.assertRaises(Nonsense, read_answer, line)
        self.assertNotIn("hunter2", str(problem))

    def test_no_json(self) -> None:
        """Text, nothing, half of an object, bytes that are not UTF-8."""
        self.nonsense(b"accept hunter2")
        self.nonsense(b"")
        self.nonsense(b'{"accept": true')
        self.nonsense(b'{"accept": true, "home": "\xff"}')

    def test_no_object(self) -> None:
        """A value that stands alone."""
        self.nonsense(b"true")
        self.nonsense(b'[{"accept": true}]')

    def test_no_accept(self) -> None:
        """An answer says it."""
        self.nonsense(b'{"home": "/srv"}')

    def test_accept_of_another_kind(self) -> None:
        """Nothing else counts as true, nor as null."""
        self.nonsense(b'{"accept": 1}')
        self.nonsense(b'{"accept": 0}')
        self.nonsense(b'{"accept": "true"}')
        self.nonsense(b'{"accept": ""}')
        self.nonsense(b'{"accept": []}')

    def test_a_key_twice(self) -> None:
        """Which of them would count?"""
        self.nonsense(b'{"accept": false, "accept": true}')

    def test_a_user_that_is_no_name(self) -> None:
        """Empty, a number, or a lone surrogate."""
        self.nonsense(b'{"accept": true, "user": ""}')
        self.nonsense(b'{"accept": true, "user": 7}')
        self.nonsense(b'{"accept": true, "user": "\\ud800"}')

    def test_deep_and_long_values(self) -> None:
        """A line may hold 64 KiB of brackets or digits."""
        self.nonsense(b'{"accept": ' + b"[" * 60000)
        self.nonsense(b'{"accept": ' + b"7" * 60000 + b"}")

    @given(st.binary(max_size=200))
    def test_any_bytes(self, line: bytes) -> None:
        """They are an answer or nonsense."""
        try:
            read_answer(line)
        except Nonsense:
            return
