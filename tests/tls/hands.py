"""Certificates in files, and TLS clients in memory, for tests."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from OpenSSL import SSL
from twisted.internet.task import Clock

from ftpd_service.interfaces import Emit
from ftpd_service.policy.resumption_tally import ResumptionTally
from ftpd_service.resumption_mode import ResumptionMode
from ftpd_service.testing.fakes import at_once
from ftpd_service.tls.certificates import Certificates, proved
from ftpd_service.tls.self_signed import self_signed
from ftpd_service.tls.settings import KeyPair, TlsSettings
from ftpd_service.tls.tls_session import TlsSession

NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)


def write(folder: str, name: str, content: bytes) -> str:
    """Write a file; its path."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content)
    return path


def pair(folder: str, *names: str, days: int = 90, now: datetime | None = None) -> KeyPair:
    """A certificate for these names, in files of the first one's name."""
    certificate, key = self_signed(names, now=now or datetime.now(timezone.utc), days=days)
    return KeyPair(
        certificate=write(folder, f"{names[0]}.pem", certificate), private_key=write(folder, f"{names[0]}.key", key)
    )


def rsa_pair(folder: str, name: str) -> KeyPair:
    """A certificate with an RSA key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=9))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return KeyPair(
        certificate=write(folder, f"{name}.pem", builder.sign(key, SHA256()).public_bytes(Encoding.PEM)),
        private_key=write(folder, f"{name}.key", secret),
    )


class Authority:
    """Who signs certificates of clients.

    :ivar path: its own certificate.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")])
        self.path = write(folder, "authority.pem", self._signed(self._name, self._key, is_authority=True))

    def _signed(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_authority: bool) -> bytes:
        now = datetime.now(timezone.utc)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=9))
        builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        return builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM)

    def client(self, name: str) -> KeyPair:
        """A client's certificate with this common name."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return KeyPair(
            certificate=write(self._folder, f"{name}.client.pem", self._signed(subject, key, is_authority=False)),
            private_key=write(self._folder, f"{name}.client.key", secret),
        )


def certificates(settings: TlsSettings, clock: Clock | None = None, emit: Emit = lambda event: None) -> Certificates:
    """The certificates of settings, read now; the clock's zero is `NOW`."""
    clock = clock or Clock()
    start = NOW.timestamp()
    return Certificates(proved(settings), clock=clock, blocking=at_once, now=lambda: start + clock.seconds(), emit=emit)


def session(
    settings: TlsSettings, *, data_resumption: ResumptionMode | None = None, counted: ResumptionTally | None = None
) -> TlsSession:
    """A control connection's TLS of its own, with a client that calls itself ``test/1``."""
    return TlsSession(
        certificates(settings),
        token=os.urandom,
        settings=settings.on_listener(ciphers=None, data_resumption=data_resumption),
        counted=counted,
        software=lambda: "test/1",
    )


def client_context(
    *,
    version: ssl.TLSVersion | None = None,
    ciphers: str | None = None,
    protocols: Sequence[str] = (),
    pair: KeyPair | None = None,
    tickets: bool = True,
) -> ssl.SSLContext:
    """A client that trusts everybody.

    :param tickets: whether it takes tickets under TLS 1.2; without them it goes by session ids.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not tickets:
        context.options |= ssl.OP_NO_TICKET
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version is not None:
        context.minimum_version = context.maximum_version = version
    if ciphers is not None:
        context.set_ciphers(ciphers)
    if protocols:
        context.set_alpn_protocols(protocols)
    if pair is not None:
        context.load_cert_chain(pair.certificate, pair.private_key)
    return context


class Hands:
    """A client and a server connection that are joined in memory.

    :ivar client: Python's side.
    :ivar server: ours.
    """

    def __init__(
        self,
        server: SSL.Connection,
        context: ssl.SSLContext,
        *,
        name: str | None = None,
        former: ssl.SSLSession | None = None,
    ) -> None:
        self._to_client, self._to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.server = server
        self.client = context.wrap_bio(self._to_client, self._to_server, server_hostname=name, session=former)

    def carry(self) -> None:
        """Carry what both sides have written to the other."""
        while data := self._to_server.read():
            self.server.bio_write(data)
        try:
            while True:
                self._to_client.write(self.server.bio_read(65536))
        except SSL.WantReadError:
            return

    def _try(self, step: Callable[[], object]) -> bool:
        try:
            step()
        except (ssl.SSLWantReadError, SSL.WantReadError):
            return False
        return True

    def shake(self) -> Hands:
        """The whole handshake.

        :raises ssl.SSLError: the client gave up, or got an alert.
        :raises OpenSSL.SSL.Error: the server gave up.
        """
        done = False
        for _ in range(6):
            done = self._try(self.client.do_handshake)
            self.carry()
            try:
                self._try(self.server.do_handshake)
            finally:
                self.carry()
        assert done
        # The tickets of TLS 1.3 come behind the handshake, and the client takes them as it reads.
        self._try(lambda: self.client.read(1))
        return self

    def say(self, data: bytes) -> bytes:
        """Send octets to the server; what it gets."""
        self.client.write(data)
        self.carry()
        return self.server.recv(65536)

    @property
    def former(self) -> ssl.SSLSession | None:
        """What the client can resume later."""
        return self.client.session
