"""Settings of TLS: frozen, handed in by `graph.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from ftpd_service.policy.truncation import TruncatedUploads
from ftpd_service.values import ResumptionMode

MODERN_CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
"""TLS 1.2: forward secrecy and authenticated encryption only (RFC 9325 section 4.2); ChaCha20 is their equal."""

COMPATIBLE_CIPHERS = MODERN_CIPHERS + (
    ":ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384"
    ":ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA"
    ":AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-SHA"
)
"""The same, then those of old devices: CBC (cameras, Windows Server 2012), and behind them key exchange by RSA."""


class MinimumVersion(Enum):
    """The lowest version that is spoken; the values are the configuration's words."""

    TLS_1_2 = "1.2"
    TLS_1_3 = "1.3"


class ClientCertificate(Enum):
    """Whether clients show a certificate; the values are the configuration's words."""

    OFF = "off"
    OPTIONAL = "optional"
    """Asked for; one that is shown must be right."""
    REQUIRED = "required"
    """No handshake without one."""
    LOGIN = "login"
    """Asked for; whoever shows one is its subject's common name and needs no password for that account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """Where a certificate and its key are: paths of PEM files."""

    certificate: str
    """The server's own first, then those between it and the root."""
    private_key: str | None = None
    """None: in the file of the certificate."""
    password_file: str | None = None
    """The first line of this file opens the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """How TLS is spoken, on all listeners or on one."""

    pair: KeyPair
    names: Mapping[str, KeyPair] = field(default_factory=dict)
    """Other certificates, by the server name (in lower case) that the client asks for."""
    minimum_version: MinimumVersion = MinimumVersion.TLS_1_2
    ciphers: str = MODERN_CIPHERS
    """OpenSSL's list, for TLS 1.2."""
    data_resumption: ResumptionMode = ResumptionMode.REPORT
    truncated_uploads: TruncatedUploads = TruncatedUploads.ACCEPT
    client_certificate: ClientCertificate = ClientCertificate.OFF
    client_authorities: str | None = None
    """A PEM file of those who may sign client certificates."""

    def on_listener(self, *, ciphers: str | None, data_resumption: ResumptionMode | None) -> TlsSettings:
        """The same for a listener that says something of its own; None: it does not."""
        return replace(
            self,
            ciphers=self.ciphers if ciphers is None else ciphers,
            data_resumption=self.data_resumption if data_resumption is None else data_resumption,
        )
