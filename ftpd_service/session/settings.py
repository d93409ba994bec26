"""The settings a session needs: frozen, handed in by `graph.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from ftpd_service.policy.tls_networks import TlsNetworks


class ListenerTls(Enum):
    """TLS on the control connections of a listener; the values are the configuration's words."""

    OFF = "off"
    EXPLICIT = "explicit"
    """Offered: AUTH begins it."""
    REQUIRED = "required"
    """As explicit, and nobody logs in without it."""
    IMPLICIT = "implicit"
    """From the first octet on (port 990)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """What verbs look up: limits of one session and how listings look."""

    banner: str = "FTP server ready."
    """Text of the greeting, and of the reply to an accepted HOST and REIN."""
    dot_files: bool = True
    """Whether listings show names that begin with a dot without being asked to by ``-a``."""
    failed_logins: int = 3
    """The failure with this number, counted in one session, is answered 421."""
    idle_seconds: float = 900.0
    """Without command and data; SITE IDLE may lower it for its session, never raise it."""
    host_names: tuple[str, ...] = ()
    """Names that HOST accepts, in lower case, beside the address that the client has connected to."""
    tls: ListenerTls = ListenerTls.OFF
    """As the listener has it that the session came by."""
    tls_available: bool = False
    """Whether the listener offers TLS and a certificate is there: FEAT says so."""
    data_protection_required: bool = False
    """Whether transfers are refused while PROT is C."""
    active: bool = True
    """Whether PORT and EPRT are carried out."""
    require_pbsz: bool = False
    """Whether PROT without PBSZ is refused, as RFC 4217 section 9 has it and many clients don't."""
    clear_command_channel: bool = False
    """Whether CCC ends TLS on the control connection."""
    tls_networks: TlsNetworks = field(default_factory=TlsNetworks)
    """From where no password at all is looked at in clear."""
    clear_logins: frozenset[str] | None = None
    """The only names whose passwords are looked at in clear; None where no account needs TLS: every name's."""
