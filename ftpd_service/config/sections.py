"""The declarations of all keys of the file: form, default, description, and the field that takes the value.

pydantic checks the shape and collects all mistakes; ``forms.py`` checks single values.  The settings that are built,
the log lines of a reload, docs/configuration.rst, the JSON Schema and etc/ftpd.yaml follow from these declarations.
The key of a feature that does not exist yet is in `LATER`.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Annotated

from pydantic import BeforeValidator, PlainValidator

from ftpd_service.config import forms, name_sections, networks
from ftpd_service.config.account_sections import AccountDefaultsSection, AccountSection, GroupEntrySection, RatesSection
from ftpd_service.config.admin_sections import AdminSection
from ftpd_service.config.auth_sections import AuthSection
from ftpd_service.config.database_sections import DatabaseSection, section_of
from ftpd_service.config.digest_sections import DigestsSection
from ftpd_service.config.forms import Form
from ftpd_service.config.hook_sections import HooksSection
from ftpd_service.config.limit_sections import LimitsSection
from ftpd_service.config.log_sections import LoggingSection
from ftpd_service.config.metrics_sections import MetricsSection
from ftpd_service.config.schema import DEFAULT_ENDPOINT
from ftpd_service.config.section import Section, absent, key, required, some
from ftpd_service.config.service_sections import ServiceSection
from ftpd_service.config.tls_sections import TlsSection
from ftpd_service.config.upload_sections import UploadsSection
from ftpd_service.config.verdict_sections import VERDICTS, StageList

LATER = frozenset(
    {
        "data_connections.foreign_peers",
    }
)
"""The keys of features that this version does not have; ``*`` stands for any account or any position in a list."""


class ListenerSection(Section):
    """One port on which the server listens."""

    named_by = "endpoint"

    endpoint: forms.Endpoint = key(
        DEFAULT_ENDPOINT,
        "The address to listen on: ``tcp:`` (IPv4), ``tcp6:``, ``systemd:domain=INET:name=...`` (socket activation), "
        "or ``haproxy:tcp:...`` behind a proxy that sends the PROXY header. Write a colon inside a value as ``\\:``; "
        '``"tcp6:21:interface=\\\\:\\\\:"`` serves both IPv4 and IPv6.',
        to="endpoint",
    )
    tls: forms.OwnTls = key(
        None,
        "TLS on the control connection. ``explicit``: the server offers AUTH TLS. ``required``: it offers AUTH TLS "
        "and refuses USER and PASS without TLS. ``implicit``: TLS starts with the first byte (port 990). Absent: "
        "``explicit`` if ``tls.certificate`` is set, otherwise ``off``.",
        to="tls",
        example="explicit",
    )
    ciphers: forms.OwnCiphers = key(
        None,
        "As ``tls.ciphers``, for the sessions on this listener, for example a port for old devices. Absent: the value "
        "of ``tls.ciphers``.",
        to="ciphers",
        example="compatible",
    )
    data_resumption: forms.OwnResumption = key(
        None,
        "As ``tls.data_resumption``, for the sessions on this listener; accounts may override it. Absent: the value of "
        "``tls.data_resumption``.",
        to="data_resumption",
        example="report",
    )
    banner: forms.Banner = key("FTP server ready.", "The greeting (220) on this listener.", to="banner")
    proxies: forms.OwnNetworks = key(
        None,
        "Only with ``haproxy:``: the networks of the proxies, which alone may send a PROXY header; the server closes "
        "other connections, because the header can name any client. Absent: only programs on this host may send it.",
        to="proxies",
        example="[10.0.0.5]",
    )
    limits: Annotated[RatesSection, BeforeValidator(absent)] = key({}, "Throttles for the sessions on this listener.")
    names: name_sections.OwnNames = name_sections.NAMES_OF_LISTENER


class AddressSection(Section):
    """The passive address for the clients of one network."""

    network: forms.Network = required("The network of the clients: ``10.0.0.0/8``, or ``any``.", to="network")
    address: Annotated[
        IPv4Address | str | None,
        PlainValidator(networks.passive_address),
        Form("auto, address or host name", {"type": "string"}),
    ] = required("The address for these clients, in any form of ``passive_address`` except a list.", to="address")


def _address_list(value: object) -> object:
    if isinstance(value, list):
        return some(value)
    if isinstance(value, dict):
        raise ValueError("expected auto, an IPv4 address, a host name or a list of {network, address}; found a mapping")
    return [AddressSection.model_construct(network=None, address=networks.passive_address(value))]


class DataSection(Section):
    """Data connections, which carry files and listings."""

    passive_ports: forms.PortRanges = key(
        None,
        'The ports for passive data connections, such as ``"50000-50099, 50200"``. The server chooses among them at '
        "random. Absent: any free port. Open the same ports in the firewall.",
        to="data.passive_ports",
        example='"50000-50099, 50200"',
    )
    passive_address: Annotated[
        list[AddressSection],
        BeforeValidator(_address_list),
        Form("auto, IPv4 address, host name, or a list of {network, address}", {"type": "string"}, told=None),
    ] = key(
        "auto",
        "The address in replies to PASV: ``auto`` (the address at which the client's control connection arrived), the "
        "public address of a NAT gateway, or a host name that the server looks up each time. In a list, the first "
        "entry whose ``network`` contains the client decides.",
        to="data.passive_addresses",
        example="[{network: 10.0.0.0/8, address: auto}, {network: any, address: 203.0.113.7}]",
    )
    active: forms.Boolean = key(
        True, "Whether clients may use PORT and EPRT, so that the server connects to the client.", to="session.active"
    )


class ListingSection(Section):
    """The contents of listings."""

    dot_files: forms.Boolean = key(
        True,
        "Whether listings, including MLSD, show names that begin with a dot even without ``-a``.",
        to="session.dot_files",
    )


class CommandsSection(Section):
    """The form of commands."""

    strict_line_ends: forms.Boolean = key(
        False, "Whether only CRLF ends a line. If false, a bare LF ends a line too.", to="control.strict_line_ends"
    )


class AllHooksSection(HooksSection):
    """Rules about events, and verdicts about uploads."""

    verdicts: StageList = VERDICTS


class FileSections(Section):
    """The whole file."""

    listeners: Annotated[list[ListenerSection], BeforeValidator(some), Form("list")] = key(
        [{}], "The ports on which the server listens. Absent: a single port on the loopback address.", to="listeners"
    )
    tls: Annotated[TlsSection, BeforeValidator(absent)] = key({}, "Certificates and other settings of TLS.")
    data_connections: Annotated[DataSection, BeforeValidator(absent)] = key(
        {}, "Data connections, which carry files and listings."
    )
    auth: Annotated[AuthSection, BeforeValidator(absent)] = key({}, "The checkers that decide logins.")
    database: Annotated[
        DatabaseSection | None,
        BeforeValidator(section_of),
        Form("URL, or a mapping", {"type": "string"}, told=None),
    ] = key(
        None,
        "The database of accounts, by its URL or as a mapping with further keys: docs/database.rst.",
        example='{url: "sqlite:///ftpd.db", password_file: null, connections: 4, timeout: 5s}',
        restart=True,
    )
    accounts: Annotated[
        dict[str, Annotated[AccountSection, BeforeValidator(absent)]], BeforeValidator(absent), Form("mapping")
    ] = key({}, "Accounts by name. The account ``anonymous`` accepts the name ``ftp`` too, in upper or lower case.")
    groups: Annotated[
        dict[str, Annotated[GroupEntrySection, BeforeValidator(absent)]], BeforeValidator(absent), Form("mapping")
    ] = key(
        {},
        "Templates of accounts, by name. A group has the keys of ``account_defaults``, except ``group``, and the key "
        "``limits.group_sessions``. An account "
        "names its group in ``group``, and takes from it the keys that it leaves out.",
        example='{customers: {home: "/srv/ftp/{name}", permissions: write, limits: {sessions: 4}}}',
    )
    account_defaults: Annotated[AccountDefaultsSection | None, BeforeValidator(absent)] = key(
        None, "Defaults for all accounts, and for names that a checker other than ``accounts`` accepted."
    )
    uploads: Annotated[UploadsSection, BeforeValidator(absent)] = key({}, "The way in which uploads are written.")
    digests: Annotated[DigestsSection, BeforeValidator(absent)] = key(
        {}, "The digests of files that clients can ask for: docs/digests.rst."
    )
    listing: Annotated[ListingSection, BeforeValidator(absent)] = key({}, "The contents of listings.")
    names: Annotated[name_sections.NamesSection, BeforeValidator(absent)] = key(
        {}, "The names of files as clients send and see them: docs/names.rst."
    )
    commands: Annotated[CommandsSection, BeforeValidator(absent)] = key({}, "The form of commands.")
    limits: Annotated[LimitsSection, BeforeValidator(absent)] = key(
        {},
        "Caps, throttles and timeouts of the whole service. If several throttles apply to a transfer, the lowest "
        "decides. Transfers that together exceed a throttle get equal shares of it.",
    )
    hooks: Annotated[AllHooksSection, BeforeValidator(absent)] = key(
        {}, "Programs and web services that are told what happens: docs/hooks.rst."
    )
    metrics: Annotated[MetricsSection | None, BeforeValidator(absent)] = key(
        None,
        "The metrics for Prometheus, which need ``pip install ftpd-service[metrics]``: docs/metrics.rst. Absent: no "
        "metrics and no endpoint.",
        example='{endpoint: "tcp:9121:interface=127.0.0.1"}',
    )
    logging: Annotated[LoggingSection, BeforeValidator(absent)] = key({}, "The log and the audit: docs/logging.rst.")
    admin: AdminSection | None = key(
        None,
        "The socket at which ``ftpd-service`` asks a running service. Absent: no socket.",
        example='{socket: /run/ftpd/admin.sock, mode: "660", group: null}',
    )
    service: Annotated[ServiceSection, BeforeValidator(absent)] = key({}, "The process itself: docs/deployment.rst.")
