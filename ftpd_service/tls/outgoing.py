"""TLS of connections that the service itself opens: the server's certificate and its name are verified."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import Certificate, TLSVersion, optionsForClientTLS, platformTrust, trustRootFromCertificates

from ftpd_service.tls.loading import LARGEST_PEM_BYTES


def read_authorities(path: str) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a file in PEM; waits for disks.

    :raises ValueError: the file cannot be read or holds no certificate; the text tells the operator.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST_PEM_BYTES)
    except OSError as problem:
        raise ValueError(f"{path} cannot be read: {problem.strerror}") from None
    try:
        return tuple(x509.load_pem_x509_certificates(data))
    except ValueError:
        raise ValueError(f"{path} holds no certificate in PEM") from None


def options_for(host: str, authorities: tuple[x509.Certificate, ...] | None) -> IOpenSSLClientConnectionCreator:
    """Return the options of connections to a host, whose certificate must name it.

    :param host: a name in ASCII, or an address.
    :param authorities: the authorities that may sign the certificate; None means those of the operating system.
    """
    trust = platformTrust() if authorities is None else trustRootFromCertificates(list(map(_certificate, authorities)))
    options: IOpenSSLClientConnectionCreator = optionsForClientTLS(
        host, trustRoot=trust, extraCertificateOptions={"raiseMinimumTo": TLSVersion.TLSv1_2}
    )
    return options


def _certificate(authority: x509.Certificate) -> Certificate:
    certificate: Certificate = Certificate.load(authority.public_bytes(Encoding.DER))
    return certificate
