"""What a configuration file comes to: one frozen record that `graph.py` takes apart for the parts of the server.

Nothing here knows YAML; ``sections.py`` says how the file looks, ``build.py`` turns the one into the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.auth.settings import AuthSettings
from ftpd_service.config.section import Section
from ftpd_service.control.settings import ControlSettings
from ftpd_service.data.settings import DataSettings
from ftpd_service.observe.settings import LoggingSettings
from ftpd_service.policy.throttles import NO_LIMITS, Rates
from ftpd_service.session.settings import ListenerTls, SessionSettings
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.tls.settings import TlsSettings
from ftpd_service.values import ResumptionMode

DEFAULT_ENDPOINT = "tcp:2121:interface=127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerSettings:
    """One port that is listened on."""

    endpoint: str = DEFAULT_ENDPOINT
    """A description for `twisted.internet.endpoints.serverFromString`."""
    banner: str = SessionSettings().banner
    """The greeting on this listener; the sessions that it accepts get it in their `SessionSettings`."""
    rates: Rates = NO_LIMITS
    tls: ListenerTls = ListenerTls.OFF
    data_resumption: ResumptionMode | None = None
    """What its sessions' data connections are asked; None: what `TlsSettings` says."""
    ciphers: str | None = None
    """OpenSSL's list, for TLS 1.2 on it; None: what `TlsSettings` says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsSettings:
    """What the whole service is bound by; the other limits stand in the settings of their parts."""

    sessions: int = 10000
    sessions_per_host: int = 100
    drain_seconds: float = 30.0
    """What running transfers get when the service ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole configuration.  Only `graph.py` sees all of it; without arguments, that of an empty file."""

    listeners: tuple[ListenerSettings, ...] = (ListenerSettings(),)
    session: SessionSettings = field(default_factory=SessionSettings)
    """Its banner is the default's: each listener brings its own."""
    control: ControlSettings = field(default_factory=ControlSettings)
    tls: TlsSettings | None = None
    """None: there is no certificate."""
    data: DataSettings = field(default_factory=DataSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    auth: AuthSettings = field(default_factory=AuthSettings)
    accounts: AccountsSettings = field(default_factory=AccountsSettings)
    logging: LoggingSettings = field(default_factory=LoggingSettings)
    limits: LimitsSettings = field(default_factory=LimitsSettings)
    rates: Rates = NO_LIMITS
    """Of the whole service."""
    source: str | None = None
    """The path of the file as it was given, or None where there is no file."""
    sections: Section | None = field(default=None, compare=False, repr=False)
    """What the file says, to tell a later reading of it what has changed; None where there is no file."""
    warnings: tuple[str, ...] = ()
    """What an operator should know though it is no mistake, one line each; no secret in it."""
