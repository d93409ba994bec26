"""A server process that speaks TLS, and raw TLS clients of it."""

from __future__ import annotations

import ftplib
import socket
import ssl
from datetime import datetime, timezone

from ftpd_service.tls.self_signed import self_signed
from tests.interop.server import Server


class TlsServer(Server):
    """As `Server`, with more listeners: TLS offered, required, and from the first octet on.

    :ivar required: the port of the listener that lets nobody in without TLS.
    :ivar implicit: the port of the one that begins with TLS.
    :ivar proxied: the port of one that begins with a PROXY header, and then with TLS.
    """

    def write(self, *, extra: str = "", limits: str = "") -> None:
        """Write the configuration; `extra` is the inside of the section ``tls``."""
        self.required, self.implicit, self.proxied = self.free_port(), self.free_port(), self.free_port()
        self.renew()
        self.configuration.write_text(
            "listeners:\n"
            f"  - {{endpoint: 'tcp:{self.port}:interface=127.0.0.1'}}\n"
            f"  - {{endpoint: 'tcp:{self.required}:interface=127.0.0.1', tls: required}}\n"
            f"  - {{endpoint: 'tcp:{self.implicit}:interface=127.0.0.1', tls: implicit}}\n"
            f"  - {{endpoint: 'haproxy:tcp:{self.proxied}:interface=127.0.0.1', tls: implicit}}\n"
            f"tls: {{certificate: cert.pem, private_key: key.pem, {extra}}}\n"
            "accounts:\n"
            "  alice: {password: '{plain}secret', home: home, permissions: all}\n"
            f"limits: {{{limits}}}\n"
        )

    def renew(self) -> bytes:
        """Put another certificate in place; the certificate itself, in DER."""
        certificate, key = self_signed(["localhost", "127.0.0.1"], now=datetime.now(timezone.utc))
        (self.folder / "key.pem").write_bytes(key)
        (self.folder / "cert.pem").write_bytes(certificate)
        return ssl.PEM_cert_to_DER_cert(certificate.decode())


def trusting(version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A client that trusts everybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version is not None:
        context.maximum_version = version
    return context


class ResumingFtp(ftplib.FTP_TLS):
    """ftplib that resumes the control connection's session on data connections."""

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[ssl.SSLSocket, int | None]:
        """A data connection that presents the session."""
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        assert isinstance(self.sock, ssl.SSLSocket)
        return self.context.wrap_socket(connection, session=self.sock.session), size


def protected_session(port: int) -> ResumingFtp:
    """A session of alice, with protected data connections."""
    client = ResumingFtp(context=trusting())
    client.connect("127.0.0.1", port, timeout=60)
    client.login("alice", "secret")
    client.prot_p()
    return client


class TlsClient:
    """A socket that says AUTH TLS, and the reply lines that come from it."""

    def __init__(self, port: int, *, implicit: bool = False, version: ssl.TLSVersion | None = None) -> None:
        plain = socket.create_connection(("127.0.0.1", port), 20)
        if not implicit:
            received = plain.recv(4096)
            plain.sendall(b"AUTH TLS\r\n")
            received += plain.recv(4096)
            assert b"234" in received, received
        self.socket = trusting(version).wrap_socket(plain)
        self._lines = self.socket.makefile("rb")

    def code(self) -> int:
        """The code of the next reply; 0 at the end of the connection."""
        while line := self._lines.readline():
            if line[:3].isdigit() and line[3:4] == b" ":
                return int(line[:3])
        return 0

    def say(self, line: str) -> int:
        """Send a command: the code of its reply."""
        self.socket.sendall(line.encode() + b"\r\n")
        return self.code()

    def close(self) -> None:
        """Close it, without a word."""
        self._lines.close()
        self.socket.close()
