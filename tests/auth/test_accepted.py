"""Logins that a checker accepted a short while ago."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

from twisted.cred.credentials import UsernamePassword
from twisted.internet.task import Clock

from ftpd_service.auth.accepted import MOST_ACCEPTED, AcceptedLogins
from ftpd_service.auth.credentials import SessionCredentials
from ftpd_service.values import Peer
from tests.auth.strangers import PEER, credentials
from tests.cases import SynchronousTestCase


class AcceptedTests(SynchronousTestCase):
    """`AcceptedLogins`."""

    def setUp(self) -> None:
        """alice was let in with a password."""
        self.clock = Clock()
        self.accepted: AcceptedLogins[str] = AcceptedLogins(300.0, now=self.clock.seconds, key=b"k" * 32)
        self.accepted.remember(credentials(), "yes")

    def test_the_same_login_has_the_same_answer_until_its_time_ends(self) -> None:
        """Below and at the bound."""
        self.clock.advance(299.9)
        self.assertEqual(self.accepted.answer(credentials()), "yes")
        self.clock.advance(0.1)
        self.assertIsNone(self.accepted.answer(credentials()))

    def test_a_hit_does_not_prolong_it(self) -> None:
        """The checker is asked again after the time, however busy the client is."""
        self.clock.advance(299.0)
        self.accepted.answer(credentials())
        self.clock.advance(1.0)
        self.assertIsNone(self.accepted.answer(credentials()))

    def test_another_password_is_not_known(self) -> None:
        """Nor another name with this password."""
        self.assertIsNone(self.accepted.answer(credentials(password=b"hunter3")))
        self.assertIsNone(self.accepted.answer(credentials(name=b"bob")))

    def test_name_and_password_do_not_run_into_each_other(self) -> None:
        """Their lengths count."""
        self.assertIsNone(self.accepted.answer(credentials(b"aliceh", b"unter2")))

    def test_another_address_is_not_known(self) -> None:
        """A checker may let in from some addresses only."""
        elsewhere = replace(PEER, address=ip_address("192.0.2.77"))
        self.assertIsNone(self.answer_from(elsewhere))

    def test_without_tls_it_is_not_known(self) -> None:
        """A checker may let in with TLS only."""
        self.assertIsNone(self.answer_from(replace(PEER, secure=False)))

    def test_another_port_of_the_client_is_the_same_client(self) -> None:
        """Each connection has its own."""
        self.assertEqual(self.answer_from(replace(PEER, port=40001)), "yes")

    def answer_from(self, peer: Peer) -> str | None:
        """The answer to alice's login from another peer."""
        return self.accepted.answer(SessionCredentials(username=b"alice", password=b"hunter2", peer=peer))

    def test_credentials_without_a_peer(self) -> None:
        """Another program's Portal may have none."""
        plain = UsernamePassword(b"alice", b"hunter2")
        self.accepted.remember(plain, "plain")
        self.assertEqual(self.accepted.answer(plain), "plain")

    def test_forgetting_takes_every_password_of_the_name(self) -> None:
        """And leaves other names."""
        self.accepted.remember(credentials(password=b"second"), "yes")
        self.accepted.remember(credentials(name=b"bob"), "bob")
        self.accepted.forget(credentials(password=b"wrong"))
        answers = [self.accepted.answer(credentials(password=one)) for one in (b"hunter2", b"second")]
        self.assertEqual((answers, self.accepted.answer(credentials(name=b"bob"))), ([None, None], "bob"))

    def test_memory_is_bounded(self) -> None:
        """The oldest login goes."""
        for number in range(MOST_ACCEPTED):
            self.accepted.remember(credentials(name=str(number).encode()), "yes")
        kept = self.accepted.answer(credentials(name=b"0"))
        self.assertEqual((self.accepted.answer(credentials()), kept), (None, "yes"))
