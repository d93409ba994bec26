"""The result of a configuration file: a frozen record that `graph/` divides among the parts of the server.

This module does not know YAML.  ``sections.py`` declares the keys of the file, and ``build.py`` builds the record from
them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ftpd_service.account import NO_LIMITS, Rates
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.admin_socket.settings import AdminSettings
from ftpd_service.auth.settings import AuthSettings
from ftpd_service.config.section import Section
from ftpd_service.control.settings import ControlSettings
from ftpd_service.data.settings import DataSettings
from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.digests.settings import DigestSettings
from ftpd_service.hooks.settings import HooksSettings
from ftpd_service.naming import Naming
from ftpd_service.observe.settings import LoggingSettings, MetricsSettings
from ftpd_service.policy.bans import BanSettings
from ftpd_service.policy.subnets import SubnetPrefix
from ftpd_service.resumption_mode import ResumptionMode
from ftpd_service.runtime.health import HealthLimits
from ftpd_service.session.settings import ListenerTls, SessionSettings
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.tls.settings import TlsSettings
from ftpd_service.values import Networks

DEFAULT_ENDPOINT = "tcp:2121:interface=127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerSettings:
    """One port on which the server listens."""

    endpoint: str = DEFAULT_ENDPOINT
    """A description for `twisted.internet.endpoints.serverFromString`."""
    banner: str = SessionSettings().banner
    """The greeting on this listener; the sessions that it accepts get it in their `SessionSettings`."""
    rates: Rates = NO_LIMITS
    tls: ListenerTls = ListenerTls.OFF
    data_resumption: ResumptionMode | None = None
    """The demand on data connections of the listener's sessions; None means the value of `TlsSettings`."""
    ciphers: str | None = None
    """OpenSSL's cipher list for TLS 1.2 on the listener; None means the value of `TlsSettings`."""
    names: Naming = field(default_factory=Naming)
    """The keys of ``names`` that the listener gives, which go before the general keys."""
    proxies: Networks | None = None
    """The networks that may send a PROXY header; None means programs on this host only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsSettings:
    """The limits of the whole service; other limits are in the settings of their parts."""

    sessions: int = 10000
    sessions_per_host: int | None = 100
    sessions_per_subnet: int | None = None
    subnets: SubnetPrefix = field(default_factory=SubnetPrefix)
    connections_per_second: int | None = None
    commands_per_second: int | None = None
    bans: BanSettings | None = None
    """The rule of bans; None means that the server makes none."""
    drain_seconds: float = 30.0
    """The time that running transfers get when the service ends."""
    upgrade_drain_seconds: float = 21600.0
    """The time that sessions get in a process that a new process has replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """The settings of the process itself."""

    allow_root: bool = False
    """Whether the service may run with root's rights."""
    watchdog: HealthLimits = field(default_factory=HealthLimits)
    upgrade_seconds: float = 30.0
    """The time that a new process has to be ready in an upgrade."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole configuration, by default that of an empty file.  Only `graph/` sees all of it."""

    listeners: tuple[ListenerSettings, ...] = (ListenerSettings(),)
    session: SessionSettings = field(default_factory=SessionSettings)
    """The settings of sessions, with the default banner: each listener has its own banner."""
    control: ControlSettings = field(default_factory=ControlSettings)
    tls: TlsSettings | None = None
    """The settings of TLS; None if there is no certificate."""
    data: DataSettings = field(default_factory=DataSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    auth: AuthSettings = field(default_factory=AuthSettings)
    accounts: AccountsSettings = field(default_factory=AccountsSettings)
    database: DatabaseSettings | None = None
    digests: DigestSettings = field(default_factory=DigestSettings)
    hooks: HooksSettings = field(default_factory=HooksSettings)
    logging: LoggingSettings = field(default_factory=LoggingSettings)
    metrics: MetricsSettings | None = None
    """The endpoint of the metrics; None if there are no metrics."""
    limits: LimitsSettings = field(default_factory=LimitsSettings)
    service: ServiceSettings = field(default_factory=ServiceSettings)
    rates: Rates = NO_LIMITS
    """The limits of the whole service."""
    admin: AdminSettings | None = None
    """The socket of operators; None means that there is none."""
    source: str | None = None
    """The path of the file as the operator gave it, or None if there is no file."""
    sections: Section | None = field(default=None, compare=False, repr=False)
    """The sections of the file, for a comparison at a reload; None if there is no file."""
    warnings: tuple[str, ...] = ()
    """Warnings for the operator, one line each, without secrets."""
