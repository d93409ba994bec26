"""Certificates and keys from files: read, parsed and compared.  All of it waits for disks, beside the reactor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from ftpd_service.tls.openssl import PrivateKey, Shown
from ftpd_service.tls.settings import KeyPair, TlsSettings

T = TypeVar("T")

LARGEST_PEM_BYTES = 1024 * 1024
"""The size of thousands of certificates; a larger file is a wrong file."""
WARNED_BEFORE = timedelta(days=21)
"""The time before a certificate's end from which the log warns."""


class CertificateProblem(ValueError):
    """A file of certificates or keys is wrong.

    :ivar key: the configuration's key of the file, below ``tls``.
    :ivar text: the message without the key.
    """

    def __init__(self, text: str, *, key: tuple[str, ...]) -> None:
        super().__init__(f"tls.{'.'.join(key)}: {text}")
        self.text = text
        self.key = key


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate with its key, in memory."""

    path: str
    own: x509.Certificate
    shown: Shown = field(repr=False)
    """The certificate with its chain and key, as contexts take them."""

    def covers(self, host: str) -> bool:
        """Whether the certificate names a host (in lower case), also by a wildcard label (RFC 6125 section 6.4.3)."""
        wild = "*." + host.partition(".")[2]
        return any(name in (host, wild) for name in _names(self.own))

    def days_left(self, now: datetime) -> int:
        """Return the whole days until the certificate expires, negative after that."""
        return (self.own.not_valid_after_utc - now).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The content of all files of a configuration."""

    default: Certificate
    names: Mapping[str, Certificate]
    authorities: tuple[x509.Certificate, ...]

    def warnings(self, now: datetime) -> Iterator[str]:
        """Yield a text for each certificate that expires soon or has expired."""
        for certificate in (self.default, *self.names.values()):
            ends = certificate.own.not_valid_after_utc
            if ends <= now:
                yield f"the certificate {certificate.path} has expired on {ends:%Y-%m-%d}"
            elif ends - now <= WARNED_BEFORE:
                days = certificate.days_left(now)
                yield f"the certificate {certificate.path} expires on {ends:%Y-%m-%d}, in {days} days"


def load(settings: TlsSettings) -> Loaded:
    """Read and parse all files.

    :raises CertificateProblem: for the first wrong file.
    """
    authorities: tuple[x509.Certificate, ...] = ()
    if settings.client_authorities is not None:
        authorities = _certificates(settings.client_authorities, ("client_authorities",))
    return Loaded(
        default=_certificate(settings.pair, ()),
        names={name: _certificate(pair, ("names", name)) for name, pair in settings.names.items()},
        authorities=authorities,
    )


def files(settings: TlsSettings) -> tuple[str, ...]:
    """Return every file that `load` reads."""
    found: list[str | None] = [settings.client_authorities]
    for pair in (settings.pair, *settings.names.values()):
        found += [pair.certificate, pair.private_key, pair.password_file]
    return tuple(dict.fromkeys(path for path in found if path is not None))


Marks = tuple[tuple[int, int, int] | None, ...]


def marks(paths: tuple[str, ...]) -> Marks:
    """Return time, size and inode of each file, None for a missing file; a changed file differs in them."""
    return tuple(_mark(path) for path in paths)


def _mark(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _certificate(pair: KeyPair, above: tuple[str, ...]) -> Certificate:
    own, *chain = _certificates(pair.certificate, (*above, "certificate"))
    key_path = pair.private_key or pair.certificate
    where = (*above, "private_key" if pair.private_key else "certificate")
    key = _private_key(key_path, _password(pair, above), where)
    if _public(own.public_key()) != _public(key.public_key()):
        raise CertificateProblem(f"{key_path} is not the key of the certificate {pair.certificate}", key=where)
    return Certificate(path=pair.certificate, own=own, shown=Shown(own, chain, key))


def _public(key: object) -> bytes:
    """Return the public half of a key as bytes that can be compared."""
    if not isinstance(
        key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)
    ):
        return b""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _certificates(path: str, where: tuple[str, ...]) -> tuple[x509.Certificate, ...]:
    return tuple(_parsed(path, where, "certificate in PEM", x509.load_pem_x509_certificates))


def _private_key(path: str, password: bytes | None, where: tuple[str, ...]) -> PrivateKey:
    try:
        key = _parsed(path, where, "private key in PEM", lambda data: load_pem_private_key(data, password))
    except TypeError as problem:
        text = "is encrypted: private_key_password_file is missing"
        if password is not None:
            text = "is not encrypted: private_key_password_file is too much"
        raise CertificateProblem(f"{path} {text}", key=where) from problem
    if not isinstance(key, PrivateKey):
        raise CertificateProblem(f"{path} holds a key of a kind that TLS does not use here", key=where)
    return key


def _parsed(path: str, where: tuple[str, ...], what: str, parse: Callable[[bytes], T]) -> T:
    data = _read(path, where)
    try:
        return parse(data)
    except ValueError as problem:
        # The library's text is for programmers, and may quote the file.
        wrong = " or its password is wrong" if "key" in what else ""
        raise CertificateProblem(f"{path} holds no {what}{wrong}", key=where) from problem


def _password(pair: KeyPair, above: tuple[str, ...]) -> bytes | None:
    if pair.password_file is None:
        return None
    return _read(pair.password_file, (*above, "private_key_password_file")).split(b"\n", 1)[0].removesuffix(b"\r")


def _read(path: str, where: tuple[str, ...]) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST_PEM_BYTES + 1)
    except OSError as problem:
        raise CertificateProblem(f"{path} cannot be read: {problem.strerror}", key=where) from problem
    if len(data) > LARGEST_PEM_BYTES:
        raise CertificateProblem(f"{path} is too large", key=where)
    return data


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return []
    return [name.lower() for name in extension.value.get_values_for_type(x509.DNSName)]
