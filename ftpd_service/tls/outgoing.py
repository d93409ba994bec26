"""TLS of connections that the service itself opens: the server's certificate and its name are verified."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import Certificate, TLSVersion, optionsForClientTLS, platformTrust, trustRootFromCertificates
from twisted.python.failure import Failure

from ftpd_service.tls.contexts import reason_of
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


def failure_of_connection(failure: Failure) -> str:
    """Return the reason why a connection could not be made, or has ended, for the log."""
    problem = failure.value
    if isinstance(problem, VerificationError):
        return "the server's certificate is not for the name in the URL"
    if isinstance(problem, (ConnectionDone, ConnectionLost)):
        return "the server has closed the connection"
    if isinstance(problem, SSL.Error):
        return f"TLS failed: {reason_of(problem)}"
    return " ".join(str(problem).split()) or type(problem).__name__


def _certificate(authority: x509.Certificate) -> Certificate:
    certificate: Certificate = Certificate.load(authority.public_bytes(Encoding.DER))
    return certificate
