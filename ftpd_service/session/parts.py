"""What a session is made of: put together by ``graph.py``, handed to ``control/factory.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ftpd_service.interfaces import Blocking, IDataChannel, ILogin
from ftpd_service.session.control_tls import IControlTls
from ftpd_service.session.session import Session


@dataclass(slots=True, kw_only=True)
class SessionParts:
    """One control connection's own parts; while nobody is logged in they follow the configuration."""

    session: Session
    data: IDataChannel
    login: ILogin
    compute: Blocking
    """Runs what costs long CPU time beside the reactor, on behalf of this session."""
    tls: IControlTls | None = None
    """None where the listener has TLS off, or no certificate is configured."""
    certificate_counts: bool = True
    """Whether the client's certificate was judged by the configuration in force, and may log in."""


Renew = Callable[[SessionParts], None]
"""Has a session in which nobody is logged in go on under the configuration in force."""
