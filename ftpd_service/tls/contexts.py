"""TLS contexts: one for each control connection, made of what `loading` has in memory (a tenth of a millisecond).

A context of its own binds resumption to a session: tickets and ids of another one's are no error, but a full handshake.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from OpenSSL import SSL, crypto

from ftpd_service.tls.loading import Certificate, CertificateProblem, Loaded
from ftpd_service.tls.settings import ClientCertificate, MinimumVersion, TlsSettings

FTP = b"ftp"
_UNREFUSED = frozenset({b"x-filezilla-ftp", b"ftp-data"})
"""FileZilla's own names: what they imply is not done here, and they are no reason to refuse."""

_SESSION_SECONDS = int(timedelta(days=7).total_seconds())
"""As long as tickets may live (RFC 8446 section 4.6.1): no control connection should outlive its own."""

_VERSIONS = {MinimumVersion.TLS_1_2: SSL.TLS1_2_VERSION, MinimumVersion.TLS_1_3: SSL.TLS1_3_VERSION}
_VERIFICATION = {
    ClientCertificate.OFF: SSL.VERIFY_NONE,
    ClientCertificate.OPTIONAL: SSL.VERIFY_PEER,
    ClientCertificate.LOGIN: SSL.VERIFY_PEER,
    ClientCertificate.REQUIRED: SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT,
}


def select_protocol(connection: SSL.Connection, offered: list[bytes]) -> bytes:
    """The ALPN callback: ``ftp`` where it is offered; a list of strangers is refused (RFC 9325 section 3.7).

    :raises SSL.Error: nothing on the list is ours.  No other way sends the client no_application_protocol.
    """
    if FTP in offered:
        return FTP
    if not _UNREFUSED.isdisjoint(offered):
        # Nothing is selected: the handshake goes on as if the client had sent no list.
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
    """A context for one control connection and its data connections.

    :param session_id: not empty: with client certificates an empty one fails every resumption.
    :param name_asked: called with the connection once the client has named the server that it wants.
    :raises SSL.Error: OpenSSL takes the certificate, the key or the ciphers for none, or for too weak.
    """
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(_VERSIONS[settings.minimum_version])
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE)
    # Half of what an idle session would take otherwise.
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
    """Why OpenSSL takes a list of ciphers for none; empty where it takes it."""
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
    """Make a context of each certificate, as OpenSSL has its own opinion of keys and ciphers.

    :raises CertificateProblem: it refuses one.
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
    """The reasons that OpenSSL gave, for the log."""
    stack = problem.args[0] if problem.args and isinstance(problem.args[0], list) else []
    return "; ".join(str(entry[-1]) for entry in stack) or type(problem).__name__
