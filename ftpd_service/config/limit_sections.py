"""The declarations of ``limits``: caps, throttles and timeouts of the whole service."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from ftpd_service.config import forms
from ftpd_service.config.account_sections import RatesSection
from ftpd_service.config.section import Section, absent, key


class SubnetPrefixSection(Section):
    """The lengths of the prefixes of subnets."""

    ipv4: forms.Ipv4Prefix = key(24, "The bits of an IPv4 address that identify a subnet.", to="limits.subnets.ipv4")
    ipv6: forms.Ipv6Prefix = key(
        64,
        "The bits of an IPv6 address that identify a subnet. With 64 and ``limits.ipv6_prefix: 64`` a subnet is a "
        "host; providers give a customer 48 or 56.",
        to="limits.subnets.ipv6",
    )


class BansSection(Section):
    """The rule by which the server bans hosts and accounts after failed logins."""

    failures: forms.BanFailures = key(10, "The number of failed logins that leads to a ban.", to="failures")
    within: forms.Duration = key("10m", "The time within which so many logins fail.", to="within_seconds")
    duration: forms.Duration = key("1h", "The duration of a ban.", to="duration_seconds")
    subnets: forms.Boolean = key(
        False, "Whether failures count for the subnet (``limits.subnet_prefix``) instead of the host.", to="subnets"
    )
    accounts: forms.Boolean = key(
        True,
        "Whether failures count for the name too. Hosts from which the name has logged in since the start of the "
        "service are not affected by its ban, but others are: everybody who knows a name can keep such hosts out.",
        to="accounts",
    )
    exempt: forms.ManyNetworks = key(
        ["127.0.0.0/8", "::1"], "The networks that are never banned, and whose failures do not count.", to="exempt"
    )


class LimitsSection(RatesSection):
    """Caps, throttles and timeouts of the whole service."""

    sessions: forms.Count = key(10000, "The most concurrent sessions.", to="limits.sessions")
    sessions_per_host: forms.Count = key(
        100, "The most concurrent sessions from one host.", to="limits.sessions_per_host"
    )
    sessions_per_subnet: forms.Cap = key(
        None,
        "The most concurrent sessions from one subnet. Absent: no cap.",
        to="limits.sessions_per_subnet",
        example="1000",
    )
    subnet_prefix: Annotated[SubnetPrefixSection, BeforeValidator(absent)] = key(
        {}, "The size of the subnets in ``sessions_per_subnet`` and ``bans.subnets``."
    )
    ipv6_prefix: forms.Ipv6Prefix = key(
        64,
        "The number of bits of an IPv6 address that identify a host. Wherever hosts are counted, clients that agree in "
        "these bits are a single host. Each IPv4 address is a separate host.",
        to="control.ipv6_prefix",
    )
    sessions_per_account: forms.Cap = key(
        None,
        "The most concurrent sessions of each account. Absent: no cap.",
        to="accounts.limits.sessions",
        example="10",
    )
    file_size: forms.OwnSize = key(
        None,
        "The size of the largest file that clients may upload. Absent: no limit.",
        to="accounts.limits.file_size",
        example="10GiB",
    )
    free_space: forms.OwnSize = key(
        None,
        "Uploads are refused if less space would stay free on the file system. Absent: no floor.",
        to="accounts.limits.free_space",
        example="1GiB",
    )
    connections_per_second: forms.Cap = key(
        None,
        "The most control connections of one host that begin in a second; further connections get 421 and are closed. "
        "So many connections may begin at once. Absent: no cap.",
        to="limits.connections_per_second",
        example="20",
    )
    commands_per_second: forms.Cap = key(
        None,
        "The most commands that each session carries out in a second. Further commands wait, and none is refused. So "
        "many commands are carried out without a wait. Absent: no cap.",
        to="limits.commands_per_second",
        example="50",
    )
    bans: BansSection | None = key(
        None,
        "Bans after failed logins, before the greeting (421): docs/bans.rst. Absent: the server makes no bans. An "
        "empty mapping: the defaults of its keys.",
        example="{failures: 10, within: 10m, duration: 1h, subnets: false, accounts: true, exempt: [127.0.0.0/8]}",
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
    upgrade_drain_timeout: forms.Duration = key(
        "6h",
        "The time that sessions get in a process that a new process has replaced (``ftpd-service upgrade``). Sessions "
        "that are left then are drained, with ``drain_timeout``.",
        to="limits.upgrade_drain_seconds",
    )
