"""TLS for data connections in tests: the server's side as the channel is given it, and a client on memory BIOs."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from OpenSSL import SSL, crypto
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import ITransport
from zope.interface import implementer

from ftpd_service.data.channel import DataChannel
from ftpd_service.policy.resumption import Resumption
from ftpd_service.policy.truncation import TruncatedUploads, Truncation
from ftpd_service.resumption_mode import ResumptionMode
from ftpd_service.session.control_tls import ITlsSession
from ftpd_service.tls.openssl import resumed
from ftpd_service.tls.records import Records
from tests.data.loopback import Client, LoopbackCase, Sending

OLD = ssl.TLSVersion.TLSv1_2
NEW = ssl.TLSVersion.TLSv1_3


@cache
def _certificate() -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    )
    return builder.sign(key, hashes.SHA256()), key


@implementer(ITlsSession)
class TlsSession:
    """One control connection's TLS, without the connection.

    :ivar judged: of each data connection admitted, whether it had resumed.
    :ivar ends: of each upload, in the order they were told: clean, client present.
    """

    def __init__(
        self,
        mode: ResumptionMode = ResumptionMode.OFF,
        uploads: TruncatedUploads = TruncatedUploads.ACCEPT,
    ) -> None:
        """There was no control handshake that gave a ticket."""
        self.resumption = Resumption(mode)
        self.resumption.holds_ticket = False
        self._truncation = Truncation(uploads)
        self.judged: list[bool] = []
        self.ends: list[tuple[bool, bool]] = []
        certificate, key = _certificate()
        self._context = SSL.Context(SSL.TLS_SERVER_METHOD)
        self._context.use_certificate(crypto.X509.from_cryptography(certificate))
        self._context.use_privatekey(crypto.PKey.from_cryptography_key(key))
        self._context.set_session_id(os.urandom(16))

    def active(self) -> bool:
        """Always."""
        return True

    def records(self) -> Records:
        """A connection of this session's context."""
        connection = SSL.Connection(self._context)
        connection.set_accept_state()
        return Records(connection)

    def admit_data(self, connection: SSL.Connection) -> None:
        """By the policy."""
        again = resumed(connection)
        self.judged.append(again)
        self.resumption.admit(resumed=again, spends_tickets=connection.get_protocol_version() == SSL.TLS1_3_VERSION)

    def download_ended(self, connection: SSL.Connection) -> None:
        """Count."""
        self.resumption.ticket_reached()

    def upload_ended(self, connection: SSL.Connection, *, clean: bool, client_present: bool) -> None:
        """Count, and judge by the policy."""
        self.ends.append((clean, client_present))
        if client_present:
            self.resumption.ticket_reached()
        self._truncation.upload_ended(clean=clean)


def client_context(version: ssl.TLSVersion) -> ssl.SSLContext:
    """What a client of one version brings; sessions are resumed within one such context only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    return context


class _Plain:
    """The plain side of a client's connection, in the words that tests use of a transport."""

    def __init__(self, client: TlsClient, tcp: Sending) -> None:
        self._client = client
        self._tcp = tcp

    def write(self, data: bytes) -> None:
        """Send octets, once the handshake is done."""
        self._client.when_shaken(lambda: self._client.send(data))

    def loseWriteConnection(self) -> None:
        """Send close_notify and FIN, once the handshake is done."""
        self._client.when_shaken(self._client.close)

    def abortConnection(self) -> None:
        """Reset."""
        self._tcp.abortConnection()

    def getPeer(self) -> IPv4Address | IPv6Address:
        """The server."""
        return self._tcp.getPeer()


class TlsClient(Client):
    """A client of protected data connections; what it is told to do waits for the handshake.

    :ivar raw: its transport below TLS.
    :ivar tls: its TLS connection.
    :ivar received: plain octets.
    :ivar closed: the server's close_notify has come.
    :ivar problem: what was wrong with a record.
    :ivar pieces: how often something came.
    """

    def __init__(self, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> None:
        super().__init__()
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, session=session)
        self.closed = False
        self.problem: ssl.SSLError | None = None
        self.shaken = False
        self.pieces = 0
        self._later: list[Callable[[], None]] = []

    @property
    def raw(self) -> Sending:
        """The transport below TLS."""
        return super().tcp

    @property
    def tcp(self) -> Sending:
        """The transport, as it is to who speaks TLS."""
        return _Plain(self, super().tcp)

    def connectionMade(self) -> None:
        """Say hello."""
        self._shake()

    def pause(self) -> None:
        """Read nothing, once the handshake is done."""
        self.when_shaken(super().pause)

    def when_shaken(self, do: Callable[[], None]) -> None:
        """Do something when the handshake is done."""
        if self.shaken:
            do()
        else:
            self._later.append(do)

    def send(self, data: bytes) -> None:
        """Encrypt and send."""
        self.tls.write(data)
        self._flush()

    def notify(self) -> None:
        """Send close_notify."""
        # OpenSSL takes octets that have come already, and are not read, for a breach then.
        self._read()
        # It would wait for the server's answer, and says so when it has sent ours.
        with suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        self._flush()

    def close(self) -> None:
        """Send close_notify and FIN."""
        self.notify()
        self.raw.loseWriteConnection()

    def cut(self) -> None:
        """Send FIN only."""
        self.raw.loseWriteConnection()

    def leave(self) -> None:
        """Close as a process that ends does: with a FIN, and a reset for what comes later."""
        ITransport(self.transport).loseConnection()

    def dataReceived(self, data: bytes) -> None:
        """Decrypt."""
        self.pieces += 1
        self._incoming.write(data)
        if not self.shaken:
            self._shake()
        if self.shaken and not self.closed:
            self._read()

    def _shake(self) -> None:
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as problem:
            self.problem = problem
            return
        finally:
            self._flush()
        self.shaken = True
        for do in self._later:
            do()

    def _read(self) -> None:
        try:
            while data := self.tls.read(256 * 1024):
                self.received += data
            self.closed = True
        except ssl.SSLWantReadError:
            return
        except ssl.SSLZeroReturnError:
            self.closed = True
        except ssl.SSLError as problem:
            self.problem = problem

    def _flush(self) -> None:
        if waiting := self._outgoing.read():
            self.raw.write(waiting)


class TlsCase(LoopbackCase):
    """Channels that are protected, and clients that speak one version of TLS.

    :ivar clients: all that were made.
    """

    version = NEW
    session: TlsSession

    def setUp(self) -> None:
        """Make the session's TLS, and the client's."""
        super().setUp()
        self.be(TlsSession())
        self.context = client_context(self.version)
        self.resume: ssl.SSLSession | None = None

    def be(self, session: TlsSession) -> None:
        """Have another session's TLS."""
        self.session = self.tls = session

    def make_client(self) -> Client:
        """A client that resumes what `resume` says."""
        return TlsClient(self.context, self.resume)

    async def tls_connected(self, channel: DataChannel) -> TlsClient:
        """A client that was accepted."""
        client = await self.connected(channel)
        assert isinstance(client, TlsClient)
        return client
