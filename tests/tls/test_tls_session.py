"""Handshakes with real clients in memory: versions, ciphers, names, certificates, and who may resume what."""

from __future__ import annotations

import os
import ssl
from dataclasses import replace

from cryptography import x509
from OpenSSL import SSL
from zope.interface.verify import verifyObject

from ftpd_service.errors import ResumptionRequired, TransferAborted
from ftpd_service.policy.truncation import TruncatedUploads
from ftpd_service.session.control_tls import IControlTls
from ftpd_service.tls.settings import COMPATIBLE_CIPHERS, ClientCertificate, MinimumVersion, TlsSettings
from ftpd_service.tls.tls_session import TlsSession
from tests.cases import SynchronousTestCase
from tests.tls.hands import Authority, Hands, client_context, pair, rsa_pair, session

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


class TlsTestCase(SynchronousTestCase):
    """A certificate for ``ftp.example`` and one for ``other.example``."""

    def setUp(self) -> None:
        """Make them."""
        folder = os.path.abspath(self.mktemp())
        self.settings = TlsSettings(
            pair=pair(folder, "ftp.example", "*.wild.example"), names={"other.example": pair(folder, "other.example")}
        )
        self.folder = folder

    def control(self, tls: TlsSession, context: ssl.SSLContext, name: str | None = None) -> Hands:
        """The control connection's handshake."""
        hands = Hands(tls.server_connection(), context, name=name).shake()
        tls.begun(hands.server)
        return hands

    def shown(self, hands: Hands) -> str:
        """The common name of the certificate that the client was shown."""
        certificate = x509.load_der_x509_certificate(hands.client.getpeercert(binary_form=True) or b"")
        return str(certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)


class HandshakeTests(TlsTestCase):
    """What a control connection agrees to."""

    def refused(self, context: ssl.SSLContext, settings: TlsSettings | None = None) -> str:
        """The server's reason for refusing a client."""
        hands = Hands(session(settings or self.settings).server_connection(), context)
        return str(self.assertRaises((SSL.Error, ssl.SSLError), hands.shake))

    def test_provides_its_interface(self) -> None:
        """What the data connections and the verbs ask."""
        verifyObject(IControlTls, session(self.settings))

    def test_the_newest_version(self) -> None:
        """TLS 1.3 where the client has it, and the log says so."""
        tls = session(self.settings)
        hands = Hands(tls.server_connection(), client_context()).shake()
        self.assertIn("TLSv1.3", tls.begun(hands.server))
        self.assertEqual(hands.say(b"NOOP\r\n"), b"NOOP\r\n")

    def test_tls_1_2(self) -> None:
        """With forward secrecy and authenticated encryption (RFC 9325 section 4.2)."""
        tls = session(self.settings)
        hands = Hands(tls.server_connection(), client_context(version=TLS_1_2)).shake()
        self.assertIn("ECDHE-ECDSA-AES128-GCM-SHA256", tls.begun(hands.server))

    def test_older_versions(self) -> None:
        """TLS 1.1 and 1.0 are refused (RFC 9325 section 3.1.1)."""
        for version in (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1):
            reason = self.refused(client_context(version=version, ciphers="ALL:@SECLEVEL=0"))
            self.assertRegex(reason, "(?i)version|protocol")

    def test_a_higher_minimum(self) -> None:
        """TLS 1.2 is refused where 1.3 is demanded."""
        settings = replace(self.settings, minimum_version=MinimumVersion.TLS_1_3)
        self.assertRegex(self.refused(client_context(version=TLS_1_2), settings), "(?i)version|protocol")

    def test_weak_ciphers(self) -> None:
        """CBC, and key exchange without forward secrecy, are refused."""
        for ciphers in ("ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256"):
            reason = self.refused(client_context(version=TLS_1_2, ciphers=f"{ciphers}:@SECLEVEL=0"))
            self.assertIn("no shared cipher", reason)

    def test_compatible_ciphers(self) -> None:
        """CBC by an ECDSA key; and by an RSA key also key exchange by RSA, as old devices have nothing else."""
        settings = replace(self.settings, ciphers=COMPATIBLE_CIPHERS)
        for cipher in ("ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA"):
            self.assertIn(cipher, self.agreed(settings, cipher))
        rsa = replace(settings, pair=rsa_pair(self.folder, "rsa.example"))
        for cipher in ("ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA", "AES128-GCM-SHA256", "AES256-SHA256"):
            self.assertIn(cipher, self.agreed(rsa, cipher))
        self.assertIn("AES128-SHA", self.agreed(rsa, "AES128-SHA"))

    def test_compatible_is_modern_first(self) -> None:
        """A client that has better ciphers gets them."""
        settings = replace(self.settings, ciphers=COMPATIBLE_CIPHERS)
        self.assertIn("ECDHE-ECDSA-AES128-GCM-SHA256", self.agreed(settings, "ALL"))

    def agreed(self, settings: TlsSettings, ciphers: str) -> str:
        """What the log says of a client that has these of TLS 1.2 alone."""
        tls = session(settings)
        context = client_context(version=TLS_1_2, ciphers=f"{ciphers}:@SECLEVEL=0")
        return tls.begun(Hands(tls.server_connection(), context).shake().server)

    def test_ciphers_of_the_operator(self) -> None:
        """The list of the configuration replaces ours."""
        settings = replace(self.settings, ciphers="ECDHE-ECDSA-CHACHA20-POLY1305")
        tls = session(settings)
        hands = Hands(tls.server_connection(), client_context(version=TLS_1_2)).shake()
        self.assertIn("CHACHA20", tls.begun(hands.server))

    def test_protocol_ftp(self) -> None:
        """ALPN: ftp is chosen, also from a longer list (RFC 9325 section 3.7)."""
        hands = Hands(session(self.settings).server_connection(), client_context(protocols=["x-filezilla-ftp", "ftp"]))
        self.assertEqual(hands.shake().client.selected_alpn_protocol(), "ftp")

    def test_strange_protocols(self) -> None:
        """A list without ours is refused: it stops attacks across protocols."""
        hands = Hands(session(self.settings).server_connection(), client_context(protocols=["h2", "http/1.1"]))
        self.assertRaises(SSL.Error, hands.shake)
        alert = self.assertRaises(ssl.SSLError, hands.client.do_handshake)
        self.assertRegex(str(alert), "(?i)no.application.protocol")

    def test_protocols_of_filezilla(self) -> None:
        """They are taken for no list."""
        for name in ("x-filezilla-ftp", "ftp-data"):
            hands = Hands(session(self.settings).server_connection(), client_context(protocols=[name])).shake()
            self.assertIsNone(hands.client.selected_alpn_protocol())

    def test_renegotiation(self) -> None:
        """Refused by an alert that a client may survive (RFC 9325 section 3.5)."""
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        client, server = SSL.Connection(context), session(self.settings).server_connection()
        client.set_connect_state()
        for _ in range(4):
            for here, there in ((client, server), (server, client)):
                _step(here)
                _carry(here, there)
        self.assertTrue(client.renegotiate())
        _step(client)
        _carry(client, server)
        self.assertRaises(SSL.WantReadError, server.recv, 100)
        _carry(server, client)
        problem = self.assertRaises(SSL.Error, client.do_handshake)
        self.assertIn("no renegotiation", str(problem))


def _step(connection: SSL.Connection) -> None:
    try:
        connection.do_handshake()
    except SSL.WantReadError:
        return


def _carry(source: SSL.Connection, target: SSL.Connection) -> None:
    try:
        target.bio_write(source.bio_read(65536))
    except SSL.WantReadError:
        return


class NameTests(TlsTestCase):
    """Server names (SNI) and HOST."""

    def test_the_default(self) -> None:
        """Who asks for nothing, or for a name that nobody knows, gets the first certificate."""
        for name in (None, "unknown.example"):
            self.assertEqual(self.shown(self.control(session(self.settings), client_context(), name)), "ftp.example")

    def test_another_name(self) -> None:
        """Has its own, in any case of letters."""
        hands = self.control(session(self.settings), client_context(), "OTHER.example")
        self.assertEqual(self.shown(hands), "other.example")

    def test_host_before_tls(self) -> None:
        """Chooses for a client that asks for no name (RFC 7151 section 3.3)."""
        tls = session(self.settings)
        tls.prefer("other.example")
        self.assertEqual(self.shown(self.control(tls, client_context())), "other.example")

    def test_data_connections_show_the_same(self) -> None:
        """Whatever they ask for (RFC 4217 section 10.2)."""
        tls = session(self.settings)
        self.control(tls, client_context(), "other.example")
        for name in (None, "ftp.example"):
            self.assertEqual(
                self.shown(Hands(tls.server_connection(), client_context(), name=name).shake()), "other.example"
            )

    def test_which_hosts_are_served(self) -> None:
        """Those of the section and those that the certificate names."""
        tls = session(self.settings)
        served = [name for name in ("other.example", "ftp.example", "a.wild.example") if tls.serves(name)]
        self.assertEqual(served, ["other.example", "ftp.example", "a.wild.example"])
        self.assertEqual([name for name in ("x", "wild.example", "a.b.wild.example") if tls.serves(name)], [])

    def test_host_agrees_with_the_handshake(self) -> None:
        """Any does before it, and where no name was asked for."""
        tls = session(self.settings)
        self.assertTrue(tls.agrees("x.example"))
        self.control(tls, client_context(), "other.example")
        self.assertEqual((tls.agrees("other.example"), tls.agrees("ftp.example")), (True, False))


class UploadTests(TlsTestCase):
    """How uploads end."""

    def test_truncated_uploads(self) -> None:
        """Taken by default, refused from a client that has sent close_notify, and in strict mode always."""
        tls = session(self.settings)
        server = self.control(tls, client_context()).server
        tls.upload_ended(server, clean=False, client_present=False)
        tls.upload_ended(server, clean=True, client_present=True)
        self.assertRaises(TransferAborted, tls.upload_ended, server, clean=False, client_present=True)
        strict = session(replace(self.settings, truncated_uploads=TruncatedUploads.REFUSE))
        self.assertRaises(TransferAborted, strict.upload_ended, server, clean=False, client_present=True)

    def test_nothing_to_tell(self) -> None:
        """Without data connections."""
        self.assertEqual(session(self.settings).tally(), "")


class ClientCertificateTests(TlsTestCase):
    """Certificates of clients."""

    def asking(self, mode: ClientCertificate) -> tuple[TlsSession, ssl.SSLContext]:
        """A session that asks for certificates, and alice with a right one."""
        authority = Authority(self.folder)
        settings = replace(self.settings, client_certificate=mode, client_authorities=authority.path)
        return session(settings), client_context(pair=authority.client("alice"))

    def test_login(self) -> None:
        """The common name is the account."""
        tls, alice = self.asking(ClientCertificate.LOGIN)
        self.control(tls, alice)
        self.assertEqual(tls.client_name(), "alice")

    def test_login_without_one(self) -> None:
        """A password decides."""
        tls, _ = self.asking(ClientCertificate.LOGIN)
        self.control(tls, client_context())
        self.assertIsNone(tls.client_name())

    def test_required(self) -> None:
        """A right one is no login by itself, and without one there is no handshake."""
        tls, alice = self.asking(ClientCertificate.REQUIRED)
        self.control(tls, alice)
        self.assertIsNone(tls.client_name())
        tls, _ = self.asking(ClientCertificate.REQUIRED)
        self.assertRaises(SSL.Error, Hands(tls.server_connection(), client_context()).shake)

    def test_of_a_stranger(self) -> None:
        """One that no authority has signed is worse than none."""
        tls, _ = self.asking(ClientCertificate.OPTIONAL)
        mallory = client_context(pair=Authority(os.path.join(self.folder, "other")).client("alice"))
        self.assertRaises(SSL.Error, Hands(tls.server_connection(), mallory).shake)

    def test_data_connections(self) -> None:
        """Must show the same one, or resume (RFC 4217 section 15.1.2)."""
        tls, alice = self.asking(ClientCertificate.OPTIONAL)
        control = self.control(tls, alice, "ftp.example")
        tls.admit_data(Hands(tls.server_connection(), alice).shake().server)
        resumed = Hands(tls.server_connection(), alice, former=control.former, name="ftp.example").shake()
        self.assertTrue(resumed.client.session_reused)
        tls, alice = self.asking(ClientCertificate.OPTIONAL)
        self.control(tls, alice)
        other = Hands(tls.server_connection(), client_context()).shake()
        self.assertRaises(ResumptionRequired, tls.admit_data, other.server)
