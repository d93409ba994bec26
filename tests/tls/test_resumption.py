"""Which sessions a data connection may resume, and which must: handshakes with real clients in memory."""

from __future__ import annotations

import ssl
from dataclasses import replace

from ftpd_service.errors import ResumptionRequired
from ftpd_service.policy.resumption_tally import ResumptionTally
from ftpd_service.tls.session import TlsSession
from ftpd_service.values import Account, ResumptionMode
from tests.tls.hands import Hands, client_context, session
from tests.tls.test_session import TLS_1_2, TLS_1_3, TlsTestCase


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
        """By account, whether it was refused or not."""
        counted = ResumptionTally()
        tls = session(self.settings, data_resumption=ResumptionMode.OFF, counted=counted)
        context = client_context()
        control = self.control(tls, context, "ftp.example")
        tls.belongs_to(Account(name="alice"))
        tls.admit_data(self.data(tls, context, control.former).server)
        tls.admit_data(self.data(tls, client_context(), None).server)
        tls.belongs_to(Account(name="bob", data_resumption=ResumptionMode.REQUIRED))
        self.assertRaises(ResumptionRequired, tls.admit_data, self.data(tls, client_context(), None).server)
        self.assertIn("1 resumed, 2 not resumed", counted.text())
        self.assertIn("alice (1), bob (1)", counted.text())

    def test_verify_under_tls_1_2(self) -> None:
        """Who has resumed once must go on."""
        tls, context = session(self.settings), client_context(version=TLS_1_2)
        control = self.control(tls, context, "ftp.example")
        tls.admit_data(self.data(tls, client_context(version=TLS_1_2), None).server)
        tls.admit_data(self.data(tls, context, control.former).server)
        stolen = self.data(tls, client_context(version=TLS_1_2), None).server
        self.assertRaises(ResumptionRequired, tls.admit_data, stolen)

    def test_verify_while_tickets_last(self) -> None:
        """Under TLS 1.3 a client that spends its tickets may come without, once none is left."""
        tls, context = session(self.settings), client_context(version=TLS_1_3)
        control = self.control(tls, context, "ftp.example")
        for _ in range(2):
            tls.admit_data(self.data(tls, context, control.former).server)
        plain = self.data(tls, client_context(), None)
        tls.admit_data(plain.server)
        tls.download_ended(plain.server)
        self.assertRaises(ResumptionRequired, tls.admit_data, self.data(tls, client_context(), None).server)
