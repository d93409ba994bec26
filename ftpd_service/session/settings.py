"""The frozen settings of a session, which `graph/` passes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from ftpd_service.naming import STANDARD_NAMING, Naming
from ftpd_service.policy.tls_networks import TlsNetworks
from ftpd_service.upload_policy import UploadPolicy


class ListenerTls(Enum):
    """TLS on the control connections of a listener; the values are the configuration's words."""

    OFF = "off"
    EXPLICIT = "explicit"
    """The server offers TLS, and AUTH begins it."""
    REQUIRED = "required"
    """The server offers TLS, and logins need it."""
    IMPLICIT = "implicit"
    """TLS begins with the first byte (port 990)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """The limits of a session, and other settings that verbs use."""

    banner: str = "FTP server ready."
    """The text of the greeting, and of the reply to an accepted HOST and REIN."""
    dot_files: bool = True
    """Whether listings show names that begin with a dot even without ``-a``."""
    failed_logins: int = 3
    """The number of failed logins in a session that is answered 421."""
    idle_seconds: float = 900.0
    """The timeout without commands and data; SITE IDLE may lower it for its session, but not raise it."""
    host_names: tuple[str, ...] = ()
    """The names that HOST accepts, in lower case, beside the address that the client has connected to."""
    tls: ListenerTls = ListenerTls.OFF
    """The TLS mode of the session's listener."""
    tls_available: bool = False
    """Whether the listener offers TLS and there is a certificate, so that FEAT names TLS."""
    data_protection_required: bool = False
    """Whether transfers are refused while PROT is C."""
    active: bool = True
    """Whether PORT and EPRT are allowed."""
    require_pbsz: bool = False
    """Whether PROT without PBSZ is refused; RFC 4217 section 9 demands PBSZ, but many clients omit it."""
    clear_command_channel: bool = False
    """Whether CCC ends TLS on the control connection."""
    uploads: UploadPolicy = field(default_factory=UploadPolicy)
    """The policy of uploads to which accounts and folders give no policy of their own."""
    digests: tuple[str, ...] = ("sha256", "sha1", "md5", "crc32", "sha512")
    """The algorithms of digest verbs, by their names in the configuration; HASH begins with the first."""
    digest_facts: bool = False
    """Whether MLST tells known digests if OPTS MLST asks for their facts."""
    names: Naming = STANDARD_NAMING
    """The keys of ``names`` for sessions of the listener; those of an account go before them."""
    node: str = ""
    """The name of this host in events."""
    tls_networks: TlsNetworks = field(default_factory=TlsNetworks)
    """The networks from which no password is checked in clear."""
