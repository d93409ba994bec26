"""The declarations of ``limits``: caps, throttles and timeouts of the whole service."""

from __future__ import annotations

from ftpd_service.config import forms
from ftpd_service.config.account_sections import RatesSection
from ftpd_service.config.section import key


class LimitsSection(RatesSection):
    """Caps, throttles and timeouts of the whole service."""

    sessions: forms.Count = key(10000, "The most concurrent sessions.", to="limits.sessions")
    sessions_per_host: forms.Count = key(
        100, "The most concurrent sessions from one host.", to="limits.sessions_per_host"
    )
    ipv6_prefix: forms.Ipv6Prefix = key(
        64,
        "The number of bits of an IPv6 address that identify a host. Wherever hosts are counted, clients that agree in "
        "these bits are a single host. Each IPv4 address is a separate host.",
        to="control.ipv6_prefix",
    )
    sessions_per_account: forms.Cap = key(
        None, "The most concurrent sessions of each account. Absent: no cap.", to="accounts.sessions", example="10"
    )
    failed_commands: forms.Count = key(
        20,
        "The number of failed commands before a login that ends a session with 421. Unknown, refused, malformed and "
        "too long lines count.",
        to="control.failed_commands",
    )
    failed_logins: forms.Count = key(
        3, "The number of failed logins that ends a session with 421.", to="session.failed_logins"
    )
    login_timeout: forms.Duration = key(
        "60s",
        "The time from the connection to the login, including TLS and slow checkers.",
        to="control.login_seconds",
    )
    idle_timeout: forms.Duration = key(
        "15m", "The time that a session may last without a command and without data.", to="session.idle_seconds"
    )
    data_timeout: forms.Duration = key(
        "60s",
        "The time for each step of opening a data connection: accepting, connecting, starting TLS.",
        to="data.opening_seconds",
    )
    stall_timeout: forms.Duration = key(
        "5m", "The time that a transfer may last while no byte moves.", to="data.stall_seconds"
    )
    drain_timeout: forms.DurationOrZero = key(
        "30s", "The time that running transfers get when the service is stopped.", to="limits.drain_seconds"
    )
