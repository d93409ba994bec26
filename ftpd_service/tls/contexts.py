"""TLS contexts: a context for each control connection, built from the certificates in memory in 0.1 ms.

A context of its own binds resumption to a session: the tickets and ids of other sessions lead to a full handshake.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from OpenSSL import SSL, crypto

from ftpd_service.tls.loading import Certificate, CertificateProblem, Loaded
from ftpd_service.tls.settings import ClientCertificate, MinimumVersion, TlsSettings

FTP = b"ftp"
_UNREFUSED = frozenset({b"x-filezilla-ftp", b"ftp-data"})
"""FileZilla's names: their meaning is not implemented, but they are no reason to refuse."""

_SESSION_SECONDS = int(timedelta(days=7).total_seconds())
"""The longest life of tickets (RFC 8446 section 4.6.1), so that no control connection outlives its tickets."""

_VERSIONS = {MinimumVersion.TLS_1_2: SSL.TLS1_2_VERSION, MinimumVersion.TLS_1_3: SSL.TLS1_3_VERSION}
_VERIFICATION = {
    ClientCertificate.OFF: SSL.VERIFY_NONE,
    ClientCertificate.OPTIONAL: SSL.VERIFY_PEER,
    ClientCertificate.LOGIN: SSL.VERIFY_PEER,
    ClientCertificate.REQUIRED: SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT,
}


def select_protocol(connection: SSL.Connection, offered: list[bytes]) -> bytes:
    """Select ``ftp`` if it is offered (ALPN callback); refuse a list of foreign protocols (RFC 9325 section 3.7).

    :raises SSL.Error: the list has no known name.  Only this sends no_application_protocol to the client.
    """
    if FTP in offered:
        return FTP
    if not _UNREFUSED.isdisjoint(offered):
        # Nothing is selected, and the handshake goes on as if the client had sent no list.
        return SSL.NO_OVERLAPPING_PROTOCOLS  # type: ignore[return-value]  # a mark of pyOpenSSL's, typed object
    raise SSL.Error([("SSL routines", "", "no application protocol of the client is ftp")])


def make_context(
    certificate: Certificate,
    loaded: Loaded,
    settings: TlsSettings,
    *,
    session_id: bytes,
    name_asked: Callable[[SSL.Connection], None],
) -> SSL.Context:
    """Return a context for a control connection and its data connections.

    :param session_id: not empty, because with client certificates an empty id fails every resumption.
    :param name_asked: is called with the connection once the client has named its server.
    :raises SSL.Error: OpenSSL finds the certificate, the key or the ciphers invalid or too weak.
    """
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(_VERSIONS[settings.minimum_version])
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE)
    # This halves the memory of an idle session.
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.set_cipher_list(settings.ciphers.encode())
    certificate.shown.put_into(context)
    context.set_session_id(session_id)
    context.set_timeout(_SESSION_SECONDS)
    context.set_alpn_select_callback(select_protocol)
    context.set_tlsext_servername_callback(name_asked)
    _ask_for_certificate(context, loaded, settings)
    return context


def problem_of_ciphers(listed: str) -> str:
    """Return the reason why OpenSSL rejects a list of ciphers; empty if it accepts the list."""
    try:
        SSL.Context(SSL.TLS_SERVER_METHOD).set_cipher_list(listed.encode())
    except SSL.Error as problem:
        return reason_of(problem)
    return ""


def _ask_for_certificate(context: SSL.Context, loaded: Loaded, settings: TlsSettings) -> None:
    context.set_verify(_VERIFICATION[settings.client_certificate])
    store = context.get_cert_store()
    if settings.client_certificate is ClientCertificate.OFF or store is None:
        return
    for authority in loaded.authorities:
        store.add_cert(crypto.X509.from_cryptography(authority))
        context.add_client_ca(authority)


def prove(loaded: Loaded, settings: TlsSettings) -> None:
    """Make a context of each certificate, because OpenSSL has rules of its own for keys and ciphers.

    :raises CertificateProblem: OpenSSL rejects a certificate or the ciphers.
    """
    for above, certificate in [((), loaded.default), *((("names", name), one) for name, one in loaded.names.items())]:
        try:
            make_context(certificate, loaded, settings, session_id=b"x", name_asked=lambda connection: None)
        except SSL.Error as problem:
            reason = reason_of(problem)
            if "cipher" in reason:
                raise CertificateProblem(f"OpenSSL knows no such list: {reason}", key=("ciphers",)) from problem
            text = f"{certificate.path} is not accepted by OpenSSL: {reason}"
            raise CertificateProblem(text, key=(*above, "certificate")) from problem


def reason_of(problem: SSL.Error) -> str:
    """Return OpenSSL's reasons, for the log."""
    stack = problem.args[0] if problem.args and isinstance(problem.args[0], list) else []
    return "; ".join(str(entry[-1]) for entry in stack) or type(problem).__name__
