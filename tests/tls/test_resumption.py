"""Which sessions a data connection may resume, and which must: handshakes with real clients in memory."""

from __future__ import annotations

import ssl
from dataclasses import replace

from OpenSSL import SSL

from ftpd_service.account import Account
from ftpd_service.errors import ResumptionRequired
from ftpd_service.policy.resumption_tally import ResumptionTally
from ftpd_service.resumption_mode import ResumptionMode
from ftpd_service.tls.tls_session import TlsSession
from tests.tls.hands import Hands, client_context, session
from tests.tls.test_tls_session import TLS_1_2, TLS_1_3, TlsTestCase


class ResumptionTests(TlsTestCase):
    """Which sessions a data connection may resume."""

    def data(self, tls: TlsSession, context: ssl.SSLContext, former: ssl.SSLSession | None) -> Hands:
        """A data connection's handshake."""
        return Hands(tls.server_connection(), context, former=former, name="ftp.example").shake()

    def resumes(self, version: ssl.TLSVersion, *, name: str | None) -> bool:
        """Whether a data connection can resume its own control connection's session."""
        tls, context = session(self.settings), client_context(version=version)
        control = self.control(tls, context, name)
        data = Hands(tls.server_connection(), context, former=control.former, name=name).shake()
        return bool(data.client.session_reused)

    def test_its_own(self) -> None:
        """Under both versions, and with a certificate of another name."""
        for version in (TLS_1_2, TLS_1_3):
            self.assertTrue(self.resumes(version, name="ftp.example"))
            self.assertTrue(self.resumes(version, name="other.example"))

    def test_another_session(self) -> None:
        """Never: the handshake is a full one, and no error."""
        for version in (TLS_1_2, TLS_1_3):
            tls, stranger, context = session(self.settings), session(self.settings), client_context(version=version)
            former = self.control(stranger, context, "ftp.example").former
            self.control(tls, context, "ftp.example")
            self.assertFalse(self.data(tls, context, former).client.session_reused)

    def test_a_session_that_begins_anew(self) -> None:
        """REIN has ended TLS: nothing of what was before can be resumed."""
        tls, context = session(self.settings), client_context(version=TLS_1_3)
        former = self.control(tls, context, "ftp.example").former
        tls.begin_anew()
        self.assertFalse(tls.started() or tls.active())
        self.assertFalse(self.data(tls, context, former).client.session_reused)

    def test_required(self) -> None:
        """Who resumes is let in, who does not is refused."""
        tls = session(replace(self.settings, data_resumption=ResumptionMode.REQUIRED))
        context = client_context()
        control = self.control(tls, context, "ftp.example")
        tls.admit_data(self.data(tls, context, control.former).server)
        self.assertRaises(ResumptionRequired, tls.admit_data, self.data(tls, client_context(), None).server)
        self.assertEqual(tls.tally(), "1 of 2 data connections resumed")

    def test_a_listener_asks_for_more(self) -> None:
        """Its own word goes before that of all."""
        tls = session(self.settings, data_resumption=ResumptionMode.REQUIRED)
        self.control(tls, client_context())
        self.assertRaises(ResumptionRequired, tls.admit_data, self.data(tls, client_context(), None).server)

    def test_an_account_asks_for_more(self) -> None:
        """Its own word goes before the listener's, from its login to its logout."""
        tls = session(self.settings, data_resumption=ResumptionMode.OFF)
        self.control(tls, client_context())
        data = self.data(tls, client_context(), None).server
        tls.belongs_to(Account(name="alice", data_resumption=ResumptionMode.REQUIRED))
        self.assertRaises(ResumptionRequired, tls.admit_data, data)
        tls.belongs_to(None)
        tls.admit_data(data)

    def test_an_account_asks_for_less(self) -> None:
        """Such as one whose client cannot resume."""
        tls = session(self.settings, data_resumption=ResumptionMode.REQUIRED)
        self.control(tls, client_context())
        tls.belongs_to(Account(name="alice", data_resumption=ResumptionMode.OFF))
        tls.admit_data(self.data(tls, client_context(), None).server)

    def test_an_account_without_a_word(self) -> None:
        """The listener's holds."""
        tls = session(self.settings, data_resumption=ResumptionMode.REQUIRED)
        self.control(tls, client_context())
        tls.belongs_to(Account(name="alice"))
        self.assertRaises(ResumptionRequired, tls.admit_data, self.data(tls, client_context(), None).server)

    def test_counted_for_all_sessions(self) -> None:
        """By account and client, whether it was refused or not."""
        counted = ResumptionTally()
        tls = session(self.settings, counted=counted)
        context = client_context()
        control = self.control(tls, context, "ftp.example")
        tls.belongs_to(Account(name="alice"))
        tls.admit_data(self.data(tls, context, control.former).server)
        tls.admit_data(self.data(tls, client_context(), None).server)
        tls.belongs_to(Account(name="bob", data_resumption=ResumptionMode.REQUIRED))
        self.assertRaises(ResumptionRequired, tls.admit_data, self.data(tls, client_context(), None).server)
        self.assertIn("1 resumed, 2 not resumed", counted.text())
        self.assertIn('alice (1, 1 by "test/1"), bob (1, 1 by "test/1")', counted.text())

    def test_off(self) -> None:
        """Nothing is counted."""
        counted = ResumptionTally()
        tls = session(self.settings, data_resumption=ResumptionMode.OFF, counted=counted)
        self.control(tls, client_context())
        tls.admit_data(self.data(tls, client_context(), None).server)
        self.assertEqual(counted.text(), "")

    def test_nobody_is_refused_by_default(self) -> None:
        """Clients whose sessions share a cache resume now and then, by chance (rclone, curl -Z)."""
        for version in (TLS_1_2, TLS_1_3):
            tls, context = session(self.settings), client_context(version=version)
            control = self.control(tls, context, "ftp.example")
            for former in (control.former, None, control.former, None, None):
                hands = self.data(tls, context, former)
                tls.admit_data(hands.server)
                tls.download_ended(hands.server)
            self.assertEqual(tls.tally(), "2 of 5 data connections resumed")

    def test_sticky_under_tls_1_2(self) -> None:
        """A client that has resumed once must go on."""
        tls = session(self.settings, data_resumption=ResumptionMode.STICKY)
        context = client_context(version=TLS_1_2)
        control = self.control(tls, context, "ftp.example")
        tls.admit_data(self.data(tls, client_context(version=TLS_1_2), None).server)
        tls.admit_data(self.data(tls, context, control.former).server)
        stolen = self.data(tls, client_context(version=TLS_1_2), None).server
        self.assertRaises(ResumptionRequired, tls.admit_data, stolen)

    def test_sticky_while_tickets_last(self) -> None:
        """Under TLS 1.3 a client that spends its tickets may come without, once none is left."""
        tls = session(self.settings, data_resumption=ResumptionMode.STICKY)
        context = client_context(version=TLS_1_3)
        control = self.control(tls, context, "ftp.example")
        for _ in range(2):
            tls.admit_data(self.data(tls, context, control.former).server)
        plain = self.data(tls, client_context(), None)
        tls.admit_data(plain.server)
        tls.download_ended(plain.server)
        # A full handshake gives no ticket that resumes anything.
        tls.admit_data(self.data(tls, client_context(), None).server)
        resumed = self.data(tls, context, control.former)
        tls.admit_data(resumed.server)
        tls.download_ended(resumed.server)
        self.assertRaises(ResumptionRequired, tls.admit_data, self.data(tls, client_context(), None).server)


class DescentTests(TlsTestCase):
    """Only what descends from the control connection's own handshake can be resumed."""

    version = TLS_1_3
    tickets = True

    def context(self) -> ssl.SSLContext:
        """A client of this kind, with nothing remembered."""
        return client_context(version=self.version, tickets=self.tickets)

    def data(self, tls: TlsSession, context: ssl.SSLContext, former: ssl.SSLSession | None) -> Hands:
        """A data connection's handshake; its end is told to OpenSSL, as `Opened` does."""
        hands = Hands(tls.server_connection(), context, former=former, name="ftp.example").shake()
        hands.server.set_shutdown(SSL.SENT_SHUTDOWN)
        return hands

    def assert_thief_refused(self, mode: ResumptionMode) -> None:
        """Three times, each time with what the refused connection before has left it; the owner goes on."""
        tls, owner, thief = session(self.settings, data_resumption=mode), self.context(), self.context()
        control = self.control(tls, owner, "ftp.example")
        bound = self.data(tls, owner, control.former)
        tls.admit_data(bound.server)
        tls.download_ended(bound.server)
        former = None
        for _ in range(3):
            stolen = self.data(tls, thief, former)
            self.assertFalse(stolen.client.session_reused)
            self.assertRaises(ResumptionRequired, tls.admit_data, stolen.server)
            former = stolen.former
        again = self.data(tls, owner, control.former)
        self.assertTrue(again.client.session_reused)
        tls.admit_data(again.server)

    def test_a_thief_where_resumption_is_required(self) -> None:
        """It never gets what the next connection could resume."""
        self.assert_thief_refused(ResumptionMode.REQUIRED)

    def test_a_thief_where_resumption_is_sticky(self) -> None:
        """The owner has resumed once."""
        self.assert_thief_refused(ResumptionMode.STICKY)

    def test_a_client_without_a_session_resumes_nothing_later(self) -> None:
        """Java caches by host and port, and would resume an earlier data connection by accident."""
        tls, context = session(self.settings), self.context()
        self.control(tls, self.context(), "ftp.example")
        former = None
        for _ in range(3):
            hands = self.data(tls, context, former)
            tls.admit_data(hands.server)
            former = hands.former
        self.assertEqual(tls.tally(), "0 of 3 data connections resumed")

    def test_the_newest_session_of_all_connections(self) -> None:
        """Descendants of descendants resume, too."""
        tls, context = session(self.settings), self.context()
        # A connection that is dropped without an end takes its session along.
        control = self.control(tls, context, "ftp.example")
        former = control.former
        for _ in range(5):
            hands = self.data(tls, context, former)
            former = hands.former
            self.assertTrue(hands.client.session_reused)

    def test_another_name_than_that_of_the_default_certificate(self) -> None:
        """The context that shows it stores nothing either."""
        tls, context = session(self.settings, data_resumption=ResumptionMode.REQUIRED), self.context()
        self.control(tls, self.context(), "other.example")
        former = None
        for _ in range(2):
            hands = Hands(tls.server_connection(), context, former=former, name="other.example").shake()
            self.assertRaises(ResumptionRequired, tls.admit_data, hands.server)
            former = hands.former

    def test_without_a_server_name(self) -> None:
        """Most FTP clients name none."""
        tls, context = session(self.settings, data_resumption=ResumptionMode.REQUIRED), self.context()
        self.control(tls, self.context())
        former = None
        for _ in range(2):
            hands = Hands(tls.server_connection(), context, former=former).shake()
            self.assertRaises(ResumptionRequired, tls.admit_data, hands.server)
            former = hands.former


class OldTicketTests(DescentTests):
    """The same with the tickets of TLS 1.2."""

    version = TLS_1_2


class OldIdTests(DescentTests):
    """The same with the session ids of TLS 1.2 (SChannel)."""

    version = TLS_1_2
    tickets = False
