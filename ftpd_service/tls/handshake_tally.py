"""The count of TLS handshakes that have succeeded, by connection, version and resumption."""

from __future__ import annotations

from OpenSSL import SSL

from ftpd_service.tls.openssl import resumed

VERSIONS = ("TLSv1.2", "TLSv1.3")
"""The versions that a context of this server may speak."""


class HandshakeTally:
    """The handshakes of a process.

    :ivar control: the handshakes of control connections, by version.  They never resume.
    :ivar data: the handshakes of data connections, by version, and by whether they resumed.
    """

    __slots__ = ("control", "data")

    def __init__(self) -> None:
        self.control = dict.fromkeys(VERSIONS, 0)
        self.data = dict.fromkeys([(version, again) for version in VERSIONS for again in (False, True)], 0)

    def count_control(self, connection: SSL.Connection) -> None:
        """Count a handshake of a control connection."""
        self.control[connection.get_protocol_version_name()] += 1

    def count_data(self, connection: SSL.Connection) -> None:
        """Count a handshake of a data connection."""
        self.data[connection.get_protocol_version_name(), resumed(connection)] += 1
