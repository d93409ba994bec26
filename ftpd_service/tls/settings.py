"""Settings of TLS, frozen; `graph/` passes them on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from ftpd_service.policy.truncation import TruncatedUploads
from ftpd_service.resumption_mode import ResumptionMode

MODERN_CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
"""TLS 1.2 with forward secrecy and authenticated encryption (RFC 9325 section 4.2), and ChaCha20, which equals them."""

COMPATIBLE_CIPHERS = MODERN_CIPHERS + (
    ":ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384"
    ":ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA"
    ":AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-SHA"
)
"""The modern suites, then those of old devices: CBC (cameras, Windows Server 2012), and last key exchange by RSA."""


class MinimumVersion(Enum):
    """The lowest version of TLS; the values are the configuration's words."""

    TLS_1_2 = "1.2"
    TLS_1_3 = "1.3"


class ClientCertificate(Enum):
    """The rule for client certificates; the values are the configuration's words."""

    OFF = "off"
    OPTIONAL = "optional"
    """The server asks for a certificate, and a certificate that is sent must be valid."""
    REQUIRED = "required"
    """The server refuses a handshake without a valid certificate."""
    LOGIN = "login"
    """The server asks for a certificate; its common name is an account that needs no password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """The PEM files of a certificate and its key."""

    certificate: str
    """The server's certificate first, then the chain to the root."""
    private_key: str | None = None
    """None: the key is in the certificate's file."""
    password_file: str | None = None
    """The first line of this file decrypts the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """The TLS settings of all listeners or of a single listener."""

    pair: KeyPair
    names: Mapping[str, KeyPair] = field(default_factory=dict)
    """Further certificates, by the server name (in lower case) for which the client asks."""
    minimum_version: MinimumVersion = MinimumVersion.TLS_1_2
    ciphers: str = MODERN_CIPHERS
    """OpenSSL's list, for TLS 1.2."""
    data_resumption: ResumptionMode = ResumptionMode.REPORT
    truncated_uploads: TruncatedUploads = TruncatedUploads.ACCEPT
    client_certificate: ClientCertificate = ClientCertificate.OFF
    client_authorities: str | None = None
    """A PEM file of the authorities that may sign client certificates."""

    def on_listener(self, *, ciphers: str | None, data_resumption: ResumptionMode | None) -> TlsSettings:
        """Return the settings of a listener with values of its own; None keeps a value."""
        return replace(
            self,
            ciphers=self.ciphers if ciphers is None else ciphers,
            data_resumption=self.data_resumption if data_resumption is None else data_resumption,
        )
