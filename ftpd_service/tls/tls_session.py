"""TLS of a control connection: its context, its client, and the rules for its data connections."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from OpenSSL import SSL
from zope.interface import implementer

from ftpd_service.account import Account
from ftpd_service.errors import ResumptionRequired
from ftpd_service.policy.resumption import Resumption
from ftpd_service.policy.resumption_tally import ResumptionTally
from ftpd_service.policy.truncation import Truncation
from ftpd_service.resumption_mode import ResumptionMode
from ftpd_service.session.control_tls import IControlTls
from ftpd_service.tls.certificates import Certificates
from ftpd_service.tls.client_hello import advice, offered_suites
from ftpd_service.tls.contexts import make_context
from ftpd_service.tls.handshake_tally import HandshakeTally
from ftpd_service.tls.loading import Loaded
from ftpd_service.tls.openssl import issue_no_ticket, resumed, store_no_more
from ftpd_service.tls.records import Records
from ftpd_service.tls.settings import COMPATIBLE_CIPHERS, ClientCertificate, TlsSettings

_SESSION_ID_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Client:
    """The client, as the control connection's handshake has shown it."""

    host: str
    """The server name that the client asked for (SNI, in lower case), or empty."""
    certificate: x509.Certificate | None


@implementer(IControlTls)
class TlsSession:
    """See `IControlTls`.  Certificates and settings stay the same from the beginning of its TLS to the end."""

    def __init__(
        self,
        certificates: Certificates,
        *,
        token: Callable[[int], bytes],
        settings: TlsSettings | None = None,
        counted: ResumptionTally | None = None,
        handshakes: HandshakeTally | None = None,
        software: Callable[[], str] = str,
    ) -> None:
        """Take the certificates.

        :param token: returns that many random bytes.
        :param settings: the settings of the listener; None for those of the certificates.
        :param counted: counts each data connection, unless `data_resumption` is off; None counts nothing.
        :param handshakes: counts each handshake.
        :param software: returns the client's name of itself, or empty.
        """
        self._certificates = certificates
        self._settings = certificates.settings if settings is None else settings
        self._token = token
        self._usual = self._settings.data_resumption
        self._counted = counted
        self._handshakes = HandshakeTally() if handshakes is None else handshakes
        self._software = software
        self.begin_anew()

    def begin_anew(self) -> None:
        """See `IControlTls.begin_anew`."""
        self._loaded: Loaded | None = None
        self._session_id = b""
        self._contexts: dict[str, SSL.Context] = {}
        self._host = ""
        self._client: _Client | None = None
        self._resumption = Resumption(self._usual)
        self._account: str | None = None
        self._truncation = Truncation(self._settings.truncated_uploads)

    def active(self) -> bool:
        """See `ITlsSession.active`."""
        return self._client is not None

    def started(self) -> bool:
        """See `IControlTls.started`."""
        return self._loaded is not None

    def records(self) -> Records:
        """See `ITlsSession.records`."""
        return Records(self.server_connection())

    def server_connection(self) -> SSL.Connection:
        """Return a new connection on memory BIOs, in accept state."""
        if self._loaded is None:
            # Contexts are made here, so that sessions without TLS cost none.
            self._loaded = self._certificates.loaded
            self._session_id = self._token(_SESSION_ID_BYTES)
        connection = SSL.Connection(self._context(self._loaded, ""))
        connection.set_accept_state()
        if self._host in self._loaded.names:
            # Tickets stay those of the first context: another context changes the certificate, not the resumption.
            connection.set_context(self._context(self._loaded, self._host))
        return connection

    def admit_data(self, connection: SSL.Connection) -> None:
        """See `ITlsSession.admit_data`."""
        again = resumed(connection)
        self._handshakes.count_data(connection)
        if self._counted is not None and self._resumption.mode is not ResumptionMode.OFF:
            self._counted.count(self._account, resumed=again, client=self._software())
        self._resumption.admit(resumed=again, spends_tickets=_spends_tickets(connection))
        if self._client is None or again:
            return
        if self._client.certificate != connection.get_peer_certificate(as_cryptography=True):
            raise ResumptionRequired("another client certificate than on the control connection")

    def download_ended(self, connection: SSL.Connection) -> None:
        """See `ITlsSession.download_ended`."""
        if _gives_ticket(connection):
            self._resumption.ticket_reached()

    def upload_ended(self, connection: SSL.Connection, *, clean: bool, client_present: bool) -> None:
        """See `ITlsSession.upload_ended`."""
        if client_present and _gives_ticket(connection):
            self._resumption.ticket_reached()
        self._truncation.upload_ended(clean=clean)

    def begun(self, connection: SSL.Connection) -> str:
        """See `IControlTls.begun`."""
        certificate = connection.get_peer_certificate(as_cryptography=True)
        asked = (connection.get_servername() or b"").decode("ascii", "replace").lower()
        self._client = _Client(host=asked, certificate=certificate)
        self._handshakes.count_control(connection)
        # OpenSSL looks up and stores sessions in the context with which a connection was made.
        store_no_more(self._contexts[""])
        text = f"{connection.get_protocol_version_name()} {connection.get_cipher_name()}"
        if asked:
            text += f", for {asked}"
        if certificate is not None:
            text += f", certificate of {certificate.subject.rfc4514_string()}"
        return text

    def prefer(self, host: str) -> None:
        """See `IControlTls.prefer`."""
        if not self.active():
            self._host = host

    def serves(self, host: str) -> bool:
        """See `IControlTls.serves`."""
        loaded = self._loaded or self._certificates.loaded
        return host in loaded.names or loaded.default.covers(host)

    def agrees(self, host: str) -> bool:
        """See `IControlTls.agrees`."""
        return self._client is None or self._client.host in ("", host)

    def belongs_to(self, account: Account | None) -> None:
        """See `IControlTls.belongs_to`: an account's setting overrides the listener's."""
        own = None if account is None else account.data_resumption
        self._account = None if account is None else account.name
        self._resumption.mode = self._usual if own is None else own

    def unshared(self, hello: bytes) -> str:
        """See `IControlTls.unshared`."""
        loaded = self._loaded or self._certificates.loaded
        shown = loaded.names.get(self._host, loaded.default)
        return advice(
            offered_suites(hello),
            compatible=COMPATIBLE_CIPHERS,
            in_force=self._settings.ciphers,
            ecdsa=not isinstance(shown.own.public_key(), rsa.RSAPublicKey),
        )

    def client_name(self) -> str | None:
        """See `IControlTls.client_name`: the only common name of the certificate's subject."""
        if self._settings.client_certificate is not ClientCertificate.LOGIN:
            return None
        if self._client is None or self._client.certificate is None:
            return None
        names = self._client.certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return str(names[0].value) if len(names) == 1 else None

    def tally(self) -> str:
        """See `IControlTls.tally`."""
        counted = self._resumption
        if not counted.resumed and not counted.full:
            return ""
        text = f"{counted.resumed} of {counted.resumed + counted.full} data connections resumed"
        if self._truncation.unclean:
            text += f", {self._truncation.unclean} uploads without close_notify"
        return text

    def _context(self, loaded: Loaded, host: str) -> SSL.Context:
        context = self._contexts.get(host)
        if context is None:
            self._contexts[host] = context = make_context(
                loaded.names.get(host, loaded.default),
                loaded,
                self._settings,
                session_id=self._session_id,
                name_asked=_weakly(self),
            )
        return context

    def _name_asked(self, connection: SSL.Connection) -> None:
        """Show the certificate of the name that the client asks for; on data connections that of the control
        connection.

        OpenSSL calls this in every handshake, also without a name, once resumption is decided.  A data connection with
        a full handshake sends no ticket, by which its unknown client could resume.
        """
        if self.active():
            if not resumed(connection):
                issue_no_ticket(connection)
            return
        if self._loaded is None:
            return
        host = (connection.get_servername() or b"").decode("ascii", "replace").lower()
        # FTP clients ask for odd names, also addresses: an unknown name gets the default (RFC 6066 section 3).
        if host and host != self._host:
            self._host = host
            connection.set_context(self._context(self._loaded, host if host in self._loaded.names else ""))


def _weakly(session: TlsSession) -> Callable[[SSL.Connection], None]:
    """Return the callback of a context that makes no reference cycle: thousands of sessions may come and go."""
    known = weakref.ref(session)

    def asked(connection: SSL.Connection) -> None:
        alive = known()
        if alive is not None:
            alive._name_asked(connection)

    return asked


def _gives_ticket(connection: SSL.Connection) -> bool:
    """Whether the client gets a ticket that resumes the control connection's session."""
    return _spends_tickets(connection) and resumed(connection)


def _spends_tickets(connection: SSL.Connection) -> bool:
    """Whether the client may use each ticket only once, as under TLS 1.3."""
    return bool(connection.get_protocol_version() == SSL.TLS1_3_VERSION)
