"""When a data connection must resume its control connection's TLS session."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.errors import ResumptionRequired
from ftpd_service.policy.resumption import Resumption
from ftpd_service.resumption_mode import ResumptionMode
from tests.cases import SynchronousTestCase
from tests.wire.strategies import relaxed


class Off(SynchronousTestCase):
    """Nothing is asked."""

    def test_a_full_handshake_after_a_resumption_is_accepted(self) -> None:
        """As if there were no tickets."""
        resumption = Resumption(ResumptionMode.OFF)
        resumption.admit(resumed=True, spends_tickets=True)
        resumption.admit(resumed=False, spends_tickets=True)
        self.assertEqual((resumption.resumed, resumption.full), (1, 1))


class Required(SynchronousTestCase):
    """Every data connection must resume."""

    def test_a_full_handshake_is_refused(self) -> None:
        """The first one too."""
        with self.assertRaises(ResumptionRequired):
            Resumption(ResumptionMode.REQUIRED).admit(resumed=False, spends_tickets=True)

    def test_a_resumption_is_accepted(self) -> None:
        """As often as a client can."""
        resumption = Resumption(ResumptionMode.REQUIRED)
        for _ in range(5):
            resumption.admit(resumed=True, spends_tickets=True)
        self.assertEqual(resumption.resumed, 5)

    def test_the_reason_says_that_the_tickets_ran_out(self) -> None:
        """Spend-once clients that only upload come here after two transfers."""
        resumption = Resumption(ResumptionMode.REQUIRED)
        resumption.admit(resumed=True, spends_tickets=True)
        resumption.admit(resumed=True, spends_tickets=True)
        with self.assertRaises(ResumptionRequired) as caught:
            resumption.admit(resumed=False, spends_tickets=True)
        self.assertIn("has none left", str(caught.exception))


class Sticky(SynchronousTestCase):
    """Who has resumed must go on, as long as it can."""

    def setUp(self) -> None:
        """A ticket came with the control handshake."""
        self.resumption = Resumption(ResumptionMode.STICKY)

    def test_a_client_that_never_resumes_is_accepted(self) -> None:
        """Half of all clients cannot."""
        for _ in range(5):
            self.resumption.admit(resumed=False, spends_tickets=True)
        self.assertEqual(self.resumption.full, 5)

    def test_without_a_ticket_a_full_handshake_is_accepted(self) -> None:
        """The one is spent; a second one that was sent may never have been kept (curl 7.88)."""
        self.resumption.admit(resumed=True, spends_tickets=True)
        self.resumption.admit(resumed=False, spends_tickets=True)
        self.assertEqual(self.resumption.full, 1)

    def test_with_an_unspent_ticket_a_full_handshake_is_refused(self) -> None:
        """A download has brought one."""
        self.resumption.admit(resumed=True, spends_tickets=True)
        self.resumption.ticket_reached()
        with self.assertRaises(ResumptionRequired):
            self.resumption.admit(resumed=False, spends_tickets=True)

    def test_two_tickets_count_as_one(self) -> None:
        """The client may have kept the later one only."""
        self.resumption.ticket_reached()
        self.resumption.admit(resumed=True, spends_tickets=True)
        self.resumption.admit(resumed=False, spends_tickets=True)
        self.assertEqual(self.resumption.full, 1)

    def test_using_one_ticket_often_makes_no_debt(self) -> None:
        """Five resumptions and then a new ticket: the client holds it for certain."""
        for _ in range(5):
            self.resumption.admit(resumed=True, spends_tickets=True)
        self.resumption.ticket_reached()
        self.assertTrue(self.resumption.holds_ticket)

    def test_a_refusal_spends_nothing(self) -> None:
        """The client may come again and resume."""
        self.resumption.admit(resumed=True, spends_tickets=True)
        self.resumption.ticket_reached()
        with self.assertRaises(ResumptionRequired):
            self.resumption.admit(resumed=False, spends_tickets=True)
        self.assertTrue(self.resumption.holds_ticket)

    def test_under_tls_1_2_who_has_resumed_must_always_resume(self) -> None:
        """Its sessions are not spent."""
        for _ in range(5):
            self.resumption.admit(resumed=True, spends_tickets=False)
        with self.assertRaises(ResumptionRequired):
            self.resumption.admit(resumed=False, spends_tickets=False)

    def test_under_tls_1_2_who_never_resumed_is_accepted(self) -> None:
        """As under TLS 1.3."""
        self.resumption.admit(resumed=False, spends_tickets=False)
        self.assertEqual(self.resumption.full, 1)

    def test_another_mode_judges_by_what_was_counted_before(self) -> None:
        """An account's own is known once it is logged in."""
        resumption = Resumption(ResumptionMode.OFF)
        resumption.admit(resumed=True, spends_tickets=False)
        resumption.mode = ResumptionMode.STICKY
        with self.assertRaises(ResumptionRequired):
            resumption.admit(resumed=False, spends_tickets=False)

    @relaxed
    @given(st.lists(st.booleans(), max_size=60), st.booleans())
    def test_a_client_that_spends_each_ticket_is_never_refused(self, takes: list[bool], one_only: bool) -> None:
        """It resumes while it can, keeps all tickets or the last one only, and takes those of some connections."""
        resumption = Resumption(ResumptionMode.STICKY)
        holds = 1 if one_only else 2
        for taken in takes:
            resumption.admit(resumed=holds > 0, spends_tickets=True)
            holds = max(0, holds - 1)
            if taken:
                holds = 1 if one_only else holds + 1
                resumption.ticket_reached()

    @relaxed
    @given(st.lists(st.booleans(), max_size=60))
    def test_tickets_that_we_do_not_know_of_do_no_harm(self, known: list[bool]) -> None:
        """Each connection gave it one, and we saw some of them arrive."""
        resumption = Resumption(ResumptionMode.STICKY)
        for seen in known:
            resumption.admit(resumed=True, spends_tickets=True)
            if seen:
                resumption.ticket_reached()
        self.assertEqual(resumption.full, 0)
