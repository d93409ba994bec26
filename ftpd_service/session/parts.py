"""The parts of a session, which ``graph/`` builds for ``control/factory.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ftpd_service.digest_interfaces import IDigests
from ftpd_service.interfaces import Blocking, IDataChannel
from ftpd_service.login_interfaces import ILogin
from ftpd_service.policy.throttles import SessionThrottle
from ftpd_service.session.control_tls import IControlTls
from ftpd_service.session.session import Session
from ftpd_service.session.unjudged_uploads import UnjudgedUploads
from ftpd_service.session.unknown_digests import UnknownDigests
from ftpd_service.verdict_interfaces import IVerdicts


@dataclass(slots=True, kw_only=True)
class SessionParts:
    """The parts of one control connection; without a login they follow the configuration."""

    session: Session
    data: IDataChannel
    login: ILogin
    compute: Blocking
    """Runs calls that need much CPU time on the pool, on behalf of this session."""
    tls: IControlTls | None = None
    """TLS of the session; None if the listener has TLS off, or no certificate is configured."""
    throttle: SessionThrottle | None = None
    """The rates of the session's transfers; None if its data connection has no rates."""
    digests: IDigests = field(default_factory=UnknownDigests)
    """Knows digests without reading their files, and keeps those that verbs compute."""
    verdicts: IVerdicts = field(default_factory=UnjudgedUploads)
    """Judges uploads before their commit; it follows the configuration also with a login."""
    certificate_counts: bool = True
    """Whether the configuration in force has accepted the client's certificate, so that it may log in."""


Renew = Callable[[SessionParts], None]
"""Moves a session without a login to the configuration in force."""
